"""Reads the message server's log of readings, the stream SENSE, many messages at a time.

It speaks NATS's text protocol over a plain socket and parses what comes in bulk: a client library makes an object
and a task of each message, which costs thirty times as much. Nothing is acknowledged to the server; the reader says
from which number on it wants to read.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import ssl
import time
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from cityloom.sensing.ingesting import Message

STREAM = "SENSE"
SUBJECTS = ["sense.>", "sensepart.>"]  # the second where the server maps devices to several processes
MQTT_STREAM = "$MQTT_msgs"  # where the server puts messages of QoS 1 before it acknowledges them
MQTT_SUBJECTS = "$MQTT.msgs.>"
ANSWER_S = 5.0
ASKED = 20_000  # messages asked for at once
ASKED_BYTES = 32_000_000
_IDLE_NS = 120 * 10**9  # after which the server forgets a reader that asks no more
_MESSAGE = re.compile(rb"MSG (\S+) 2 (\S+) (\d+)\r\n")
_HEADED = re.compile(rb"HMSG (\S+) 2 (?:(\S+) )?(\d+) (\d+)\r\n")
_ANSWER = re.compile(rb"MSG _SENSE\.answer\.\S+ 1 (?:\S+ )?(\d+)\r\n")
_STATUS = re.compile(rb"NATS/1\.0 (\d+)([^\r]*)")
_FULL = frozenset({10023, 10047, 10077})  # insufficient resources, no storage left, the stream's own limit
_ENDED = frozenset({b"404", b"408", b"409", b"503"})


class LogAway(Exception):
    """The message server does not answer, or has refused."""


class NoAnswer(LogAway):
    """The message server has not answered in time."""


class LogFull(LogAway):
    """The message server answers, and cannot write."""


class SenseLog:
    """One reader of the log for the subjects of a city, from a number on."""

    def __init__(self, url: str, subject: str, kept_days: float = 7.0, kept_gb: float = 4.0, stream: str = STREAM):
        self._subject, self.stream = subject, stream
        self._kept = {"max_age": round(kept_days * 86_400 * 10**9), "max_bytes": round(kept_gb * 2**30)}
        self._buffer = b""
        self._asked = 0
        self._next = 1
        self._consumer = ""
        self._reply = b""
        self.is_closed = False
        self.url = url
        self._socket = connected(url)
        self._send(b"SUB _SENSE.answer.%s 1\r\nSUB _SENSE.next.%s 2\r\n" % (self._mine, self._mine))
        self.name = self._ensure_stream()

    @cached_property
    def _mine(self) -> bytes:
        """What tells the subjects of this connection from those of others."""
        return secrets.token_hex(6).encode()

    def begin_after(self, sequence: int) -> None:
        """Read from the number behind this one on."""
        self._next = sequence + 1
        self._make_consumer({"deliver_policy": "by_start_sequence", "opt_start_seq": self._next})

    def begin_at(self, at: datetime) -> None:
        """Read from a moment of the log on."""
        self._make_consumer({"deliver_policy": "by_start_time", "opt_start_time": at.isoformat()})

    def begin_as(self, name: str) -> None:
        """Read what comes from now on under a name that the server remembers, with what was acknowledged."""
        config = {"durable_name": name, "ack_policy": "all", "deliver_policy": "new", "max_ack_pending": -1}
        self._make_consumer({**config, "mem_storage": False, "inactive_threshold": 0}, name)

    def acknowledge(self) -> None:
        """All that was fetched so far is done with."""
        if self._reply:
            self._send(b"PUB %s 4\r\n+ACK\r\n" % self._reply)

    def fetch(self, wait_s: float, linger_s: float = 0.05, most: int = ASKED) -> list[Message]:
        """What has come: waits for the first message, then a little for more. Empty when it stayed silent."""
        found: list[Message] = []
        end_s = time.monotonic() + wait_s
        while len(found) < most:
            if self._asked <= ASKED // 2:
                self._ask()
            self._parse(found)
            left_s = end_s - time.monotonic()
            if left_s <= 0 or len(found) >= most:
                break
            had = bool(found)
            if self._receive(left_s) and not had:
                end_s = min(end_s, time.monotonic() + linger_s)
        if found:
            self._next = found[-1].sequence + 1
        return found

    def mark(self, subject: str) -> None:
        """Put a message without content into the log and wait for no answer; it may get lost."""
        self._send(b"PUB %s 1\r\n0\r\n" % subject.encode())

    def behind(self) -> int:
        """How many messages lie in the log that were not read yet, of all cities."""
        state = self.request(f"$JS.API.STREAM.INFO.{self.stream}", {})["state"]
        return max(0, int(state["last_seq"]) - self._next + 1)

    def close(self) -> None:
        """End the connection; the server forgets the reader by itself."""
        self.is_closed = True
        self._socket.close()

    # --- the stream and the reader ----------------------------------------------------------------------------------

    def _ensure_stream(self) -> str:
        """Have the stream; its name with the moment it was made, which tells a log made anew from this one."""
        config = {
            "name": self.stream, "subjects": SUBJECTS, "storage": "file", "retention": "limits", "discard": "old",
            "num_replicas": 1, "allow_direct": True, **self._kept,
        }  # fmt: skip
        if self.stream == MQTT_STREAM:  # as the server itself makes it for its first device
            config = {
                "name": self.stream, "subjects": [MQTT_SUBJECTS], "storage": "file", "retention": "interest",
                "num_replicas": 1,
            }  # fmt: skip
        said = self.request(f"$JS.API.STREAM.INFO.{self.stream}", {})
        if said.get("error", {}).get("code") == 404:
            said = self.request(f"$JS.API.STREAM.CREATE.{self.stream}", config)
        elif self.stream == STREAM and sorted(said.get("config", {}).get("subjects", [])) != sorted(SUBJECTS):
            said = self.request(f"$JS.API.STREAM.UPDATE.{self.stream}", config)
        if "error" in said:
            raise LogAway(said["error"].get("description", "the stream cannot be had"))
        return f"{self.stream} {said['created']}"

    def _make_consumer(self, how: dict[str, Any], name: str = "") -> None:
        self._consumer = name or f"ingest-{secrets.token_hex(6)}"
        config = {
            "name": self._consumer, "ack_policy": "none", "filter_subject": self._subject, "mem_storage": True,
            "inactive_threshold": _IDLE_NS, "num_replicas": 1, **how,
        }  # fmt: skip
        said = self.request(
            f"$JS.API.CONSUMER.CREATE.{self.stream}.{self._consumer}",
            {"stream_name": self.stream, "config": config},
        )
        if "error" in said:
            raise LogAway(said["error"].get("description", "the log cannot be read"))
        self._asked = 0

    def _ask(self) -> None:
        request = {"batch": ASKED, "max_bytes": ASKED_BYTES, "expires": 30 * 10**9}
        body = json.dumps(request).encode()
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self._consumer}"
        self._send(b"PUB %s _SENSE.next.%s %d\r\n%s\r\n" % (subject.encode(), self._mine, len(body), body))
        self._asked += ASKED

    # --- frames -----------------------------------------------------------------------------------------------------

    def _parse(self, found: list[Message]) -> None:
        """Take the whole frames of the buffer; what is no message of the log is obeyed."""
        buffer, at, match = self._buffer, 0, _MESSAGE.match
        while True:
            frame = match(buffer, at)
            if frame is None:
                used = self._other(buffer, at, found)
                if not used:
                    break
                at = used
                continue
            start = frame.end()
            end = start + int(frame[3])
            if len(buffer) < end + 2:
                break
            self._reply = frame[2]
            found.append(_message(frame[1], buffer[start:end], frame[2]))
            self._asked -= 1
            at = end + 2
        self._buffer = buffer[at:]

    def _other(self, buffer: bytes, at: int, found: list[Message]) -> int:
        """Obey one frame that is no plain message; where the next one begins, 0 while it is not whole."""
        if buffer.startswith(b"HMSG", at):
            frame = _HEADED.match(buffer, at)
            if frame is None or len(buffer) < frame.end() + int(frame[4]) + 2:
                return 0
            start, end = frame.end(), frame.end() + int(frame[4])
            self._headed(frame, buffer[start : start + int(frame[3])], buffer[start + int(frame[3]) : end], found)
            return end + 2
        line = buffer.find(b"\r\n", at)
        if line < 0:
            return 0
        if buffer.startswith(b"PING", at):
            self._send(b"PONG\r\n")
        elif buffer.startswith(b"-ERR", at):
            raise LogAway(buffer[at:line].decode("utf-8", "replace"))
        return line + 2

    def _headed(self, frame: re.Match[bytes], head: bytes, body: bytes, found: list[Message]) -> None:
        status = _STATUS.match(head)
        if status is None or not status[1]:
            if frame[2] is not None:
                self._reply = frame[2]
                found.append(_message(frame[1], body, frame[2]))
                self._asked -= 1
        elif status[1] == b"503" or (status[1] == b"409" and b"Deleted" in status[2]):
            raise LogAway(f"the reader is gone: {status[1].decode()}{status[2].decode('utf-8', 'replace')}")
        elif status[1] in _ENDED:
            self._asked = 0  # the request has run out; the next one is made at once

    def request(self, subject: str, content: dict[str, Any] | bytes) -> dict[str, Any]:
        """Ask the server and wait for its answer; only while this connection has asked for no messages."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode() if content else b""
        self._send(b"PUB %s _SENSE.answer.%s %d\r\n%s\r\n" % (subject.encode(), self._mine, len(body), body))
        end_s = time.monotonic() + ANSWER_S
        while time.monotonic() < end_s:
            frame = _ANSWER.search(self._buffer)
            if frame is not None and len(self._buffer) >= frame.end() + int(frame[1]) + 2:
                said: dict[str, Any] = json.loads(self._buffer[frame.end() : frame.end() + int(frame[1])])
                self._buffer = self._buffer[: frame.start()] + self._buffer[frame.end() + int(frame[1]) + 2 :]
                return said
            if self._buffer.startswith(b"-ERR"):
                raise LogAway(self._buffer.decode("utf-8", "replace").strip())
            if b"\r\nNATS/1.0 503" in self._buffer:
                raise LogAway("nobody answers; is JetStream on?")
            self._receive(end_s - time.monotonic())
        self.close()
        raise NoAnswer("the message server gave no answer")

    def put(self, subject: str, body: bytes) -> None:
        """Put a message into the log; it is stored when this returns. Raises LogFull where that cannot be."""
        try:
            said = self.request(subject, body)
        except NoAnswer as why:
            SenseLog(self.url, self._subject).close()  # raises LogAway where nobody is there at all
            raise LogFull("it answers, and has not written a message") from why
        error = said.get("error")
        if error:
            kind = LogFull if error.get("err_code") in _FULL or "no space" in str(error) else LogAway
            raise kind(error.get("description", str(error)))
        if "seq" not in said:
            raise LogAway(str(said))

    def _receive(self, wait_s: float) -> bool:
        """Add what comes to the buffer; False when nothing came in time."""
        self._socket.settimeout(max(wait_s, 0.001))
        try:
            more = self._socket.recv(1 << 20)
        except TimeoutError:
            return False
        except OSError as why:
            self.close()
            raise LogAway(str(why)) from why
        if not more:
            self.close()
            raise LogAway("the message server has ended the connection")
        self._buffer += more
        return True

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(ANSWER_S)
        try:
            self._socket.sendall(data)
        except OSError as why:
            self.close()
            raise LogAway(str(why)) from why


