"""Answers the message server when a device knocks: whether it may come in, and to which subjects it may write.

NATS asks it by its auth callout, over one connection; the answer is a token signed with the key that the server's
configuration names. A device writes to `sense.CITY.DEVICE` and below and to the observations of its own streams under
the topics of SensorThings, and hears nothing. A token for reading hears what SensorThings tells, and writes nothing.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection

from cityloom.app.nkeys import AccountKey, BadToken, read_token
from cityloom.app.places import kept_secret
from cityloom.app.sense_log import ANSWER_S, LogAway, connected
from cityloom.app.sta_mqtt import subjects_of_device
from cityloom.base.clock import Clock
from cityloom.base.patience import Patience
from cityloom.city.snapshot import current_city
from cityloom.exchange.api.tokens import BadToken as RefusedToken
from cityloom.exchange.api.tokens import caller_of_text
from cityloom.exchange.sensorthings.serving import SCOPE_READ
from cityloom.sensing.actions.give_secret import may_come_in

log = logging.getLogger("cityloom.ingest")

SUBJECT = "$SYS.REQ.USER.AUTH"
ACCOUNT_NAME = "$G"
HEARD = "v1//1.>"  # the topics of SensorThings
_FRAME = re.compile(rb"(?:MSG \S+ 3 (\S+) (\d+)|HMSG \S+ 3 (\S+) (\d+) (\d+))\r\n")


def issuer_key(var: Path) -> AccountKey:
    """The key of this installation that signs who may come in; made once."""
    return AccountKey(bytes.fromhex(kept_secret(var, "nats-issuer", 32)))


def answer(
    key: AccountKey,
    city: str,
    request: bytes,
    may: Callable[[str, str], bool],
    now_s: int,
    more: Callable[[str], list[str]] = lambda device: [],
    hears: Callable[[str], bool] = lambda token: False,
) -> str:
    """The signed answer to a request of the server; `may` says whether a device has that secret. Raises BadToken.

    `more` are subjects besides its own to which a device may write; `hears` says whether a token may listen.
    """
    asked: dict[str, Any] = read_token(request.decode("ascii", "replace"))["nats"]
    user, server = asked["user_nkey"], asked["server_id"]["id"]
    given = asked.get("connect_opts", {})
    device, secret = str(given.get("user", "")), str(given.get("pass", ""))
    told: dict[str, Any] = {"type": "authorization_response", "version": 2}
    if device and secret and may(device, secret):
        rights = _rights(city, device, more(device))
        told["jwt"] = key.sign({"sub": user, "aud": ACCOUNT_NAME, "name": device, "iat": now_s, "nats": rights})
    elif secret and hears(secret):
        told["jwt"] = key.sign({"sub": user, "aud": ACCOUNT_NAME, "name": "listener", "iat": now_s, "nats": _LISTENS})
    else:
        told["error"] = "no such device, or not its secret"
    return key.sign({"sub": user, "aud": server, "iat": now_s, "nats": told})


_LISTENS: dict[str, Any] = {
    "pub": {"deny": [">"]}, "sub": {"allow": [HEARD, "$MQTT.sub.>"]}, "subs": -1, "data": -1, "payload": -1,
    "type": "user", "version": 2,
}  # fmt: skip


def _rights(city: str, device: str, more: list[str]) -> dict[str, Any]:
    own = f"sense.{city}.{device.replace('.', '//')}"
    return {
        "pub": {"allow": [own, f"{own}.*", *more]}, "sub": {"deny": [">"]}, "subs": -1, "data": -1, "payload": -1,
        "type": "user", "version": 2,
    }  # fmt: skip


@dataclass
class DeviceDoor:
    """A thread that answers until `stop` is set; a server that is away is asked again."""

    url: str
    key: AccountKey
    city_id: int
    city_code: str
    clock: Clock
    stop: threading.Event
    opens: threading.Event | None = None  # nobody comes in before: what a killed server left over comes first
    _patience: Patience = field(default_factory=Patience)

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._work, name="device door", daemon=True).start()

    def _work(self) -> None:
        while not self.stop.is_set():
            try:
                self._serve()
            except LogAway as why:
                log.debug("device door: %s", why)
                self._patience.wait_after_failure(self.stop)
            except Exception:
                log.exception("door=failed")
                self._patience.wait_after_failure(self.stop)

    def _serve(self) -> None:
        while self.opens is not None and not self.opens.wait(0.5):
            if self.stop.is_set():
                return
        link = connected(self.url)
        try:
            link.sendall(b"SUB %s 3\r\n" % SUBJECT.encode())
            link.settimeout(1.0)
            buffer = b""
            while not self.stop.is_set():
                try:
                    more = link.recv(1 << 16)
                except TimeoutError:
                    continue
                if not more:
                    raise LogAway("the message server has ended the connection")
                buffer = self._obey(link, buffer + more)
                self._patience.it_worked()
        except OSError as why:
            raise LogAway(str(why)) from why
        finally:
            link.close()

    def _obey(self, link: Any, buffer: bytes) -> bytes:
        """Answer the whole frames of the buffer; what is left of it."""
        while True:
            frame = _FRAME.match(buffer)
            if frame is None:
                line = buffer.find(b"\r\n")
                if line < 0 or buffer.startswith((b"MSG", b"HMSG")):
                    return buffer
                if buffer.startswith(b"PING"):
                    link.sendall(b"PONG\r\n")
                buffer = buffer[line + 2 :]
                continue
            reply = frame[1] or frame[3]
            head, size = int(frame[4] or 0), int(frame[2] or frame[5])
            end = frame.end() + size
            if len(buffer) < end + 2:
                return buffer
            self._answer(link, reply, buffer[frame.end() + head : end])
            buffer = buffer[end + 2 :]

    def _answer(self, link: Any, reply: bytes, request: bytes) -> None:
        began_s = time.monotonic()
        try:
            now_s = int(time.time())
            told = answer(self.key, self.city_code, request, self._may, now_s, self._more, self._hears).encode()
        except (BadToken, KeyError, json.JSONDecodeError) as why:
            log.warning("door=unread reason=%r", why)
            return
        except DatabaseError as why:  # no answer: the device comes again
            log.warning("door=silent database=away reason=%r", str(why).strip())
            connection.close()
            return
        took_s = time.monotonic() - began_s
        if took_s < ANSWER_S:
            link.sendall(b"PUB %s %d\r\n%s\r\n" % (reply, len(told), told))
        else:
            log.warning("door=late took_s=%.1f; the server has given up waiting, the device comes again", took_s)

    def _may(self, device: str, secret: str) -> bool:
        return may_come_in(self.city_id, device, secret, self.clock.now())

    def _more(self, device: str) -> list[str]:
        return subjects_of_device(self.city_id, device)

    def _hears(self, token: str) -> bool:
        try:
            caller = caller_of_text(token, current_city(self.city_code), self.clock.now())
        except RefusedToken:
            return False
        return SCOPE_READ in caller.token.scopes
