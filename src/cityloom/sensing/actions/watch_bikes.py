"""Take in what an operator says of its bikes: heaps become cases of the operator, cleared ones end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

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
    change_heaps,
    count_in_places,
    keep_vehicles,
    list_open_heaps,
    name_case,
    note_fleet,
    open_heap,
    read_places,
)
from cityloom.sensing.bikes import Heap, Vehicles, heaps_of, is_cleared, shares_of_room
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
    }
)


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


def watch_bikes(city: City, operator: str, vehicles: Vehicles, clock: Clock) -> Watched:
    """One look at an operator's fleet; a heap opens one case, however often it is seen."""
    rules, now = bike_rules(city), clock.now()
    firm = operator_of(rules, operator)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sensing.bikes'), %s)", [city.id])
        places, rows = read_places(cursor, city.id)
        fences = places.of(vehicles.lon, vehicles.lat)
        inside = int((fences >= 0).sum())
        keep_vehicles(cursor, city.id, operator, vehicles, fences.tolist(), now)
        day = now.astimezone(city.calendar().tz).date()
        note_fleet(cursor, city.id, operator, day, len(vehicles.codes), inside, firm.quota)
        note_feed(
            cursor, city.id, FEED + operator, "gbfs", now, received=len(vehicles.codes), name=firm.name,
            expected_s=60 * firm.every_min, owner=firm.unit,
        )  # fmt: skip
        counts = count_in_places(cursor, city.id)
        shares = shares_of_room({code: each.quota for code, each in rules.operators.items()})
        rooms = {number: row.capacity for number, row in rows.items()}
        cleared = _clear(city, operator, counts, rooms, shares[operator], rules, now)
        new = []
        for heap in heaps_of(counts, rooms, shares, rules.over_share, rules.least_over):
            if heap.operator == operator:
                number = open_heap(cursor, city.id, heap, now, now + timedelta(minutes=rules.limit_min))
                new += [(number, heap)] if number is not None else []
    for number, heap in new:  # each case in a transaction of its own, found again by its key after a crash
        _open_case(city, rules, firm, heap, number, rows[heap.place], clock)
    return Watched(len(vehicles.codes), inside, len(new), cleared)


def _clear(
    city: City,
    operator: str,
    counts: dict[int, dict[str, int]],
    rooms: dict[int, int],
    share: float,
    rules: BikeRules,
    now: datetime,
) -> int:
    there, gone = {}, []
    with connection.cursor() as cursor:
        for heap in list_open_heaps(cursor, city.id):
            if heap.operator != operator:
                continue
            by_operator = counts.get(heap.fence, {})
            room, vehicles = rooms.get(heap.fence, 0), by_operator.get(operator, 0)
            own = max(1, round(room * share))
            there[heap.id] = vehicles
            if is_cleared(vehicles, sum(by_operator.values()), own, room, rules.over_share):
                gone.append(heap.id)
        if there:
            change_heaps(cursor, there, gone, now)
    return len(gone)


def _open_case(
    city: City, rules: BikeRules, firm: BikeOperator, heap: Heap, number: int, fence: FenceRow, clock: Clock
) -> None:
    told = {
        "place": fence.name or fence.code, "vehicles": heap.vehicles, "room": heap.room,
        "minutes": f"{rules.limit_min:g}", "operator": firm.name.in_language("zh"),
    }  # fmt: skip
    new = NewReport(
        source=Source.SENSOR.value,
        words=render(Reason("bikes.heap", told), "zh"),
        class_code=firm.class_code or rules.class_code,
        lon=fence.lon,
        lat=fence.lat,
        address=fence.name,
        idempotency_key=f"bikes:{city.code}:{number}",
    )
    received = receive_report(city, new, SYSTEM, clock)
    with connection.cursor() as cursor:
        name_case(cursor, number, received.number)
