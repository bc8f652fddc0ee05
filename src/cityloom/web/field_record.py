"""Verify, not collect: a record of a register as a stop, what is known of it filled in, confirmed or corrected."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.actions.answer_register_check import Trouble, answer_register_check
from cityloom.cases.field_sendings import Sending, do_once, moment_of_phone
from cityloom.cases.queries_registers import open_record_for, record_for, why_looked_at
from cityloom.cases.register_checks import Answer
from cityloom.cases.register_rows import list_registers
from cityloom.cases.register_values import Record, RegisterField
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post
from cityloom.web import context, waiting_photos
from cityloom.web.doors import wants_json
from cityloom.web.field import geo_link
from cityloom.web.field_door import for_field, refused_as_json
from cityloom.web.forms import Group, class_groups
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.report import gather_pictures
from cityloom.web.shown import show


@dataclass(frozen=True)
class Value:
    """One known value, ready to be corrected; `hidden`: personal, and not opened."""

    key: str
    name: str
    kind: str
    value: str
    choices: tuple[tuple[str, str], ...]
    personal: bool
    hidden: bool


@dataclass(frozen=True)
class RecordPage:
    """A record that waits to be looked at."""

    template: ClassVar[str] = "cityloom/field_record.html"
    login: Annotated[str, "whose walk it is"]
    id: Annotated[int, "the check's id"]
    register: Annotated[str, "the register in words"]
    code: Annotated[str, "the record's code"]
    why: Annotated[str, "why it is looked at"]
    due_on: Annotated[date, "the day by which"]
    values: Annotated[Sequence[Value], "its fields as the register has them"]
    address: Annotated[str, "where it is, in words"]
    lon: Annotated[float | None, "its longitude"]
    lat: Annotated[float | None, "its latitude"]
    geo: Annotated[str, "the address that opens the phone's maps"]
    map: Annotated[MapFrame | None, "the map around it"]
    classes: Annotated[Sequence[Group], "classes for a trouble seen there"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    key: Annotated[str, "the key of this sending"]
    has_hidden: Annotated[bool, "whether it has personal fields that are not opened"]
    has_personal: Annotated[bool, "whether personal fields are shown"]
    photos_kept: Annotated[int, "photos laid aside from the sending before"]
    error: Annotated[str, "why it was not kept"] = ""


@require_http_methods(["GET", "POST"])
@for_field
def record(request: HttpRequest, city: City, post: Post, check_id: int) -> HttpResponse:
    """A record of one's round: confirmed in one touch, or corrected; a trouble seen there is reported along.

    The personal fields are opened by `?personal=1` only, and each look is recorded.
    """
    if request.method == "GET":
        return show(request, _page(city, post, check_id, {}, opened=request.GET.get("personal") == "1"))
    typed = {name: value.replace("\x00", "") for name, value in request.POST.items() if isinstance(value, str)}
    try:
        answer = _answer(request, city, post, check_id, typed)
    except CityloomError as refusal:
        sentence = _said(refusal, city, post)
        if wants_json(request):
            return refused_as_json(refusal, city, sentence)
        return show(request, _page(city, post, check_id, typed, sentence), refusal.status)
    if wants_json(request):
        return JsonResponse({"state": "sent", "url": reverse("field"), **answer})
    told = {"done": answer["result"], "number": answer["number"]}
    return redirect(f"{reverse('field')}?{urlencode(told)}")


def _answer(request: HttpRequest, city: City, post: Post, check_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    clock = context.clock()
    now = clock.now()
    pictures = gather_pictures(request, city, typed.get("key", ""), most=1)
    given = {key.removeprefix("value-"): value for key, value in typed.items() if key.startswith("value-")}
    answer = Answer(typed.get("result", ""), given, typed.get("note", ""))
    trouble = Trouble(typed.get("trouble", ""), typed.get("trouble_class") or None)
    sending = Sending(
        key=typed.get("key", ""),
        what="record",
        subject=str(check_id),
        done_at=moment_of_phone(typed.get("done_at", ""), now),
        arrived_at=moment_of_phone(typed.get("arrived_at", ""), now),
    )

    def act() -> dict[str, Any]:
        picture = pictures[0] if pictures else None
        done = answer_register_check(city, check_id, answer, post, clock, picture=picture, trouble=trouble)
        return {"number": done.case_number, "result": answer.outcome}

    answered = do_once(city, sending, post, now, act).answer
    waiting_photos.forget_waiting(sending.key)
    return answered


def _said(refusal: CityloomError, city: City, post: Post) -> str:
    """The refusal with a field called by its name."""
    key = refusal.reason.params.get("key")
    if isinstance(key, str):
        for register in list_registers(city).values():
            named = next((f.name.in_language(context.language()) for f in register.fields if f.key == key), None)
            if named and register.by is post.role:
                return names(city).reason(Reason(refusal.reason.code, {**refusal.reason.params, "key": named}))
    return said_by(refusal, city)


def _page(
    city: City, post: Post, check_id: int, typed: Mapping[str, str], error: str = "", opened: bool = False
) -> RecordPage:
    named, now = names(city), context.clock().now()
    look = open_record_for if opened else record_for
    register, found = look(city, check_id, post, now)
    why, due_on = why_looked_at(city, check_id)
    with_point = found.lon is not None and found.lat is not None
    values = [_value(each, found, named, typed, opened) for each in register.fields]
    return RecordPage(
        login=post.login,
        id=check_id,
        register=register.name.in_language(named.lang),
        code=found.code,
        why=named.reason(why),
        due_on=due_on,
        values=values,
        address=typed.get("value-address", found.address),
        lon=found.lon,
        lat=found.lat,
        geo=geo_link(found.lon, found.lat),
        map=frame_of(city, lon=found.lon, lat=found.lat) if with_point else None,
        classes=class_groups(city, named, context.today(city), (Nature.MATTER,)),
        typed=typed,
        key=typed.get("key", "") if waiting_photos.is_key(typed.get("key", "")) else str(uuid.uuid4()),
        has_hidden=any(each.hidden for each in values),
        has_personal=any(each.personal and not each.hidden for each in values),
        photos_kept=len(waiting_photos.waiting(typed.get("key", ""))),
        error=error,
    )


def _value(each: RegisterField, found: Record, named: Names, typed: Mapping[str, str], opened: bool) -> Value:
    hidden = each.personal and not opened
    value = "" if hidden else typed.get(f"value-{each.key}", found.values.get(each.key, ""))
    choices = tuple((choice, choice) for choice in each.choices)
    return Value(each.key, each.name.in_language(named.lang), each.kind, value, choices, each.personal, hidden)
