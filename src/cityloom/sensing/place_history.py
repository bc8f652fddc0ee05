"""The history of a stream as pages and commands tell it: single readings, or hours and days of a long span."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.sensing.device_queries import get_device, streams_of_device
from cityloom.sensing.lineage import Border, history_across
from cityloom.sensing.rolling import Bucket, roll, step_for
from cityloom.sensing.series import moments

register(
    {
        "device.no_stream": (
            "设备{code}没有数据流“{stream}”；可选：{streams}",
            "the device {code} has no stream {stream}; it has: {streams}",
        ),
    }
)


class NoSuchStream(CityloomError):
    """The device has no stream of that name."""

    status = 404


@dataclass(frozen=True)
class History:
    """What was said: `points` of single readings where `step` is raw, else `buckets`; `borders`: replacements."""

    step: str
    points: Sequence[tuple[datetime, float]]
    buckets: Sequence[Bucket]
    borders: Sequence[Border]


def tell_history(
    city: City, code: str, stream: str, begins: datetime, ends: datetime, step: str = "", most: int | None = None
) -> History:
    """What a stream said at its place in a span, by `step_for` the span unless a step is said.

    `most`: at most so many single readings, with every peak kept. Raises NoSuchDevice or NoSuchStream.
    """
    with connection.cursor() as cursor:
        device = get_device(cursor, city, code)
        streams = {each.name: each.id for each in streams_of_device(cursor, device.id)}
    if stream not in streams:
        raise NoSuchStream("device.no_stream", code=code, stream=stream[:60], streams=", ".join(streams))
    return history_of(city, streams[stream], begins, ends, step, most)


def history_of(
    city: City, stream: int, begins: datetime, ends: datetime, step: str = "", most: int | None = None
) -> History:
    """The same of a stream by its number."""
    step = step or step_for(begins, ends)
    if step == "raw":
        found, borders = history_across(stream, begins, ends, most)
        said = zip(moments(found), found.value.tolist(), strict=True)
        return History(step, [(at, value) for at, value in said if not math.isnan(value)], (), borders)
    buckets, borders = roll(stream, begins, ends, step, city.config.time_zone)
    return History(step, (), buckets, borders)
