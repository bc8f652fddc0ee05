"""The rows of a case's life as plain values: what deciding code reads and gives back.

Each class here is one table of `models/`, field by field; `keeping.py` builds its statements from the fields.
Every moment has a zone; lists are tuples; JSON columns hold plain values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.city.paths import END_STATES, TASK_END_STATES


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a point (degrees), the smallest area around it, what people call it. All may be open."""

    lon: float | None = None
    lat: float | None = None
    area: str | None = None
    areas: tuple[str, ...] = ()  # from the city down to `area`
    cell: int | None = None  # H3, resolution 10
    address: str = ""

    @property
    def is_open(self) -> bool:
        return self.area is None


@dataclass(frozen=True, slots=True)
class Case:
    """The matter itself, on one path; `promise_due_at` changes only by an entry that holds the old and the new."""

    id: int
    city_id: int
    number: str
    path: str
    state: str
    source: str
    nature: str
    opened_at: datetime
    city_version: int
    version: int = 1
    class_code: str | None = None
    standard_code: str | None = None
    urgency: str = "ordinary"
    component_code: str | None = None
    title: str = ""
    lon: float | None = None
    lat: float | None = None
    area: str | None = None
    areas: tuple[str, ...] = ()
    cell: int | None = None
    address: str = ""
    lead_unit: str | None = None
    state_since: datetime | None = None
    closed_at: datetime | None = None
    promise_due_at: datetime | None = None
    promise_provisional: bool = False
    next_due_at: datetime | None = None
    overdue_raw: bool = False
    overdue_assessed: bool = False
    report_count: int = 1
    return_count: int = 0
    rework_count: int = 0
    reopen_count: int = 0
    confidential: bool = False
    complained_about: tuple[str, ...] = ()  # units that the complaint is about; they and their staff stay away
    imported: bool = False
    import_key: str | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    escalation: int = 0  # the rung reached: 0 none, 1 the unit's head, 2 the district, 3 the city
    extension_count: int = 0
    urge_count: int = 0
    urged_at: datetime | None = None
    merged_into: str | None = None  # the number of the case that took it in
    repeat_of: str | None = None  # the number of a closed case that this one tells of once more
    repeat_why: dict[str, Any] | None = None  # the reason for that
    partner: str | None = None  # the partner city that has it
    partner_number: str | None = None  # its number there
    trace: str = ""  # the number under which both cities know it; empty: this city's own
    sign_stands: bool = False  # the device that told of it still shows it
    seq: int = 0
    head: bytes = b""

    @property
    def has_ended(self) -> bool:
        return self.state in END_STATES

    @property
    def place(self) -> Place:
        return Place(self.lon, self.lat, self.area, self.areas, self.cell, self.address)


@dataclass(frozen=True, slots=True)
class Task:
    """What one unit owes a case: `lead` (one alive at a time), `assist` or `respond` to a whistle.

    Hops point at the task before. `ruled`: what an adjudication said of the dispatch (ours, not_ours).
    """

    id: int
    city_id: int
    case_id: int
    unit: str
    role: str
    state: str
    sent_at: datetime
    parent_id: int | None = None
    hop: int = 1
    signed_at: datetime | None = None
    contacted_at: datetime | None = None
    ended_at: datetime | None = None
    done_by: str = ""
    upheld: bool = False
    objected_at: datetime | None = None
    reason: dict[str, Any] = field(default_factory=dict)
    ruled: str = ""
    caller: str = ""  # the street that whistled
    arrived_at: datetime | None = None
    arrived_lon: float | None = None
    arrived_lat: float | None = None
    rating: int | None = None  # 1 to 5, by the street that whistled

    @property
    def is_alive(self) -> bool:
        return self.state not in TASK_END_STATES


@dataclass(frozen=True, slots=True)
class Report:
    """What one person or device said. The words are theirs: shown to those who work on the case, never in public."""

    id: int
    city_id: int
    case_id: int
    source: str
    state: str
    words: str
    occurred_at: datetime
    received_at: datetime
    tracking_hash: bytes | None = None
    idempotency_key: str | None = None
    external_id: str | None = None
    language: str = "zh"
    class_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    area: str | None = None
    address: str = ""
    reporter_id: int | None = None
    received_by: str = ""
    confidential: bool = False
    callback_attempts: int = 0
    callback_at: datetime | None = None
    solved: str | None = None  # yes, partly, no
    satisfied: str | None = None  # satisfied, basically, unsatisfied, not_asked
    exempt_reason: str | None = None
    contacted: str | None = None  # did the unit get in touch: yes, no, not_asked
    unsatisfied_why: str | None = None  # coded, see callbacks.py
    callback_channel: str | None = None  # phone, link, list, in_person
    callback_result: str | None = None  # what the last try met; yes once it has an outcome
    callback_next_at: datetime | None = None  # when the reporter asked to be called
    split_from: int | None = None  # the report of another case that said this too
    version: int = 1
    reading: dict[str, Any] | None = None  # what the words seemed to say when they came, see understanding.py
    words_masked: bool = True  # False: received before texts were masked, and not looked through yet


