"""Proposed duties and limits tried on stored history: upload, replay, look; nothing is written."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, ClassVar

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register
from cityloom.cases.errors import NotAllowed
from cityloom.cases.replaying import replay_rules
from cityloom.cases.rule_replay import PROPOSERS
from cityloom.cases.rule_values import NOBODY, Moved, RuleReplay
from cityloom.city.problems import Problem, has_errors
from cityloom.city.proposed import EXCHANGEABLE, with_tables
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.words import say

MOST_CASES = 50_000
MOST_BYTES = 5_000_000
MOST_DAYS = 3660
ROWS = 20
PROBLEMS = 30
register(
    {
        "rules.not_for_role": (
            "{role}不能重演规则；可由{roles}办理",
            "a {role} does not replay rules; it is for: {roles}",
        ),
        "rules.whole_city": (
            "职责和标准是全市的，请用全市的岗位重演",
            "duties and standards are the whole city's; replay them by a post for the whole city",
        ),
        "rules.no_file": (
            "请选择改过的 duties.csv 或 standards.csv",
            "choose a changed duties.csv or standards.csv",
        ),
        "rules.too_large": ("{file}超过{most_mb} MB", "{file} is larger than {most_mb} MB"),
        "rules.bad_days": ("天数须为1到{most}的整数", "the days are a whole number from 1 to {most}"),
        "rules.bad_day": ("日期写作 2026-01-31", "write the day as 2026-01-31"),
    }
)


class NotUnderstood(CityloomError):
    """An upload or a span that no replay can be made of."""

    status = 422


@dataclass(frozen=True)
class Bar:
    """One unit's cases now and by the proposed rules; widths in percent of the largest."""

    unit: str
    before: int
    after: int
    change: str
    width_before: float
    width_after: float


@dataclass(frozen=True)
class MovedLine:
    """A group of cases that would have gone elsewhere, with a few of their numbers."""

    old: str
    new: str
    matter: str
    count: int
    samples: Sequence[str]


