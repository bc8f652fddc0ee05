"""Tell everybody of the city's severe alarms by CAP, and that they are over; where city.toml names a sender."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.sensing.alarm_values import STANDING
from cityloom.sensing.own_warnings import SEVERE, alarm_of, ending_of, is_due, warning_of
from cityloom.sensing.warning_rows import keep_alert, list_standing

MOST = 200


def tell_severe_alarms(city: City, clock: Clock) -> Iterator[tuple[str, int]]:
    """How many warnings were said and called off. An alarm under maintenance or another alarm is not told."""
    cap = city.config.scenarios.cap
    if not cap.sender:
        return
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('sensing.cap'), %s)", [city.id])
        if not cursor.fetchone()[0]:
            return
        told = {alarm_of(w.alert): w.alert for w in list_standing(cursor, city.id, now, public=True, own=True)}
        standing = {row[0]: row for row in _severe(cursor, city)}
        new = [row for number, row in standing.items() if number not in told or is_due(told[number], now)]
        for number, rule, severity, raised_at, area, lon, lat in new:
            known = city.rules.get(rule)
            name = known.name if known is not None else Name(rule, rule)
            place = _place(city, area)
            before = told.get(number)
            alert = warning_of(cap.sender, number, name, place, severity, raised_at, lon, lat, now, before)
            yield "warnings_said", int(keep_alert(cursor, city.id, alert, "", "", now, own=True))
        for number in sorted(told.keys() - standing.keys()):
            over = ending_of(told[number], now)
            yield "warnings_called_off", int(keep_alert(cursor, city.id, over, "", "", now, own=True))


def _severe(cursor: CursorWrapper, city: City) -> list[tuple[Any, ...]]:
    """Alarms that stand, are severe and have a place; silenced ones are accounted for by another."""
    cursor.execute(
        "SELECT id, rule, severity, raised_at, area, lon, lat FROM sensing_alarm WHERE city_id = %s "
        "AND state = ANY(%s) AND severity = ANY(%s) AND stands AND lon IS NOT NULL ORDER BY raised_at DESC LIMIT %s",
        [city.id, sorted(STANDING - {"silenced"}), list(SEVERE), MOST],
    )
    return list(cursor.fetchall())


def _place(city: City, area: str | None) -> Name:
    """The community or street around it, never the grid."""
    if not area or area not in city.areas:
        return Name("", "")
    chain = city.ancestors(area)
    return city.areas[chain[-2] if len(chain) > 1 else chain[0]].name
