"""Sees to it that a message of QoS 1 that a device was told is taken is in the log, also when the server was killed.

The server acknowledges such a message once it stands in its own stream of MQTT messages, and hands it to the log a
moment later. A reader with a name keeps each there until the log surely has it: a mark put into the log behind it
is acknowledged. What a killed server left between the two is put into the log at the next start.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cityloom.app import no_space as no_space  # registers the sentence
from cityloom.app.sense_log import MQTT_STREAM, LogAway, LogFull, SenseLog
from cityloom.base.patience import Patience
from cityloom.base.reasons import Reason, render
from cityloom.sensing.ingesting import Message

log = logging.getLogger("cityloom.ingest")

PREFIX = "$MQTT.msgs."
OURS = (b"$MQTT.msgs.sense.", b"$MQTT.msgs.sensepart.")
GUARD = "sense-guard-"
MARK = "sense._mark"  # of no city, so that no ingest reads it
BEFORE_S, AFTER_S = 5, 60
AT_ONCE = 50_000
PROBE = f"{PREFIX}probe"
PROBED_EVERY_S = 5.0


@dataclass
class MqttGuard:
    """A thread that guards until `stop` is set; `ready` once what was left over is in the log."""

    url: str
    stop: threading.Event
    tell_full: Callable[[str], None] = lambda why: None  # is told again and again while there is no space
    ready: threading.Event = field(default_factory=threading.Event)
    is_full: bool = False
    _patience: Patience = field(default_factory=Patience)
    _thread: threading.Thread = field(init=False)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._work, name="mqtt guard", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def _work(self) -> None:
        while not self.stop.is_set():
            try:
                self._guard()
            except LogFull as why:
                self.ready.clear()
                if not self.is_full:
                    log.error("messages=full %s", render(Reason("sensing.log_full", {"sample": str(why)}), "en"))
                self.is_full = True
                self.tell_full(str(why))
                self._patience.wait_after_failure(self.stop)
            except LogAway as why:
                self.ready.clear()
                log.debug("guard=away reason=%s", why)
                self._patience.wait_after_failure(self.stop)
            except Exception:
                self.ready.clear()
                log.exception("guard=failed")
                self._patience.wait_after_failure(self.stop)

    def _guard(self) -> None:
        told = SenseLog(self.url, "sense.>")  # asks and puts in; reads nothing
        kept = SenseLog(self.url, f"{PREFIX}>", stream=MQTT_STREAM)
        try:
            name = GUARD + secrets.token_hex(4)
            kept.begin_as(name)  # from here on nothing is lost; then see what others had left
            for other in _others(told, name):
                self._take_over(told, other)
            probed_s = 0.0
            while not self.stop.is_set():
                if time.monotonic() - probed_s > PROBED_EVERY_S:
                    probed_s = time.monotonic()
                    told.put(PROBE, b"0")  # comes back below: both streams are written
                    if self.is_full:
                        log.info("messages=written again")
                        self.is_full = False
                    self.ready.set()
                if kept.fetch(0.5):
                    told.put(MARK, b"0")
                    kept.acknowledge()
                self._patience.it_worked()
        finally:
            kept.close()
            told.close()

    def _take_over(self, told: SenseLog, other: str) -> None:
        """Put into the log what a former guard has not seen there, and let it go."""
        info = told.request(f"$JS.API.CONSUMER.INFO.{MQTT_STREAM}.{other}", {})
        if "error" not in info:
            first = int(info["ack_floor"]["stream_seq"])
            last = int(told.request(f"$JS.API.STREAM.INFO.{MQTT_STREAM}", {})["state"]["last_seq"])
            put_in = self._fill(told, first, last)
            log.log(logging.WARNING if put_in else logging.INFO, "guard=checked up_to=%d missing=%d", last, put_in)
        told.request(f"$JS.API.CONSUMER.DELETE.{MQTT_STREAM}.{other}", {})

    def _fill(self, told: SenseLog, first: int, last: int) -> int:
        """Compare what stands behind one number up to another with the log; how many were missing there."""
        if first >= last:
            return 0
        missing = 0
        left = SenseLog(self.url, f"{PREFIX}>", stream=MQTT_STREAM)
        try:
            left.begin_after(first)
            while found := left.fetch(1.0, linger_s=0.2, most=AT_ONCE):
                found = [m for m in found if m.sequence <= last]
                if not found:
                    break
                for message in self._absent([m for m in found if m.subject.startswith(OURS)]):
                    told.put(message.subject.decode().removeprefix(PREFIX), message.body)
                    missing += 1
        finally:
            left.close()
        return missing

    def _absent(self, found: list[Message]) -> list[Message]:
        """Those that the log does not have around their time, as often as they were sent."""
        if not found:
            return []
        prefix = PREFIX.encode()
        wanted = Counter((m.subject.removeprefix(prefix), m.body) for m in found)
        there: Counter[tuple[bytes, bytes]] = Counter()
        reader = SenseLog(self.url, ">")
        try:
            reader.begin_at(_moment(found[0].at_ms) - timedelta(seconds=BEFORE_S))
            until_ms = found[-1].at_ms + 1000 * AFTER_S
            while messages := reader.fetch(1.0, linger_s=0.2):
                there.update(key for m in messages if (key := (m.subject, m.body)) in wanted)
                if messages[-1].at_ms > until_ms:
                    break
        finally:
            reader.close()
        absent: list[Message] = []
        for message in found:
            key = (message.subject.removeprefix(prefix), message.body)
            if there[key] > 0:
                there[key] -= 1
            else:
                absent.append(message)
        return absent


def _others(told: SenseLog, mine: str) -> list[str]:
    said = told.request(f"$JS.API.CONSUMER.NAMES.{MQTT_STREAM}", {})
    return [name for name in said.get("consumers") or [] if name.startswith(GUARD) and name != mine]


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
