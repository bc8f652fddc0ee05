"""One row of somebody's table as a record in our words: pure, so that a replay needs neither city nor database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from cityloom.base.reasons import Reason
from cityloom.exchange.mapping import TRANSLATED, RecordMapping, nearest
from cityloom.exchange.slugs import EmptySlugError, slug

BY_PATH = frozenset({"area"})  # names from the top down, each in a column of its own
_BETWEEN_UNITS = re.compile(r"[,;，；、\n]")
_BETWEEN_DEGREES = re.compile(r"[,，;；\s]+")
LONGEST_CELLS = {"address": 300, "title": 300, "source_id": 130}


class BadRow(Exception):
    """A row that cannot become a record; the reason goes to the rejects file."""

    def __init__(self, code: str, **params: Any) -> None:
        self.reason = Reason(code, params)
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Record:
    """What a row says. Moments are in UTC; an empty text or None is "not told".

    `key` is `name:source_id`, unique in a city. `lon` and `lat` are None for a point that means "no place"
    (`was_default_point` says that there was one).
    """

    row: int
    key: str
    source_id: str
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    class_code: str | None
    title: str
    words: str
    lon: float | None
    lat: float | None
    was_default_point: bool
    address: str
    area: str | None
    unit: str | None
    source: str
    state: str | None
    outcome: str
    solved: str | None
    satisfied: str | None
    name: str
    phone: str
    on_time: bool | None
    assisting: tuple[str, ...] = ()
    passed_from: str | None = None  # the unit that passed it on to `unit`
    task_role: str = "lead"  # what `unit` has to do with it: lead, assist, passed_on (it leads, after another)

    @property
    def lead(self) -> str | None:
        """The unit that leads; None where nobody does, or where the record knows only one that assists."""
        return None if self.task_role == "assist" else self.unit

    @property
    def helpers(self) -> tuple[str, ...]:
        """The units that assist, each once."""
        own = (self.unit,) if self.task_role == "assist" and self.unit else ()
        return tuple(unit for unit in dict.fromkeys((*own, *self.assisting)) if unit != self.lead)


class RecordReader:
    """Turns the cells of a row into a Record by one mapping; words once translated are remembered."""

    def __init__(self, mapping: RecordMapping, zone: ZoneInfo) -> None:
        self.mapping = mapping
        self._zone = zone
        self._known: dict[tuple[str, str], str | None] = {}
        self._class_columns = mapping.columns.get("class") or mapping.columns.get("class_from") or ()
        self._names = {
            name: self._first(name) for name in (*TRANSLATED, "source_id", "lon", "lat", "point", "passed_from")
        }
        self._times = {name: self._first(name) for name in ("opened_at", "closed_at", "due_at")}

    def read(self, row: int, cells: Mapping[str, Any]) -> Record:
        """The record; raises BadRow with what is wrong first."""
        source_id = self._text("source_id", cells)
        if not source_id:
            raise BadRow("row.no_source_id", column=self._names["source_id"])
        opened = self._time("opened_at", cells)
        if opened is None:
            raise BadRow("row.no_opened", column=self._times["opened_at"])
        closed = self._time("closed_at", cells)
        if closed is not None and closed < opened:
            raise BadRow("row.closed_before_opened", opened=opened.isoformat(" "), closed=closed.isoformat(" "))
        lon, lat, was_default = self._point(cells)
        on_time = self._word("on_time", cells)
        return Record(
            row=row,
            key=f"{self.mapping.name}:{source_id}",
            source_id=source_id,
            opened_at=opened,
            closed_at=closed,
            due_at=self._time("due_at", cells),
            class_code=self._class(cells),
            title=self._joined("title", cells, " "),
            words=self._joined("words", cells, "\n"),
            lon=lon,
            lat=lat,
            was_default_point=was_default,
            address=self._joined("address", cells, " "),
            area=self._word("area", cells),
            unit=self._word("unit", cells) or self.mapping.defaults.get("unit"),
            source=self._word("source", cells) or self.mapping.defaults.get("source", "hotline"),
            state=self._word("state", cells) or self.mapping.defaults.get("state"),
            outcome=self._joined("outcome", cells, "\n"),
            solved=self._word("solved", cells),
            satisfied=self._word("satisfied", cells),
            name=self._joined("name", cells, " "),
            phone=self._joined("phone", cells, " "),
            on_time=None if on_time is None else on_time == "yes",
            assisting=self._units(cells),
            passed_from=self._translate("unit", passer) if (passer := self._text("passed_from", cells)) else None,
            task_role=self._word("task_role", cells) or "lead",
        )

    def _first(self, name: str) -> str:
        return self.mapping.columns.get(name, ("",))[0]

    def _units(self, cells: Mapping[str, Any]) -> tuple[str, ...]:
        """The units in the cell of those that assist, separated by a comma, semicolon, 、 or line."""
        told = _BETWEEN_UNITS.split(self._joined("assisting", cells, "、"))
        found = (self._translate("unit", theirs.strip()) for theirs in told if theirs.strip())
        return tuple(unit for unit in found if unit is not None)

    def _text(self, name: str, cells: Mapping[str, Any]) -> str:
        if name in BY_PATH and len(self.mapping.columns.get(name, ())) > 1:
            return self._joined(name, cells, "/")
        column = self._names[name]
        return _as_text(name, column, cells[column]) if column else ""

    def _joined(self, name: str, cells: Mapping[str, Any], between: str) -> str:
        columns = self.mapping.columns.get(name)
        if not columns:
            return ""
        if len(columns) == 1:
            return _as_text(name, columns[0], cells[columns[0]])
        parts = (_as_text(name, column, cells[column]) for column in columns)
        joined = between.join(dict.fromkeys(p for p in parts if p))
        if len(joined) > LONGEST_CELLS.get(name, len(joined)):
            raise BadRow("row.too_long", column=", ".join(columns), most=LONGEST_CELLS[name])
        return joined

    def _word(self, name: str, cells: Mapping[str, Any]) -> str | None:
        """A translated word: by [values.NAME], else as it is where it is one of ours."""
        theirs = self._text(name, cells)
        if not theirs:
            return None
        if (name, theirs) not in self._known:
            self._known[name, theirs] = self._translate(name, theirs)
        return self._known[name, theirs]

    def _translate(self, name: str, theirs: str) -> str | None:
        table, ours = self.mapping.values.get(name, {}), TRANSLATED[name]
        if theirs in table:
            return table[theirs] or None
        if not ours or theirs in ours:
            return theirs
        near = nearest(theirs, [*table, *ours])
        raise BadRow("row.unknown_word", column=self._names[name], value=theirs, near=near, key=name)

    def _class(self, cells: Mapping[str, Any]) -> str | None:
        parts = (_as_text("class", column, cells[column]) for column in self._class_columns)
        theirs = "/".join(part for part in parts if part)
        if not theirs:
            return self.mapping.defaults.get("class")
        if ("class", theirs) not in self._known:
            self._known["class", theirs] = self._class_code(theirs)
        return self._known["class", theirs]

    def _class_code(self, theirs: str) -> str | None:
        """`scheme:code` from [values.class], from the cell itself, or from a slug of the name."""
        table = self.mapping.values.get("class", {})
        code = table.get(theirs, theirs)
        if not code:
            return None
        if theirs not in table and self.mapping.slug:
            try:
                code = slug(theirs)
            except EmptySlugError as wrong:
                raise BadRow("row.no_class_code", value=theirs) from wrong
        return code if ":" in code or not self.mapping.scheme else f"{self.mapping.scheme}:{code}"

    def _time(self, name: str, cells: Mapping[str, Any]) -> datetime | None:
        column = self._times[name]
        value = cells[column] if column else None
        if value is None or value == "":
            return None
        try:
            moment = self._moment(value)
        except (ValueError, OverflowError) as wrong:
            form = self.mapping.time_format or "ISO 8601"
            raise BadRow("row.bad_time", column=column, value=str(value), form=form) from wrong
        return moment

    def _moment(self, value: Any) -> datetime | None:
        if isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime.combine(value, time())
        else:
            text = str(value).strip()
            if not text:
                return None
            moment = self._parse(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)).astimezone(UTC)

    @cached_property
    def _parse(self) -> Callable[[str], datetime]:
        form = self.mapping.time_format
        if not form:
            return datetime.fromisoformat
        return lambda text: datetime.strptime(text, form)  # noqa: DTZ007  (the zone is set by the caller)

    def _point(self, cells: Mapping[str, Any]) -> tuple[float | None, float | None, bool]:
        lon, lat = (
            self._pair(cells) if self._names["point"] else (self._number("lon", cells), self._number("lat", cells))
        )
        if lon is None and lat is None:
            return None, None, False
        if lon is None or lat is None:
            raise BadRow("row.half_point")
        near = self.mapping.skip_within_deg
        if any(abs(lon - x) <= near and abs(lat - y) <= near for x, y in self.mapping.skip_points):
            return None, None, True
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            code = "row.swapped_point" if abs(lat) <= 180 and abs(lon) <= 90 else "row.bad_point"
            raise BadRow(code, lon=lon, lat=lat)
        return lon, lat, False

    def _pair(self, cells: Mapping[str, Any]) -> tuple[float | None, float | None]:
        """Longitude and latitude that stand in one cell, `110.1,30.2`."""
        told = self._text("point", cells)
        if not told:
            return None, None
        parts = [part for part in _BETWEEN_DEGREES.split(told) if part]
        if len(parts) != 2:
            raise BadRow("row.half_point")
        lon, lat = (_as_number(self._names["point"], part) for part in parts)
        return lon, lat

    def _number(self, name: str, cells: Mapping[str, Any]) -> float | None:
        column = self._names[name]
        value = cells[column] if column else None
        if value is None or value == "" or (isinstance(value, str) and not value.strip()):
            return None
        return _as_number(column, value)


def _as_number(column: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as wrong:
        raise BadRow("row.bad_number", column=column, value=str(value)) from wrong
    if not isfinite(number):
        raise BadRow("row.bad_number", column=column, value=str(value))
    return number


def _as_text(name: str, column: str, value: Any) -> str:
    if value is None:
        return ""
    text = value.strip() if isinstance(value, str) else str(value)
    if "\0" in text:
        raise BadRow("row.nul", column=column)
    if len(text) > LONGEST_CELLS.get(name, len(text)):
        raise BadRow("row.too_long", column=column, most=LONGEST_CELLS[name])
    return text
