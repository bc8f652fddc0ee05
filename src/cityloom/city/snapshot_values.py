"""A city at one version, whole and in memory: what deciding code asks instead of a database.

Built once per version (`snapshot.py`) and shared by all threads; nothing here changes after it was built. Every
question of the hot path is a lookup in a table made beforehand or remembered at the first asking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from cityloom.city.alarm_rules import AlarmRule
from cityloom.city.clock_values import WorkCalendar
from cityloom.city.component_index import ComponentIndex
from cityloom.city.device_types import DeviceType, standard_device_types
from cityloom.city.duty_table import DutyTable, Owed
from cityloom.city.folder_values import CityConfig, Feature, Indicator, Thing
from cityloom.city.knowledge import KnowledgeNote
from cityloom.city.locating import Locator
from cityloom.city.paths import Paths
from cityloom.city.payload_files import Payload, TopicRule
from cityloom.city.trees import chains, children
from cityloom.city.values import (
    Area,
    AreaCode,
    ClassCode,
    ClassWords,
    Component,
    Duty,
    GroupPost,
    MatterClass,
    Name,
    Post,
    Settings,
    Standard,
    Unit,
    UnitCode,
)
from cityloom.city.vital_values import VitalSign

V = TypeVar("V")


class NotInThisCity(LookupError):
    """A code this version of the city does not know; check the folder or ask for the version that knew it."""


@dataclass(frozen=True, eq=False)
class City:
    """One version of one city. Codes of areas, units and classes are the keys of the mappings."""

    id: int
    version: int
    digest: str
    config: CityConfig
    areas: Mapping[AreaCode, Area]
    units: Mapping[UnitCode, Unit]
    classes: Mapping[ClassCode, MatterClass]
    standards: Mapping[ClassCode, tuple[Standard, ...]]
    duties: tuple[Duty, ...]
    components: Mapping[str, Component]
    posts: Mapping[str, tuple[Post, ...]]
    calendars: Mapping[str, WorkCalendar]
    paths: Paths
    locator: Locator
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    things: Mapping[str, Thing] = field(default_factory=dict)
    rules: Mapping[str, AlarmRule] = field(default_factory=dict)
    vital_signs: Mapping[str, VitalSign] = field(default_factory=dict)
    payloads: Mapping[str, Payload] = field(default_factory=dict)  # by type of device
    device_types: Mapping[str, DeviceType] = field(default_factory=standard_device_types)  # those with a name
    topic_rules: tuple[TopicRule, ...] = ()
    lexicon: tuple[ClassWords, ...] = ()
    reader_words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by reader, over the shipped words
    knowledge: tuple[KnowledgeNote, ...] = ()  # beside a call
    features: Mapping[str, tuple[Feature, ...]] = field(default_factory=dict)  # by layer
    groups: Mapping[str, tuple[GroupPost, ...]] = field(default_factory=dict)  # what each group gives its members

    # --- what city.toml says ---

    @property
    def code(self) -> str:
        return self.config.code

    @property
    def name(self) -> Name:
        return self.config.name

    @property
    def time_zone(self) -> str:
        return self.config.time_zone

    @property
    def levels(self) -> tuple[str, ...]:
        """Area levels from the whole city down to the smallest."""
        return self.config.levels

    @property
    def settings(self) -> Settings:
        return self.config.settings

    # --- places ---

    def area(self, code: AreaCode) -> Area:
        """The area, or NotInThisCity."""
        return _known(self.areas, code, "area")

    def find_area(self, lon: float, lat: float) -> AreaCode | None:
        """The smallest area at a place; None outside the city."""
        return self.locator.find(lon, lat)

    def ancestors(self, area_code: AreaCode) -> tuple[AreaCode, ...]:
        """The areas that hold it, from the city down to itself."""
        return _known(self._area_chains, area_code, "area")

    def area_at_level(self, area_code: AreaCode, level: str) -> AreaCode | None:
        """The area of that level which holds it; None when it lies above that level."""
        return next((c for c in self.ancestors(area_code) if self.areas[c].level == level), None)

    def is_within(self, area_code: AreaCode, other: AreaCode) -> bool:
        """Whether `area_code` is `other` or lies in it."""
        return other in self.ancestors(area_code)

    @cached_property
    def children(self) -> Mapping[AreaCode, tuple[AreaCode, ...]]:
        """The areas directly inside each area that has some."""
        return children({code: area.parent for code, area in self.areas.items()})

    @cached_property
    def _area_chains(self) -> dict[AreaCode, tuple[AreaCode, ...]]:
        return chains({code: area.parent for code, area in self.areas.items()})

    # --- units and people ---

    def unit(self, code: UnitCode) -> Unit:
        """The unit, or NotInThisCity."""
        return _known(self.units, code, "unit")

    def unit_chain(self, code: UnitCode) -> tuple[UnitCode, ...]:
        """The units above it, from the topmost down to itself."""
        return _known(self._unit_chains, code, "unit")

    def units_below(self, code: UnitCode) -> frozenset[UnitCode]:
        """The unit and every unit under it."""
        return frozenset(c for c, chain in self._unit_chains.items() if code in chain)

    def units_serving(self, area_code: AreaCode, kind: str = "") -> tuple[UnitCode, ...]:
        """Units that state this area or one that holds it in `serves`, the nearest first; of one kind if given."""
        return tuple(
            unit
            for area in reversed(self.ancestors(area_code))
            for unit in self._served.get(area, ())
            if not kind or self.units[unit].kind == kind
        )

    def living_units(self, code: UnitCode, on: date) -> tuple[UnitCode, ...]:
        """The unit if it lives on that day, else its living successors (several after a split; maybe none)."""
        seen: set[UnitCode] = set()
        living: list[UnitCode] = []
        waiting = [code]
        while waiting:
            unit = self.unit(waiting.pop(0))
            if unit.code in seen:
                continue
            seen.add(unit.code)
            if unit.valid.covers(on):
                living.append(unit.code)
            else:
                waiting += unit.successors
        return tuple(living)

    def posts_of(self, login: str, on: date) -> tuple[Post, ...]:
        """The posts a person holds on that day, as in the folder, each with its ended and its upper units.

        Those that groups give are added by `held_posts.posts_held`.
        """
        held = [p for p in self.posts.get(login, ()) if p.valid.covers(on)]
        return tuple(self.placed(p, on) for p in held)

    def placed(self, post: Post, on: date) -> Post:
        """The post with the ended units it took over and the units above its own."""
        if not post.unit:
            return post
        above = self._unit_chains.get(post.unit, ())
        return replace(post, inherits=self.inherited(post.unit, on), above=tuple(u for u in above if u != post.unit))

    def inherited(self, code: UnitCode, on: date) -> tuple[UnitCode, ...]:
        """Units that do not live on that day and whose living successors include this one."""
        ended = [u for u in self._with_successors if u != code and not self.units[u].valid.covers(on)]
        return tuple(u for u in ended if code in self.living_units(u, on))

    @cached_property
    def _with_successors(self) -> tuple[UnitCode, ...]:
        return tuple(code for code, unit in self.units.items() if unit.successors)

    @cached_property
    def _unit_chains(self) -> dict[UnitCode, tuple[UnitCode, ...]]:
        return chains({code: unit.parent for code, unit in self.units.items()})

    @cached_property
    def _served(self) -> dict[AreaCode, tuple[UnitCode, ...]]:
        served: dict[AreaCode, list[UnitCode]] = {}
        for unit in self.units.values():
            for area in unit.serves:
                served.setdefault(area, []).append(unit.code)
        return {area: tuple(units) for area, units in served.items()}

    # --- matters and promises ---

    def matter_class(self, code: ClassCode) -> MatterClass:
        """The class, or NotInThisCity."""
        return _known(self.classes, code, "class")

    def class_chain(self, code: ClassCode) -> tuple[ClassCode, ...]:
        """The class and those above it, from itself up."""
        return _known(self._class_chains, code, "class")[::-1]

    @cached_property
    def leaves(self) -> tuple[ClassCode, ...]:
        """The classes that can be filed: those without classes below them."""
        parents = {c.parent for c in self.classes.values()}
        return tuple(code for code in self.classes if code not in parents)

    @cached_property
    def _class_chains(self) -> dict[ClassCode, tuple[ClassCode, ...]]:
        return chains({code: c.parent for code, c in self.classes.items()})

    def standards_on(self, class_code: ClassCode, on: date) -> tuple[Standard, ...]:
        """The standards of a class that hold on that day, the default one first."""
        rows = [s for s in self.standards.get(class_code, ()) if s.valid.covers(on)]
        return tuple(sorted(rows, key=lambda s: not s.default))

    def standard(self, class_code: ClassCode, on: date, code: str | None = None) -> Standard | None:
        """The standard chosen by its code, else the default of the class on that day; None when there is none."""
        rows = self.standards_on(class_code, on)
        return next((s for s in rows if code is None or s.code == code), None)

    def calendar(self, name: str = "") -> WorkCalendar:
        """When the city works; a city may keep more than one calendar."""
        return _known(self.calendars, name, "calendar")

    # --- duties ---

    def duties_for(
        self, class_code: ClassCode, area_code: AreaCode, on: date, source: str = "", working: bool = True
    ) -> list[Duty]:
        """All duties, lead and assist, that hold there and then, the most specific first (see DutyTable)."""
        rows = self._duty_table.matching(class_code, area_code, on, source, working)
        return [duty for _, duty in rows]

    def owed(
        self, class_code: ClassCode, area_code: AreaCode, on: date, source: str = "", working: bool = True
    ) -> Owed:
        """Who leads (none: a gap; several: an overlap) and who assists."""
        return self._duty_table.owed(class_code, area_code, on, source, working)

    def deciding_area(self, area_code: AreaCode) -> AreaCode:
        """The smallest area holding this one that some duty names, else `*`: areas of one answer have the same."""
        return self._duty_table.nearest_named(area_code)

    @cached_property
    def _duty_table(self) -> DutyTable:
        return DutyTable(self.duties, self._class_chains, self._area_chains)

    # --- components ---

    def component(self, code: str) -> Component:
        """The component, or NotInThisCity."""
        return _known(self.components, code, "component")

    def find_component(self, class_code: ClassCode, lon: float, lat: float, within_m: float) -> Component | None:
        """The nearest component of the class (or of a class below it) within so many metres; None if none is."""
        near = self.components_near(class_code, lon, lat, within_m)
        return near[0][1] if near else None

    def components_near(
        self, class_code: ClassCode, lon: float, lat: float, within_m: float
    ) -> list[tuple[float, Component]]:
        """Components of the class (or below it) so near, with their distance in metres, the nearest first."""
        return self._component_index.near(class_code, lon, lat, within_m)

    @cached_property
    def _component_index(self) -> ComponentIndex:
        _, south, _, north = self.config.bounds
        return ComponentIndex(self.components.values(), self._class_chains, (south + north) / 2)

    def warm(self) -> City:
        """Make the tables now rather than at the first request that needs them; gives itself back."""
        for name in ("_area_chains", "_unit_chains", "_class_chains", "_duty_table", "_component_index"):
            getattr(self, name)
        return self


def _known(mapping: Mapping[str, V], code: str, what: str) -> V:
    try:
        return mapping[code]
    except KeyError:
        raise NotInThisCity(f"this version of the city knows no {what} {code!r}") from None
