"""`[bikes]`, `[cap]` and `[fire]` of city.toml: what the worked scenarios of sensing need to know of a city."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cityloom.city.problems import nearest
from cityloom.city.values import ClassCode, Name, UnitCode

Note = Callable[..., None]
BIKE_KEYS = (
    "class", "m2_per_bike", "limit_min", "over_share", "least_over", "outside_most", "outside_limit_min",
    "least_sample", "operators",
)  # fmt: skip
OPERATOR_KEYS = ("name_zh", "name_en", "unit", "class", "quota", "gbfs", "every_min")
CAP_KEYS = ("sender", "sources")
SOURCE_KEYS = ("name_zh", "name_en", "url", "every_min")
FIRE_KEYS = ("smoke", "electrical")


@dataclass(frozen=True, slots=True)
class BikeOperator:
    """A firm whose bikes stand in the streets: the unit that clears them, how many it may have, its GBFS address."""

    code: str
    name: Name
    unit: UnitCode
    quota: int | None = None
    gbfs: str = ""
    every_min: float = 5.0
    class_code: ClassCode = ""  # of its heaps, where duties tell operators apart by class


@dataclass(frozen=True, slots=True)
class BikeRules:
    """When too many bikes stand at a place: more than `over_share` of its room and `least_over` beyond it.

    Out of any place more than `outside_most` within about 50 m are too many, all operators together; 0: not watched.
    The operator has `limit_min` minutes, out of places `outside_limit_min`; fewer than `least_sample` clearances are
    not judged.
    """

    class_code: ClassCode = ""
    m2_per_bike: float = 1.2
    limit_min: float = 60.0
    over_share: float = 1.0
    least_over: int = 3
    outside_most: int = 20
    outside_limit_min: float = 60.0
    least_sample: int = 10
    operators: Mapping[str, BikeOperator] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CapSource:
    """Who warns: an address of a CAP message, or of an Atom or RSS index of such."""

    code: str
    name: Name
    url: str
    every_min: float = 5.0


@dataclass(frozen=True, slots=True)
class CapRules:
    """By which name the city itself warns (none: it does not), and whose warnings it reads."""

    sender: str = ""
    sources: Mapping[str, CapSource] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FireRules:
    """Which types of device belong to fire watch."""

    smoke: tuple[str, ...] = ("smoke_detector",)
    electrical: tuple[str, ...] = ("electrical_monitor",)


@dataclass(frozen=True, slots=True)
class Scenarios:
    """All of them; `bikes` is None where the city states nothing of shared bikes."""

    bikes: BikeRules | None = None
    cap: CapRules = CapRules()
    fire: FireRules = FireRules()


def parse_scenarios(data: Mapping[str, Any], note: Note) -> Scenarios:
    """The scenarios; what is wrong goes to `note(problem, key, **params)`."""
    read = _Reader(note)
    bikes = read.table(data, "bikes", BIKE_KEYS)
    cap = read.table(data, "cap", CAP_KEYS)
    fire = read.table(data, "fire", FIRE_KEYS)
    return Scenarios(
        bikes=_bikes(bikes, read) if bikes else None,
        cap=CapRules(read.text(cap, "cap", "sender"), _sources(cap, read)),
        fire=FireRules(
            read.words(fire, "fire", "smoke") or FireRules().smoke,
            read.words(fire, "fire", "electrical") or FireRules().electrical,
        ),
    )


def _bikes(table: Mapping[str, Any], read: _Reader) -> BikeRules:
    usual = BikeRules()
    if not table.get("class"):
        read.note("key_missing", "bikes.class")
    operators = {}
    for code, row in read.tables(table, "bikes", "operators", OPERATOR_KEYS):
        where = f"bikes.operators.{code}"
        quota = read.number(row, where, "quota", -1, zero=True)
        if not row.get("unit"):
            read.note("key_missing", f"{where}.unit")
        operators[code] = BikeOperator(
            code, read.name(row, where), read.text(row, where, "unit"), None if quota < 0 else int(quota),
            read.address(row, where, "gbfs"), read.number(row, where, "every_min", 5.0),
            read.text(row, where, "class"),
        )  # fmt: skip
    limit_min = read.number(table, "bikes", "limit_min", usual.limit_min)
    return BikeRules(
        class_code=read.text(table, "bikes", "class"),
        m2_per_bike=read.number(table, "bikes", "m2_per_bike", usual.m2_per_bike),
        limit_min=limit_min,
        over_share=read.number(table, "bikes", "over_share", usual.over_share),
        least_over=int(read.number(table, "bikes", "least_over", usual.least_over, zero=True)),
        outside_most=int(read.number(table, "bikes", "outside_most", usual.outside_most, zero=True)),
        outside_limit_min=read.number(table, "bikes", "outside_limit_min", limit_min),
        least_sample=int(read.number(table, "bikes", "least_sample", usual.least_sample, zero=True)),
        operators=operators,
    )


def _sources(table: Mapping[str, Any], read: _Reader) -> dict[str, CapSource]:
    found = {}
    for code, row in read.tables(table, "cap", "sources", SOURCE_KEYS):
        where = f"cap.sources.{code}"
        if not row.get("url"):
            read.note("key_missing", f"{where}.url")
        found[code] = CapSource(
            code, read.name(row, where), read.address(row, where, "url"), read.number(row, where, "every_min", 5.0)
        )
    return found


@dataclass
class _Reader:
    """Reads keys of the right type and notes each one that is not."""

    note: Note

    def table(self, data: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
        found = data.get(name, {})
        if not isinstance(found, Mapping):
            return {}  # noted with the other tables
        self._unknown(found, name, keys)
        return found

    def _unknown(self, table: Mapping[str, Any], where: str, keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                self.note("key_unknown", f"{where}.{key}", near=nearest(key, keys))

    def tables(
        self, data: Mapping[str, Any], where: str, name: str, keys: tuple[str, ...]
    ) -> list[tuple[str, Mapping[str, Any]]]:
        inner = data.get(name, {})
        if not isinstance(inner, Mapping):
            self.note("value_form", f"{where}.{name}", value=inner, form=f"[{where}.{name}.…]")
            return []
        sound = []
        for code, row in inner.items():
            if isinstance(row, Mapping) and len(code) <= 40:
                self._unknown(row, f"{where}.{name}.{code}", keys)
                sound.append((code, row))
            else:
                self.note("value_form", f"{where}.{name}.{code}", value=row, form=f"[{where}.{name}.{code}]")
        return sound

    def text(self, table: Mapping[str, Any], where: str, key: str) -> str:
        value = table.get(key, "")
        if isinstance(value, str) and len(value) <= 200:
            return value
        self.note("value_form", f"{where}.{key}", value=value, form=f'{key} = "…"')
        return ""

    def name(self, row: Mapping[str, Any], where: str) -> Name:
        found = Name(self.text(row, where, "name_zh"), self.text(row, where, "name_en"))
        if not found.zh and not found.en:
            self.note("key_missing", f"{where}.name_zh")
        return found

    def address(self, row: Mapping[str, Any], where: str, key: str) -> str:
        value = self.text(row, where, key)
        if value and not value.startswith(("https://", "http://")):
            self.note("value_form", f"{where}.{key}", value=value, form=f'{key} = "https://…"')
            return ""
        return value

    def words(self, table: Mapping[str, Any], where: str, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(each, str) and len(each) <= 60 for each in value):
            return tuple(value)
        self.note("value_form", f"{where}.{key}", value=value, form=f'{key} = ["…"]')
        return ()

    def number(self, table: Mapping[str, Any], where: str, key: str, usual: float, *, zero: bool = False) -> float:
        if key not in table:
            return usual
        value = table[key]
        sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
        if sound and (value or zero):
            return float(value)
        self.note("value_form", f"{where}.{key}", value=value, form=f"{key} = {abs(usual):g}")
        return usual