@dataclass(frozen=True, slots=True)
class Original:
    """What was said word for word, sealed, where the text that is shown was masked; `id` is that of its report or
    entry, and no other row of either has it."""

    id: int
    city_id: int
    sealed: bytes
    key_mark: bytes
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A move that somebody asked for and a second person decides: `asked` holds what came with it."""

    id: int
    city_id: int
    case_id: int
    move: str
    state: str
    asked_by: str
    asked_role: str
    asked_at: datetime
    asked_unit: str = ""
    asked_for: str = ""  # the login a deputy stood in for
    reason: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    decided_by: str = ""
    decided_role: str = ""
    decided_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state == "asked"


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A stored promise of somebody: what is owed, by whom, until when. State: running, paused, stopped."""

    id: int
    city_id: int
    case_id: int
    kind: str
    owed_by: str
    unit: str
    amount: float
    started_at: datetime
    due_at: datetime
    state: str = "running"
    task_id: int | None = None
    hours: str = ""
    after_hours: str = ""
    due_time: str = ""
    provisional: bool = False
    paused_at: datetime | None = None
    pauses: tuple[tuple[str, str], ...] = ()
    stopped_at: datetime | None = None
    warn_at: tuple[str, ...] = ()  # moments still to tell, ascending; the last one is the due moment
    fires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a case's history; only ever added."""

    id: int
    city_id: int
    case_id: int
    seq: int
    subject: str  # case, task, report, clock
    subject_id: int
    move: str
    from_state: str
    to_state: str
    by_login: str
    by_role: str
    by_unit: str
    reason: dict[str, Any]
    changes: dict[str, Any]
    occurred_at: datetime
    recorded_at: datetime
    previous: bytes
    hash: bytes
    text: str | None = None
    text_salt: bytes | None = None
    text_digest: bytes | None = None
    version: int = 1  # of the case, once this entry was kept


@dataclass(frozen=True)
class CaseFile:
    """A case with all that moves with it, as it stood when it was read."""

    case: Case
    tasks: tuple[Task, ...] = ()
    reports: tuple[Report, ...] = ()
    clocks: tuple[RunningClock, ...] = ()
    requests: tuple[Request, ...] = ()

    @property
    def lead(self) -> Task | None:
        """The lead task that is alive, or the last one there was."""
        leads = [t for t in self.tasks if t.role == "lead"]
        alive = [t for t in leads if t.is_alive]
        return (alive or leads)[-1] if leads else None

    def assisting(self) -> tuple[Task, ...]:
        return tuple(t for t in self.tasks if t.role == "assist")

    def clocks_of(self, kinds: Iterable[str], *states: str) -> tuple[RunningClock, ...]:
        wanted = set(kinds)
        return tuple(
            c for c in self.clocks if ("*" in wanted or c.kind in wanted) and (not states or c.state in states)
        )

    def with_case(self, **changes: Any) -> CaseFile:
        return replace(self, case=replace(self.case, **changes))

    def with_tasks(self, *tasks: Task) -> CaseFile:
        return replace(self, tasks=_put(self.tasks, tasks))

    def with_reports(self, *reports: Report) -> CaseFile:
        return replace(self, reports=_put(self.reports, reports))

    def with_clocks(self, *clocks: RunningClock) -> CaseFile:
        return replace(self, clocks=_put(self.clocks, clocks))

    def with_requests(self, *requests: Request) -> CaseFile:
        return replace(self, requests=_put(self.requests, requests))

    def without(self, *, reports: Iterable[int] = (), clocks: Iterable[int] = ()) -> CaseFile:
        """The file without these reports and clocks: they go to another case."""
        gone, stopped = set(reports), set(clocks)
        return replace(
            self,
            reports=tuple(r for r in self.reports if r.id not in gone),
            clocks=tuple(c for c in self.clocks if c.id not in stopped),
        )


def _put(rows: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
    by_id = {r.id: r for r in rows} | {r.id: r for r in new}
    return tuple(by_id.values())


@dataclass(frozen=True)
class Outcome:
    """What a callback heard. `reached`: yes, or what an attempt met (see callbacks.py); the answers only when yes.

    `contacted`: whether the unit had got in touch; `why`: what somebody is not satisfied with; `channel`: phone,
    link, list, in_person (empty: the usual one of the post); `later_at`: when somebody asked to be called.
    """

    reached: str
    solved: str | None = None
    satisfied: str | None = None
    contacted: str | None = None
    why: str | None = None
    channel: str = ""
    later_at: datetime | None = None


@dataclass(frozen=True)
class Details:
    """What comes with a move; each step says in its `needs` which of these must be there."""

    reason: Reason | None = None
    note: str = ""
    unit: str | None = None
    assisting: tuple[str, ...] = ()
    class_code: str | None = None
    standard_code: str | None = None
    place: Place | None = None
    photos: tuple[int, ...] = ()
    outcome: Outcome | None = None
    report_id: int | None = None
    task_id: int | None = None
    occurred_at: datetime | None = None
    until: datetime | None = None  # a deferral, review or promised date
    amount: float | None = None  # of an extension, in the unit of the clock it extends
    case: str | None = None  # the number of the other case
    units: tuple[str, ...] = ()  # whistled for
    partner: str | None = None
    partner_number: str | None = None
    rating: int | None = None
    report_ids: tuple[int, ...] = ()
