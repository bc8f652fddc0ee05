"""Beside the text of a reply: what it answers and names, and what it lacks, while the handler writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from cityloom.base.reasons import render
from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import get_file
from cityloom.cases.permissions import may_see
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.triage.replies import check_reply
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import names
from cityloom.web.shown import show

CHECKED_MOVES = frozenset({"reply", "answer"})  # the moves whose note a resident reads as the answer


@dataclass(frozen=True)
class FoundLine:
    """One thing checked, in words."""

    ok: bool
    sentence: str


@dataclass(frozen=True)
class ReplyCheckPage:
    """What a draft reply has and lacks."""

    template: ClassVar[str] = "cityloom/parts/reply_check.html"
    percent: Annotated[int, "how likely people call it a real answer, in percent"]
    findings: Annotated[tuple[FoundLine, ...], "each thing checked, what is lacking first"]


@require_POST
@for_staff
def reply_check(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """The check of a draft; nothing of it is kept."""
    draft = context.typed_of(request.POST, "note")["note"]
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
    if (refusal := may_see(post, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)
    if not draft.strip():
        return HttpResponse("")
    check = check_reply("\n".join(r.words for r in file.reports), draft)
    lang = names(city).lang
    lines = [FoundLine(f.ok, render(f.reason, lang)) for f in check.findings]
    return show(request, ReplyCheckPage(round(100 * check.score), tuple(sorted(lines, key=lambda line: line.ok))))
