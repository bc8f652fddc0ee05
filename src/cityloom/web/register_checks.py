"""Verify, not collect: the next record with what is known of it filled in; and the registers for who owns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.actions.answer_register_check import Trouble, answer_register_check
from cityloom.cases.actions.ask_register_check import ask_register_check
from cityloom.cases.queries_registers import (
    OpenCheck,
    RecordRow,
    RegisterFigures,
    figures_of,
    list_records,
    open_record_for,
    round_of,
)
from cityloom.cases.register_checks import Answer, NoSuchCheck, NotYourCheck, may_answer, may_ask, may_look
from cityloom.cases.register_rows import get_check_row, get_register, list_registers
from cityloom.cases.register_values import Record, Register, RegisterField
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.forms import Group, class_groups, pictures_of
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show

PAGE = 50
FIELDS = ("check", "outcome", "note", "trouble", "trouble_class", "value-address")


@dataclass(frozen=True)
class Value:
    """One known value, ready to be corrected."""

    key: str
    name: str
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...]
    personal: bool


@dataclass(frozen=True)
class NextCheck:
    """The check at hand with its record as the register has it."""

    id: int
    register: str
    code: str
    why: str
    due_on: date
    values: tuple[Value, ...]
    address: str
    lon: float | None
    lat: float | None
    map: MapFrame | None

    @property
    def has_personal(self) -> bool:
        return any(each.personal for each in self.values)


@dataclass(frozen=True)
class Stop:
    """A check further on in the round."""

    id: int
    register: str
    code: str
    address: str


@dataclass(frozen=True)
class ChecksPage:
    """The round: the check at hand, and what comes after it."""

    template: ClassVar[str] = "cityloom/checks.html"
    check: Annotated[NextCheck | None, "the check at hand; None when nothing waits"]
    stops: Annotated[Sequence[Stop], "the rest of the round"]
    done_today: Annotated[int, "answered today"]
    waiting: Annotated[int, "waiting in the round"]
    classes: Annotated[Sequence[Group], "classes for a trouble seen there"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    case_number: Annotated[str, "the case that the last answer opened"] = ""
    error: Annotated[str, "why it was not kept"] = ""


@require_http_methods(["GET", "POST"])
@for_staff
def checks(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Confirm or correct the next record of one's round; what is seen there besides can be reported along."""
    if not any(each.by is post.role for each in list_registers(city).values()):
        raise NotYourCheck("register.not_yours", roles=_verifying(city))
    if request.method == "GET":
        return show(request, _page(request, city, post, {}, request.GET.get("check", "")))
    typed = {name: value.replace("\x00", "") for name, value in request.POST.items() if isinstance(value, str)}
    try:
        pictures = pictures_of(request.FILES.getlist("photo"))
        given = {key.removeprefix("value-"): value for key, value in typed.items() if key.startswith("value-")}
        answer = Answer(typed.get("outcome", ""), given, typed.get("note", ""))
        trouble = Trouble(typed.get("trouble", ""), typed.get("trouble_class") or None)
        done = answer_register_check(
            city, _number(typed.get("check", "")), answer, post, context.clock(),
            picture=pictures[0] if pictures else None, trouble=trouble,
        )  # fmt: skip
    except CityloomError as refusal:
        said = _said(refusal, city, post, typed.get("check", ""))
        return show(request, _page(request, city, post, typed, typed.get("check", ""), said), refusal.status)
    query = f"?{urlencode({'case': done.case_number})}" if done.case_number else ""
    return redirect(reverse("checks") + query)


def _verifying(city: City) -> list[str]:
    return sorted({each.by.value for each in list_registers(city).values()}) or ["grid_worker"]


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise NoSuchCheck("register.no_check")
    return int(text)


def _said(refusal: CityloomError, city: City, post: Post, check: str) -> str:
    """The refusal with a field called by its name."""
    key = refusal.reason.params.get("key")
    if isinstance(key, str) and check.isdecimal():
        lang = context.language()
        for register in list_registers(city).values():
            named = next((f.name.in_language(lang) for f in register.fields if f.key == key), None)
            if named and register.by is post.role:
                return names(city).reason(Reason(refusal.reason.code, {**refusal.reason.params, "key": named}))
    return said_by(refusal, city)


def _page(
    request: HttpRequest, city: City, post: Post, typed: Mapping[str, str], wanted: str, error: str = ""
) -> ChecksPage:
    named, now = names(city), context.clock().now()
    round_ = round_of(city, post, now)
    chosen = next((c for c in round_.waiting if str(c.id) == wanted), round_.waiting[0] if round_.waiting else None)
    registers = list_registers(city)
    return ChecksPage(
        check=_next(city, chosen, post, now, named, typed) if chosen else None,
        stops=[
            Stop(c.id, registers[c.kind].name.in_language(named.lang), c.code, c.address)
            for c in round_.waiting
            if chosen is None or c.id != chosen.id
        ],
        done_today=round_.done_today,
        waiting=len(round_.waiting),
        classes=class_groups(city, named, context.today(city), (Nature.MATTER,)),
        typed=typed,
        case_number=request.GET.get("case", "")[:40],
        error=error,
    )


def _next(
    city: City, check: OpenCheck, post: Post, now: datetime, named: Names, typed: Mapping[str, str]
) -> NextCheck:
    register, record = open_record_for(city, check.id, post, now)
    with_point = record.lon is not None and record.lat is not None
    return NextCheck(
        id=check.id,
        register=register.name.in_language(named.lang),
        code=record.code,
        why=named.reason(check.why),
        due_on=check.due_on,
        values=tuple(_value(each, record, named, typed) for each in register.fields),
        address=typed.get("value-address", record.address),
        lon=record.lon,
        lat=record.lat,
        map=frame_of(city, lon=record.lon, lat=record.lat) if with_point else None,
    )


def _value(each: RegisterField, record: Record, named: Names, typed: Mapping[str, str]) -> Value:
    value = typed.get(f"value-{each.key}", record.values.get(each.key, ""))
    choices = tuple((choice, choice) for choice in each.choices)
    return Value(each.key, each.name.in_language(named.lang), each.kind, value, choices, each.personal)


# --- for who owns a register ------------------------------------------------------------------------------------


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
