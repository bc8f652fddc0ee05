"""Registers as plain values: what a register holds of each record, who verifies it and how often. Pure.

Every value is a text; an empty one is not known yet. Values of personal fields are kept apart, sealed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register as register_reasons
from cityloom.city.values import Name, Role, UnitCode

FIELD_KINDS = ("text", "number", "date", "choice")
PLACE_KEYS = ("lon", "lat", "address")
OUTCOMES = ("confirmed", "corrected", "gone", "not_found")
RELOADED = "reloaded"  # the outcome of a row that a later load of the register wrote, not a person on the spot
LONGEST_VALUE = 500

register_reasons({
    "register.unreadable": ("读不懂 {file}：{detail}", "{file} cannot be read: {detail}"),
    "register.key_missing": ("{where} 缺少 {key}；请写上", "{where} lacks {key}; state it"),
    "register.word_unknown": (
        "{where} 的 {key} 不能是“{value}”；可用：{known}",
        "in {where} {key} cannot be “{value}”; known: {known}",
    ),
    "register.none": ("{file} 没有一个 [register.名称]", "{file} has no [register.NAME]"),
    "register.bad_value": (
        "{key} 的值“{value}”不对；应写成 {form}",
        "{key} cannot be “{value}”; write it as {form}",
    ),
    "register.too_long": ("{key} 超过 {most} 字，请缩短", "{key} has more than {most} characters; shorten it"),
})  # fmt: skip


class RegisterNotUnderstood(CityloomError):
    """The settings of a register say something that no register has."""


class BadValue(CityloomError):
    """A value that its field cannot have."""

    status = 422


@dataclass(frozen=True, slots=True)
class RegisterField:
    """One field of a register; `column` is what its source calls it, `personal` keeps it sealed."""

    key: str
    name: Name
    kind: str = "text"
    choices: tuple[str, ...] = ()
    personal: bool = False
    column: str = ""


@dataclass(frozen=True)
class Register:
    """One register: its fields, who owns it, who verifies its records and after how many days each is due again."""

    kind: str
    name: Name
    by: Role
    every_days: int
    fields: tuple[RegisterField, ...]
    unit: UnitCode = ""
    source: str = ""
    per_day: int = 5
    file: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)  # code, lon, lat, address → the source's columns

    def column(self, key: str) -> str:
        return self.columns.get(key, key)

    def as_json(self) -> dict[str, Any]:
        """The register as its table of `registers.toml`; `register_of` reads it back."""
        told: dict[str, Any] = {
            "name_zh": self.name.zh, "name_en": self.name.en, "by": self.by.value, "every_days": self.every_days,
            "unit": self.unit, "source": self.source, "per_day": self.per_day, "file": self.file,
            "columns": dict(self.columns), "fields": {},
        }  # fmt: skip
        for each in self.fields:
            told["fields"][each.key] = {
                "name_zh": each.name.zh, "name_en": each.name.en, "kind": each.kind, "personal": each.personal,
                "choices": list(each.choices), "column": each.column, "order": len(told["fields"]),
            }  # fmt: skip
        return told


@dataclass(frozen=True)
class Record:
    """One record as it stands: `values` by field, those of personal fields only where they were opened."""

    id: int
    kind: str
    code: str
    values: Mapping[str, str]
    lon: float | None
    lat: float | None
    area: str | None
    areas: tuple[str, ...]
    address: str
    state: str  # current, gone
    verified_at: datetime | None
    due_on: date | None


@dataclass(frozen=True)
class Check:
    """A check of one record: the task, and once it is answered what was found."""

    id: int
    record_id: int
    kind: str
    why: str  # frequency, asked, reloaded
    asked_by: str
    asked_at: datetime
    due_on: date
    worker: str
    outcome: str = ""
    corrections: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    note: str = ""
    by_login: str = ""
    at: datetime | None = None
    case_number: str = ""


def register_of(kind: str, table: Mapping[str, Any]) -> Register:
    """The register of a table `[register.KIND]`; raises RegisterNotUnderstood with what is wrong."""
    where = f"register.{kind}"
    by = _word(table, where, "by", [r.value for r in Role], Role.GRID_WORKER.value)
    fields = table.get("fields") or {}
    if not isinstance(fields, Mapping) or not fields:
        raise RegisterNotUnderstood("register.key_missing", where=where, key=f"[{where}.fields.…]")
    ordered = sorted(fields.items(), key=lambda item: item[1].get("order", 0) if isinstance(item[1], Mapping) else 0)
    return Register(
        kind=kind,
        name=_name(table, where),
        by=Role(by),
        every_days=_whole(table, where, "every_days", 365),
        fields=tuple(_field(where, key, row) for key, row in ordered),
        unit=str(table.get("unit", "")),
        source=str(table.get("source", "")),
        per_day=_whole(table, where, "per_day", 5),
        file=str(table.get("file", "")),
        columns={key: str(value) for key, value in (table.get("columns") or {}).items()},
    )


def registers_of(data: Mapping[str, Any], file: str) -> dict[str, Register]:
    """All registers of a `registers.toml`; raises RegisterNotUnderstood."""
    tables = data.get("register")
    if not isinstance(tables, Mapping) or not tables:
        raise RegisterNotUnderstood("register.none", file=file)
    return {kind: register_of(kind, table) for kind, table in tables.items()}


def _field(where: str, key: str, row: object) -> RegisterField:
    where = f"{where}.fields.{key}"
    if not isinstance(row, Mapping):
        raise RegisterNotUnderstood("register.key_missing", where=where, key="name_zh")
    kind = _word(row, where, "kind", FIELD_KINDS, "text")
    choices = tuple(map(str, row.get("choices", ())))
    if kind == "choice" and not choices:
        raise RegisterNotUnderstood("register.key_missing", where=where, key="choices")
    column = str(row.get("column", "")) or key
    return RegisterField(key, _name(row, where), kind, choices, bool(row.get("personal", False)), column)


def _name(row: Mapping[str, Any], where: str) -> Name:
    name = Name(str(row.get("name_zh", "")), str(row.get("name_en", "")))
    if not (name.zh or name.en):
        raise RegisterNotUnderstood("register.key_missing", where=where, key="name_zh")
    return name


def _word(row: Mapping[str, Any], where: str, key: str, known: list[str] | tuple[str, ...], default: str) -> str:
    value = str(row.get(key, default))
    if value not in known:
        raise RegisterNotUnderstood("register.word_unknown", where=where, key=key, value=value, known=list(known))
    return value


def _whole(row: Mapping[str, Any], where: str, key: str, default: int) -> int:
    value = row.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise RegisterNotUnderstood("register.word_unknown", where=where, key=key, value=value, known=["1", "2", "…"])
    return value


def clean_value(each: RegisterField, typed: object) -> str:
    """The value as it is kept: trimmed, a number without idle zeros; raises BadValue for what it cannot be."""
    value = "" if typed is None else str(typed).replace("\x00", "").strip()
    if not value:
        return ""
    if len(value) > LONGEST_VALUE:
        raise BadValue("register.too_long", key=each.key, most=LONGEST_VALUE)
    match each.kind:
        case "number":
            try:
                number = float(value)
            except ValueError:
                number = math.nan
            if not math.isfinite(number):
                raise BadValue("register.bad_value", key=each.key, value=value[:40], form="12.5")
            return f"{number:g}" if abs(number) < 1e6 else value
        case "date":
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError as wrong:
                raise BadValue("register.bad_value", key=each.key, value=value[:40], form="2026-01-31") from wrong
        case "choice":
            if value not in each.choices:
                form = " / ".join(each.choices)
                raise BadValue("register.bad_value", key=each.key, value=value[:40], form=form)
    return value
