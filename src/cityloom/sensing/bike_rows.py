"""Shared bikes in the database: places, vehicles as they were said to stand, heaps with their cases, fleets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper

from cityloom.sensing.bikes import Heap, Places, Standing, Vehicles


class FenceRow(NamedTuple):
    """A parking place as it is kept."""

    id: int
    code: str
    name: str
    area: str
    lon: float
    lat: float
    capacity: int


class OpenHeap(NamedTuple):
    """A heap that is not cleared, in a place (`fence`) or out of any (`cell`); `name` as people find it, or ""."""

    id: int
    fence: int | None
    cell: int | None
    operator: str
    began_at: datetime
    due_at: datetime
    case_number: str
    vehicles: int
    most: int
    room: int
    name: str
    lon: float
    lat: float


class ClearedHeap(NamedTuple):
    """A heap that is gone; named and placed like an open one."""

    operator: str
    began_at: datetime
    due_at: datetime
    cleared_at: datetime
    case_number: str
    most: int
    name: str
    lon: float
    lat: float


class Where(NamedTuple):
    """Where a heap is: a name that people know ("" where only the point is known) and a point."""

    name: str
    lon: float
    lat: float


def keep_fences(cursor: CursorWrapper, city_id: int, rows: Sequence[Sequence[object]], at: datetime) -> int:
    """Put the places in the place of those before: code, name, road, area, WKB, lon, lat, m², capacity."""
    columns: list[list[object]] = [list(each) for each in zip(*rows, strict=True)] if rows else [[] for _ in range(9)]
    cursor.execute(
        "INSERT INTO sensing_fence (city_id, code, name, road, area, geometry, lon, lat, area_m2, capacity, since) "
        "SELECT %s, u.*, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::float8[], "
        "%s::float8[], %s::float8[], %s::int[]) AS u ON CONFLICT (city_id, code) DO UPDATE SET name = EXCLUDED.name, "
        "road = EXCLUDED.road, area = EXCLUDED.area, geometry = EXCLUDED.geometry, lon = EXCLUDED.lon, "
        "lat = EXCLUDED.lat, area_m2 = EXCLUDED.area_m2, capacity = EXCLUDED.capacity, ended_at = NULL",
        [city_id, at, *columns],
    )
    cursor.execute(
        "UPDATE sensing_fence SET ended_at = %s WHERE city_id = %s AND ended_at IS NULL AND NOT code = ANY(%s)",
        [at, city_id, columns[0]],
    )
    return int(cursor.rowcount)


def read_places(cursor: CursorWrapper, city_id: int) -> tuple[Places, dict[int, FenceRow]]:
    """The places that are in use, as a tree and by id."""
    cursor.execute(
        "SELECT id, code, name, area, lon, lat, capacity, geometry FROM sensing_fence "
        "WHERE city_id = %s AND ended_at IS NULL ORDER BY id",
        [city_id],
    )
    rows = cursor.fetchall()
    return Places([row[0] for row in rows], [bytes(row[7]) for row in rows]), {
        row[0]: FenceRow(*row[:7]) for row in rows
    }


def keep_vehicles(
    cursor: CursorWrapper,
    city_id: int,
    operator: str,
    vehicles: Vehicles,
    fences: Sequence[int],
    cells: Sequence[int],
    at: datetime,
) -> None:
    """What an operator says now, in the place of what it said before; a fence of −1: in no place but in a cell."""
    cursor.execute("DELETE FROM sensing_vehicle WHERE city_id = %s AND operator = %s", [city_id, operator])
    cursor.execute(
        "INSERT INTO sensing_vehicle (city_id, operator, code, form, lon, lat, reserved, disabled, fence, cell, "
        "said_at) SELECT %s, %s, u.code, u.form, u.lon, u.lat, u.reserved, u.disabled, nullif(u.fence, -1), "
        "nullif(u.cell, 0), %s FROM unnest(%s::text[], %s::text[], %s::float8[], %s::float8[], %s::boolean[], "
        "%s::boolean[], %s::bigint[], %s::bigint[]) AS u(code, form, lon, lat, reserved, disabled, fence, cell)",
        [
            city_id, operator, at, list(vehicles.codes), list(vehicles.forms), vehicles.lon.tolist(),
            vehicles.lat.tolist(), vehicles.reserved.tolist(), vehicles.disabled.tolist(), list(fences),
            list(cells),
        ],
    )  # fmt: skip


def count_in_places(cursor: CursorWrapper, city_id: int) -> dict[int, dict[str, int]]:
    """How many vehicles of each operator stand in each place now."""
    return _counts(cursor, city_id, "fence")


def count_in_cells(cursor: CursorWrapper, city_id: int) -> dict[int, dict[str, int]]:
    """How many vehicles of each operator stand out of any place now, by cell."""
    return _counts(cursor, city_id, "cell")


def _counts(cursor: CursorWrapper, city_id: int, column: str) -> dict[int, dict[str, int]]:
    cursor.execute(
        f"SELECT {column}, operator, count(*) FROM sensing_vehicle "  # noqa: S608
        f"WHERE city_id = %s AND {column} IS NOT NULL GROUP BY 1, 2",
        [city_id],
    )
    found: dict[int, dict[str, int]] = {}
    for where, operator, count in cursor.fetchall():
        found.setdefault(where, {})[operator] = int(count)
    return found


def note_fleet(
    cursor: CursorWrapper, city_id: int, operator: str, day: date, stood: int, inside: int, quota: int | None
) -> None:
    """One look at an operator's fleet on a day."""
    cursor.execute(
        "INSERT INTO sensing_fleet_day (city_id, operator, day, most, quota, looks, stood, inside) "
        "VALUES (%s, %s, %s, %s, %s, 1, %s, %s) ON CONFLICT (city_id, operator, day) DO UPDATE SET "
        "most = greatest(sensing_fleet_day.most, EXCLUDED.most), quota = EXCLUDED.quota, "
        "looks = sensing_fleet_day.looks + 1, stood = sensing_fleet_day.stood + EXCLUDED.stood, "
        "inside = sensing_fleet_day.inside + EXCLUDED.inside",
        [city_id, operator, day, stood, quota, stood, inside],
    )


