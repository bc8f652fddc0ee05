"""The doors by which other systems bring readings are feeds, one for each account, so that its silence is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from cityloom.city.logins import SERVICE
from cityloom.city.values import Name
from cityloom.sensing.keep_feeds import note_feed

HTTP, SENSORTHINGS = "http", "sensorthings"
MQTT = "mqtt"  # in the place of an account: devices that speak by the topics of SensorThings


def note_readings(
    cursor: CursorWrapper,
    city_id: int,
    door: str,
    account: str,
    at: datetime,
    streams: Sequence[int],
    *,
    refused: int = 0,
    owner: str = "",
) -> None:
    """That an account brought readings of these streams, each named as often as it spoke; two statements.

    It is expected again within the shortest interval of these streams; where none has one, whenever it comes.
    """
    cursor.execute("SELECT min(interval_s) FROM sensing_stream WHERE id = ANY(%s)", [sorted(set(streams))])
    (expected_s,) = cursor.fetchone()
    told = account.removeprefix(SERVICE)
    note_feed(
        cursor,
        city_id,
        f"{door}:{told}"[:100],
        door,
        at,
        received=len(streams),
        refused=refused,
        name=Name(told, told),
        expected_s=expected_s,
        owner=owner,
    )
