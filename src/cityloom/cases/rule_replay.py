"""Stored history run through other rules: which leads, limits and paths would have been others. Pure.

"Before" is what the city's present rules name, "after" what the proposed ones name, both for the moment at which
the case was dispatched. Due moments are moved by the difference between the two limits, so that a clock that was
extended, paused or corrected keeps what was granted, and unchanged rules change nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from cityloom.base.reasons import Reason, register
from cityloom.cases.dispatching import choose_lead, is_working_moment
from cityloom.cases.promises import limit_of, promises_nothing
from cityloom.cases.rule_values import NOBODY, Group, Lateness, PastCase, PastClock, RuleReplay
from cityloom.city.clock_values import Limit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Role, Span, Standard
from cityloom.sla.clocks import due_at, is_overdue, resumed_due

SAMPLES = 5
PROPOSERS = frozenset({Role.SUPERVISOR, Role.LEADER, Role.DATA_STEWARD})  # who tries rules on a page
register(
    {
        "replay.class_gone": ("新规则的目录里没有这个类别", "the proposed catalogue does not know the class"),
        "replay.place_gone": ("新规则的区域里没有这个地点", "the proposed areas do not hold the place"),
        "replay.by_person": ("由人派遣：规则没有指明单位", "a person dispatched it: the rules name nobody"),
        "replay.other_version": ("按当时的规则派遣，规则后来改过", "dispatched by rules that were changed since"),
        "replay.register": ("部件的权属现在登记为别的单位", "the register now names another unit for the component"),
        "replay.corrected": (
            "由人改派，或类别、位置后来更正过",
            "a person sent it elsewhere, or its class or place was corrected since",
        ),
        "replay.not_dispatched": ("没有派遣过", "it was never dispatched"),
    }
)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom rules name: a unit, or nobody with the reason's code."""

    unit: str | None
    code: str