def list_open_heaps(cursor: CursorWrapper, city_id: int) -> list[OpenHeap]:
    """Heaps that are not cleared, the earliest due first."""
    cursor.execute(
        "SELECT o.id, o.fence_id, o.cell, o.operator, o.began_at, o.due_at, o.case_number, o.vehicles, o.most, "
        "o.room, coalesce(f.name, o.name), coalesce(f.lon, o.lon), coalesce(f.lat, o.lat) FROM sensing_overflow o "
        "LEFT JOIN sensing_fence f ON f.id = o.fence_id "
        "WHERE o.city_id = %s AND o.cleared_at IS NULL ORDER BY o.due_at, o.id",
        [city_id],
    )
    return [OpenHeap(*row) for row in cursor.fetchall()]


def list_cleared_heaps(
    cursor: CursorWrapper, city_id: int, since: datetime, operators: Sequence[str], most: int
) -> list[ClearedHeap]:
    """Heaps of these operators that were cleared since a moment, the newest first."""
    cursor.execute(
        "SELECT o.operator, o.began_at, o.due_at, o.cleared_at, o.case_number, o.most, coalesce(f.name, o.name), "
        "coalesce(f.lon, o.lon), coalesce(f.lat, o.lat) FROM sensing_overflow o "
        "LEFT JOIN sensing_fence f ON f.id = o.fence_id WHERE o.city_id = %s AND o.operator = ANY(%s) "
        "AND o.cleared_at >= %s ORDER BY o.cleared_at DESC, o.id DESC LIMIT %s",
        [city_id, list(operators), since, most],
    )
    return [ClearedHeap(*row) for row in cursor.fetchall()]


def open_heap(
    cursor: CursorWrapper, city_id: int, heap: Heap, where: Where, at: datetime, due_at: datetime
) -> int | None:
    """Note a new heap; None where one of the operator stands there already."""
    cursor.execute(
        "INSERT INTO sensing_overflow "
        "(city_id, operator, fence_id, cell, began_at, vehicles, most, room, case_number, due_at, name, lon, lat) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '', %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
        [
            city_id, heap.operator, None if heap.outside else heap.place, heap.place if heap.outside else None, at,
            heap.vehicles, heap.vehicles, heap.room, due_at, *where,
        ],
    )  # fmt: skip
    row = cursor.fetchone()
    return int(row[0]) if row else None


