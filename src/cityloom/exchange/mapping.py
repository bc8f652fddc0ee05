"""A mapping (`MAP.toml`): how the columns and words of somebody's table become records of ours.

`docs/import.md` has every key with an example. Reading a mapping needs neither the table nor a city.
"""

from __future__ import annotations

import codecs
import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, render
from cityloom.city.paths import CASE_STATES
from cityloom.city.values import Source
from cityloom.exchange import reasons  # noqa: F401  (the sentences used below)

FORMATS = ("csv", "xlsx", "json", "geojson")
SOLVED = ("yes", "partly", "no")
SATISFIED = ("satisfied", "basically", "unsatisfied")
ON_TIME = ("yes", "no")

# Our columns. Those that take several columns of the table join them.
COLUMNS = (
    "source_id", "opened_at", "closed_at", "due_at", "class", "class_from", "title", "words", "lon", "lat",
    "address", "area", "unit", "source", "state", "outcome", "solved", "satisfied", "name", "phone", "on_time",
    "point", "assisting", "passed_from", "task_role",
)  # fmt: skip
SEVERAL = frozenset({"words", "address", "outcome", "title", "class_from", "area"})
TASK_ROLES = ("lead", "assist", "passed_on")
TRANSLATED: dict[str, tuple[str, ...]] = {
    "state": tuple(CASE_STATES),
    "source": tuple(Source),
    "solved": SOLVED,
    "satisfied": SATISFIED,
    "on_time": ON_TIME,
    "task_role": TASK_ROLES,
    "unit": (),
    "class": (),
    "area": (),
}
BY_NAME = ("class", "unit", "area")
TABLES: dict[str, tuple[str, ...]] = {
    "source": ("name", "format", "encoding", "time_zone", "language", "sheet", "list"),
    "columns": COLUMNS,
    "values": tuple(TRANSLATED),
    "defaults": ("source", "state", "class", "unit"),
    "time": ("format",),
    "skip_points": ("points", "within_deg"),
    "classes": ("scheme", "slug"),
    "by_name": BY_NAME,
}
DEFAULT_WITHIN_DEG = 0.00005


class BadMapping(CityloomError):
    """A mapping that cannot be used; `problems` are all that is wrong with it."""

    def __init__(self, file: str, problems: list[Reason]) -> None:
        self.problems = problems
        super().__init__("map.problems", file=file, problems=[render(p, "en") for p in problems])

    def in_language(self, language: str) -> str:
        shown = [render(p, language) for p in self.problems]
        return render(Reason(self.reason.code, {**self.reason.params, "problems": shown}), language)


class NoMapping(CityloomError):
    """The mapping file is absent or no TOML."""

    status = 404