@dataclass(frozen=True)
class ResultShown:
    """What a replay found, in the reader's words."""

    cases: int
    span: tuple[date | None, date | None]
    nothing: bool
    leads: int
    settled: int
    risks: int
    bars: Sequence[Bar]
    changes: Sequence[MovedLine]
    disputes: str
    settled_lines: Sequence[MovedLine]
    risk_lines: Sequence[MovedLine]
    clocks: Sequence[str]
    unnamed: str
    unnamed_why: Sequence[tuple[str, int]]
    recorded: str
    recorded_why: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class RulesPage:
    """The form for an upload, and what its replay found."""

    template: ClassVar[str] = "cityloom/rule_replay.html"
    since: Annotated[str, "how many days back"]
    as_of: Annotated[str, "the day whose rules hold always, or empty"]
    most: Annotated[str, "how many cases run here at most"]
    problems: Annotated[Sequence[str], "what is wrong in the files"] = ()
    result: Annotated[ResultShown | None, "what the replay found"] = None
    error: Annotated[str, "why nothing was replayed"] = ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def rule_replay(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Try changed duties and standards on the stored cases; nothing is written."""
    _check_post(post, city)
    typed = context.typed_of(request.POST, "since", "as_of")
    page = RulesPage(typed["since"] or "365", typed["as_of"], f"{MOST_CASES:,}")
    if request.method != "POST":
        return show(request, page)
    try:
        files = {name: f for name in EXCHANGEABLE if (f := request.FILES.get(name)) is not None}
        result, problems = _replayed(city, files, _days(page.since), _day(page.as_of))
    except NotUnderstood as refusal:
        return show(request, replace(page, error=said_by(refusal, city)), refusal.status)
    named = names(city)
    told = [_told(p, named.lang) for p in problems if p.level != "info"][:PROBLEMS]
    if result is None:
        return show(request, replace(page, problems=told, error=say("rules.wrong")), 422)
    return show(request, replace(page, problems=told, result=_shown(result, city, named)))


def _check_post(post: Post, city: City) -> None:
    if post.role not in PROPOSERS:
        raise NotAllowed("rules.not_for_role", role=post.role.value, roles=sorted(PROPOSERS))
    if post.area is not None and city.area(post.area).parent is not None:
        raise NotAllowed("rules.whole_city")


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:6]) <= MOST_DAYS:
        raise NotUnderstood("rules.bad_days", most=MOST_DAYS)
    return int(text[:6])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as wrong:
        raise NotUnderstood("rules.bad_day") from wrong


def _replayed(
    city: City, files: Mapping[str, UploadedFile[bytes]], days: int, as_of: date | None
) -> tuple[RuleReplay | None, list[Problem]]:
    """What the uploaded tables would have changed, None when they have errors; and what is wrong in them."""
    if not files:
        raise NotUnderstood("rules.no_file")
    with tempfile.TemporaryDirectory() as folder:
        paths: dict[str, Path] = {}
        for name, file in files.items():
            if (file.size or 0) > MOST_BYTES:
                raise NotUnderstood("rules.too_large", file=name, most_mb=MOST_BYTES // 1_000_000)
            paths[name] = Path(folder) / name
            paths[name].write_bytes(file.read())
        after, problems = with_tables(city, paths)
    if has_errors(problems):
        return None, problems
    now = context.clock().now()
    return replay_rules(city, after, now - timedelta(days=days), now, most=MOST_CASES, as_of=as_of), problems


def _told(problem: Problem, lang: str) -> str:
    where = say("list.comma").join(part for part in (problem.file, problem.where(lang)) if part)
    colon, semicolon = say("rules.colon"), say("list.semicolon")
    return f"{where}{colon}{problem.wrong(lang)}{semicolon}{problem.right(lang)}"


# --- showing ----------------------------------------------------------------------------------------------------


def _shown(result: RuleReplay, city: City, named: Names) -> ResultShown:
    disputes = result.disputes
    tz = city.calendar().tz
    return ResultShown(
        cases=result.cases,
        span=(
            result.first.astimezone(tz).date() if result.first else None,
            result.last.astimezone(tz).date() if result.last else None,
        ),
        nothing=result.changes_nothing,
        leads=result.leads.count,
        settled=disputes.settled.count,
        risks=result.risks.count,
        bars=_bars(result, named),
        changes=_lines(result.leads, named),
        disputes=say(
            "rules.disputes_told",
            cases=disputes.cases,
            settled=disputes.settled.count,
            both=disputes.named_by_both,
            lost=disputes.unsettled.count,
            neither=disputes.still_open,
        ),
        settled_lines=_lines(disputes.settled, named),
        risk_lines=_lines(result.risks, named),
        clocks=_clocks(result, named),
        unnamed=say("rules.unnamed_told", before=result.unnamed_before.total(), after=result.unnamed_after.total()),
        unnamed_why=[(_why(code, named), group.count) for code, group in result.newly_unnamed.items()],
        recorded=say("rules.recorded_told", agree=result.recorded_agrees),
        recorded_why=[(_why(code, named), n) for code, n in result.recorded_differs.most_common()],
    )


def _why(code: str, named: Names) -> str:
    return named.reason(Reason(code))


def _unit(code: str, named: Names) -> str:
    return say("rules.nobody") if code == NOBODY else named.unit(code)


def _bars(result: RuleReplay, named: Names) -> list[Bar]:
    totals = result.totals()[:ROWS]
    largest = max((max(before, after) for _, before, after in totals), default=1) or 1
    return [
        Bar(
            unit=_unit(unit, named),
            before=before,
            after=after,
            change=f"{after - before:+,}" if after != before else "=",
            width_before=round(100 * before / largest, 1),
            width_after=round(100 * after / largest, 1),
        )
        for unit, before, after in totals
    ]


def _lines(moved: Moved, named: Names) -> list[MovedLine]:
    return [
        MovedLine(_unit(old, named), _unit(new, named), named.matter(matter or None), group.count, group.samples)
        for (old, new, matter), group in moved.most_first()[:ROWS]
    ]


def _clocks(result: RuleReplay, named: Names) -> list[str]:
    return [
        say(
            "rules.late_told",
            clock=named.clock(kind),
            clocks=told.clocks,
            changed=told.limits_changed,
            before=told.late_before,
            after=told.late_after,
            late=told.newly_late.count,
            in_time=told.newly_in_time.count,
            dropped=told.dropped.count,
        )
        for kind, told in result.clocks.items()
    ]
