"""The tables of a city folder: which columns each has, and the values its rows become."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from cityloom.city.clock_values import AfterHours, ClockUnit, DueTime
from cityloom.city.folder_values import CalendarDay, Thing
from cityloom.city.sheets import (
    CODE_CHARS,
    DAY,
    ITEMS,
    NAME_CHARS,
    NUMBER,
    TEXT_CHARS,
    WHOLE,
    YES_NO,
    Column,
    Notes,
    SheetRow,
)
from cityloom.city.values import (
    ClassWords,
    Duty,
    GroupPost,
    MatterClass,
    Name,
    Nature,
    Post,
    Role,
    Source,
    Span,
    Standard,
    Unit,
    Urgency,
)

V = TypeVar("V")
Read = tuple[tuple[V, ...], tuple[int, ...]]  # the values, and the line of each

UNIT_KINDS = (
    "hotline",
    "city_department",
    "district_department",
    "street_office",
    "community",
    "company",
    "crew",
    "centre",
)
POST_ROLES = tuple(role.value for role in Role if role not in (Role.RESIDENT, Role.SYSTEM))
GROUP_CHARS = 150  # as the identity provider calls it
CLASS_KINDS = ("component", "event", "hotline")

_SPAN = (Column("from", DAY), Column("until", DAY))
_NAMES = (Column("name_zh", longest=NAME_CHARS), Column("name_en", longest=NAME_CHARS))

UNITS = (
    Column("code", needed=True),
    Column("parent"),
    Column("kind", needed=True, words=UNIT_KINDS),
    *_NAMES,
    Column("serves", ITEMS),
    *_SPAN,
    Column("successors", ITEMS),
)
PEOPLE = (
    Column("login", needed=True, longest=150),
    Column("name", needed=True, longest=NAME_CHARS),
    Column("role", needed=True, words=POST_ROLES),
    Column("unit"),
    Column("area"),
    *_SPAN,
)
GROUPS = (
    Column("group", needed=True, longest=GROUP_CHARS),
    Column("role", needed=True, words=POST_ROLES),
    Column("unit"),
    Column("area"),
    *_SPAN,
)
CATALOGUE = (
    Column("scheme", needed=True),
    Column("version"),
    Column("code", needed=True),
    Column("parent"),
    Column("kind", needed=True, words=CLASS_KINDS),
    *_NAMES,
    Column("nature", words=tuple(nature.value for nature in Nature)),
    Column("verify", YES_NO),
    Column("check", YES_NO),
    *_SPAN,
)
STANDARDS = (
    Column("code", needed=True),
    Column("class", needed=True, longest=2 * CODE_CHARS + 1),
    Column("condition_zh", longest=TEXT_CHARS),
    Column("condition_en", longest=TEXT_CHARS),
    Column("urgency", words=tuple(urgency.value for urgency in Urgency)),
    Column("limit", NUMBER, above_zero=True),
    Column("unit", words=tuple(unit.value for unit in ClockUnit)),
    Column("hours"),
    Column("after_hours", words=tuple(rule.value for rule in AfterHours)),
    Column("due_time", words=tuple(rule.value for rule in DueTime)),
    Column("closing_zh", longest=TEXT_CHARS),
    Column("closing_en", longest=TEXT_CHARS),
    *_SPAN,
    Column("default", YES_NO),
)
DUTIES = (
    Column("class", needed=True, longest=2 * CODE_CHARS + 1),
    Column("area", needed=True),
    Column("unit", needed=True),
    Column("role", needed=True, words=("lead", "assist")),
    Column("order", WHOLE),
    Column("source", words=tuple(source.value for source in Source)),
    Column("hours", words=("working", "off")),
    Column("pushed_down", YES_NO),
    *_SPAN,
)
CALENDAR = (
    Column("date", DAY, needed=True),
    Column("kind", needed=True, words=("holiday", "workday")),
    *_NAMES,
    Column("calendar"),
)
LEXICON = (
    Column("class", needed=True, longest=2 * CODE_CHARS + 1),
    Column("words_zh", ITEMS),
    Column("words_en", ITEMS),
    Column("weight", NUMBER, above_zero=True),
)
THINGS = (
    Column("code", needed=True),
    Column("type", needed=True),
    *_NAMES,
    Column("component"),
    Column("area"),
    Column("owner"),
    Column("lon", NUMBER),
    Column("lat", NUMBER),
    Column("streams", ITEMS),
    Column("interval_s", NUMBER, above_zero=True),
    *_SPAN,
)


def _name(row: SheetRow, prefix: str = "name") -> Name:
    return Name(row.text(f"{prefix}_zh"), row.text(f"{prefix}_en"))


def _named(rows: Iterable[SheetRow], notes: Notes) -> list[SheetRow]:
    """The rows with a name in at least one language."""
    named = []
    for row in rows:
        if row.text("name_zh") or row.text("name_en"):
            named.append(row)
        else:
            notes.at_line("value_empty", row.line, row.text("code"), key="name_zh / name_en")
    return named


def _lines(rows: Iterable[SheetRow]) -> tuple[int, ...]:
    return tuple(row.line for row in rows)


def units_of(rows: list[SheetRow], notes: Notes) -> Read[Unit]:
    """`units.csv`."""
    rows = _named(rows, notes)
    return tuple(
        Unit(
            code=row.text("code"),
            parent=row.cells["parent"],
            kind=row.text("kind"),
            name=_name(row),
            serves=row.cells["serves"],
            valid=row.span(),
            successors=row.cells["successors"],
        )
        for row in rows
    ), _lines(rows)


def posts_of(rows: list[SheetRow], _: Notes) -> Read[Post]:
    """`people.csv`."""
    return tuple(
        Post(
            login=row.text("login"),
            role=Role(row.text("role")),
            unit=row.cells["unit"],
            area=row.cells["area"],
            valid=row.span(),
            name=row.text("name"),
        )
        for row in rows
    ), _lines(rows)


def groups_of(rows: list[SheetRow], _: Notes) -> Read[GroupPost]:
    """`groups.csv`."""
    return tuple(
        GroupPost(row.text("group"), Role(row.text("role")), row.cells["unit"], row.cells["area"], row.span())
        for row in rows
    ), _lines(rows)


def classes_of(rows: list[SheetRow], notes: Notes) -> Read[MatterClass]:
    """`catalogue.csv`; `version` stays blank where the row states none."""
    rows = _named(rows, notes)
    return tuple(_class(row) for row in rows), _lines(rows)


def _class(row: SheetRow) -> MatterClass:
    scheme, parent, kind = row.text("scheme"), row.text("parent"), row.text("kind")
    verify, check = row.cells["verify"], row.cells["check"]
    return MatterClass(
        code=f"{scheme}:{row.text('code')}",
        scheme=scheme,
        version=row.text("version"),
        parent=f"{scheme}:{parent}" if parent else None,
        kind=kind,
        name=_name(row),
        nature=Nature(row.text("nature") or Nature.MATTER),
        verify=True if verify is None else verify,
        check=kind != "hotline" if check is None else check,
        valid=row.span(),
    )


def standards_of(rows: list[SheetRow], notes: Notes) -> Read[Standard]:
    """`standards.csv`, with a default for every class and day that has a standard."""
    kept = []
    for row in rows:
        if (row.cells["limit"] is None) == (row.cells["unit"] is None):
            kept.append(row)
        else:
            notes.at_line("unit_without_limit", row.line, row.text("code"))
    return tuple(with_defaults(_standard(row) for row in kept)), _lines(kept)


def _standard(row: SheetRow) -> Standard:
    return Standard(
        code=row.text("code"),
        class_code=row.text("class"),
        condition=_name(row, "condition"),
        urgency=Urgency(row.text("urgency") or Urgency.ORDINARY),
        limit=row.cells["limit"],
        unit=row.cells["unit"],
        hours=row.text("hours"),
        after_hours=row.text("after_hours"),
        due_time=row.text("due_time"),
        closing=_name(row, "closing"),
        default=bool(row.cells["default"]),
        valid=row.span(),
    )


def with_defaults(standards: Iterable[Standard]) -> list[Standard]:
    """Where a class names no default for some days, its first row of those days becomes it."""
    standards = list(standards)
    spans: dict[str, list[Span]] = {}
    for each in standards:
        if each.default:
            spans.setdefault(each.class_code, []).append(each.valid)
    resolved = []
    for each in standards:
        taken = spans.setdefault(each.class_code, [])
        if not each.default and not any(spans_meet(each.valid, span) for span in taken):
            taken.append(each.valid)
            each = replace(each, default=True)
        resolved.append(each)
    return resolved


def spans_meet(one: Span, other: Span) -> bool:
    """Whether there is a day in both."""
    starts_before_end = (one.start or date.min) <= (other.end or date.max)
    return starts_before_end and (other.start or date.min) <= (one.end or date.max)


def duties_of(rows: list[SheetRow], _: Notes) -> Read[Duty]:
    """`duties.csv`."""
    return tuple(
        Duty(
            class_pattern=row.text("class"),
            area=row.text("area"),
            unit=row.text("unit"),
            role=row.text("role"),
            order=row.cells["order"] or 0,
            source=row.text("source"),
            hours=row.text("hours"),
            pushed_down=bool(row.cells["pushed_down"]),
            valid=row.span(),
        )
        for row in rows
    ), _lines(rows)


def calendar_of(rows: list[SheetRow], _: Notes) -> Read[CalendarDay]:
    """`calendar.csv`."""
    return tuple(
        CalendarDay(row.cells["date"], row.text("kind"), _name(row), row.text("calendar")) for row in rows
    ), _lines(rows)


def lexicon_of(rows: list[SheetRow], notes: Notes) -> Read[ClassWords]:
    """`lexicon.csv`."""
    kept = []
    for row in rows:
        words = (*row.cells["words_zh"], *row.cells["words_en"])
        wrong = next((word for word in words if not 2 <= len(word) <= CODE_CHARS), None)
        if wrong is not None or not words:
            notes.at_line("lexicon_word", row.line, row.text("class"), word=wrong or "")
        else:
            kept.append(row)
    return tuple(
        ClassWords(
            class_code=row.text("class"),
            zh=row.cells["words_zh"],
            en=row.cells["words_en"],
            weight=1.0 if row.cells["weight"] is None else row.cells["weight"],
        )
        for row in kept
    ), _lines(kept)


def things_of(rows: list[SheetRow], notes: Notes) -> Read[Thing]:
    """`things.csv`."""
    rows = _named(rows, notes)
    return tuple(
        Thing(
            code=row.text("code"),
            type=row.text("type"),
            name=_name(row),
            component=row.text("component"),
            area=row.text("area"),
            owner=row.text("owner"),
            lon=row.cells["lon"],
            lat=row.cells["lat"],
            streams=row.cells["streams"],
            interval_s=row.cells["interval_s"],
            valid=row.span(),
        )
        for row in rows
    ), _lines(rows)
