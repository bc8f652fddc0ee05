"""The figures of the screen as lines that a template can show, each with the address of the list that proves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import reverse

from cityloom.assess.rates import Share, change_against
from cityloom.cases.cells import areas_within
from cityloom.cases.filters import CaseFilter
from cityloom.cases.screen_values import AGES, STEP_S, Scope
from cityloom.city.snapshot_values import City
from cityloom.city.values import Role
from cityloom.web.moments import band_of
from cityloom.web.naming import Names
from cityloom.web.screen_charts import WIDTH, bars_of, path_of, running, scale_of
from cityloom.web.screen_figures import Figures
from cityloom.web.words import say

STEPS = 24 * 3600 // STEP_S
AREAS_SHOWN = 8
MULTIPLE = 10  # a growth from so many times on is told as a multiple


@dataclass(frozen=True)
class AreaLine:
    """An area below: its name, the address that goes into it, open and overdue work; `wide` of 100 is the fullest."""

    code: str
    name: str
    query: str
    open: int
    overdue: int
    list: str
    late_list: str
    wide: float
    late_wide: float


@dataclass(frozen=True)
class CaseLine:
    """An open case of an area that has none below it; `band` says how its time stands."""

    number: str
    name: str
    state: str
    due_at: datetime | None
    band: str


@dataclass(frozen=True)
class FlowLine:
    """One of the five figures; `line` and `ghost` are paths of today and of the same day last week."""

    key: str
    name: str
    value: int | None
    list: str
    line: str = ""
    ghost: str = ""
    told: str = ""
    rows: Sequence[tuple[str, int, int | None]] = ()


@dataclass(frozen=True)
class RateLine:
    """A share of 100 with its interval; None where nothing stands below the line."""

    key: str
    name: str
    value: float | None
    low: float
    high: float
    sample: int
    list: str


@dataclass(frozen=True)
class BacklogLine:
    """Open work of one age; `top` is where its bar ends, 0 for the fullest, 100 for none."""

    name: str
    count: int
    top: float
    list: str


@dataclass(frozen=True)
class HotLine:
    """A class of which much came: how many, how many in as many days before, and the change: up, down, same."""

    name: str
    now: int
    before: int
    change: str
    way: str
    list: str


@dataclass(frozen=True)
class StaffLine:
    """Field staff of one kind who hold a post today."""

    name: str
    count: int


@dataclass(frozen=True)
class Knot:
    """A mark on the thread of the day; `x` of 100."""

    kind: str
    x: float
    name: str
    href: str


@dataclass(frozen=True)
class Thread:
    """The day as bars of what came and went, last week's course behind it, marks, and how far it has run."""

    came: str
    closed: str
    ghost: str
    knots: Sequence[Knot]
    run: float
    rows: Sequence[tuple[str, int, int, int]]


def list_address(asked: CaseFilter) -> str:
    """Where the cases are listed that a figure counts."""
    return f"{reverse('queue')}?{asked.as_query()}"


def area_lines(
    figures: Figures, scope: Scope, named: Names, query: Callable[[str], str], is_today: bool
) -> list[AreaLine]:
    """The fullest areas below, those without a case left out: open work today, what came in on a past day."""
    rows = [row for row in figures.below if row.open][:AREAS_SHOWN]
    most = max((row.open for row in rows), default=1)
    return [
        AreaLine(
            code=row.code,
            name=named.area(row.code),
            query=query(row.code),
            open=row.open,
            overdue=row.overdue,
            list=list_address(_of_area(scope, row.code, is_today)),
            late_list=list_address(replace(_of_area(scope, row.code, is_today), overdue=True)),
            wide=round(100 * row.open / most, 1),
            late_wide=round(100 * row.overdue / most, 1),
        )
        for row in rows
    ]


def case_lines(figures: Figures, named: Names, now: datetime) -> list[CaseLine]:
    """The open cases that fall due first."""
    return [
        CaseLine(
            row.number, named.matter(row.class_code), named.state(row.state), row.next_due_at,
            band_of(row.clock_started_at, row.next_due_at, now),
        )
        for row in figures.cases
    ]  # fmt: skip


def _of_area(scope: Scope, area: str, is_today: bool) -> CaseFilter:
    inside = Scope(area, scope.day, scope.tz)
    return inside.open() if is_today else inside.came()


def flow_lines(figures: Figures, scope: Scope, is_today: bool) -> list[FlowLine]:
    """In, open, due today, overdue, closed. Of a past day only what its lists can still prove."""
    course, before, flow = figures.course, figures.slow.week_before, figures.flow
    end_of_day = course.open[-1] if course.open else 0
    lines = [
        _flowing("came", flow.came, scope.came(), running(course.came), running(before.came)),
        _flowing("open", flow.open if is_today else end_of_day, scope.open() if is_today else None,
                 course.open, before.open, from_zero=False),
    ]  # fmt: skip
    if is_today:
        lines.append(FlowLine("due", say("screen.flow_due"), flow.due, list_address(scope.due())))
        lines.append(FlowLine("overdue", say("screen.flow_overdue"), flow.overdue, list_address(scope.overdue())))
    lines.append(_flowing("closed", flow.closed, scope.closed(), running(course.closed), running(before.closed)))
    return lines


