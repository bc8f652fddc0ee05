"""Take in what an operator says of its bikes: heaps become cases of the operator, cleared ones end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register, render
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.permissions import SYSTEM
from cityloom.city.scenarios import BikeOperator, BikeRules
from cityloom.city.snapshot_values import City
from cityloom.city.values import Source
from cityloom.sensing.bike_rows import (
    FenceRow,
    OpenHeap,
    Where,
    change_heaps,
    count_in_cells,
    count_in_places,
    keep_vehicles,
    list_open_heaps,
    name_case,
    note_fleet,
    open_heap,
    read_places,
)
from cityloom.sensing.bikes import (
    Heap,
    Vehicles,
    Whole,
    cells_outside,
    heaps_of,
    is_cleared,
    middle_of,
    own_room,
    shares_of_room,
)
from cityloom.sensing.keep_feeds import note_feed

FEED = "gbfs:"

register(
    {
        "bikes.none": (
            "本市 city.toml 没有 [bikes]；先写上共享单车的规则和企业",
            "city.toml of this city has no [bikes]; state the rules and operators of shared bikes first",
        ),
        "bikes.no_operator": (
            "没有代码为 {operator} 的单车企业；已有：{known}",
            "there is no operator {operator}; known: {known}",
        ),
        "bikes.heap": (
            "{place}停放{operator}共享单车{vehicles}辆，超出可停{room}辆，请于{minutes}分钟内清理",
            "{vehicles} bikes of {operator} stand at {place} with room for {room}; clear them in {minutes} minutes",
        ),
        "bikes.heap_outside": (
            "{place}停放点以外堆积{operator}共享单车{vehicles}辆，最多可停{room}辆，请于{minutes}分钟内清理",
            "{vehicles} bikes of {operator} stand out of any parking place at {place} where {room} may; "
            "clear them in {minutes} minutes",
        ),
    }
)


Counts = Mapping[int, Mapping[str, int]]  # of a place or a cell, by operator


class NoBikes(CityloomError):
    """The city states nothing of shared bikes."""

    status = 404


class NoSuchOperator(CityloomError):
    """An operator that city.toml does not name."""

    status = 404


@dataclass(frozen=True)
class Watched:
    """What one look found: vehicles, those in a place, heaps that are new, heaps that are gone."""

    vehicles: int
    inside: int
    new: int
    cleared: int


@dataclass(frozen=True)
class _Standing:
    """What stands where now: counts in places and in cells, and the room of each place."""

    in_places: Counts
    in_cells: Counts
    rooms: Mapping[int, int]
    share: float

    def of(self, heap: OpenHeap, outside_most: int) -> tuple[Mapping[str, int], int]:
        """Who stands where that heap is, and for how many there is room."""
        if heap.cell is not None:
            return self.in_cells.get(heap.cell, {}), outside_most
        return self.in_places.get(heap.fence or 0, {}), self.rooms.get(heap.fence or 0, 0)


def bike_rules(city: City) -> BikeRules:
    """The rules of city.toml; raises NoBikes."""
    if city.config.scenarios.bikes is None:
        raise NoBikes("bikes.none")
    return city.config.scenarios.bikes


def operator_of(rules: BikeRules, code: str) -> BikeOperator:
    """The operator; raises NoSuchOperator."""
    if code not in rules.operators:
        raise NoSuchOperator("bikes.no_operator", operator=code[:40], known=sorted(rules.operators))
    return rules.operators[code]


def limit_min(rules: BikeRules, heap: Heap) -> float:
    """The minutes in which a heap is to be cleared."""
    return rules.outside_limit_min if heap.outside else rules.limit_min


def watch_bikes(city: City, operator: str, vehicles: Vehicles, clock: Clock) -> Watched:
    """One look at an operator's fleet; a heap opens one case, however often it is seen."""
    rules, now = bike_rules(city), clock.now()
    firm = operator_of(rules, operator)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sensing.bikes'), %s)", [city.id])
        places, rows = read_places(cursor, city.id)
        fences = places.of(vehicles.lon, vehicles.lat)
        cells = cells_outside(vehicles.lon, vehicles.lat, fences)
        inside = int((fences >= 0).sum())
        keep_vehicles(cursor, city.id, operator, vehicles, fences.tolist(), cells.tolist(), now)
        _note(cursor, city, firm, len(vehicles.codes), inside, now)
        shares = shares_of_room({code: each.quota for code, each in rules.operators.items()})
        rooms = {number: row.capacity for number, row in rows.items()}
        standing = _Standing(
            count_in_places(cursor, city.id), count_in_cells(cursor, city.id), rooms, shares[operator]
        )
        cleared = _clear(cursor, city, operator, standing, rules, now)
        new: list[tuple[int, Heap, Where]] = []
        for heap in _heaps(standing, shares, rules):
            where = _where(city, heap, rows, vehicles, cells) if heap.operator == operator else None
            if where is not None:
                due_at = now + timedelta(minutes=limit_min(rules, heap))
                number = open_heap(cursor, city.id, heap, where, now, due_at)
                new += [(number, heap, where)] if number is not None else []
    for number, heap, where in new:  # each case in a transaction of its own, found again by its key after a crash
        _open_case(city, rules, firm, heap, number, where, clock)
    return Watched(len(vehicles.codes), inside, len(new), cleared)


