"""Several processes know which devices are theirs: as the real message server deals them out."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path

from benchmarks.devices import packet
from benchmarks.sensing import MAPPINGS
from tests.app.mqtt_device import MqttDevice

from cityloom.app.nats_server import start_nats
from cityloom.app.processes import free_port
from cityloom.app.sense_log import SenseLog
from cityloom.sensing.parts import dealt_to

CODES = [
    *(f"level-{n}" for n in range(40)),
    "gauge.1",
    "gauge.a.b",
    "水位计-7",
    "a",
    "a-much-longer-code-of-a-device",
]
LONG_S = 60


def test_the_message_server_deals_devices_out_as_the_parts_take_it_to(var_folder: Path) -> None:
    server = start_nats(var_folder, port=free_port(), mqtt_port=free_port())
    try:
        with open(var_folder / "nats" / "nats.conf", "a", encoding="utf-8") as config:
            config.write(MAPPINGS)
        os.kill(server.pid, signal.SIGHUP)
        user, password = re.findall(r"nats://(.*?):(.*?)@", server.url)[0]
        device = MqttDevice(server.mqtt_port, user, password)
        found: dict[str, int] = {}
        with contextlib.closing(SenseLog(server.url, "sensepart.>")) as log:
            log.begin_after(0)
            end_s = time.monotonic() + LONG_S
            while len(found) < len(CODES):  # what is said before the mapping counts is not heard
                assert time.monotonic() < end_s, sorted(set(CODES) - set(found))
                for code in CODES:
                    device.socket.sendall(packet(f"sense/990100/{code}/depth_cm", b"1"))
                for message in log.fetch(0.5):
                    _, number, _, token, _ = message.subject.decode().split(".")
                    found[token.replace("//", ".")] = int(number) + 1
        device.close()
        assert found == dict(zip(CODES, dealt_to(CODES, 2).tolist(), strict=True))
    finally:
        server.stop()
