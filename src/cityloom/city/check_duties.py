"""Checks of the duty matrix: every matter has one lead everywhere, on every day of the years in use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from cityloom.city.checking import Findings
from cityloom.city.duty_table import ANYWHERE, DutyTable
from cityloom.city.keys import duty_key
from cityloom.city.trees import chains, children
from cityloom.city.values import Area, AreaCode, ClassCode, Duty, MatterClass

_SHOWN = 8  # codes named in one sentence


def check_duties(found: Findings) -> None:
    """Gaps, overlaps, and the list of matters pushed down."""
    folder = found.folder
    areas = {area.code: area for area in folder.areas}
    classes = {each.code: each for each in folder.classes}
    table = DutyTable(
        folder.duties,
        chains({code: each.parent for code, each in classes.items()}),
        chains({code: area.parent for code, area in areas.items()}),
    )
    parents = {each.parent for each in classes.values()}
    regions = _regions(table, areas)
    for each in classes.values():
        if each.code not in parents:
            _check_class(found, each, table, regions, areas)
    for i, duty in enumerate(folder.duties):
        if duty.pushed_down:
            told = {"class": duty.class_pattern, "area": duty.area, "unit": duty.unit}
            found.at("duty_pushed_down", "duties", i, duty.class_pattern, **told)


def _regions(table: DutyTable, areas: dict[AreaCode, Area]) -> dict[AreaCode, list[AreaCode]]:
    """The smallest areas grouped by the area that decides for them: all of a group have the same duties."""
    divided = {area.parent for area in areas.values()}
    regions: dict[AreaCode, list[AreaCode]] = {}
    for code in areas:
        if code not in divided:
            regions.setdefault(table.nearest_named(code), []).append(code)
    return regions


def _check_class(
    found: Findings,
    each: MatterClass,
    table: DutyTable,
    regions: dict[AreaCode, list[AreaCode]],
    areas: dict[AreaCode, Area],
) -> None:
    gaps: dict[date, list[AreaCode]] = {}
    overlaps: dict[tuple[str, ...], tuple[date, Duty, list[AreaCode]]] = {}
    for members in regions.values():
        rows = [duty for _, duty in table.ranked(each.code, members[0])]
        gap_day: date | None = None
        for day in _days_to_look_at(found, each, rows):
            for source, working in _occasions(rows):
                leads = table.owed(each.code, members[0], day, source, working).leads
                if not leads and not source and gap_day is None:
                    gap_day = day
                    gaps.setdefault(day, []).extend(members)
                if len(leads) > 1:
                    units = tuple(sorted(duty.unit for duty in leads))
                    first = overlaps.setdefault(units, (day, leads[-1], []))
                    first[2].extend(m for m in members if m not in first[2][-len(members) :])
    for day, missing in sorted(gaps.items()):
        shown = _summed_up(missing, areas)
        found.in_file(
            "duty_gap", "duties.csv", each.code, count=len(missing), on=day, areas=shown, **{"class": each.code}
        )
    for units, (day, duty, shared) in sorted(overlaps.items()):
        told = {"class": each.code, "areas": _summed_up(shared, areas), "units": list(units), "on": day}
        found.at("duty_overlap", "duties", _position(found, duty), each.code, **told)


def _position(found: Findings, duty: Duty) -> int:
    return next(i for i, each in enumerate(found.folder.duties) if each is duty)


def _days_to_look_at(found: Findings, each: MatterClass, rows: Iterable[Duty]) -> list[date]:
    """The first day in use, and each later one on which a duty begins or has just ended."""
    first_year, last_year = found.config.years
    first = max(date(first_year, 1, 1), each.valid.start or date.min)
    last = min(date(last_year, 12, 31), each.valid.end or date.max)
    days = {first}
    for duty in rows:
        days.add(duty.valid.start or first)
        if duty.valid.end is not None and duty.valid.end < last:
            days.add(duty.valid.end + timedelta(days=1))
    return sorted(day for day in days if first <= day <= last)


def _occasions(rows: Iterable[Duty]) -> list[tuple[str, bool]]:
    """The sources and times of day that the rows tell apart; a blank source stands for all others."""
    rows = list(rows)
    sources = ["", *sorted({duty.source for duty in rows if duty.source})]
    times = (True, False) if any(duty.hours for duty in rows) else (True,)
    return [(source, working) for source in sources for working in times]


def _summed_up(codes: list[AreaCode], areas: dict[AreaCode, Area]) -> list[str]:
    """The areas named by the largest ones that lie wholly among them, the first few."""
    below = children({code: area.parent for code, area in areas.items()})
    chosen = set(codes)
    grown = True
    while grown:
        grown = False
        for parent, members in below.items():
            if parent not in chosen and chosen.issuperset(members):
                chosen.add(parent)
                grown = True
    top = sorted(code for code in chosen if areas[code].parent not in chosen)
    return [*top[:_SHOWN], "…"] if len(top) > _SHOWN else top


def check_duty_rows(found: Findings, classes: Iterable[ClassCode]) -> None:
    """No duty is written twice, and the class or scheme and the area it names exist."""
    found.repeated("duties", map(duty_key, found.folder.duties), "row_twice")
    known = {*classes, *(f"{scheme}:*" for scheme in found.config.schemes)}
    areas = {area.code for area in found.folder.areas}
    for i, duty in enumerate(found.folder.duties):
        if duty.class_pattern not in known:
            found.unknown("duties", i, duty.class_pattern, "class", duty.class_pattern, known)
        if duty.area != ANYWHERE and duty.area not in areas:
            found.unknown("duties", i, duty.class_pattern, "area", duty.area, areas)
