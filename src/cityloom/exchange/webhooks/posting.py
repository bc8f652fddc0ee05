"""Sends one message: to an address that was looked at first, in bounded time, reading little of the answer.

The host is resolved once and the connection goes to the very address that was found permitted, so that a name which
leads elsewhere a moment later (DNS rebinding) gains nothing. No redirect is followed and no proxy asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from cityloom.base.reasons import Reason
from cityloom.exchange.webhooks.addresses import Address, Inside, Target, target_of
from cityloom.exchange.webhooks.errors import BadWebhook
from cityloom.exchange.webhooks.values import Answer

TIMEOUT_S = 15.0
READ_BYTES = 1024  # of an answer
KEPT_SIGNS = 200
USER_AGENT = "Cityloom-Webhooks/1"
Resolve = Callable[[str, int], list[Address]]


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host; raises OSError for one that nobody knows."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(row[4][0]) for row in found))


class _Refused(Exception):
    """The host leads to an address inside."""


@dataclass(frozen=True)
class Poster:
    """Posts bodies. Safe for threads; knows no database."""

    inside: Inside
    timeout_s: float = TIMEOUT_S
    resolve: Resolve = resolve
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One try. Whatever goes wrong out there comes back as an answer with its reason."""
        began = time.monotonic()
        try:
            target = target_of(url, self.inside)
            answer = self._posted(target, body, headers)
        except BadWebhook as wrong:
            answer = Answer(reason=wrong.reason)
        except _Refused:
            answer = Answer(reason=Reason("webhook.address_refused", {"host": target.host}))
        except TimeoutError:
            answer = Answer(reason=Reason("webhook.too_slow", {"seconds": self.timeout_s}))
        except socket.gaierror:
            answer = Answer(reason=Reason("webhook.unknown_host", {"host": target.host}))
        except (OSError, http.client.HTTPException, ValueError) as wrong:
            answer = Answer(reason=Reason("webhook.no_answer", {"detail": _detail(wrong)}))
        took_ms = round(1000 * (time.monotonic() - began))
        return Answer(answer.status, answer.text, took_ms, answer.retry_after_s, answer.reason)

    def _posted(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        ends_at_s = time.monotonic() + self.timeout_s
        with self._connected(target, ends_at_s) as raw, _in_time(raw, ends_at_s) as is_late:
            connection = http.client.HTTPConnection(target.host, target.port)
            connection.sock = raw
            try:
                connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
                for name, value in {**_always(target, body), **headers}.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException, ValueError) as wrong:
                if is_late():
                    raise TimeoutError from wrong
                raise
            if is_late():  # its head was cut off, which the parser takes for its end
                raise TimeoutError
            return Answer(answer.status, _begun(answer), 0, _seconds(answer.getheader("Retry-After")))

    @contextmanager
    def _connected(self, target: Target, ends_at_s: float) -> Iterator[socket.socket]:
        """A connection to the first permitted address that answers."""
        permitted = [a for a in self.resolve(target.host, target.port) if self.inside.allows(target.host, a)]
        if not permitted:
            raise _Refused
        plain = _first_that_answers(permitted, target.port, ends_at_s)
        with plain:
            if not target.tls:
                yield plain
                return
            with self.tls.wrap_socket(plain, server_hostname=target.host) as secured:
                yield secured


def _first_that_answers(addresses: list[Address], port: int, ends_at_s: float) -> socket.socket:
    last: OSError = TimeoutError()
    for address in addresses:
        left_s = ends_at_s - time.monotonic()
        if left_s <= 0:
            break
        try:
            return socket.create_connection((str(address), port), timeout=max(0.1, left_s / 2))
        except OSError as wrong:
            last = wrong
    raise last


@contextmanager
def _in_time(raw: socket.socket, ends_at_s: float) -> Iterator[Callable[[], bool]]:
    """Ends the connection when the time is over, whatever it trickles until then."""
    late = threading.Event()

    def end() -> None:
        late.set()
        try:
            socket.socket.shutdown(raw, socket.SHUT_RDWR)  # below TLS, which would wait for the other side
        except OSError:
            return  # it has ended by itself

    left_s = max(0.0, ends_at_s - time.monotonic())
    raw.settimeout(max(0.1, left_s))
    timer = threading.Timer(left_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield late.is_set
    finally:
        timer.cancel()


def _always(target: Target, body: bytes) -> dict[str, str]:
    return {
        "Host": target.authority,
        "User-Agent": USER_AGENT,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept": "*/*",
        "Connection": "close",
    }


def _begun(answer: http.client.HTTPResponse) -> str:
    """The first signs of the body; none where it does not come. The head has said all that counts."""
    try:
        return _plain(answer.read1(READ_BYTES))
    except (OSError, http.client.HTTPException, ValueError):
        return ""


def _plain(read: bytes) -> str:
    """The first signs of an answer as one line that can be shown and kept."""
    text = read.decode("utf-8", "replace")
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()[:KEPT_SIGNS]


def _seconds(retry_after: str | None) -> float | None:
    """The seconds of Retry-After; a date there is left alone, our own waits go on growing."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None


def _detail(wrong: Exception) -> str:
    """What went wrong, without anything the other side could have written."""
    if isinstance(wrong, ssl.SSLCertVerificationError):
        return f"certificate: {wrong.verify_message}"[:100]
    return (wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else type(wrong).__name__)[:100]
