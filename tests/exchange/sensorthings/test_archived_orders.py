"""Any filter in any order over tables, late readings, what stands beside them and files: what plain Python finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import cycle, product
from typing import Any, NamedTuple
from urllib.parse import quote

from django.db import connection, transaction
from tests.cases.life import Life
from tests.exchange.sensorthings.conftest import Door
from tests.exchange.sensorthings.small_world import World, make_world
from tests.exchange.sensorthings.test_archived import all_pages

from cityloom.base.clock import GivenClock
from cityloom.exchange.sensorthings import archived
from cityloom.sensing import closed_days, day_files
from cityloom.sensing.archiving import archive_days
from cityloom.sensing.keeping import Keeper, keep_late
from cityloom.sensing.models import Stream
from cityloom.sensing.values import reading_id, readings_of
from cityloom.sensing.watermarks import Watermarks

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
NAN = float("nan")


class Said(NamedTuple):
    """An observation as plain Python knows it: `result` None for none, text where it is no number."""

    stream: int
    at: datetime
    result: Any
    by: str = ""

    @property
    def id(self) -> int:
        return reading_id(self.stream, round(self.at.timestamp() * 1000))

    @property
    def number(self) -> float | None:
        return self.result if isinstance(self.result, float) else None


def keep_days(life: Life, world: World, monkeypatch: Any) -> list[Said]:
    """Two streams over five days of May, three of them closed, in files of small groups; late ones everywhere."""
    monkeypatch.setattr(day_files, "GROUP_ROWS", 4)
    streams = (world.brightness, world.voltage)
    told = {
        (stream, hour): float((hour * 7 + n * 3) % 11 - 4)
        for n, stream in enumerate(streams)
        for hour in range(0, 120, 5)
    }
    told |= {(world.voltage, 10): NAN, (world.voltage, 100): NAN, (world.brightness, 115): float("-inf")}
    _keep(life, told)
    late = {(world.brightness, 7): 6.0, (world.brightness, 110): 99.0, (world.voltage, 23): 6.0}
    _late(late | {(world.brightness, 30): 77.0})
    assert archive_days(GivenClock(FIRST + timedelta(days=4)), 1) > 0
    after = {(world.brightness, 8): 6.5, (world.voltage, 71): -3.0, (world.brightness, 1): NAN}
    _late(after | {(world.brightness, 5): 55.0, (world.voltage, 20): 55.0})  # the last two stand in files already
    beside = {
        (world.brightness, 20): ("李工", None),
        (world.voltage, 10): ("王工", "开"),
        (world.voltage, 105): ("李工", None),
        (world.brightness, 1): ("赵工", "shut"),
    }
    _beside(beside)
    Stream.objects.filter(id__in=streams).update(first_at=FIRST)
    for stream, hour in after | late:
        told.setdefault((stream, hour), (after | late)[stream, hour])
    made = []
    for (stream, hour), value in told.items():
        by, text = beside.get((stream, hour), ("", None))
        made.append(Said(stream, FIRST + timedelta(hours=hour), text or (None if value != value else value), by))
    return made


def _keep(life: Life, told: dict[tuple[int, int], float]) -> None:
    batch = readings_of(*zip(*((s, _ms(hour), v) for (s, hour), v in sorted(told.items())), strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        Keeper(life.city.id, Watermarks()).keep(cursor, batch, _ms(140))


def _late(told: dict[tuple[int, int], float]) -> None:
    rows = readings_of(*zip(*((s, _ms(hour), v) for (s, hour), v in told.items()), strict=True))
    with transaction.atomic(), connection.cursor() as cursor:
        keep_late(cursor, rows, 0, judged=True)


def _beside(told: dict[tuple[int, int], tuple[str, str | None]]) -> None:
    with connection.cursor() as cursor:
        for (stream, hour), (by, text) in told.items():
            cursor.execute(
                "INSERT INTO sensing_extra (stream, at, result, parameters) "
                "VALUES (%s, %s, to_jsonb(%s::text), jsonb_build_object('by', %s::text))",
                [stream, FIRST + timedelta(hours=hour), text, by],
            )


def _ms(hour: int) -> int:
    return round((FIRST + timedelta(hours=hour)).timestamp() * 1000)


def filters(world: World) -> dict[str, Any]:
    """Conditions, and the same in Python. A result without number fits no comparison with one."""
    third = FIRST + timedelta(hours=50)
    one = Said(world.voltage, FIRST + timedelta(hours=15), None).id
    return {
        "": lambda s: True,
        "result gt 3": lambda s: s.number is not None and s.number > 3,
        "result le -1.5 or result eq 6": lambda s: s.number is not None and (s.number <= -1.5 or s.number == 6),
        "not (result lt 5)": lambda s: not (s.number is not None and s.number < 5),
        "result ne 6": lambda s: s.number != 6,
        "result in (6, 0, -4)": lambda s: s.number in (6, 0, -4),
        "result mul 2 gt 7": lambda s: s.number is not None and s.number * 2 > 7,
        "phenomenonTime ge 2026-05-03T02:00:00Z and result lt 2": lambda s: (
            s.at >= third and s.number is not None and s.number < 2
        ),
        "phenomenonTime lt 2026-05-03T02:00:00Z or result eq 3": lambda s: s.at < third or s.number == 3,
        "parameters/by eq '李工'": lambda s: s.by == "李工",
        "parameters/by eq '李工' or result gt 5": lambda s: s.by == "李工" or (s.number or 0) > 5,
        f"Datastream/id eq {world.voltage}": lambda s: s.stream == world.voltage,
        "Datastream/name eq 'voltage' and result ge 0": lambda s: (
            s.stream == world.voltage and s.number is not None and s.number >= 0
        ),
        "Datastream/Thing/name eq 'lamp 1' and not (Datastream/name eq 'voltage')": lambda s: (
            s.stream == world.brightness
        ),
        "startswith(Datastream/name, 'vol')": lambda s: s.stream == world.voltage,
        "contains(Datastream/ObservedProperty/name, 'lum') or result eq 6": lambda s: True,
        f"id eq {one}": lambda s: s.id == one,
        f"id gt {one}": lambda s: s.id > one,
        "result eq 'shut'": lambda s: s.result == "shut",
        "result eq null": lambda s: s.result is None,
    }


def _by_result(said: Said) -> tuple[int, float]:
    """What is without number before all numbers."""
    return (0, 0.0) if said.number is None else (1, said.number)


def _by_text(said: Said) -> str:
    return said.result if isinstance(said.result, str) else ""


ORDERS: dict[str, list[tuple[Any, bool]]] = {  # by which keys, and whether each descends; the last settle all
    "result desc": [(_by_result, True), (_by_text, True),
                    (lambda s: s.at, True), (lambda s: s.stream, True)],
    "result": [(_by_result, False), (_by_text, False),
               (lambda s: s.at, False), (lambda s: s.stream, False)],
    "id desc": [(lambda s: s.id, True)],
    "Datastream/id,phenomenonTime desc": [(lambda s: s.stream, False), (lambda s: s.at, True)],
    "parameters/by,result": [(lambda s: s.by, False), (_by_result, False),
                             (_by_text, False), (lambda s: s.at, False), (lambda s: s.stream, False)],
    "phenomenonTime desc": [(lambda s: s.at, True), (lambda s: s.stream, True)],
    "": [(lambda s: s.at, False), (lambda s: s.stream, False)],
}  # fmt: skip


def ordered(said: list[Said], order: str) -> list[int]:
    """Their numbers, as the order says."""
    found = list(said)
    for key, descends in reversed(ORDERS[order]):
        found.sort(key=key, reverse=descends)
    return [s.id for s in found]


def test_any_filter_order_and_page_over_files_is_what_plain_python_finds(
    door: Door, city_of_things: Life, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    settings.CITYLOOM_ARCHIVE = str(tmp_path)
    world = make_world(door)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sensing_late")
        cursor.execute("DELETE FROM sensing_extra")
    said = keep_days(city_of_things, world, monkeypatch)
    monkeypatch.setattr(archived, "MOST", 6)  # as if there were many more
    monkeypatch.setattr(closed_days.read_in_any_order, "__defaults__", (closed_days._all, 2))
    wrong = []
    all_filters = filters(world)
    for condition, order in {*zip(all_filters, cycle(ORDERS), strict=False), *product([""], ORDERS)}:
        fits = all_filters[condition]
        whole = ordered([s for s in said if fits(s)], order)
        asked = f"Observations?$select=id&$filter={quote(condition or 'true')}" + f"&$orderby={order}" * bool(order)
        found, _ = all_pages(door, f"{asked}&$top=31")
        told = door.get(f"{asked}&$skip=5&$top=9&$count=true")
        if [o["@iot.id"] for o in found] != whole:
            wrong.append((condition, order, "pages", len(found), len(whole)))
        if [o["@iot.id"] for o in told["value"]] != whole[5:14] or told["@iot.count"] != len(whole):
            wrong.append((condition, order, "skip and count"))
    assert wrong == []
    for condition in ("", "result gt 3", "not (result lt 5)"):
        fits = all_filters[condition]
        own = [s for s in said if fits(s) and s.stream == world.brightness]
        path = f"Datastreams({world.brightness})/Observations/$count?$filter={quote(condition or 'true')}"
        assert door.get(path) == str(len(own)), condition