def _message(subject: bytes, body: bytes, reply: bytes) -> Message:
    """The message with what its reply tells: `$JS.ACK.STREAM.CONSUMER.TIMES.SEQUENCE.NUMBER.NS.LEFT`.

    Where the server has a domain, two more tokens stand in front.
    """
    told = reply.split(b".")
    first = 5 if len(told) == 9 else 7
    return Message(subject, body, int(told[first]), int(told[first + 2]) // 1_000_000)


def connected(url: str) -> socket.socket:
    """A connection that the server has let in; `tls://` and servers that require it are spoken to under TLS."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 4222
    try:
        link = socket.create_connection((host, port), timeout=ANSWER_S)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        info = json.loads(_line(link).removeprefix(b"INFO "))
        if parts.scheme == "tls" or info.get("tls_required"):
            link = ssl.create_default_context().wrap_socket(link, server_hostname=host)
        told: dict[str, Any] = {"verbose": False, "headers": True, "no_responders": True, "name": "cityloom ingest"}
        if parts.username:
            told |= {"user": unquote(parts.username), "pass": unquote(parts.password or "")}
        link.sendall(b"CONNECT " + json.dumps(told).encode() + b"\r\nPING\r\n")
        answer = _line(link)
    except (OSError, ValueError) as why:
        raise LogAway(str(why) or type(why).__name__) from why
    if not answer.startswith(b"PONG"):
        raise LogAway(answer.decode("utf-8", "replace").strip())
    return link


def _line(link: socket.socket) -> bytes:
    """One line, read sign by sign so that nothing behind it is taken."""
    line = bytearray()
    while not line.endswith(b"\r\n"):
        more = link.recv(1)
        if not more:
            raise OSError("the message server has ended the connection")
        line += more
    return bytes(line)