def _flowing(
    key: str, value: int, asked: CaseFilter | None, line: Sequence[int], ghost: Sequence[int], from_zero: bool = True
) -> FlowLine:
    scale = scale_of(line, ghost, from_zero=from_zero)
    then = ghost[len(line) - 1] if line and len(ghost) >= len(line) else None
    told = "" if then is None else _against(line[-1] - then)
    hours = [
        (f"{(n + 1) * STEP_S // 3600:02d}:00", line[n], ghost[n] if n < len(ghost) else None)
        for n in range(3, len(line), 4)
    ]
    return FlowLine(
        key, say(f"screen.flow_{key}"), value, list_address(asked) if asked else "",
        path_of(line, STEPS, scale), path_of(ghost, STEPS, scale), told, hours,
    )  # fmt: skip


def _against(more: int) -> str:
    key = (
        "screen.as_last_week"
        if more == 0
        else "screen.more_than_last_week"
        if more > 0
        else "screen.less_than_last_week"
    )
    return say(key, count=abs(more))


def rate_lines(figures: Figures, scope: Scope) -> list[RateLine]:
    """On time, response, resolution, satisfaction, each over its own denominator."""
    slow, called = figures.slow, scope.called()
    return [
        _rate("on_time", slow.on_time, scope.kept()),
        _rate("response", slow.rates.response, called),
        _rate("resolution", slow.rates.resolution, called),
        _rate("satisfaction", slow.rates.satisfaction, called),
    ]


def _rate(key: str, share: Share, asked: CaseFilter) -> RateLine:
    name, address, interval = say(f"screen.rate_{key}"), list_address(asked), share.interval
    if share.value is None or interval is None:
        return RateLine(key, name, None, 0, 0, 0, address)
    return RateLine(
        key, name, round(100 * share.value, 1), round(100 * interval.low, 1), round(100 * interval.high, 1),
        share.whole, address,
    )  # fmt: skip


def backlog_lines(figures: Figures, scope: Scope) -> list[BacklogLine]:
    """Open work by how many days ago it came."""
    most = max(figures.ages, default=0) or 1
    return [
        BacklogLine(
            _age(first, last), count, round(100 - 100 * count / most, 1), list_address(scope.aged(first, last))
        )
        for (first, last), count in zip(AGES, figures.ages, strict=True)
    ]


def _age(first: int, last: int | None) -> str:
    if last is None:
        return say("screen.age_beyond", days=first)
    return say("screen.age_today") if last == 0 else say("screen.age_days", first=first, last=last)


def hot_lines(figures: Figures, scope: Scope, named: Names) -> list[HotLine]:
    """The classes of which most came in a week, against the week before."""
    lines = []
    for row in figures.slow.hot:
        change, way = _change(row.now, row.before)
        address = list_address(scope.hot(row.class_code))
        lines.append(HotLine(named.matter(row.class_code), row.now, row.before, change, way, address))
    return lines


def _change(now: int, before: int) -> tuple[str, str]:
    """A change in words and its direction: in percent, as a multiple from ten times on, new against nothing."""
    change = change_against(now, before)
    if change is None:
        return say("screen.hot_new"), "up"
    percent = round(100 * change)
    if percent == 0:
        return "=", "same"
    told = f"×{round(now / before)}" if now >= MULTIPLE * before else f"{abs(percent)}%"
    return f"{'▲' if percent > 0 else '▼'} {told}", "up" if percent > 0 else "down"


def staff_lines(city: City, scope: Scope, at: datetime) -> list[StaffLine]:
    """Who holds a post in the field on that day, counted by person."""
    inside = set(areas_within(city, scope.area)) if scope.area else None
    kinds = (Role.GRID_WORKER, Role.CHECKER, Role.WARDEN)
    found: dict[Role, set[str]] = {kind: set() for kind in kinds}
    for login, posts in city.posts.items():
        for post in posts:
            here = inside is None or post.area in inside
            if post.role in found and here and post.valid.covers(scope.day):
                found[post.role].add(login)
    return [StaffLine(say(f"screen.staff_{kind.value}"), len(found[kind])) for kind in kinds]


def thread_of(figures: Figures, scope: Scope, named: Names, now: datetime) -> Thread:
    """What came stands on the thread, what was closed hangs from it; the scale is the same for both."""
    course, before = figures.course, figures.slow.week_before
    most = max([*course.came, *course.closed, *before.came, 1])
    day_s = (scope.ends - scope.begins).total_seconds()
    seconds = min(day_s, max(0.0, (now - scope.begins).total_seconds()))
    knots = [
        Knot(
            kind=mark.kind,
            x=round(WIDTH * (mark.at - scope.begins).total_seconds() / day_s, 2),
            name=say(f"screen.mark_{mark.kind}", time=f"{mark.at.astimezone(scope.tz):%H:%M}",
                     matter=named.matter(mark.class_code)),
            href=reverse("case", args=[mark.number]),
        )
        for mark in figures.marks
    ]  # fmt: skip
    rows = [
        (f"{n:02d}:00", sum(course.came[4 * n : 4 * n + 4]), sum(course.closed[4 * n : 4 * n + 4]),
         course.open[min(4 * n + 3, len(course.open) - 1)])
        for n in range((len(course.came) + 3) // 4)
    ]  # fmt: skip
    return Thread(
        came=bars_of(course.came, STEPS, most, base=50, room=46),
        closed=bars_of(course.closed, STEPS, most, base=50, room=-46),
        ghost=path_of(before.came, STEPS, (-most, most), height=100) if before.came else "",
        knots=knots,
        run=round(WIDTH * seconds / day_s, 2),
        rows=rows,
    )