@dataclass(frozen=True)
class RecordMapping:
    """What `MAP.toml` says. `columns` has our names as keys and, for each, the columns of the table in order.

    `values` translates the words of a column; `time_format` is empty for ISO 8601; `time_zone` holds for times
    without an offset (None: the city's); `skip_points` mean "no place" within `skip_within_deg` of them.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    format: str = ""
    encoding: str = "utf-8"
    time_zone: str | None = None
    language: str = "zh"
    sheet: str = ""
    list_at: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    time_format: str = ""
    skip_points: tuple[tuple[float, float], ...] = ()
    skip_within_deg: float = DEFAULT_WITHIN_DEG
    scheme: str = ""
    slug: bool = False
    by_name: tuple[str, ...] = ()  # whose cells hold the city's own names, see names_of_city.py

    def zone(self, otherwise: str) -> ZoneInfo:
        """The zone of times without an offset."""
        return ZoneInfo(self.time_zone or otherwise)

    def column_names(self) -> tuple[str, ...]:
        """Every column of the table that the mapping names, once."""
        return tuple(dict.fromkeys(name for names in self.columns.values() for name in names))


def read_mapping(path: Path) -> RecordMapping:
    """The mapping in a file; raises NoMapping or BadMapping."""
    if not path.is_file():
        raise NoMapping("map.missing_file", file=str(path))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise NoMapping("map.not_toml", file=str(path), detail=str(wrong)) from wrong
    return parse_mapping(data, str(path))


def parse_mapping(data: Mapping[str, Any], file: str = "MAP.toml") -> RecordMapping:
    """The mapping in the content of a TOML file; raises BadMapping with all that is wrong."""
    problems = check_mapping(data)
    if problems:
        raise BadMapping(file, problems)
    source, classes, skip = data["source"], data.get("classes", {}), data.get("skip_points", {})
    return RecordMapping(
        name=source["name"],
        columns={name: _names(given) for name, given in data["columns"].items()},
        format=source.get("format", ""),
        encoding=source.get("encoding", "utf-8"),
        time_zone=source.get("time_zone"),
        language=source.get("language", "zh"),
        sheet=source.get("sheet", ""),
        list_at=source.get("list", ""),
        values={name: dict(words) for name, words in data.get("values", {}).items()},
        defaults=dict(data.get("defaults", {})),
        time_format=data.get("time", {}).get("format", ""),
        skip_points=tuple((float(lon), float(lat)) for lon, lat in skip.get("points", ())),
        skip_within_deg=float(skip.get("within_deg", DEFAULT_WITHIN_DEG)),
        scheme=classes.get("scheme", ""),
        slug=bool(classes.get("slug", False)),
        by_name=tuple(name for name in BY_NAME if data.get("by_name", {}).get(name)),
    )


def check_mapping(data: Mapping[str, Any]) -> list[Reason]:
    """All that is wrong in the content of a mapping."""
    found = [_unknown_key(key, TABLES) for key in data if key not in TABLES]
    for table, keys in TABLES.items():
        content = data.get(table, {})
        if not isinstance(content, Mapping):
            found.append(_bad(f"[{table}]", content, f"[{table}]"))
            return found
        found += [
            _unknown_key(f"{table}.{key}", [f"{table}.{k}" for k in keys]) for key in content if key not in keys
        ]
    return [*found, *_check_source(data.get("source", {})), *_check_columns(data), *_check_words(data), *_rest(data)]


def _check_source(source: Mapping[str, Any]) -> list[Reason]:
    found = []
    texts = [key for key in source if not isinstance(source[key], str)]
    found += [_bad(f"source.{key}", source[key], 'a text in quotes ("…")') for key in texts]
    if not source.get("name"):
        found.append(Reason("map.missing_key", {"key": "source.name"}))
    elif isinstance(source["name"], str) and (":" in source["name"] or len(source["name"]) > 60):
        found.append(_bad("source.name", source["name"], "a short name without a colon"))
    if source.get("format", "csv") not in FORMATS:
        found.append(_bad("source.format", source["format"], ", ".join(FORMATS)))
    if "encoding" in source and not _is_encoding(source["encoding"]):
        found.append(_bad("source.encoding", source["encoding"], "utf-8, gb18030"))
    if "time_zone" in source and source["time_zone"] not in available_timezones():
        found.append(_bad("source.time_zone", source["time_zone"], "an IANA name like Asia/Shanghai"))
    return found


def _check_columns(data: Mapping[str, Any]) -> list[Reason]:
    columns = data.get("columns", {})
    found = [
        Reason("map.missing_key", {"key": f"columns.{key}"})
        for key in ("source_id", "opened_at")
        if key not in columns
    ]
    for key, given in columns.items():
        names = [given] if isinstance(given, str) else given
        if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
            found.append(_bad(f"columns.{key}", given, "the name of a column, or a list of names"))
        elif len(names) > 1 and key not in SEVERAL:
            found.append(_bad(f"columns.{key}", given, f"one column (several: {', '.join(sorted(SEVERAL))})"))
    if "class" in columns and "class_from" in columns:
        found.append(_bad("columns.class_from", columns["class_from"], "left out where columns.class is given"))
    if ("lon" in columns) != ("lat" in columns):
        found.append(Reason("map.missing_key", {"key": "columns.lat" if "lon" in columns else "columns.lon"}))
    if "point" in columns and "lon" in columns:
        found.append(_bad("columns.point", columns["point"], "left out where columns.lon and columns.lat are given"))
    by_name = data.get("by_name", {})
    found += [
        _bad(f"by_name.{key}", by_name[key], "true or false") for key in by_name if by_name[key] not in (True, False)
    ]
    if "class_from" in columns and not data.get("classes", {}).get("scheme") and not by_name.get("class"):
        found.append(Reason("map.missing_key", {"key": "classes.scheme"}))
    return found


def _check_words(data: Mapping[str, Any]) -> list[Reason]:
    found = []
    for key, words in data.get("values", {}).items():
        if not isinstance(words, Mapping) or not all(isinstance(w, str) for w in words.values()):
            found.append(_bad(f"values.{key}", words, 'a table of "theirs" = "ours"'))
            continue
        known = TRANSLATED.get(key, ())
        wrong = [(word, ours) for word, ours in words.items() if known and ours and ours not in known]
        found += [_bad(f'values.{key}."{word}"', ours, _near(ours, known)) for word, ours in wrong]
    for key, value in data.get("defaults", {}).items():
        known = TRANSLATED.get(key, ())
        if not isinstance(value, str) or (known and value not in known):
            found.append(_bad(f"defaults.{key}", value, _near(str(value), known)))
    return found


def _rest(data: Mapping[str, Any]) -> list[Reason]:
    found = []
    points = data.get("skip_points", {}).get("points", [])
    if not isinstance(points, list) or not all(_is_point(p) for p in points):
        found.append(_bad("skip_points.points", points, "[[lon, lat], …]"))
    within = data.get("skip_points", {}).get("within_deg", 0)
    if not _is_number(within) or within < 0:
        found.append(_bad("skip_points.within_deg", within, "degrees, zero or more"))
    if not isinstance(data.get("classes", {}).get("slug", False), bool):
        found.append(_bad("classes.slug", data["classes"]["slug"], "true or false"))
    if not isinstance(data.get("classes", {}).get("scheme", ""), str):
        found.append(_bad("classes.scheme", data["classes"]["scheme"], "the name of a scheme of the city"))
    form = data.get("time", {}).get("format", "%Y")
    if not isinstance(form, str) or (form and "%" not in form):
        found.append(_bad("time.format", form, 'like "%Y-%m-%d %H:%M"; leave it out for ISO 8601'))
    return found


def _names(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _is_encoding(name: Any) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, TypeError):
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_point(point: Any) -> bool:
    return isinstance(point, list) and len(point) == 2 and all(_is_number(part) for part in point)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one; `-` when none is."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.4)
    return found[0] if found else "-"


def _near(word: str, known: Iterable[str]) -> str:
    known = list(known)
    return f"{nearest(word, known)} (known: {', '.join(known)})" if known else "a text"


def _unknown_key(key: str, known: Iterable[str]) -> Reason:
    return Reason("map.unknown_key", {"key": key, "near": nearest(key, known)})


def _bad(key: str, value: Any, form: str) -> Reason:
    return Reason("map.bad_value", {"key": key, "value": repr(value), "form": form})
