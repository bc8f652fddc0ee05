"""Whether what devices say gets through: into the log of the message server, and from there into the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection

from cityloom.app.no_space import LOG_FULL, TOLD_S
from cityloom.app.sense_log import STREAM, LogAway, SenseLog
from cityloom.base.clock import RealClock

LATE_S = 60.0  # what waits longer is told


class Lag(NamedTuple):
    """What does not get through, and what helps."""

    says: str
    next_step: str


def device_lag(url: str, now: datetime) -> Lag | None:
    """What is wrong, or None; nothing is, where nobody takes in what devices say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(sample) FROM sensing_problem WHERE kind = %s AND last_at > %s",
            [LOG_FULL, now - timedelta(seconds=TOLD_S)],
        )
        (full,) = cursor.fetchone()
        cursor.execute(
            "SELECT c.code, o.part, o.sequence FROM sensing_offset o JOIN city_city c ON c.id = o.city_id "
            "WHERE o.at > %s",
            [now - timedelta(days=7)],
        )
        offsets = cursor.fetchall()
    if full:
        return Lag(
            f"the message server cannot write what they say: {full}",
            "free space on the disk of its store, or lower CITYLOOM_SENSE_GB; they send again what was not answered",
        )
    if not url or not offsets:
        return None
    try:
        return _behind(url, offsets)
    except LogAway:
        return None  # told by the look at the messages


def _behind(url: str, offsets: list[tuple[str, str, int]]) -> Lag | None:
    """A city of which a message waits for longer than a minute, by the message server's own time."""
    reader, now = SenseLog(url, "sense.>"), RealClock().now()
    try:
        for code, part, stored in offsets:
            subject = f"sensepart.{int(part.split('/')[0]) - 1}.{code}.>" if part else f"sense.{code}.>"
            asked = json.dumps({"seq": stored + 1, "next_by_subj": subject}).encode()
            said = reader.request(f"$JS.API.STREAM.MSG.GET.{STREAM}", asked)
            if "message" not in said:
                continue
            at = datetime.fromisoformat(said["message"]["time"][:19]).replace(tzinfo=UTC)
            if (now - at).total_seconds() > LATE_S:
                step = "see that `cityloom ingest` runs and the database has space; the log of ingest says more"
                return Lag(f"what devices of {code} say since {at:%Y-%m-%d %H:%M} UTC is not stored yet", step)
    finally:
        reader.close()
    return None
