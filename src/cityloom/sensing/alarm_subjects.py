"""What alarms need to know of devices and areas: owner, place, and the devices above."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from cityloom.city.snapshot_values import City
from cityloom.sensing import rules
from cityloom.sensing.alarm_values import Subject

MOST_PARENTS = 5


def subjects_of(cursor: CursorWrapper, city: City, wanted: Iterable[rules.Subject]) -> dict[str, Subject]:
    """What is known of each, by its key."""
    asked = set(wanted)
    found = {str(each): _of_area(city, each.area) for each in asked if each.area}
    devices = [each.device for each in asked if not each.area]
    if not devices:
        return found
    cursor.execute(
        "WITH RECURSIVE up(device, parent, depth) AS ("
        "SELECT id, parent_id, 1 FROM sensing_device WHERE id = ANY(%s) AND parent_id IS NOT NULL UNION "
        "SELECT up.device, d.parent_id, up.depth + 1 FROM up JOIN sensing_device d ON d.id = up.parent "
        "WHERE d.parent_id IS NOT NULL AND up.depth < %s) "
        "SELECT d.id, d.type, d.area, d.owner, d.lon, d.lat, "
        "coalesce((SELECT array_agg(up.parent ORDER BY up.depth) FROM up WHERE up.device = d.id), '{}') "
        "FROM sensing_device d WHERE d.id = ANY(%s)",
        [devices, MOST_PARENTS, devices],
    )
    for device, type_, area, owner, lon, lat, parents in cursor.fetchall():
        key = str(rules.Subject(device))
        around = areas_of(city, area, lon, lat)
        found[key] = Subject(
            key=key,
            device_id=device,
            type=type_,
            area=around[-1] if around else None,
            areas=around,
            owner=owner or None,
            lon=lon,
            lat=lat,
            parents=tuple(parents),
            at_level=_levels(city, around),
        )
    return found


def areas_of(city: City, area: str | None, lon: float | None, lat: float | None) -> tuple[str, ...]:
    """The areas around a device, from the city down: those of its area, else of its place."""
    code = area if area in city.areas else None
    if code is None and lon is not None and lat is not None:
        code = city.find_area(lon, lat)
    return city.ancestors(code) if code else ()


def _of_area(city: City, area: str) -> Subject:
    around = areas_of(city, area, None, None)
    return Subject(
        key=str(rules.Subject(0, area)), area=area, areas=around or (area,), at_level=_levels(city, around)
    )


def _levels(city: City, around: tuple[str, ...]) -> dict[str, str]:
    return {city.areas[code].level: code for code in around}