def name_case(cursor: CursorWrapper, heap_id: int, number: str) -> None:
    """The case by which the heap is cleared."""
    cursor.execute("UPDATE sensing_overflow SET case_number = %s WHERE id = %s", [number, heap_id])


def change_heaps(cursor: CursorWrapper, now_there: Mapping[int, int], cleared: Sequence[int], at: datetime) -> None:
    """How many stand at each open heap now; those that are cleared end at this moment."""
    cursor.execute(
        "UPDATE sensing_overflow o SET vehicles = u.vehicles, most = greatest(o.most, u.vehicles), "
        "cleared_at = CASE WHEN o.id = ANY(%s) THEN %s::timestamptz END "
        "FROM unnest(%s::bigint[], %s::int[]) AS u(id, vehicles) WHERE o.id = u.id AND o.cleared_at IS NULL",
        [list(cleared), at, list(now_there), list(now_there.values())],
    )


def standings(
    cursor: CursorWrapper,
    city_id: int,
    operators: Mapping[str, int | None],
    begins: datetime,
    now: datetime,
    first: date,
) -> list[Standing]:
    """How each operator did since a moment: two statements. Of heaps count those cleared, and those that are late."""
    cursor.execute(
        "SELECT operator, count(*) FILTER (WHERE cleared_at <= due_at), "
        "count(*) FILTER (WHERE cleared_at IS NOT NULL OR due_at < %(now)s), "
        "percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM cleared_at - began_at) / 60) "
        "FILTER (WHERE cleared_at IS NOT NULL), count(*) FILTER (WHERE cleared_at IS NULL) "
        "FROM sensing_overflow WHERE city_id = %(city)s AND began_at >= %(begins)s GROUP BY 1",
        {"city": city_id, "begins": begins, "now": now},
    )
    heaps = {row[0]: row[1:] for row in cursor.fetchall()}
    cursor.execute(
        "SELECT operator, max(most), sum(stood)::bigint, sum(inside)::bigint FROM sensing_fleet_day "
        "WHERE city_id = %s AND day >= %s GROUP BY 1",
        [city_id, first],
    )
    fleets = {row[0]: row[1:] for row in cursor.fetchall()}
    found = []
    for operator, quota in operators.items():
        kept, whole, median, open_ = heaps.get(operator, (0, 0, None, 0))
        most, stood, inside = fleets.get(operator, (0, 0, 0))
        found.append(
            Standing(operator, kept, whole, median, open_, most, quota, inside, stood)
        )  # fmt: skip
    return found


class PlaceNow(NamedTuple):
    """A place with its outline (WKB) and how many vehicles stand there."""

    code: str
    name: str
    lon: float
    lat: float
    capacity: int
    outline: bytes
    vehicles: int


class VehicleNow(NamedTuple):
    """A vehicle with the code of the place where it stands."""

    operator: str
    code: str
    lon: float
    lat: float
    reserved: bool
    disabled: bool
    said_at: datetime
    place: str


def list_places(cursor: CursorWrapper, city_id: int) -> list[PlaceNow]:
    """All places in use, with what stands there; one statement."""
    cursor.execute(
        "SELECT f.code, f.name, f.lon, f.lat, f.capacity, f.geometry, coalesce(v.count, 0) FROM sensing_fence f "
        "LEFT JOIN (SELECT fence, count(*) AS count FROM sensing_vehicle WHERE city_id = %s GROUP BY fence) v "
        "ON v.fence = f.id WHERE f.city_id = %s AND f.ended_at IS NULL ORDER BY f.code",
        [city_id, city_id],
    )
    return [
        PlaceNow(code, name, lon, lat, capacity, bytes(outline), int(vehicles))
        for code, name, lon, lat, capacity, outline, vehicles in cursor.fetchall()
    ]


def list_vehicles(cursor: CursorWrapper, city_id: int) -> list[VehicleNow]:
    """All vehicles as they were said to stand; one statement."""
    cursor.execute(
        "SELECT v.operator, v.code, v.lon, v.lat, v.reserved, v.disabled, v.said_at, coalesce(f.code, '') "
        "FROM sensing_vehicle v LEFT JOIN sensing_fence f ON f.id = v.fence WHERE v.city_id = %s ORDER BY v.id",
        [city_id],
    )
    return [VehicleNow(*row) for row in cursor.fetchall()]
