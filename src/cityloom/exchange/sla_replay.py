"""Our clocks held against a record: do its on-time flags follow, and do our due moments equal its targets?

Pure comparisons over rows; reading them from a file is the mapping's work, printing them the command's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cityloom.city.clock_values import AfterHours, ClockUnit, Limit, WorkCalendar
from cityloom.city.values import ClassCode, Standard
from cityloom.sla.clocks import due_at, is_overdue

TOLERANCE = timedelta(minutes=2)
LOGGED_LATER = timedelta(hours=1)
EXAMPLES = 5
PLAIN_DAYS = 10


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """What a record says of one request's promise; moments carry a zone, None is "not recorded"."""

    source_id: str
    class_code: ClassCode
    opened_at: datetime
    target_at: datetime | None = None
    closed_at: datetime | None = None
    recorded_ontime: bool | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the recorded flag equals `closed ≤ target`, over requests that have all three.

    `unflagged` requests have both moments and no flag; `disagreeing` are the source ids of the others that differ.
    """

    cases: int
    agree: int
    unflagged: int
    disagreeing: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """Agreeing ÷ cases; None when there are no cases."""
        return self.agree / self.cases if self.cases else None

    def figures(self) -> dict[str, Any]:
        """For printing as JSON."""
        return {
            "cases": self.cases,
            "agree": self.agree,
            "disagree": len(self.disagreeing),
            "share": self.share,
            "unflagged": self.unflagged,
            "disagreeing": list(self.disagreeing[:EXAMPLES]),
        }


def compare_ontime(rows: Iterable[PromiseRow]) -> Agreement:
    """Hold the recorded on-time flags against the recorded target and close."""
    cases = agree = unflagged = 0
    disagreeing = []
    for row in rows:
        if row.target_at is None or row.closed_at is None:
            continue
        if row.recorded_ontime is None:
            unflagged += 1
            continue
        cases += 1
        if row.recorded_ontime is not is_overdue(row.target_at, row.closed_at):
            agree += 1
        else:
            disagreeing.append(row.source_id)
    return Agreement(cases, agree, unflagged, tuple(disagreeing))


class Cause(StrEnum):
    """Why a recorded target may differ from our due moment, the first that fits."""

    NO_STANDARD = "no_standard"  # the class has no row in standards.csv
    NO_LIMIT = "no_limit"  # its row promises nothing, yet the record holds a target
    LOGGED_LATER = "logged_later"  # the target lies up to an hour before ours: stamped after it was counted
    OTHER_LIMIT = "other_limit"  # the target is the due moment of a limit that is not this class's
    SET_BY_HAND = "set_by_hand"  # on a whole minute, unlike the opening or any limit: somebody typed it
    UNEXPLAINED = "unexplained"


EXPLANATIONS = {
    Cause.NO_STANDARD: (
        "该类别没有时限标准（编写标准所用月份中未出现）",
        "the class has no standard (it does not occur in the months the standards were written from)",
    ),
    Cause.NO_LIMIT: (
        "标准不作时限承诺，而记录中有目标时间",
        "the standard promises nothing, the record holds a target all the same",
    ),
    Cause.LOGGED_LATER: (
        "目标时间早于计算值，相差不到一小时：受理在登记时间之前",
        "the target lies less than an hour before ours: the request was stamped after its clock began",
    ),
    Cause.OTHER_LIMIT: (
        "目标时间符合其他时限：很可能受理后改过类别",
        "the target fits another limit: most likely the class was changed after the target was set",
    ),
    Cause.SET_BY_HAND: (
        "目标时间为整分钟：由人工改定",
        "the target stands on a whole minute: it was set by hand",
    ),
    Cause.UNEXPLAINED: ("未能解释", "not explained"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the recorded targets we met within the tolerance."""

    cases: int
    within: int

    @property
    def share(self) -> float | None:
        """Within ÷ cases; None when there are no cases."""
        return self.within / self.cases if self.cases else None

    def figures(self) -> dict[str, Any]:
        """For printing as JSON."""
        return {"cases": self.cases, "within": self.within, "share": self.share}


@dataclass(frozen=True, slots=True)
class DifferenceGroup:
    """Differing requests of one class with one cause; `fits` names the other limit where one does."""

    class_code: ClassCode
    cause: Cause
    fits: str
    cases: int
    examples: tuple[str, ...]

    def figures(self) -> dict[str, Any]:
        """For printing as JSON."""
        zh, en = EXPLANATIONS[self.cause]
        return {
            "class": self.class_code,
            "cause": self.cause.value,
            "fits": self.fits,
            "cases": self.cases,
            "examples": list(self.examples),
            "explanation": {"zh": zh, "en": en},
        }


@dataclass(frozen=True, slots=True)
class TargetAgreement:
    """How our due moments compare with the recorded targets, whole, by month of opening and by cause."""

    total: Share
    by_month: Mapping[str, Share]
    by_cause: Mapping[Cause, int]
    groups: tuple[DifferenceGroup, ...]  # largest first

    def figures(self, groups: int = 20) -> dict[str, Any]:
        """For printing as JSON, with so many of the largest groups."""
        return {
            **self.total.figures(),
            "by_month": {month: share.figures() for month, share in self.by_month.items()},
            "by_cause": {cause.value: count for cause, count in self.by_cause.items()},
            "groups": [group.figures() for group in self.groups[:groups]],
        }


