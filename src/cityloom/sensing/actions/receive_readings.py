"""Takes in what another system says for its devices; stored when this returns to its caller's commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.sensing.ingest_rows import note_problems
from cityloom.sensing.ingesting import Intake, Message, Refusal
from cityloom.sensing.keeping import EARLY_S, keep_readings
from cityloom.sensing.reading_feeds import HTTP, note_readings
from cityloom.sensing.registry import DeviceInMemory, find_devices
from cityloom.sensing.values import FIRST_MS

register(
    {
        "sensing.not_yours": (
            "设备{about}属于别的单位，令牌不能为它提交读数",
            "the device {about} belongs to another unit, the token cannot send readings for it",
        ),
    }
)


class Said(NamedTuple):
    """What a device says, as it would over MQTT: a payload of its type, or of one stream."""

    device: str
    payload: Any
    stream: str = ""


class Source(NamedTuple):
    """The account that brings readings, and the unit that owns it."""

    account: str
    owner: str = ""


class ReceivedReadings(NamedTuple):
    """How many readings were new, how many were there before, and what was refused by kind and device."""

    stored: int
    repeated: int
    refused: tuple[Refusal, ...]


def receive_readings(
    city: City,
    said: Sequence[Said],
    clock: Clock,
    may: Callable[[DeviceInMemory], bool] = lambda device: True,
    *,
    judged: bool = False,
    source: Source | None = None,
) -> ReceivedReadings:
    """Store what was said for devices that `may` allows; what cannot be read is told and stops nothing else.

    `judged`: rules are not to look at it. `source`: who says so, noted as a feed that is missed when it falls silent.
    """
    now = clock.now()
    now_ms = round(now.timestamp() * 1000)
    devices = find_devices(city.id, {each.device for each in said})
    others = {code for code, device in devices.items() if not may(device)}
    refused = [Refusal("not_yours", code, "") for code in sorted(others)]
    shut = [Refusal("quarantined", d.code, "") for d in devices.values() if d.state == "quarantined"]
    closed = others | {each.about for each in shut}
    messages = [_message(city.code, each, now_ms) for each in said if each.device not in closed]
    taken = Intake(devices, city.payloads).take(messages)
    with transaction.atomic(), connection.cursor() as cursor:
        kept = keep_readings(cursor, city.id, taken.readings, now, judged=judged)
        refused += [*shut, *taken.refused.values()]
        for kind, readings in (("early", kept.early), ("ancient", kept.ancient)):
            refused += _of_streams(kind, readings.stream.tolist(), devices)
        if refused:
            note_problems(cursor, city.id, [r for r in refused if r.kind != "not_yours"], now)
        if source is not None:
            bad = sum(r.times for r in refused)
            at_ms = taken.readings.at_ms
            good = taken.readings.stream[(at_ms >= FIRST_MS) & (at_ms <= now_ms + EARLY_S * 1000)].tolist()
            note_readings(cursor, city.id, HTTP, source.account, now, good, refused=bad, owner=source.owner)
    return ReceivedReadings(kept.stored, kept.repeated, tuple(refused))


def _message(city: str, said: Said, now_ms: int) -> Message:
    tokens = ["sense", city, said.device, *([said.stream] if said.stream else [])]
    subject = ".".join(token.replace(".", "//") for token in tokens)
    return Message(subject.encode("utf-8", "replace"), json.dumps(said.payload).encode(), 0, now_ms)


def _of_streams(kind: str, streams: list[int], devices: dict[str, DeviceInMemory]) -> list[Refusal]:
    """Refusals of readings, counted by the device of their stream."""
    owner = {stream.id: device.code for device in devices.values() for stream in device.streams.values()}
    times: dict[str, int] = {}
    for stream in streams:
        times[owner[stream]] = times.get(owner[stream], 0) + 1
    return [Refusal(kind, code, "", count) for code, count in times.items()]
