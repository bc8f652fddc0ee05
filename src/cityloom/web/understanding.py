"""How well reports are understood: what was proposed beside what people decided, and which model reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cityloom.cases.errors import NotAllowed
from cityloom.cases.model_rows import ModelRow, list_models
from cityloom.cases.queries_understanding import list_judged
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.triage.agreement import Agreement, Judged, Share, agreement_of
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names
from cityloom.web.reading_roles import SEES_UNDERSTANDING
from cityloom.web.screen_charts import bars_of, path_with_gaps
from cityloom.web.shown import show
from cityloom.web.words import say

SPANS = (7, 30, 90)
HEIGHT, BARS_FROM = 64.0, 64.0
MOST_CLASSES = 15


@dataclass(frozen=True)
class Line:
    """One share with its name: percent (empty for none), so many of so many."""

    name: str
    percent: str
    width: int
    part: int
    whole: int


@dataclass(frozen=True)
class ConfidenceLine:
    """From this confidence on: how much would be decided alone, and how often people agreed with that."""

    percent: int
    alone: str
    agreed: str
    in_force: bool


@dataclass(frozen=True)
class DayLine:
    """One day: reports read and the share people agreed with."""

    day: date
    read: int
    percent: str
    part: int
    whole: int


@dataclass(frozen=True)
class Correction:
    """A case whose class was decided otherwise than proposed."""

    number: str
    proposed: str
    percent: int
    decided: str
    who: str


@dataclass(frozen=True)
class ModelLine:
    """A model with what its card tells; `since` when it is the one in force."""

    name: str
    added_at: datetime | None
    added_by: str
    since: datetime | None
    card: str


@dataclass(frozen=True)
class UnderstandingPage:
    """The figures of reading, as they stand now."""

    template: ClassVar[str] = "cityloom/understanding.html"
    days: Annotated[int, "how many days the figures span"]
    spans: Annotated[Sequence[int], "spans to choose from"]
    read: Annotated[int, "reports read in the span"]
    alone: Annotated[Line, "classes the system filled in alone"]
    agreed: Annotated[Line, "what people decided as proposed"]
    sure: Annotated[str, "the confidence in force, in percent; empty for none"]
    line: Annotated[str, "agreement by day as an SVG path"]
    bars: Annotated[str, "reports read by day as an SVG path"]
    by_day: Annotated[Sequence[DayLine], "the same as a table"]
    by_class: Annotated[Sequence[Line], "agreement by the class decided"]
    by_who: Annotated[Sequence[Line], "agreement by who decided"]
    by_confidence: Annotated[Sequence[ConfidenceLine], "what each confidence would bring"]
    corrections: Annotated[Sequence[Correction], "the newest corrections"]
    models: Annotated[Sequence[ModelLine], "models, the one in force first"]
    now: Annotated[datetime, "when the figures were made"]


@never_cache
@require_safe
@for_staff
def understanding(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What was proposed for the reports of the last days beside what people decided; made anew at each look."""
    if post.role not in SEES_UNDERSTANDING:
        roles = [r.value for r in SEES_UNDERSTANDING]
        raise NotAllowed("error.not_allowed", role=post.role.value, move="see", roles=roles)
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, SPANS) else SPANS[1]
    now, today = context.clock().now(), context.today(city)
    span = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    since = datetime.combine(span[0], datetime.min.time(), city.calendar().tz)
    with connection.cursor() as cursor:
        rows = list_judged(cursor, city, post, since, now)
    return show(request, _page(city, agreement_of(rows, span), days, now))


def _page(city: City, found: Agreement, days: int, now: datetime) -> UnderstandingPage:
    named = names(city)
    shares = [share.share for _, _, share in found.by_day]
    read = [count for _, count, _ in found.by_day]
    sure = city.settings.limits.get("triage_class")
    return UnderstandingPage(
        days=days,
        spans=SPANS,
        read=found.read,
        alone=_line("", found.alone),
        agreed=_line("", found.agreed),
        sure=f"{100 * float(sure):.0f}" if sure is not None else "",
        line=path_with_gaps(shares, (0.0, 1.0), HEIGHT),
        bars=bars_of(read, len(read), max(read, default=0) or 1, base=HEIGHT, room=HEIGHT - 4),
        by_day=[DayLine(d, n, _percent(s), s.part, s.whole) for d, n, s in reversed(found.by_day) if n],
        by_class=[_line(named.matter(code), share) for code, share in found.by_class[:MOST_CLASSES]],
        by_who=[_line(say(f"understanding.by_{by.value}"), share) for by, share in found.by_who],
        by_confidence=[_confidence(*each, sure) for each in found.by_confidence],
        corrections=[_correction(row, named) for row in found.corrected],
        models=_models(list_models(city)),
        now=now,
    )


def _percent(share: Share) -> str:
    return f"{100 * share.share:.0f}%" if share.share is not None else ""


def _line(name: str, share: Share) -> Line:
    return Line(name, _percent(share), round(100 * (share.share or 0)), share.part, share.whole)


def _confidence(least: float, alone: Share, agreed: Share, sure: float | None) -> ConfidenceLine:
    return ConfidenceLine(
        round(100 * least), _percent(alone), _percent(agreed), sure is not None and abs(least - sure) < 0.005
    )


def _correction(row: Judged, named: Names) -> Correction:
    return Correction(
        row.number,
        named.matter(row.proposed),
        round(100 * row.confidence),
        named.matter(row.decided),
        say(f"understanding.by_{row.by.value}"),
    )


def _models(rows: Sequence[ModelRow]) -> list[ModelLine]:
    """The one in force first; the city folder's own words where no model is."""
    kept = sorted(
        (ModelLine(r.name, r.added_at, r.added_by, r.in_use_since, _card(r)) for r in rows),
        key=lambda line: line.since is None,
    )
    if any(line.since is not None for line in kept):
        return kept
    return [ModelLine(say("understanding.cold"), None, "", None, say("understanding.cold_says")), *kept]


def _card(row: ModelRow) -> str:
    card = row.card
    f1 = card.get("inner_macro_f1")
    return say(
        "understanding.card",
        texts=card.get("texts", "?"),
        f1=f"{f1:.3f}" if isinstance(f1, float) else "?",
        note=card.get("note") or "—",
    )
