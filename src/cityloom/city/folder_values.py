"""What a city folder says, as plain values beyond those of `values.py`: settings, days, layers, things, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cityloom.city.alarm_rules import AlarmRule
from cityloom.city.clock_values import WorkHours
from cityloom.city.kiosks import Kiosk, PhoneNumber
from cityloom.city.payload_files import PayloadEntry
from cityloom.city.reader_words import ReaderWords
from cityloom.city.scenarios import Scenarios
from cityloom.city.values import (
    Area,
    AreaCode,
    ClassWords,
    Component,
    Duty,
    GroupPost,
    MatterClass,
    Name,
    Post,
    Settings,
    Span,
    Standard,
    Unit,
    UnitCode,
)
from cityloom.city.vital_values import VitalSign


@dataclass(frozen=True, slots=True)
class Scheme:
    """A list of classes with its edition."""

    code: str
    version: str
    name: Name


@dataclass(frozen=True, slots=True)
class OverlayLayer:
    """A department's own grid over the base grid; one that is not `whole` may leave land out."""

    code: str
    name: Name
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far areas may miss their parent before it counts as a fault, in square metres per parent."""

    gap_m2: float = 50.0
    overlap_m2: float = 50.0


@dataclass(frozen=True)
class CityConfig:
    """Everything `city.toml` holds. `years` and `bounds` (west, south, east, north; degrees) are inclusive."""

    code: str
    name: Name
    languages: tuple[str, ...]
    time_zone: str
    crs: str
    bounds: tuple[float, float, float, float]
    levels: tuple[str, ...]
    years: tuple[int, int]
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    code_patterns: Mapping[str, str] = field(default_factory=dict)
    hours: tuple[WorkHours, ...] = ()  # the default profile first
    map_centre: tuple[float, float] = (0.0, 0.0)
    map_zoom: float = 12.0
    map_tiles_url: str = ""  # picture tiles beneath the city's own lines
    map_attribution: str = ""  # whose data they are
    tolerance: Tolerance = Tolerance()
    settings: Settings = field(default_factory=Settings)
    overlays: Mapping[str, OverlayLayer] = field(default_factory=dict)
    kiosks: Mapping[str, Kiosk] = field(default_factory=dict)
    phones: Mapping[str, PhoneNumber] = field(default_factory=dict)
    scenarios: Scenarios = field(default_factory=Scenarios)

    @property
    def smallest_level(self) -> str:
        """The level at which a place is named."""
        return self.levels[-1]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that is not what its weekday says: `kind` is holiday or workday."""

    day: date
    kind: str
    name: Name
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing on a layer of the map; `properties` without its code and names, `geometry` as WKB."""

    layer: str
    code: str
    name: Name
    kind: str
    properties: Mapping[str, Any]
    geometry: bytes


@dataclass(frozen=True, slots=True)
class Thing:
    """A device: what it measures (`streams`), how often, where, on what and for whom."""

    code: str
    type: str
    name: Name
    component: str = ""
    area: AreaCode = ""
    owner: UnitCode = ""
    lon: float | None = None
    lat: float | None = None
    streams: tuple[str, ...] = ()
    interval_s: float | None = None
    valid: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure of the board: numerator over denominator in a unit, per period, from a source."""

    code: str
    name: Name
    numerator: str
    denominator: str
    unit: str
    period: str
    source: str
    target: float | None = None
    bands: tuple[float, ...] = ()


@dataclass(frozen=True)
class CityFolder:
    """A city folder as read.

    `config` is None when `city.toml` could not be understood; `raw_config` is its content as it was written.
    `where` gives, for each of the fields by name, the line (of a table) or the number (of a feature, from 1) of
    each value, in the same order.
    """

    config: CityConfig | None
    areas: tuple[Area, ...] = ()
    units: tuple[Unit, ...] = ()
    posts: tuple[Post, ...] = ()
    groups: tuple[GroupPost, ...] = ()
    classes: tuple[MatterClass, ...] = ()
    standards: tuple[Standard, ...] = ()
    paths: Mapping[str, Any] = field(default_factory=dict)
    duties: tuple[Duty, ...] = ()
    components: tuple[Component, ...] = ()
    calendar: tuple[CalendarDay, ...] = ()
    features: tuple[Feature, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    things: tuple[Thing, ...] = ()
    rules: tuple[AlarmRule, ...] = ()
    vital_signs: tuple[VitalSign, ...] = ()
    payloads: tuple[PayloadEntry, ...] = ()
    lexicon: tuple[ClassWords, ...] = ()
    urgency_words: tuple[ReaderWords, ...] = ()
    route_words: tuple[ReaderWords, ...] = ()
    knowledge: tuple[ReaderWords, ...] = ()
    where: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    raw_config: Mapping[str, Any] = field(default_factory=dict)
