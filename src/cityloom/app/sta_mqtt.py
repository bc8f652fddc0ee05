"""SensorThings over MQTT: takes observations from the standard's topics, and tells news to who listens to some.

Messages wait in a stream of the message server until they are kept. Which topics somebody listens to, the server's
monitoring address says; only those are looked after, about once a second.
"""

from __future__ import annotations

import json
import logging
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from django.db import connection, transaction

from cityloom.app.beside import Beside
from cityloom.app.sense_log import ANSWER_S, LogAway, SenseLog, connected
from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.exchange.sensorthings.asking import Asking
from cityloom.exchange.sensorthings.hearing import Hearing
from cityloom.exchange.sensorthings.messages import take_message
from cityloom.exchange.sensorthings.serving import NEEDS_TOKEN
from cityloom.exchange.sensorthings.topics import VERSION, subject_of, topic_of
from cityloom.exchange.sensorthings.translating import Viewer
from cityloom.sensing.models import Stream
from cityloom.sensing.reading_feeds import MQTT, SENSORTHINGS, note_readings
from cityloom.sensing.values import reading_of

STREAM, READER = "STA", "sta-taker"
OBSERVATIONS = f"{subject_of(VERSION)}.*.Observations"
_PREFIX = subject_of(VERSION) + "."
_KEPT_NS = 7 * 86_400 * 10**9
REST_S = 1.0


@dataclass
class StaMqtt(Beside):
    """A thread of the worker."""

    name: ClassVar[str] = "sensorthings"
    waits: ClassVar[str] = "observations that come by MQTT wait at the message server"
    log: ClassVar[logging.Logger] = logging.getLogger("cityloom.sensorthings")

    url: str
    monitor: str
    city: Callable[[], City]
    clock: Clock
    site: str = ""
    _reader: SenseLog | None = field(init=False, default=None)
    _hearing: Hearing = field(init=False, default_factory=Hearing)

    def round(self) -> float:
        """Take what has come, then tell what is new."""
        try:
            reader = self._open()
            taken = self._take(reader)
            self._tell()
        except (LogAway, OSError) as why:
            self.log.debug("sensorthings=waiting reason=%s", why)
            self.end()
            return 5 * REST_S
        return 0.0 if taken else REST_S

    def end(self) -> None:
        """Let the message server go."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self) -> SenseLog:
        if self._reader is None:
            config = {
                "name": STREAM, "subjects": [OBSERVATIONS], "storage": "file", "retention": "limits",
                "discard": "old", "num_replicas": 1, "max_age": _KEPT_NS,
            }  # fmt: skip
            maker = SenseLog(self.url, "sense.>")
            try:
                said = maker.request(f"$JS.API.STREAM.INFO.{STREAM}", {})
                if said.get("error", {}).get("code") == 404:
                    maker.request(f"$JS.API.STREAM.CREATE.{STREAM}", config)
            finally:
                maker.close()
            self._reader = SenseLog(self.url, OBSERVATIONS, stream=STREAM)
            self._reader.begin_as(READER)
        return self._reader

    def _take(self, reader: SenseLog) -> int:
        messages = reader.fetch(0.2, most=500)
        city, kept, refused = self.city(), [], 0
        for message in messages:
            done = take_message(city, message.subject.decode("utf-8", "replace"), message.body, self.clock.now())
            if isinstance(done, CityloomError):
                refused += 1
                self.log.info("observation=refused topic=%r reason=%s", message.subject, done.reason.code)
            elif done is not None:
                kept.append(reading_of(done)[0])
        if kept or refused:
            with transaction.atomic(), connection.cursor() as cursor:
                note_readings(cursor, city.id, SENSORTHINGS, MQTT, self.clock.now(), kept, refused=refused)
        if messages:
            reader.acknowledge()
        return len(messages)

    def _tell(self) -> None:
        city = self.city()
        open_to_all = bool(self.monitor) and not city.settings.limits.get(NEEDS_TOKEN)
        topics = listened_to(self.monitor) if open_to_all else set()
        news = self._hearing.news(Asking(city.id, Viewer(), self.clock.now(), f"{self.site}/sta/{VERSION}"), topics)
        if not news:
            return
        link = connected(self.url)
        try:
            for topic, body in news:
                told = json.dumps(body, ensure_ascii=False).encode()
                link.sendall(b"PUB %s %d\r\n%s\r\n" % (subject_of(topic).encode(), len(told), told))
            link.sendall(b"PING\r\n")
            link.settimeout(ANSWER_S)
            while b"PONG" not in (link.recv(1 << 16) or b"PONG"):
                continue
        finally:
            link.close()


def listened_to(monitor: str) -> set[str]:
    """The topics of the standard that somebody listens to, as the server's monitoring tells; raises OSError."""
    with urllib.request.urlopen(f"{monitor}/subsz?subs=1&limit=10000", timeout=ANSWER_S) as answer:  # noqa: S310
        told = json.load(answer)
    subjects = {str(each.get("subject", "")) for each in told.get("subscriptions_list") or []}
    return {topic_of(s) for s in subjects if s.startswith(_PREFIX) and not re.search(r"(^|\.)[*>](\.|$)", s)}


def find_monitor(var: Path) -> str:
    """Where the embedded message server tells about itself, by its settings in `var`; empty where they are not."""
    try:
        text = (var / "nats" / "nats.conf").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r'^http: "([^"]+)"', text, re.MULTILINE)
    return f"http://{found[1]}" if found else ""


def subjects_of_device(city_id: int, code: str) -> list[str]:
    """The subjects under which a device may tell observations of its own streams."""
    ids = Stream.objects.filter(city_id=city_id, device__code=code).order_by("id").values_list("id", flat=True)
    return [f"{_PREFIX}Datastreams({number}).Observations" for number in ids]
