"""An alarm and its history as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.city.values import AreaCode, Post, UnitCode


class State(StrEnum):
    """How an alarm stands."""

    RAISED = "raised"  # nobody has said that it is being looked at
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"  # it stands, but another alarm or a maintenance window accounts for it
    CLEARED = "cleared"  # the condition is over
    CLOSED = "closed"


STANDING = frozenset({State.RAISED.value, State.ACKNOWLEDGED.value, State.SILENCED.value})


@dataclass(frozen=True, slots=True)
class Alarm:
    """One rule's condition at one device or in one area, from its beginning to its close.

    `stands`: whether the condition holds now. `changed_ms`: the newest change of the condition by readings' time;
    `changes`: moments of the last ones. `case_wanted`: a case is to be opened; `told_stands`: what its case was told.
    """

    id: int
    city_id: int
    rule: str
    subject: str
    severity: str
    state: str
    raised_at: datetime
    recorded_at: datetime
    city_version: int
    type: str = ""
    device_id: int | None = None
    stream_id: int | None = None
    area: AreaCode | None = None
    areas: tuple[AreaCode, ...] = ()
    owner: UnitCode | None = None
    lon: float | None = None
    lat: float | None = None
    class_code: str | None = None
    value: float | None = None
    stands: bool = True
    changed_ms: int = 0
    changes: tuple[int, ...] = ()
    flapping: bool = False
    silenced_area: AreaCode | None = None  # where its rule silences others
    silenced_by: int | None = None
    window_id: int | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    cleared_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    rung: int = 0
    escalate_at: datetime | None = None
    verdict: str = ""  # true or false, as a person judged it
    review: Mapping[str, str] | None = None
    case_wanted: bool = False
    case_id: int | None = None
    case_number: str | None = None
    told_stands: bool | None = None
    evidence: Mapping[str, Any] | None = None
    version: int = 1

    @property
    def is_standing(self) -> bool:
        return self.state in STANDING


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """One step of an alarm's history, before it has an id; entries are only ever added."""

    move: str
    from_state: str
    to_state: str
    by: Post
    occurred_at: datetime
    reason: Reason | None = None
    note: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of the device or area whose alarm it is."""

    key: str
    device_id: int | None = None
    type: str = ""
    area: AreaCode | None = None
    areas: tuple[AreaCode, ...] = ()
    owner: UnitCode | None = None
    lon: float | None = None
    lat: float | None = None
    parents: tuple[int, ...] = ()
    at_level: Mapping[str, AreaCode] = field(default_factory=dict)  # the area of each level around it


@dataclass(frozen=True, slots=True)
class Window:
    """A planned time in which alarms of a device, an area or a type (all that is given) are silent."""

    id: int
    city_id: int
    from_at: datetime
    until_at: datetime
    reason: str
    device_id: int | None = None
    area: AreaCode | None = None
    type: str = ""
    owner: UnitCode | None = None
    areas: tuple[AreaCode, ...] = ()
    planned_by: str = ""
    planned_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: str = ""

    def covers(self, subject: Subject, at: datetime) -> bool:
        until = min(self.until_at, self.stopped_at) if self.stopped_at else self.until_at
        return (
            self.from_at <= at < until
            and (self.device_id is None or self.device_id == subject.device_id)
            and (self.area is None or self.area in subject.areas)
            and (not self.type or self.type == subject.type)
        )