def _note(cursor: CursorWrapper, city: City, firm: BikeOperator, count: int, inside: int, now: datetime) -> None:
    day = now.astimezone(city.calendar().tz).date()
    note_fleet(cursor, city.id, firm.code, day, count, inside, firm.quota)
    note_feed(
        cursor, city.id, FEED + firm.code, "gbfs", now, received=count, name=firm.name,
        expected_s=60 * firm.every_min, owner=firm.unit,
    )  # fmt: skip


def _heaps(standing: _Standing, shares: Mapping[str, float], rules: BikeRules) -> list[Heap]:
    """Heaps in places and, where that is watched, out of them."""
    found = heaps_of(standing.in_places, standing.rooms, shares, rules.over_share, rules.least_over)
    if rules.outside_most:
        rooms = dict.fromkeys(standing.in_cells, rules.outside_most)
        found += heaps_of(standing.in_cells, rooms, shares, 1.0, rules.least_over, outside=True)
    return found


def _where(city: City, heap: Heap, rows: Mapping[int, FenceRow], vehicles: Vehicles, cells: Whole) -> Where | None:
    """Where people find a heap; None for one beyond the city's edge, which is not the city's to clear."""
    if not heap.outside:
        fence = rows[heap.place]
        return Where(fence.name or fence.code, fence.lon, fence.lat)
    lon, lat = middle_of(vehicles.lon, vehicles.lat, cells == heap.place)
    return Where("", lon, lat) if city.find_area(lon, lat) is not None else None


def _clear(
    cursor: CursorWrapper, city: City, operator: str, standing: _Standing, rules: BikeRules, now: datetime
) -> int:
    there, gone = {}, []
    for heap in list_open_heaps(cursor, city.id):
        if heap.operator != operator:
            continue
        by_operator, room = standing.of(heap, rules.outside_most)
        vehicles = by_operator.get(operator, 0)
        there[heap.id] = vehicles
        over_share = 1.0 if heap.cell is not None else rules.over_share
        own = own_room(room, standing.share)
        if is_cleared(vehicles, sum(by_operator.values()), own, room, over_share):
            gone.append(heap.id)
    if there:
        change_heaps(cursor, there, gone, now)
    return len(gone)


def _open_case(
    city: City, rules: BikeRules, firm: BikeOperator, heap: Heap, number: int, where: Where, clock: Clock
) -> None:
    told = {
        "place": where.name or _street(city, where), "vehicles": heap.vehicles, "room": heap.room,
        "minutes": f"{limit_min(rules, heap):g}", "operator": firm.name.in_language("zh"),
    }  # fmt: skip
    new = NewReport(
        source=Source.SENSOR.value,
        words=render(Reason("bikes.heap_outside" if heap.outside else "bikes.heap", told), "zh"),
        class_code=firm.class_code or rules.class_code,
        lon=where.lon,
        lat=where.lat,
        address=where.name,
        idempotency_key=f"bikes:{city.code}:{number}",
    )
    received = receive_report(city, new, SYSTEM, clock)
    with connection.cursor() as cursor:
        name_case(cursor, number, received.number)


def _street(city: City, where: Where) -> str:
    """The areas around a point as people say them, from the third level down to the last but one."""
    chain = city.ancestors(city.find_area(where.lon, where.lat) or "")
    return "".join(city.areas[code].name.in_language("zh") for code in chain[2:-1] or chain[-1:])
