"""MQTT 3.1.1 over a plain socket, as little of it as a publisher needs."""

from __future__ import annotations

import socket
import struct


def packet(topic: str, body: bytes, qos: int = 0, number: int = 1, again: bool = False) -> bytes:
    """A PUBLISH."""
    head = len(topic.encode()).to_bytes(2, "big") + topic.encode() + (struct.pack(">H", number) if qos else b"")
    size, length = len(head) + len(body), bytearray()
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return bytes([0x30 | qos << 1 | (8 if again else 0)]) + bytes(length) + head + body


def connect(port: int, user: str, password: str, client: str = "bench") -> socket.socket:
    """A connection that was let in; raises PermissionError."""
    link = socket.create_connection(("127.0.0.1", port), timeout=60)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    told = bytes([0, 4]) + b"MQTT" + bytes([4, 0b11000010, 0, 0])
    for text in (client, user, password):
        told += len(text.encode()).to_bytes(2, "big") + text.encode()
    link.sendall(bytes([0x10, len(told)]) + told)
    if link.recv(4) != b"\x20\x02\0\0":
        raise PermissionError("not let in")
    return link
