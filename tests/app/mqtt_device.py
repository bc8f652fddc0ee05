"""A device that speaks MQTT 3.1.1 over a plain socket, as little of it as tests and benchmarks need."""

from __future__ import annotations

import socket
import ssl
import struct

from benchmarks.devices import packet


class MqttDevice:
    """A connection; raises OSError for whatever goes wrong with it, PermissionError when it is not let in."""

    def __init__(
        self, port: int, user: str, password: str, client: str = "device", tls: ssl.SSLContext | None = None
    ) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        told = bytes([0, 4]) + b"MQTT" + bytes([4, 0b11000010, 0, 60])
        for text in (client, user, password):
            told += len(text.encode()).to_bytes(2, "big") + text.encode()
        self.socket.sendall(bytes([0x10, len(told)]) + told)
        answer = self._exactly(4)
        if answer != b"\x20\x02\0\0":
            raise PermissionError(f"not let in: CONNACK {answer[3]}")

    def say(self, topic: str, body: bytes, number: int, again: bool = False) -> None:
        """Publish with QoS 1 and wait until it was taken."""
        self.socket.sendall(packet(topic, body, 1, number, again))
        if self._exactly(4) != b"\x40\x02" + struct.pack(">H", number):
            raise OSError("another answer than PUBACK")

    def listen(self, topic: str) -> None:
        """Subscribe with QoS 0; raises PermissionError where it is refused."""
        text = topic.encode()
        rest = struct.pack(">H", 1) + len(text).to_bytes(2, "big") + text + b"\0"
        self.socket.sendall(bytes([0x82, len(rest)]) + rest)
        if self._exactly(5) != b"\x90\x03\0\x01\0":
            raise PermissionError("not to be heard")

    def hear(self) -> tuple[str, bytes]:
        """The next message: its topic and body."""
        head = self._exactly(1)
        size = shift = 0
        while True:
            (low,) = self._exactly(1)
            size |= (low & 127) << shift
            shift += 7
            if low < 128:
                break
        told = self._exactly(size)
        if head[0] & 0xF0 != 0x30:
            raise OSError("another packet than PUBLISH")
        end = 2 + int.from_bytes(told[:2], "big")
        return told[2:end].decode(), told[end:]

    def close(self) -> None:
        self.socket.close()

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            more = self.socket.recv(count - len(found))
            if not more:
                raise OSError("the connection has ended")
            found += more
        return found
