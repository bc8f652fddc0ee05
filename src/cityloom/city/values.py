"""A city as plain values: what deciding code is given instead of a database.

Nothing here imports Django. `city/snapshot.py` builds these values from the stored version of a city,
`city/folder.py` from a city folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

AreaCode = str
UnitCode = str
ClassCode = str  # always "scheme:code"


class Role(StrEnum):
    """What a post lets a person do (DOMAIN H)."""

    RESIDENT = "resident"
    HOTLINE_AGENT = "hotline_agent"
    SHIFT_LEAD = "shift_lead"
    GRID_WORKER = "grid_worker"
    WARDEN = "warden"
    DISPATCHER = "dispatcher"
    HANDLER = "handler"
    CHECKER = "checker"
    CALLBACK_AGENT = "callback_agent"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    AUDITOR = "auditor"
    DATA_STEWARD = "data_steward"
    SENSOR_OWNER = "sensor_owner"
    ADMIN = "admin"
    SYSTEM = "system"


class Source(StrEnum):
    """Who or what gave the sign of trouble."""

    RESIDENT = "resident"
    HOTLINE = "hotline"
    OPEN311 = "open311"
    GRID_WORKER = "grid_worker"
    WARDEN = "warden"
    SENSOR = "sensor"
    INSPECTION = "inspection"
    PROACTIVE = "proactive"
    LEADER = "leader"
    PARTNER = "partner"


class Nature(StrEnum):
    """What kind of saying it is; each nature has paths of its own and is counted apart."""

    MATTER = "matter"
    ENQUIRY = "enquiry"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    UNLAWFUL = "unlawful"


class Urgency(StrEnum):
    URGENT = "urgent"
    ORDINARY = "ordinary"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in both languages; `in_language` falls back to the other one when one is missing."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        return (self.zh or self.en) if language.startswith("zh") else (self.en or self.zh)


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which something counts: `start` is the first, `end` the last; None is open."""

    start: date | None = None
    end: date | None = None

    def covers(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Area:
    """One area of one level. `geometry` is WKB (longitude, latitude) or empty when not needed."""

    code: AreaCode
    parent: AreaCode | None
    level: str
    name: Name
    population: int | None = None
    geometry: bytes = b""
    scheme: str = ""
    scheme_version: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    code: UnitCode
    parent: UnitCode | None
    kind: str
    name: Name
    serves: tuple[AreaCode, ...] = ()
    valid: Span = Span()
    successors: tuple[UnitCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A person's right to act: a role, for a unit, in an area, over a span of days.

    The system acts through a post too (`role` SYSTEM, `login` "system"); a resident through `login` "resident".
    """

    login: str
    role: Role
    unit: UnitCode | None = None
    area: AreaCode | None = None
    valid: Span = Span()
    name: str = ""
    inherits: tuple[UnitCode, ...] = ()  # units that ended and whose work this post's unit took over
    above: tuple[UnitCode, ...] = ()  # units above its own: a complaint about one of them keeps this post away
    for_login: str = ""  # whose post it is, when `login` acts by it as a deputy
    group: str = ""  # the group of the identity provider that gives it; none: `people.csv` does

    @property
    def units(self) -> tuple[UnitCode, ...]:
        """The units in whose name the post acts: its own and those it took over from."""
        return () if self.unit is None else (self.unit, *self.inherits)

    @property
    def persons(self) -> frozenset[str]:
        """Who acts and, for a deputy, in whose place: neither may approve what the other did."""
        return frozenset({self.login, self.for_login} - {""})


@dataclass(frozen=True, slots=True)
class GroupPost:
    """A post that every member of a group of the identity provider holds."""

    group: str
    role: Role
    unit: UnitCode | None = None
    area: AreaCode | None = None
    valid: Span = Span()


@dataclass(frozen=True, slots=True)
class MatterClass:
    """A class of matter in the catalogue, `code` with its scheme: `gb2013:0101`."""

    code: ClassCode
    scheme: str
    version: str
    parent: ClassCode | None
    kind: str  # component, event, hotline
    name: Name
    nature: Nature = Nature.MATTER
    verify: bool = True
    check: bool = True
    valid: Span = Span()


@dataclass(frozen=True, slots=True)
class Standard:
    """Filing condition → limit → closing condition (GB/T 30428 part 8 pattern)."""

    code: str
    class_code: ClassCode
    condition: Name
    urgency: Urgency
    limit: float | None
    unit: str | None  # a ClockUnit value
    hours: str = ""
    after_hours: str = ""
    due_time: str = ""
    closing: Name = Name("", "")
    default: bool = False
    valid: Span = Span()


@dataclass(frozen=True, slots=True)
class ClassWords:
    """Words by which people speak of a class, from `lexicon.csv`; two characters or more each."""

    class_code: ClassCode
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Duty:
    """Who owes a class of matter in an area."""

    class_pattern: str  # scheme:code, a parent class, or scheme:*
    area: AreaCode  # or "*"
    unit: UnitCode
    role: str  # lead, assist
    order: int = 0
    source: str = ""
    hours: str = ""  # "", working, off
    pushed_down: bool = False
    valid: Span = Span()


@dataclass(frozen=True, slots=True)
class Component:
    """A thing in the street with someone behind it; `owner` None means nobody is known to own it."""

    code: str
    class_code: ClassCode
    lon: float
    lat: float
    name: str = ""
    owner: UnitCode | None = None
    keeper: UnitCode | None = None
    supervisor: UnitCode | None = None
    state: str = "intact"
    since: date | None = None
    geometry: bytes = b""  # WKB where it is more than a point


@dataclass(frozen=True, slots=True)
class PartnerDoor:
    """Where a partner's own system is spoken to; `services`: their service code → our class code.

    The worker does so every `every_min` minutes; 0: only the command does. `tells_ends`: what was pulled from there
    and has ended here is told there.
    """

    open311: str
    jurisdiction: str = ""
    services: Mapping[str, ClassCode] = field(default_factory=dict)
    every_min: int = 0
    tells_ends: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers a city may change, from `city.toml`."""

    twin_radius_m: float = 50.0
    twin_hours: float = 24.0
    last_resort: UnitCode = ""
    warning_shares: tuple[float, ...] = (0.5, 0.8)
    objection_window_h: float = 24.0
    escalation_h: tuple[float, ...] = (0.0, 8.0, 24.0)  # working hours after a missed due moment, rung by rung
    partners: Mapping[str, Name] = field(default_factory=dict)  # cities that cases are handed to
    partner_doors: Mapping[str, PartnerDoor] = field(default_factory=dict)  # of partners with a system elsewhere
    limits: Mapping[str, float] = field(default_factory=dict)
    conduct_classes: tuple[ClassCode, ...] = ()  # classes that are about a unit or its staff
    makes_accounts: bool = False  # whether a person whom only the identity provider knows gets an account
