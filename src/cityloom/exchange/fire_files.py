"""Buildings of fire watch from a table: one row a building, one row a device in it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.sensing.fire_rows import Contact, Plan, Site, keep_plan, keep_point, keep_site
from cityloom.sensing.plan_pictures import BadPlan, PlanPicture, clean_plan

COLUMNS = (
    "site", "name_zh", "name_en", "address", "owner", "lon", "lat", "contact", "phone", "contact_role", "device",
    "kind", "floor", "x", "y", "plan",
)  # fmt: skip
KINDS = ("smoke", "electrical")

register(
    {
        "fire.bad_row": (
            "{file} 第{line}行：{column} 的值“{value}”不对",
            "{file} line {line}: {column} cannot be “{value}”",
        ),
        "fire.bad_plan": (
            "{file} 第{line}行的平面图 {plan} 不能用：{why}",
            "{file} line {line}: the plan {plan} cannot be used: {why}",
        ),
        "fire.columns": ("{file} 缺少列 {columns}", "{file} lacks the columns {columns}"),
    }
)


class BadFireFile(CityloomError):
    """A table that cannot be loaded; nothing of it was."""


@dataclass
class _Building:
    site: Site
    contacts: list[Contact] = field(default_factory=list)
    points: list[tuple[str, str, str, float | None, float | None]] = field(default_factory=list)
    plans: dict[str, PlanPicture] = field(default_factory=dict)


def load_fire_sites(city: City, path: Path, clock: Clock) -> dict[str, int]:
    """Load a table: buildings, devices hung in them, plans, devices the city does not know; all or nothing.

    A plan is a picture beside the table; one that is there stays until another comes for its floor.
    """
    buildings = _read(city, path)
    unknown = hung = 0
    with transaction.atomic(), connection.cursor() as cursor:
        for each in buildings.values():
            site_id = keep_site(cursor, city.id, each.site, each.contacts or None, clock.now())
            for point in each.points:
                if keep_point(cursor, city.id, site_id, *point):
                    hung += 1
                else:
                    unknown += 1
            for floor, picture in each.plans.items():
                plan = Plan(floor, picture.width, picture.height, picture.digest)
                keep_plan(cursor, site_id, plan, picture.form, picture.data, clock.now())
    plans = sum(len(each.plans) for each in buildings.values())
    return {"sites": len(buildings), "devices": hung, "plans": plans, "unknown_devices": unknown}


def _read(city: City, path: Path) -> dict[str, _Building]:
    found: dict[str, _Building] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadFireFile("fire.columns", file=path.name, columns=str(wrong)[:80]) from wrong
    rows = csv.DictReader(text.splitlines())
    missing = [name for name in ("site", "name_zh", "lon", "lat") if name not in (rows.fieldnames or ())]
    if missing:
        raise BadFireFile("fire.columns", file=path.name, columns=missing)
    for line, row in enumerate(rows, start=2):
        told = {name: (row.get(name) or "").strip()[:300] for name in COLUMNS}
        building = found.get(told["site"]) or _building(city, told, path.name, line)
        found[told["site"]] = building
        if told["contact"] or told["phone"]:
            building.contacts.append(Contact(told["contact"], told["phone"], told["contact_role"]))
        if told["device"]:
            if told["kind"] not in KINDS:
                raise _bad(path.name, line, "kind", told["kind"])
            x, y = (_share(told, name, path.name, line) for name in ("x", "y"))
            building.points.append((told["device"], told["kind"], told["floor"][:40], x, y))
        floor = told["floor"][:40]
        if floor and floor not in building.site.floors and (told["device"] or told["plan"]):
            building.site = building.site._replace(floors=(*building.site.floors, floor))
        if told["plan"] and floor not in building.plans:
            building.plans[floor] = _plan(path, line, told["plan"])
    return found


def _building(city: City, told: Mapping[str, str], file: str, line: int) -> _Building:
    if not told["site"] or len(told["site"]) > 100:
        raise _bad(file, line, "site", told["site"])
    if told["owner"] and told["owner"] not in city.units:
        raise _bad(file, line, "owner", told["owner"])
    lon, lat = (_number(told, name, file, line) for name in ("lon", "lat"))
    area = city.find_area(lon, lat)
    if area is None:
        raise _bad(file, line, "lon", f"{lon}, {lat}")
    name = Name(told["name_zh"], told["name_en"])
    return _Building(Site(0, told["site"], name, told["address"], area, told["owner"], lon, lat, (), False))


def _plan(table: Path, line: int, name: str) -> PlanPicture:
    """The picture beside the table; never one from outside its folder."""
    file = (table.parent / name).resolve()
    if not file.is_relative_to(table.parent.resolve()):
        raise _bad_plan(table, line, name, "..")
    try:
        return clean_plan(file.read_bytes())
    except OSError as wrong:
        raise _bad_plan(table, line, name, type(wrong).__name__) from wrong
    except BadPlan as wrong:
        raise _bad_plan(table, line, name, str(wrong)) from wrong


def _bad_plan(table: Path, line: int, name: str, why: str) -> BadFireFile:
    return BadFireFile("fire.bad_plan", file=table.name, line=line, plan=name[:80], why=why)


def _number(told: Mapping[str, str], name: str, file: str, line: int) -> float:
    try:
        return float(told[name])
    except ValueError as wrong:
        raise _bad(file, line, name, told[name]) from wrong


def _share(told: Mapping[str, str], name: str, file: str, line: int) -> float | None:
    if not told[name]:
        return None
    value = _number(told, name, file, line)
    if not 0 <= value <= 1:
        raise _bad(file, line, name, told[name])
    return value


def _bad(file: str, line: int, column: str, value: str) -> BadFireFile:
    return BadFireFile("fire.bad_row", file=file, line=line, column=column, value=value)