class Rules:
    """One version's rules, asked again and again: each distinct question is decided once."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._turns = _turning_days(city)
        self._leads: dict[tuple[object, ...], Named] = {}
        self._limits: dict[tuple[object, ...], Limit | None] = {}
        self._working: dict[tuple[date, int], bool] = {}
        self._paths: dict[tuple[str, str | None, str], str] = {}
        self._units_named = {area: city.deciding_area(area) for area in city.areas}

    def lead(self, case: PastCase, at: datetime, local: datetime) -> Named:
        """Whom these rules name for the case at that moment (`local`: the same in the city's zone)."""
        city = self.city
        if case.class_code is not None and case.class_code not in city.classes:
            return Named(None, "replay.class_gone")
        area = self._area(case)
        if area is None and case.area is not None:
            return Named(None, "replay.place_gone")
        component = case.component_code if case.component_code in city.components else None
        decides = self._units_named[area] if area is not None and not case.complained_about else area
        turn = bisect_right(self._turns, local.date())
        key = (
            case.class_code, decides, component, case.source, turn, self._is_working(at, local),
            case.complained_about,
        )  # fmt: skip
        found = self._leads.get(key)
        if found is None:
            route = choose_lead(city, case.class_code, area, component, case.source, at, case.complained_about)
            found = self._leads[key] = Named(route.lead, route.reason.code)
        return found

    def _area(self, case: PastCase) -> str | None:
        """The case's area in these areas: the one it has, else the one at its point."""
        if case.area is None or case.area in self.city.areas:
            return case.area
        return self.city.find_area(case.lon, case.lat) if case.lon is not None and case.lat is not None else None

    def _is_working(self, at: datetime, local: datetime) -> bool:
        """Remembered by the minute: working hours begin and end on minutes."""
        key = (local.date(), local.hour * 60 + local.minute)
        found = self._working.get(key)
        if found is None:
            found = self._working[key] = is_working_moment(at, self.city.calendar())
        return found

    def path(self, case: PastCase) -> str:
        """The path these rules choose for a new report like it."""
        key = (case.source, case.class_code, case.nature)
        found = self._paths.get(key)
        if found is None:
            matter = self.city.classes.get(case.class_code) if case.class_code else None
            chosen = self.city.paths.choose(case.source, matter.kind if matter else "", case.nature)
            found = self._paths[key] = chosen.name
        return found

    def limit(self, case: PastCase, kind: str, day: date) -> Limit | None:
        """How long that clock of the case runs; None when these rules promise nothing or know no such clock."""
        key = (case.class_code, case.standard_code, case.urgency, case.raised, kind, bisect_right(self._turns, day))
        if key not in self._limits:
            self._limits[key] = self._limit(case, kind, day)
        return self._limits[key]

    def _limit(self, case: PastCase, kind: str, day: date) -> Limit | None:
        rule = self.city.paths.clocks.get(kind)
        standard = self._standard(case, day)
        if rule is None or promises_nothing(rule, standard):
            return None
        urgency = standard.urgency.value if standard is not None and not case.raised else case.urgency
        return limit_of(rule, standard, urgency)

    def _standard(self, case: PastCase, day: date) -> Standard | None:
        """The standard it was filed under, by its code; the default one of its class where that is gone."""
        if case.class_code is None:
            return None
        by_code = self.city.standard(case.class_code, day, case.standard_code)
        return by_code or self.city.standard(case.class_code, day)

    def due(self, clock: PastClock, limit: Limit) -> datetime:
        """The due moment of such a clock begun then, its pauses taken out."""
        calendar = self.city.calendar()
        moment = due_at(clock.started_at, limit, calendar).at
        for begins, ends in clock.pauses:
            pause = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
            moment = resumed_due(moment, *pause, limit.unit, calendar.with_hours(limit.hours)).at
        return moment.astimezone(UTC)


def _turning_days(city: City) -> list[date]:
    """The days on which some duty, standard or unit begins or has just ended: between them answers are the same."""
    spans = [d.valid for d in city.duties]
    spans += [s.valid for rows in city.standards.values() for s in rows]
    spans += [u.valid for u in city.units.values()]
    days = {span.start for span in spans if span.start} | {
        span.end + timedelta(days=1) for span in spans if span.end and span.end < date.max
    }
    return sorted(days)


def held_always(city: City, day: date) -> City:
    """The city whose duties and standards of that day hold on every day: rules of the future on cases of the past."""
    duties = tuple(replace(d, valid=Span()) for d in city.duties if d.valid.covers(day))
    standards = {
        code: tuple(replace(s, valid=Span()) for s in rows if s.valid.covers(day))
        for code, rows in city.standards.items()
    }
    return replace(city, duties=duties, standards=standards).warm()


class Replayer:
    """Takes past cases, in any order and in as many batches as there are, and sums up what would change."""

    def __init__(self, before: City, after: City, at: datetime, samples: int = SAMPLES) -> None:
        """`at`: the present moment, by which open promises are judged."""
        self.before, self.after = Rules(before), Rules(after)
        self._at, self._samples = at, samples
        self._tz = before.calendar().tz
        self._same_calendar = before.calendar() == after.calendar()
        self.result = RuleReplay(paths_redefined=_redefined(before, after))

    def take(self, cases: Iterable[PastCase]) -> RuleReplay:
        """Add these cases; the result so far."""
        for case in cases:
            self._take(case)
        return self.result

    def _take(self, case: PastCase) -> None:
        result, number = self.result, case.number
        opened = case.opened_at.astimezone(self._tz)
        result.cases += 1
        result.first = min(result.first or case.opened_at, case.opened_at)
        result.last = max(result.last or case.opened_at, case.opened_at)
        at = case.dispatched_at or case.opened_at
        local = at.astimezone(self._tz)
        before, after = self.before.lead(case, at, local), self.after.lead(case, at, local)
        self._compare_leads(case, before, after, f"{opened:%Y-%m}")
        self._compare_disputes(case, before, after)
        self._compare_with_record(case, before)
        paths = self.before.path(case), self.after.path(case)
        if paths[0] != paths[1]:
            result.paths.add(paths, number, self._samples)
        self._compare_clocks(case, opened.date())

    def _compare_leads(self, case: PastCase, before: Named, after: Named, month: str) -> None:
        result = self.result
        for i, named in enumerate((before, after)):
            months = result.load.setdefault(named.unit or NOBODY, {})
            months.setdefault(month, [0, 0])[i] += 1
        if before.unit is None:
            result.unnamed_before[before.code] += 1
        if after.unit is None:
            result.unnamed_after[after.code] += 1
            if before.unit is not None:
                result.newly_unnamed.setdefault(after.code, Group()).add(case.number, self._samples)
        if before.unit != after.unit:
            key = (before.unit or NOBODY, after.unit or NOBODY, case.class_code or "")
            result.leads.add(key, case.number, self._samples)

    def _compare_disputes(self, case: PastCase, before: Named, after: Named) -> None:
        disputes, kept = self.result.disputes, case.last_lead
        if not case.disputed:
            accepted = case.ended and kept is not None and kept == before.unit
            if accepted and after.unit not in (None, kept):
                key = (before.unit or NOBODY, after.unit or NOBODY, case.class_code or "")
                self.result.risks.add(key, case.number, self._samples)
            return
        if kept is None:
            return
        disputes.cases += 1
        if after.unit == kept == before.unit:
            disputes.named_by_both += 1
        elif after.unit == kept:
            key = (case.first_lead or NOBODY, kept, case.class_code or "")
            disputes.settled.add(key, case.number, self._samples)
        elif before.unit == kept:
            disputes.unsettled.add(case.number, self._samples)
        else:
            disputes.still_open += 1

    def _compare_with_record(self, case: PastCase, before: Named) -> None:
        """Whether the rules of now explain who had it first; else the likeliest reason why not."""
        if case.first_lead is not None and case.first_lead == before.unit:
            self.result.recorded_agrees += 1
            return
        self.result.recorded_differs[_why_differs(case, before, self.before.city).code] += 1

    def _compare_clocks(self, case: PastCase, day: date) -> None:
        """The raw promise and the unit's handling, with the handling as it was."""
        for clock in case.clocks:
            told = self.result.clocks.setdefault(clock.kind, Lateness())
            told.clocks += 1
            until = clock.until or self._at
            was_late = is_overdue(clock.due_at, until)
            old, new = self.before.limit(case, clock.kind, day), self.after.limit(case, clock.kind, day)
            is_late = was_late
            if new is None and old is not None:
                told.dropped.add(case.number, self._samples)
                is_late = False
            elif old is not None and new is not None and (old != new or not self._same_calendar):
                moved_by = self.after.due(clock, new) - self.before.due(clock, old)
                told.limits_changed += old != new or bool(moved_by)
                is_late = is_overdue(clock.due_at + moved_by, until)
            told.late_before += was_late
            told.late_after += is_late
            if is_late and not was_late:
                told.newly_late.add(case.number, self._samples)
            if was_late and not is_late:
                told.newly_in_time.add(case.number, self._samples)


def _why_differs(case: PastCase, before: Named, city: City) -> Reason:
    if case.first_lead is None:
        return Reason("replay.not_dispatched")
    if before.unit is None:
        return Reason("replay.by_person")
    if case.city_version != city.version:
        return Reason("replay.other_version")
    by_register = before.code.startswith("duty.component")
    return Reason("replay.register" if by_register else "replay.corrected")


def _redefined(before: City, after: City) -> tuple[str, ...]:
    """The paths whose tables say something else, came or went."""
    old, new = before.paths.paths, after.paths.paths
    return tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))
