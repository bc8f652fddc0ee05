"""A stop: what is known of it filled in, and what was found there in one touch. Sent once, whatever the line does."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.record_visit import RESULTS, Visit, record_visit
from cityloom.cases.deciding import open_steps
from cityloom.cases.errors import NotAllowed, StaleVersion
from cityloom.cases.field_sendings import Sending, moment_of_phone
from cityloom.cases.field_stops import kind_of
from cityloom.cases.keeping import get_file
from cityloom.cases.permissions import may_see
from cityloom.cases.promises import standard_of
from cityloom.cases.queries import PhotoRow, list_photos
from cityloom.cases.queries_field import stop_of
from cityloom.cases.values import CaseFile
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context, waiting_photos
from cityloom.web.doors import wants_json
from cityloom.web.field import StopLine, lines_of
from cityloom.web.field_door import for_field, refused_as_json
from cityloom.web.forms import Group, class_groups
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import Names, names, said_by
from cityloom.web.report import gather_pictures
from cityloom.web.shown import show
from cityloom.web.words import say

FIELDS = (
    "key", "result", "note", "class", "version", "state", "seen_class", "done_at", "arrived_at", "metres",
)  # fmt: skip
MOST_SHOTS = 4
SHOWN = {
    "report": "walk.shown_reported", "before": "walk.shown_before", "after": "walk.shown_after",
    "check": "walk.shown_check",
}  # fmt: skip


@dataclass(frozen=True)
class StopPage:
    """One stop with all that is known of it."""

    template: ClassVar[str] = "cityloom/field_stop.html"
    login: Annotated[str, "whose walk it is"]
    number: Annotated[str, "the case's number"]
    line: Annotated[StopLine | None, "the stop; None when nothing is left to do here"]
    matter: Annotated[str, "the class in words"]
    place: Annotated[str, "the address or the area in words"]
    state: Annotated[str, "the state in words"]
    state_code: Annotated[str, "the state as it was seen"]
    class_code: Annotated[str, "the class as it was seen"]
    version: Annotated[int, "the version that was seen"]
    source: Annotated[str, "where the sign came from"]
    condition: Annotated[str, "filing and closing condition"]
    unit: Annotated[str, "the leading unit"]
    said: Annotated[Sequence[str], "what was said, masked"]
    photos: Annotated[Sequence[tuple[str, Sequence[PhotoRow]]], "photos by what they show, in words"]
    results: Annotated[Sequence[str], "what may be found: keys of RESULTS"]
    classes: Annotated[Sequence[Group], "classes to correct to"]
    key: Annotated[str, "the key of this sending"]
    most_shots: Annotated[int, "how many photos a well takes"]
    photos_kept: Annotated[int, "photos laid aside from the sending before"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    map: Annotated[MapFrame | None, "the map around it"] = None
    lon: Annotated[float | None, "its longitude"] = None
    lat: Annotated[float | None, "its latitude"] = None
    error: Annotated[str, "why it was not kept"] = ""


@require_http_methods(["GET", "POST"])
@for_field
def stop(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """A stop with its record filled in; the answer is sent from here, with photos, once.

    Who asks for JSON, as the sending script does, gets the outcome or the refusal as JSON.
    """
    if request.method == "GET":
        return show(request, _page(city, post, number, {}))
    typed = context.typed_of(request.POST, *FIELDS)
    try:
        answer = _visit(request, city, post, number, typed)
    except CityloomError as refusal:
        sentence = _sentence(refusal, city, number)
        if wants_json(request):
            return refused_as_json(refusal, city, sentence)
        return show(request, _page(city, post, number, typed, sentence), refusal.status)
    if wants_json(request):
        return JsonResponse({"state": "sent", "number": number, "url": reverse("field"), **answer})
    return redirect(f"{reverse('field')}?{urlencode({'done': typed['result'], 'number': number})}")


def _visit(request: HttpRequest, city: City, post: Post, number: str, typed: Mapping[str, str]) -> dict[str, str]:
    now = context.clock().now()
    done_at = moment_of_phone(typed["done_at"], now)
    sending = Sending(
        key=typed["key"],
        what="case",
        subject=number,
        done_at=done_at,
        arrived_at=moment_of_phone(typed["arrived_at"], now),
        metres=int(typed["metres"]) if typed["metres"].isdecimal() and len(typed["metres"]) < 7 else None,
    )
    result = typed["result"]
    note = typed["note"].strip() or (say(f"walk.note_{result}") if result in RESULTS else "")
    visit = Visit(
        result=result,
        note=note[:2000],
        version=int(typed["version"]) if typed["version"].isdecimal() else 0,
        class_code=typed["class"] or None,
        state=typed["state"],
        seen_class=typed["seen_class"] or None,
        occurred_at=done_at,
    )
    pictures, before = (gather_pictures(request, city, key, field, MOST_SHOTS) for key, field in _shots(sending.key))
    record_visit(city, sending, visit, post, context.clock(), pictures, before)
    for key, _ in _shots(sending.key):
        waiting_photos.forget_waiting(key)
    return {"result": result}


def _shots(key: str) -> tuple[tuple[str, str], ...]:
    """Under which key the photos of each field are laid aside when the form is refused."""
    return (key, "photos"), (waiting_photos.key_beside(key, "before"), "before")


def _sentence(refusal: CityloomError, city: City, number: str) -> str:
    """Why it was refused; where somebody was faster, how it stands now."""
    if not isinstance(refusal, StaleVersion):
        return said_by(refusal, city)
    with connection.cursor() as cursor:
        state = get_file(cursor, city.id, number).case.state
    return say("walk.faster", state=names(city).state(state))


def _page(city: City, post: Post, number: str, typed: Mapping[str, str], error: str = "") -> StopPage:
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, number)
        if (refusal := may_see(post, file)) is not None:
            raise NotAllowed(refusal.code, **refusal.params)
        photos = list_photos(cursor, file.case.id)
    case, named, now = file.case, names(city), context.clock().now()
    moves = [s.move for s in open_steps(file, post, now, city)]
    asked = any(r.is_open and r.move == "not_accept" for r in file.requests)
    kind = None if asked else kind_of(moves)
    line = lines_of([stop_of(file, kind)], city)[0] if kind else None
    results = [r for r, (move, _) in RESULTS.items() if move in moves] if kind else []
    placed = case.lon is not None and case.lat is not None
    return StopPage(
        login=post.login,
        number=number,
        line=line,
        matter=named.matter(case.class_code),
        place=case.address or named.place(case.area) or say("place.open"),
        state=named.state(case.state),
        state_code=case.state,
        class_code=case.class_code or "",
        version=case.version,
        source=named.source(case.source),
        condition=_condition(city_of_case(city, case.city_version), file, named),
        unit=named.unit(case.lead_unit),
        said=[r.words for r in file.reports if r.words],
        photos=[(say(w), found) for k, w in SHOWN.items() if (found := [p for p in photos if p.kind == k])],
        results=results,
        classes=class_groups(city, named, context.today(city)) if "other_class" in results else (),
        key=typed.get("key", "") if waiting_photos.is_key(typed.get("key", "")) else str(uuid.uuid4()),
        most_shots=MOST_SHOTS,
        photos_kept=sum(len(waiting_photos.waiting(key)) for key, _ in _shots(typed.get("key", ""))),
        typed=typed,
        map=frame_of(city, lon=case.lon, lat=case.lat) if placed else None,
        lon=case.lon,
        lat=case.lat,
        error=error,
    )


def _condition(city: City, file: CaseFile, named: Names) -> str:
    standard = standard_of(file, city)
    if standard is None:
        return ""
    parts = standard.condition.in_language(named.lang), standard.closing.in_language(named.lang)
    return " → ".join(part for part in parts if part)
