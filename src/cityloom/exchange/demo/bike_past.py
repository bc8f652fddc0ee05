"""The past month of the demo's shared bikes: heaps that its operators cleared before anybody looked, without cases.

The fleets know their heaps of any day; here those of the past are written down as if somebody had timed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.city.scenarios import BikeRules
from cityloom.city.snapshot_values import City
from cityloom.exchange.demo.bike_firms import FIRMS
from cityloom.exchange.demo.fleets import DAY_S, RAMP_S, Fleets, Heaped
from cityloom.sensing.actions.watch_bikes import bike_rules, limit_min
from cityloom.sensing.bike_rows import FenceRow, Where, change_heaps, open_heap, read_places
from cityloom.sensing.bikes import Heap, Places, cells_outside, own_room, shares_of_room

DAYS = 30
SEEN_AFTER = timedelta(seconds=RAMP_S)  # a heap is one once it has grown
LEAST = timedelta(minutes=1)


def tell_bike_past(city: City, fleets: Fleets, now: datetime) -> int:
    """The heaps of thirty days before today; how many. A city that has heaps already keeps its own."""
    midnight = now.astimezone(city.calendar().tz).replace(hour=0, minute=0, second=0, microsecond=0)
    zone = midnight.utcoffset() or timedelta()
    today = int((midnight + zone).timestamp() // DAY_S)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sensing.bikes'), %s)", [city.id])
        cursor.execute("SELECT EXISTS (SELECT 1 FROM sensing_overflow WHERE city_id = %s)", [city.id])
        if cursor.fetchone()[0]:
            return 0
        past = _Past(cursor, city, bike_rules(city), *read_places(cursor, city.id))
        for day in range(today - DAYS, today):
            for heap in fleets.heaps_of_day(day):
                past.tell(heap)
    return past.told


@dataclass
class _Past:
    cursor: CursorWrapper
    city: City
    rules: BikeRules
    places: Places
    rows: Mapping[int, FenceRow]
    told: int = 0

    def tell(self, heaped: Heaped) -> None:
        """Write down a heap as it began and was cleared; one whose operator or place is not known is passed."""
        code, outside = FIRMS[heaped.firm].code, heaped.place < 0
        shares = shares_of_room({each: firm.quota for each, firm in self.rules.operators.items()})
        place = self._place_of(heaped)
        if code not in shares or place < 0:
            return
        room = own_room(self.rules.outside_most if outside else self.rows[place].capacity, shares[code])
        heap = Heap(place, code, heaped.most, room, outside)
        where = Where("" if outside else self.rows[place].name, heaped.lon, heaped.lat)
        began = datetime.fromtimestamp(heaped.begin_s, UTC) + SEEN_AFTER
        due = began + timedelta(minutes=limit_min(self.rules, heap))
        number = open_heap(self.cursor, self.city.id, heap, where, began, due)
        if number is not None:
            cleared = max(began + LEAST, datetime.fromtimestamp(heaped.end_s, UTC) + SEEN_AFTER / 4)
            change_heaps(self.cursor, {number: 0}, [number], cleared)
            self.told += 1

    def _place_of(self, heaped: Heaped) -> int:
        lon, lat = np.array([heaped.lon]), np.array([heaped.lat])
        if heaped.place >= 0:
            return int(self.places.of(lon, lat)[0])
        return int(cells_outside(lon, lat, np.array([-1]))[0])