def compare_target(
    rows: Iterable[PromiseRow],
    standards: Iterable[Standard],
    calendar: WorkCalendar,
    tolerance: timedelta = TOLERANCE,
) -> TargetAgreement:
    """Compute each request's due moment from its opening and hold it against the recorded target.

    Only requests with a target count, those of classes without a standard or limit too, as differing. Months are
    those of the opening in the city's zone.
    """
    table = _by_class(standards)
    others = _other_limits(table)
    cases: Counter[str] = Counter()
    within: Counter[str] = Counter()
    groups: defaultdict[tuple[ClassCode, Cause, str], list[str]] = defaultdict(list)
    for row in rows:
        if row.target_at is None:
            continue
        month = f"{row.opened_at.astimezone(calendar.tz):%Y-%m}"
        cases[month] += 1
        limits = _limits_then(table.get(row.class_code, ()), row.opened_at, calendar)
        if limits and limits[0] is not None and _meets(row, limits[0], calendar, tolerance):
            within[month] += 1
        else:
            groups[row.class_code, *_cause(row, limits, others, calendar, tolerance)].append(row.source_id)
    return _summed(cases, within, groups)


def _summed(
    cases: Counter[str],
    within: Counter[str],
    groups: Mapping[tuple[ClassCode, Cause, str], list[str]],
) -> TargetAgreement:
    by_cause: Counter[Cause] = Counter()
    for (_, cause, _), ids in groups.items():
        by_cause[cause] += len(ids)
    ordered = sorted(groups.items(), key=lambda each: (-len(each[1]), each[0]))
    return TargetAgreement(
        total=Share(cases.total(), within.total()),
        by_month={month: Share(cases[month], within[month]) for month in sorted(cases)},
        by_cause=dict(by_cause.most_common()),
        groups=tuple(
            DifferenceGroup(code, cause, fits, len(ids), tuple(ids[:EXAMPLES]))
            for (code, cause, fits), ids in ordered
        ),
    )


def _by_class(standards: Iterable[Standard]) -> dict[ClassCode, list[tuple[Standard, Limit | None]]]:
    """The rows of each class, the default one first, with their limits."""
    table: defaultdict[ClassCode, list[tuple[Standard, Limit | None]]] = defaultdict(list)
    for standard in standards:
        limit = None
        if standard.limit is not None and standard.unit:
            limit = Limit.parse(
                standard.limit, standard.unit, standard.hours, standard.after_hours, standard.due_time
            )
        table[standard.class_code].append((standard, limit))
    for rows in table.values():
        rows.sort(key=lambda each: not each[0].default)
    return dict(table)


def _limits_then(
    rows: Sequence[tuple[Standard, Limit | None]], opened_at: datetime, calendar: WorkCalendar
) -> list[Limit | None]:
    day = opened_at.astimezone(calendar.tz).date()
    return [limit for standard, limit in rows if standard.valid.covers(day)]


def _other_limits(table: Mapping[ClassCode, list[tuple[Standard, Limit | None]]]) -> list[Limit]:
    """Plain counts of a few working days, moved by no opening hours; then every limit in use, commonest first."""
    plain = [Limit(days, ClockUnit.WORK_DAY, after_hours=AfterHours.SAME_TIME) for days in range(1, PLAIN_DAYS + 1)]
    used = Counter(limit for rows in table.values() for _, limit in rows if limit is not None)
    return [*plain, *(limit for limit, _ in used.most_common())]


def _meets(row: PromiseRow, limit: Limit, calendar: WorkCalendar, tolerance: timedelta) -> bool:
    return abs(_behind(row, limit, calendar)) <= tolerance


def _behind(row: PromiseRow, limit: Limit, calendar: WorkCalendar) -> timedelta:
    """How much earlier than our due moment the recorded target lies, in real time."""
    assert row.target_at is not None
    ours = due_at(row.opened_at, limit, calendar).at
    return timedelta(seconds=ours.timestamp() - row.target_at.timestamp())


def _cause(
    row: PromiseRow,
    limits: Sequence[Limit | None],
    others: Sequence[Limit],
    calendar: WorkCalendar,
    tolerance: timedelta,
) -> tuple[Cause, str]:
    assert row.target_at is not None
    if not limits:
        return Cause.NO_STANDARD, ""
    if limits[0] is None:
        return Cause.NO_LIMIT, ""
    if timedelta(0) < _behind(row, limits[0], calendar) <= LOGGED_LATER:
        return Cause.LOGGED_LATER, ""
    typed = row.target_at.second == 0
    if typed and row.opened_at.second != 0:
        return Cause.SET_BY_HAND, ""
    for limit in others:
        if _meets(row, limit, calendar, tolerance):
            return Cause.OTHER_LIMIT, _named(limit)
    return Cause.SET_BY_HAND if typed else Cause.UNEXPLAINED, ""


def _named(limit: Limit) -> str:
    return f"{limit.amount:g} {limit.unit} {limit.start_rule}"
