"""Report by thumb: a picture, one of the few classes under it, a photo, where the phone is. Words are not needed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.receive_report import NewReport, Received, find_received, receive_report
from cityloom.cases.errors import BadReport, NoSuchCase
from cityloom.cases.field_sendings import moment_of_phone
from cityloom.cases.keeping import get_file
from cityloom.cases.permissions import may_see
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Source
from cityloom.web import context, waiting_photos
from cityloom.web.doors import wants_json
from cityloom.web.field_door import for_field, refused_as_json
from cityloom.web.forms import most_photos, point_of
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import names, said_by
from cityloom.web.pictograms import Tile, tiles_of
from cityloom.web.report import gather_pictures
from cityloom.web.shown import show
from cityloom.web.words import say

FIELDS = ("key", "class", "words", "lon", "lat", "address", "done_at")


@dataclass(frozen=True)
class SentFromField:
    """What became of a report: who has it, until when."""

    number: str
    matter: str
    unit: str
    due_at: datetime | None


@dataclass(frozen=True)
class FieldReportPage:
    """The form with its pictures."""

    template: ClassVar[str] = "cityloom/field_report.html"
    tab: Annotated[str, "which tab is shown"]
    login: Annotated[str, "who reports"]
    tiles: Annotated[Sequence[Tile], "pictures with the classes under them"]
    map: Annotated[MapFrame, "the map to put the pin on"]
    bounds: Annotated[str, "west, south, east, north of the city in degrees"]
    most_photos: Annotated[int, "how many photos it may bring"]
    photos_kept: Annotated[int, "photos laid aside from the sending before"]
    key: Annotated[str, "the key of this report"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    sent: Annotated[SentFromField | None, "what was just sent"] = None
    error: Annotated[str, "why it was not sent"] = ""


@require_http_methods(["GET", "POST"])
@for_field
def field_report(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Report what one sees: picture, class, photo, place. Sent again, it is the same report.

    Who asks for JSON, as the sending script does, gets the number or the refusal as JSON.
    """
    if request.method == "GET":
        sent = _sent(city, post, request.GET.get("sent", ""))
        return show(request, _page(city, post, context.typed_of({}, *FIELDS), sent=sent))
    typed = context.typed_of(request.POST, *FIELDS)
    if not waiting_photos.is_key(typed["key"]):
        typed["key"] = str(uuid.uuid4())
    try:
        received = _receive(request, city, post, typed)
    except CityloomError as refusal:
        if wants_json(request):
            return refused_as_json(refusal, city)
        return show(request, _page(city, post, typed, said_by(refusal, city)), refusal.status)
    waiting_photos.forget_waiting(typed["key"])
    where = f"{reverse('field_report')}?sent={received.number}"
    if wants_json(request):
        return JsonResponse({"state": "sent", "number": received.number, "url": where})
    return redirect(where)


def _receive(request: HttpRequest, city: City, post: Post, typed: Mapping[str, str]) -> Received:
    if (before := find_received(city, typed["key"])) is not None:
        return before
    pictures = gather_pictures(request, city, typed["key"])
    lon, lat = point_of(typed["lon"], typed["lat"])
    if not typed["class"] and not typed["words"].strip():
        raise BadReport("error.no_words")
    words = typed["words"].strip() or say("walk.report_found", matter=names(city).matter(typed["class"]))
    new = NewReport(
        source=Source.GRID_WORKER.value,
        words=words,
        class_code=typed["class"] or None,
        lon=lon,
        lat=lat,
        area=post.area if lon is None else None,
        address=typed["address"].strip()[:300],
        language=context.language(),
        occurred_at=moment_of_phone(typed["done_at"], context.clock().now()),
        idempotency_key=typed["key"],
        photos=tuple(pictures),
    )
    return receive_report(city, new, post, context.clock())


def _page(
    city: City, post: Post, typed: Mapping[str, str], error: str = "", sent: SentFromField | None = None
) -> FieldReportPage:
    key = typed["key"] or str(uuid.uuid4())
    return FieldReportPage(
        tab="report",
        login=post.login,
        tiles=tiles_of(city, names(city), context.today(city)),
        map=frame_of(city, pin=True),
        bounds=",".join(f"{side:.5f}" for side in city.config.bounds),
        most_photos=most_photos(city),
        photos_kept=len(waiting_photos.waiting(typed["key"])) if typed["key"] else 0,
        key=key,
        typed=typed,
        sent=sent,
        error=error,
    )


def _sent(city: City, post: Post, number: str) -> SentFromField | None:
    """What became of a report of one's own; None for any other number."""
    if not number:
        return None
    with connection.cursor() as cursor:
        try:
            file = get_file(cursor, city.id, number)
        except NoSuchCase:  # an address somebody typed
            return None
    if may_see(post, file) is not None or all(r.received_by != post.login for r in file.reports):
        return None
    named, case = names(city), file.case
    return SentFromField(case.number, named.matter(case.class_code), named.unit(case.lead_unit), case.promise_due_at)
