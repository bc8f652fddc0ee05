"""A record of another system as a case of ours: what it was, kept as it was, with one `imported` entry. Pure.

Nothing is reckoned anew: the promise is the recorded one, the outcome the recorded one. A finished record owes
nothing any more. An open one arrives where its path lets the work go on, with the recorded promise running.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from cityloom.base.crypto import new_salt, salted_digest
from cityloom.base.reasons import Reason
from cityloom.cases.changes import TRACKED
from cityloom.cases.guards import PUBLIC
from cityloom.cases.keeping import chain_seed, link_hash
from cityloom.cases.originals import Said, shown_text
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.places import cell_of, whole_city
from cityloom.cases.values import Case, Entry, Place, Report, RunningClock, Task
from cityloom.city.clock_values import ClockUnit
from cityloom.city.paths import END_STATES, Path
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Standard, Urgency
from cityloom.exchange.mapping import nearest
from cityloom.exchange.records import BadRow, Record
from cityloom.sla.clocks import is_overdue, warning_moments

IDS_PER_CASE = 5  # the case, its report, its lead task, its clock, its entry
ENDS = ("closed", "answered", "noted", "explained")  # the usual end of a path, the first it has
OPEN_CLASS = ""


def ids_needed(record: Record) -> int:
    """How many ids the rows of a record take."""
    return IDS_PER_CASE + len(record.helpers) + (record.passed_from is not None)


class PastCase(NamedTuple):
    """The rows of one imported case; tasks and clock where there are any."""

    case: Case
    report: Report
    tasks: tuple[Task, ...]
    clock: RunningClock | None
    entry: Entry
    said: Said

    def rows(self) -> tuple[Any, ...]:
        """All of them."""
        clock = () if self.clock is None else (self.clock,)
        return (self.case, self.report, *self.tasks, *clock, self.entry)


@dataclass(frozen=True)
class Kind:
    """What all records of one class and source share."""

    path: Path
    nature: str
    states: frozenset[str]


class Arrivals:
    """Places records in a city at one moment of import (`at`); remembers what many records share."""

    def __init__(self, city: City, at: datetime, source_name: str, language: str) -> None:
        self._city = city
        self._at = at.astimezone(UTC)
        self._source_name = source_name
        self._language = language
        self._tz = city.calendar().tz
        self._kind = lru_cache(maxsize=4096)(self._kind_of)
        self._standard = lru_cache(maxsize=8192)(self._standard_on)
        self._states: dict[str, frozenset[str]] = {}
        self._chain = lru_cache(maxsize=None)(city.ancestors)

    # --- what the city must know of a record ---

    def check(self, record: Record) -> None:
        """Refuse a record whose words this city does not know, or whose state its path does not; raises BadRow."""
        self.check_words(record)
        self.state_of(record)

    def check_words(self, record: Record) -> None:
        """Refuse a record whose class, unit, area or point this city does not know; raises BadRow."""
        self._kind(record.class_code, record.source)
        for unit in (record.unit, record.passed_from, *record.assisting):
            if unit is not None and unit not in self._city.units:
                raise BadRow("row.unknown_unit", unit=unit, near=nearest(unit, self._city.units))
        if record.area is not None and record.area not in self._city.areas:
            raise BadRow("row.unknown_area", area=record.area, near=nearest(record.area, self._city.areas))
        if record.lon is not None and record.lat is not None and self._is_swapped(record.lon, record.lat):
            raise BadRow("row.swapped_point", lon=record.lon, lat=record.lat)

    def _is_swapped(self, lon: float, lat: float) -> bool:
        west, south, east, north = self._city.config.bounds
        inside = west <= lon <= east and south <= lat <= north
        return not inside and west <= lat <= east and south <= lon <= north

    def _kind_of(self, class_code: str | None, source: str) -> Kind:
        city = self._city
        if class_code is None:
            return self._on(city.paths.choose(source, OPEN_CLASS, Nature.MATTER), Nature.MATTER)
        if class_code not in self._leaves:
            raise BadRow("row.unknown_class", near=nearest(class_code, city.leaves), **{"class": class_code})
        matter = city.classes[class_code]
        return self._on(city.paths.choose(source, matter.kind, matter.nature), matter.nature)

    def _on(self, path: Path, nature: Nature) -> Kind:
        if path.name not in self._states:
            self._states[path.name] = frozenset(path.states())
        return Kind(path, nature.value, self._states[path.name])

    @cached_property
    def _leaves(self) -> frozenset[str]:
        return frozenset(self._city.leaves)

    def state_of(self, record: Record) -> str:
        """The state in which the record's case stands on its path; raises BadRow when the two do not fit.

        Told by the record; else the usual end for one with a closing time, the unit's desk (`dispatched`) for an
        open one with a unit, the path's start for the rest.
        """
        kind = self._kind(record.class_code, record.source)
        path, states = kind.path, kind.states
        ended = record.closed_at is not None
        state = record.state
        if state is None or (state == "closed" and "closed" not in states):
            if ended:
                state = next(s for s in ENDS if s in states)
            elif record.lead is not None and "dispatched" in states:
                state = "dispatched"
            else:
                state = path.start
        if state not in states:
            raise BadRow("row.state_not_on_path", path=path.name, state=state, known=list(path.states()))
        if (state in END_STATES) != ended:
            code = "row.close_without_end" if ended else "row.end_without_close"
            raise BadRow(code, state=state)
        return state

    # --- places ---

    def places(self, records: Sequence[Record]) -> list[Place]:
        """The place of each record: by its point in one batch, else the area it names, else open."""
        located = [i for i, r in enumerate(records) if r.lon is not None]
        found = self._city.locator.find_many(
            np.array([records[i].lon for i in located], dtype=float),
            np.array([records[i].lat for i in located], dtype=float),
        )
        places = [self._named(r) for r in records]
        for i, area in zip(located, found.tolist(), strict=True):
            record = records[i]
            assert record.lon is not None
            assert record.lat is not None
            if area >= 0:
                code = self._city.locator.codes[area]
                cell = cell_of(record.lon, record.lat)
                places[i] = Place(record.lon, record.lat, code, self._chain(code), cell, record.address)
        return places

    def _named(self, record: Record) -> Place:
        if record.area is None:
            return Place(areas=whole_city(self._city), address=record.address)
        return Place(area=record.area, areas=self._chain(record.area), address=record.address)

    # --- the rows ---

    def arrive(self, record: Record, place: Place, ids: Sequence[int], reporter_id: int | None) -> PastCase:
        """The rows of a record that passed `check`; `ids` are `ids_needed` fresh ones."""
        case_id, report_id, task_id, clock_id, entry_id, *more = ids
        kind = self._kind(record.class_code, record.source)
        opened = record.opened_at.astimezone(self._tz)
        standard = self._standard(record.class_code, opened.date()) if record.class_code else None
        told = self._told(record, place, case_id, kind, standard, opened)
        tasks = self._tasks(record, told["state"], case_id, task_id, more)
        clock = self._promise(record, case_id, clock_id, standard)
        said = Said(record.words, place.address)
        shown = said.shown()
        report = self._report(record, told["state"], place, case_id, report_id, reporter_id, shown)
        entry = self._entry(record, told, report, entry_id)
        case = Case(**told, next_due_at=clock.due_at if clock is not None else None, head=entry.hash)
        return PastCase(case, report, tasks, clock, entry, said)

    def _told(
        self, record: Record, place: Place, case_id: int, kind: Kind, standard: Standard | None, opened: datetime
    ) -> dict[str, Any]:
        """The fields of the case, all but the next due moment and the head of its chain."""
        due, closed = record.due_at, record.closed_at
        late = due is not None and is_overdue(due, closed or self._at)
        outcome: dict[str, Any] = {"text": record.outcome} if record.outcome else {}
        if record.on_time is not None:
            outcome["on_time"] = record.on_time
        if record.was_default_point:
            outcome["default_point"] = True
        elif record.lon is not None and place.lon is None:
            outcome["outside"] = [record.lon, record.lat]
        return dict(
            id=case_id,
            city_id=self._city.id,
            number=f"{opened.year % 100:02}{opened.month:02}{opened.day:02}-{case_id}",
            path=kind.path.name,
            state=self.state_of(record),
            source=record.source,
            nature=kind.nature,
            opened_at=record.opened_at,
            city_version=self._city.version,
            class_code=record.class_code,
            standard_code=standard.code if standard else None,
            urgency=standard.urgency.value if standard else Urgency.ORDINARY.value,
            title=shown_text(record.title),
            lon=place.lon,
            lat=place.lat,
            area=place.area,
            areas=place.areas,
            cell=place.cell,
            address=shown_text(place.address),
            lead_unit=record.lead,
            state_since=closed or record.opened_at,
            closed_at=closed,
            promise_due_at=due,
            overdue_raw=late,
            overdue_assessed=late,
            imported=True,
            import_key=record.key,
            outcome=outcome,
            seq=1,
        )

    def _tasks(
        self, record: Record, case_state: str, case_id: int, task_id: int, more: Sequence[int]
    ) -> tuple[Task, ...]:
        """The lead's task (主办; after the one that passed it on, 转办) and those of the units that assist (协办)."""
        rest = iter(more)
        lead = self._task(record, case_state, case_id, task_id)
        tasks = [] if lead is None else [lead]
        if lead is not None and record.passed_from is not None:
            before = replace(lead, unit=record.passed_from, state="passed_on", ended_at=record.opened_at)
            tasks = [before, replace(lead, id=next(rest), parent_id=before.id, hop=2)]
        state, ended_at = ("done", record.closed_at) if record.closed_at is not None else ("sent", None)
        for unit in record.helpers:
            tasks.append(
                Task(
                    id=next(rest),
                    city_id=self._city.id,
                    case_id=case_id,
                    unit=unit,
                    role="assist",
                    state=state,
                    sent_at=record.opened_at,
                    ended_at=ended_at,
                )
            )
        return tuple(tasks)

    def _task(self, record: Record, case_state: str, case_id: int, task_id: int) -> Task | None:
        """What the recorded unit owed or owes; when it signed, or handled an open case, is not in the record."""
        ended_at: datetime | None
        if record.lead is None:
            return None
        if record.closed_at is not None:
            state, ended_at = "done", record.closed_at
        elif case_state in ("handled", "checked", "replied"):
            state, ended_at = "done", record.opened_at
        else:
            state, ended_at = (case_state if case_state in ("signed", "contacted") else "sent"), None
        return Task(
            id=task_id,
            city_id=self._city.id,
            case_id=case_id,
            unit=record.lead,
            role="lead",
            state=state,
            sent_at=record.opened_at,
            ended_at=ended_at,
        )

    def _promise(self, record: Record, case_id: int, clock_id: int, standard: Standard | None) -> RunningClock | None:
        """The recorded promise of an open record; one that has passed is overdue and has nothing left to tell."""
        if record.closed_at is not None or record.due_at is None:
            return None
        if standard is not None and standard.limit is not None and standard.unit:
            amount, unit = float(standard.limit), ClockUnit(standard.unit)
            hours, after_hours, due_time = standard.hours, standard.after_hours, standard.due_time
        else:
            amount = max((record.due_at - record.opened_at).total_seconds() / 3600, 0.0)
            unit, hours, after_hours, due_time = ClockUnit.EMERGENCY_HOUR, "", "", ""
        shares = (*sorted(self._city.settings.warning_shares), 1.0)
        calendar = self._city.calendar().with_hours(hours)
        ahead: tuple[str, ...] = ()
        if record.due_at > self._at:
            moments = warning_moments(record.opened_at, record.due_at, shares, unit, calendar)
            ahead = tuple(m.astimezone(UTC).isoformat() for m in moments if m > self._at)
        return RunningClock(
            id=clock_id,
            city_id=self._city.id,
            case_id=case_id,
            kind="promise",
            owed_by="city",
            unit=unit.value,
            amount=amount,
            started_at=record.opened_at,
            due_at=record.due_at,
            hours=hours,
            after_hours=after_hours,
            due_time=due_time,
            warn_at=ahead,
            fires_at=datetime.fromisoformat(ahead[0]) if ahead else None,
        )

    def _report(
        self,
        record: Record,
        case_state: str,
        place: Place,
        case_id: int,
        report_id: int,
        reporter_id: int | None,
        said: Said,
    ) -> Report:
        settled = _settled(record, case_state, reporter_id)
        return Report(
            id=report_id,
            city_id=self._city.id,
            case_id=case_id,
            source=record.source,
            state=settled.state,
            words=said.words,
            occurred_at=record.opened_at,
            received_at=record.opened_at,
            external_id=record.key,
            language=self._language,
            class_code=record.class_code,
            lon=place.lon,
            lat=place.lat,
            area=place.area,
            address=said.address,
            reporter_id=reporter_id,
            received_by=SYSTEM.login,
            callback_attempts=settled.attempts,
            callback_at=settled.called_at,
            solved=record.solved,
            satisfied=record.satisfied,
            exempt_reason=settled.exempt_reason,
        )

    def _entry(self, record: Record, case: dict[str, Any], report: Report, entry_id: int) -> Entry:
        """The one line of history: what was imported, from where, vouching for the reporter's words."""
        known = {name: [None, _plain(case[name])] for name in TRACKED if case.get(name) is not None}
        salt = new_salt() if report.words else None
        entry = Entry(
            id=entry_id,
            city_id=self._city.id,
            case_id=case["id"],
            seq=1,
            subject="case",
            subject_id=case["id"],
            move="imported",
            from_state="",
            to_state=case["state"],
            by_login=SYSTEM.login,
            by_role=SYSTEM.role.value,
            by_unit="",
            reason=_reason(case["state"]),
            changes={
                "case": known,
                "words_of": report.id,
                "record": {"source": self._source_name, "id": record.source_id, "row": record.row},
            },
            occurred_at=record.closed_at or record.opened_at,
            recorded_at=self._at,
            previous=chain_seed(self._city.code, case["number"]),
            hash=b"",
            text_salt=salt,
            text_digest=salted_digest(report.words, salt) if salt else None,
        )
        return replace(entry, hash=link_hash(entry))

    def _standard_on(self, class_code: str, day: date) -> Standard | None:
        return self._city.standard(class_code, day)


@lru_cache(maxsize=64)
def _reason(state: str) -> dict[str, Any]:
    return Reason("imported", {"state": state}).as_json()


def _plain(value: Any) -> Any:
    """As `moves.plain`, for moments that are in UTC already."""
    return value.isoformat() if type(value) is datetime else value


class _Settled(NamedTuple):
    """Where a report stands with its callback."""

    state: str
    attempts: int = 0
    called_at: datetime | None = None
    exempt_reason: str | None = None


def _settled(record: Record, case_state: str, reporter_id: int | None) -> _Settled:
    """Settled with a finished case, on its way with an open one."""
    if case_state in ("not_accepted", "withdrawn"):
        return _Settled(case_state)
    if record.closed_at is not None:
        if record.solved is not None or record.satisfied is not None:
            return _Settled("called_back", 1, record.closed_at)
        return _Settled("exempt", exempt_reason="exempt.imported")
    if case_state in ("reported", "registered", "verified"):
        return _Settled("received")
    called = case_state == "replied" and record.source in PUBLIC and reporter_id is not None
    return _Settled("due_callback" if called else "accepted")
