"""Listens to a broker that a city has already, and puts what devices say there into the log.

`payloads.toml` of the city says which topics, and where in them the device stands. A message of QoS 1 is acknowledged
to the broker once the log has it.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from cityloom.app.sense_log import LogAway, SenseLog
from cityloom.base.patience import Patience
from cityloom.city.payload_files import TopicRule

log = logging.getLogger("cityloom.ingest")

RETRY_S = (1, 30)


def subject_of_topic(rules: Sequence[TopicRule], city: str, topic: str) -> str | None:
    """The subject of the log for a topic of the broker, by the first rule that takes it; None for none."""
    levels = topic.split("/")
    for rule in rules:
        if not _takes(rule.match.split("/"), levels):
            continue
        named = [_filled(text, levels) for text in (rule.device, rule.stream)]
        tokens = ["sense", city, *(name for name in named if name)]
        if named[0] and not any(set(token) & set(" *>{}\t\r\n") for token in tokens):
            return ".".join(token.replace(".", "//") for token in tokens)
    return None


def _takes(match: list[str], levels: list[str]) -> bool:
    """Whether a filter of MQTT takes a topic (MQTT 3.1.1, 4.7)."""
    for i, wanted in enumerate(match):
        if wanted == "#":
            return True
        if i >= len(levels) or wanted not in ("+", levels[i]):
            return False
    return len(match) == len(levels)


def _filled(text: str, levels: list[str]) -> str:
    for number, level in enumerate(levels[:10]):
        text = text.replace(f"{{{number}}}", level)
    return text


@dataclass
class Bridge:
    """A thread that listens until `stop` is set; both servers are asked again when they are away."""

    broker: str
    url: str
    city: str
    rules: Sequence[TopicRule]
    stop: threading.Event
    listening: threading.Event = field(default_factory=threading.Event)
    unmatched: int = 0
    _patience: Patience = field(default_factory=Patience)
    _log: SenseLog | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._work, name="bridge", daemon=True).start()

    def _work(self) -> None:
        from paho.mqtt.client import MQTT_ERR_SUCCESS, Client, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion

        name = f"cityloom-{self.city}-{secrets.token_hex(4)}"
        client: Any = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTv311, manual_ack=True)
        parts = urlsplit(self.broker)
        if parts.username:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.on_connect = self._subscribe
        client.on_message = self._hand_on
        client.on_subscribe = lambda *_: self.listening.set()
        client.reconnect_delay_set(*RETRY_S)
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        client.connect_async(parts.hostname or "127.0.0.1", port)
        while not self.stop.is_set():
            try:
                if not client.is_connected():
                    client.reconnect()
                while client.loop(timeout=1.0) == MQTT_ERR_SUCCESS and not self.stop.is_set():
                    self._patience.it_worked()
            except (OSError, LogAway) as why:
                if not self._patience.failures:
                    log.warning("bridge=away reason=%r; asked again until it answers", str(why))
                client.disconnect()
            self._patience.wait_after_failure(self.stop)
        client.disconnect()

    def _subscribe(self, client: Any, *_: object) -> None:
        client.subscribe([(rule.match, 1) for rule in self.rules])

    def _hand_on(self, client: Any, _: object, message: Any) -> None:
        subject = subject_of_topic(self.rules, self.city, message.topic)
        if subject is None:
            self.unmatched += 1
        else:
            self._reached().put(subject, message.payload)
        client.ack(message.mid, message.qos)

    def _reached(self) -> SenseLog:
        """The log; a connection that failed is made anew."""
        if self._log is None or self._log.is_closed:
            self._log = SenseLog(self.url, "sense.>")
        return self._log
