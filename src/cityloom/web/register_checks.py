"""The registers for who owns them: records without anything personal, what checks found, asking for checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.ask_register_check import ask_register_check
from cityloom.cases.queries_registers import (
    RecordRow,
    RegisterFigures,
    figures_of,
    list_records,
)
from cityloom.cases.register_checks import NotYourCheck, may_answer, may_ask, may_look
from cityloom.cases.register_rows import get_check_row, get_register, list_registers
from cityloom.cases.register_values import Register, RegisterField
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import names, said_by
from cityloom.web.shown import show

PAGE = 50


@dataclass(frozen=True)
class RecordLine:
    """One record of the list, without anything personal."""

    code: str
    cells: tuple[str, ...]
    address: str
    state: str
    verified_at: datetime | None
    is_asked: bool


@dataclass(frozen=True)
class RegistersPage:
    """The registers a post may see, one of them as a list."""

    template: ClassVar[str] = "cityloom/registers.html"
    kinds: Annotated[Sequence[tuple[str, str]], "the registers to choose from"]
    kind: Annotated[str, "the one chosen"]
    figures: Annotated[RegisterFigures | None, "what stands in it and what checks found"]
    confirmed_share: Annotated[int | None, "of all answers on the spot the share as it says, in percent"]
    heads: Annotated[Sequence[str], "its open fields"]
    hidden: Annotated[int, "how many of its fields are personal and so not shown"]
    lines: Annotated[Sequence[RecordLine], "its records by code"]
    text: Annotated[str, "what was looked for"]
    next: Annotated[str, "address words of the next page"]
    can_ask: Annotated[bool, "whether the post may ask for checks"]
    asked: Annotated[str, "how many checks were just asked for"] = ""
    error: Annotated[str, "why nothing was asked for"] = ""


@require_safe
@for_staff
def registers(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """The records of the registers a post may see, their open fields, and what checks found."""
    return show(request, _registers_page(request, city, post))


@require_POST
@for_staff
def ask(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Ask for a check of the ticked records."""
    typed = context.typed_of(request.POST, "kind", "why", "codes")
    codes = [*request.POST.getlist("code"), *typed["codes"].replace(",", " ").split()]
    try:
        made = ask_register_check(city, typed["kind"], codes, post, typed["why"], context.clock())
    except CityloomError as refusal:
        page = _registers_page(request, city, post, typed["kind"], said_by(refusal, city))
        return show(request, page, refusal.status)
    return redirect(f"{reverse('registers')}?{urlencode({'kind': typed['kind'], 'asked': made})}")


def _registers_page(request: HttpRequest, city: City, post: Post, kind: str = "", error: str = "") -> RegistersPage:
    named = names(city)
    seen = {k: r for k, r in list_registers(city).items() if may_look(post, r) is None}
    if not seen and list_registers(city):
        raise NotYourCheck("register.not_shown")
    words = context.typed_of(request.GET, "kind", "text", "after", "asked")
    wanted = kind or words["kind"]
    chosen = seen.get(wanted) or next(iter(seen.values()), None)
    rows = list_records(city, chosen.kind, post, words["text"][:60], words["after"], PAGE + 1) if chosen else []
    shown = [each for each in chosen.fields if not each.personal] if chosen else []
    figures = figures_of(city, chosen.kind, context.today(city), post.area) if chosen else None
    following = {"kind": chosen.kind if chosen else "", "text": words["text"]}
    return RegistersPage(
        kinds=[(k, r.name.in_language(named.lang)) for k, r in seen.items()],
        kind=chosen.kind if chosen else "",
        figures=figures,
        confirmed_share=_confirmed(figures) if figures else None,
        heads=[each.name.in_language(named.lang) for each in shown],
        hidden=len(chosen.fields) - len(shown) if chosen else 0,
        lines=[_record_line(row, shown) for row in rows[:PAGE]],
        text=words["text"],
        next=urlencode({**following, "after": rows[PAGE - 1].record.code}) if len(rows) > PAGE else "",
        can_ask=chosen is not None and may_ask(post, chosen) is None,
        asked=words["asked"] if words["asked"].isdecimal() else "",
        error=error,
    )


def _record_line(row: RecordRow, shown: Sequence[RegisterField]) -> RecordLine:
    record = row.record
    cells = tuple(record.values.get(each.key, "") for each in shown)
    return RecordLine(record.code, cells, record.address, record.state, record.verified_at, row.is_asked)


def _confirmed(figures: RegisterFigures) -> int | None:
    """Of the records that somebody stood before, the share that was as the register says; None for none."""
    seen = sum(figures.outcomes.get(each, 0) for each in ("confirmed", "corrected", "gone"))
    return round(100 * figures.outcomes.get("confirmed", 0) / seen) if seen else None


@require_safe
@for_staff
def check_photo(request: HttpRequest, city: City, post: Post, check_id: int) -> HttpResponseBase:
    """The photo of an answered check, for who verifies there and who sees the register."""
    row = get_check_row(city, check_id)
    register: Register = get_register(city, row.kind)
    refusals = (may_answer(post, register, row.record.areas), may_look(post, register))
    inside = post.area is None or post.area in row.record.areas
    if not inside or all(refusals):
        raise NotYourCheck("register.not_shown")
    if not row.photo or not default_storage.exists(row.photo):
        raise Http404
    return FileResponse(default_storage.open(row.photo), content_type="image/jpeg")
