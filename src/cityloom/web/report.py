"""A resident says what is wrong: one form that works without scripts, in three steps where there are some."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cityloom.base.clock import RealClock
from cityloom.base.crypto import tracking_hash
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.actions.receive_report import NewReport, Received, find_received, receive_report
from cityloom.cases.errors import BadPhoto
from cityloom.cases.keeping import get_file_by_id, get_report
from cityloom.cases.photos import Picture, photo_place
from cityloom.cases.promises import promise_of
from cityloom.cases.reporters import plain_phone
from cityloom.cases.screening import suspicions
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Source
from cityloom.web import context, waiting_photos
from cityloom.web.doors import for_everybody, wants_json, with_retry_after
from cityloom.web.forms import Group, class_groups, most_photos, pictures_of, point_of
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import names, said_by
from cityloom.web.near_matters import Near, Proof, find_proof, near_matters, proof_of
from cityloom.web.public_limits import knock_at, knock_with_report
from cityloom.web.shown import Page, show
from cityloom.web.track import private

register({"error.too_many_photos": ("最多可附{most}张照片", "at most {most} photos can be added")})
FIELDS = (
    "class", "words", "lon", "lat", "address", "name", "phone", "key", "same_as", "asked", "website", "sms",
    "use_photo_place",
)  # fmt: skip
TRAP = "website"  # seen by no person; machines fill it in


@dataclass(frozen=True)
class ReportPage:
    """The form of a report."""

    template: ClassVar[str] = "cityloom/report.html"
    classes: Annotated[tuple[Group, ...], "classes under their topmost class"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    map: Annotated[MapFrame, "the map to put the pin on"]
    bounds: Annotated[str, "west, south, east, north of the city in degrees"]
    photos_kept: Annotated[int, "photos laid aside from the sending before"] = 0
    most_photos: Annotated[int, "how many photos a report may bring"] = 6
    near: Annotated[tuple[Near, ...], "open matters nearby to choose from before sending"] = ()
    photo_place: Annotated[bool, "whether the pin stands where a photo was taken"] = False
    proof: Annotated[Proof | None, "the place and unit as far as they are known"] = None
    error: Annotated[str, "why it was not sent"] = ""
    fresh: Annotated[bool, "whether nothing was sent yet"] = False


@dataclass(frozen=True)
class NearPage:
    """The parts of the form that show what is open nearby and, out of band, the place."""

    template: ClassVar[str] = "cityloom/parts/near_answer.html"
    near: Annotated[tuple[Near, ...], "open matters nearby"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    proof: Annotated[Proof | None, "the place and unit as far as they are known"] = None
    error: Annotated[str, "why the place is none we can use"] = ""


@dataclass(frozen=True)
class SentPage:
    """After sending: number, code, promise, ways to keep the link."""

    template: ClassVar[str] = "cityloom/sent.html"
    number: Annotated[str, "the case's number"]
    matter: Annotated[str, "the class in words"]
    code: Annotated[str, "the private tracking code"]
    link: Annotated[str, "the address of the thread"]
    unit: Annotated[str, "the unit that has it, if one has it already"]
    due_at: Annotated[datetime | None, "the moment promised"]
    provisional: Annotated[bool, "whether the calendar does not reach that far yet"]
    joined: Annotated[bool, "whether it joined a matter that was open already"]


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def report(request: HttpRequest, city: City) -> HttpResponse:
    """Report what is wrong; nearby open matters are shown before it is sent.

    Who asks for JSON, as the page's own script does, gets the number and code, or the refusal, as JSON.
    """
    if request.method == "GET":
        return show(request, begin_report(request, city))
    return take_report(request, city, lambda page: page)


def begin_report(request: HttpRequest, city: City, **given: str) -> ReportPage:
    """The empty form; the address of the page and `given` may fill in fields."""
    typed = context.typed_of(request.GET, *FIELDS) | given | {"key": str(uuid.uuid4()), "same_as": "", "asked": ""}
    return replace(_page(city, typed), proof=find_proof(city, typed), fresh=True)


def take_report(request: HttpRequest, city: City, dressed: Callable[[Page], Page]) -> HttpResponse:
    """Take what the form sent; `dressed` gives the page that is shown in place of the usual one."""
    typed = context.typed_of(request.POST, *FIELDS)
    if not waiting_photos.is_key(typed["key"]):
        typed["key"] = str(uuid.uuid4())
    has_looked = bool(typed["asked"])
    try:
        same_words = _count(request, city, typed) if has_looked else bool(knock_at(request, city, near=""))
        pictures = gather_pictures(request, city, typed["key"])
        if not has_looked and (taken_at := _place_of_photos(request, city, typed)) is not None:
            typed |= {"lon": f"{taken_at[0]:.6f}", "lat": f"{taken_at[1]:.6f}", "asked": "yes"}
            page = replace(_page(city, typed), near=near_matters(city, typed), proof=proof_of(city, typed))
            return show(request, dressed(replace(page, photos_kept=len(pictures), photo_place=True)))
        near = near_matters(city, typed) if typed["same_as"] or not has_looked else ()
        if near and not has_looked:
            if (before := find_received(city, typed["key"])) is not None:  # the answer before was lost on its way
                return _sent(request, city, before, dressed)
            page = replace(_page(city, typed | {"asked": "yes"}), near=near, photos_kept=len(pictures))
            return show(request, dressed(page))
        if typed["same_as"] not in {n.number for n in near}:
            typed["same_as"] = ""  # only a matter that was shown can be joined
        if not has_looked:
            same_words = _count(request, city, typed)
        received = receive_report(city, _new_report(typed, pictures, same_words), context.RESIDENT, context.clock())
    except CityloomError as refusal:
        if (before := find_received(city, typed["key"])) is not None:
            return _sent(request, city, before, dressed)
        return with_retry_after(_refused(request, city, typed, refusal, dressed), refusal)
    waiting_photos.forget_waiting(typed["key"])
    waiting_photos.forget_old(RealClock().now())
    return _sent(request, city, received, dressed)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_everybody
def near(request: HttpRequest, city: City) -> HttpResponse:
    """The place, its unit and the open matters nearby, as parts of the form; words come by POST only."""
    typed = context.typed_of(request.POST if request.method == "POST" else request.GET, *FIELDS)
    if request.method != "POST":
        typed["words"] = ""
    knock_at(request, city, near="")
    try:
        return show(request, NearPage(near_matters(city, typed), typed, proof_of(city, typed)))
    except CityloomError as refusal:  # a pin outside the city, a half-typed coordinate
        return show(request, NearPage((), typed, error=said_by(refusal, city)))


@never_cache
@require_safe
@for_everybody
def sent(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """What is told after sending, by the report's code: the promise, and ways to keep the link."""
    return private(show(request, what_was_sent(request, city, code)))


def what_was_sent(request: HttpRequest, city: City, code: str) -> SentPage:
    """What is told after sending, by the report's code; raises NoSuchReport."""
    knock_at(request, city, track="")
    with connection.cursor() as cursor:
        own = get_report(cursor, tracking_hash(code))
        file = get_file_by_id(cursor, own.case_id)
    return _sent_page(request, city, file, own.id, code)


def gather_pictures(
    request: HttpRequest, city: City, key: str, field: str = "photos", most: int | None = None
) -> list[Picture]:
    """All photos of a field of the form: those laid aside before and those just sent, which are laid aside too.

    A photo that is sent once more, because the answer before was lost, is not a second one. A phone that sends by
    its script keeps its photos itself and sends those it still has: nothing is laid aside for it. `most`: how many
    there may be, by default those of a report; raises BadPhoto for more. Where one may be, another takes its place.
    """
    most = most_photos(city) if most is None else most
    lays_aside = waiting_photos.is_key(key) and not wants_json(request)
    there = waiting_photos.waiting(key) if lays_aside else []
    known = {p.sha256 for p in there}
    new = [p for p in pictures_of(request.FILES.getlist(field)) if p.sha256 not in known]
    if most == 1 and new:
        waiting_photos.forget_waiting(key)
        there = []
    if len(there) + len(new) > most:
        raise BadPhoto("error.too_many_photos", most=most)
    if lays_aside:
        waiting_photos.keep_waiting(key, new)
    return [*there, *new]


def consents_of(typed: Mapping[str, str]) -> tuple[str, ...]:
    """What the person agreed to in the form; leaving a number is agreeing to be called back on it."""
    return ("callback", *(["sms"] if typed["sms"] == "yes" else []))


def _place_of_photos(request: HttpRequest, city: City, typed: Mapping[str, str]) -> tuple[float, float] | None:
    """Where the first photo with a place was taken, when the person agreed to its use and put no pin."""
    if typed["use_photo_place"] != "yes" or typed["lon"].strip() or typed["lat"].strip():
        return None
    west, south, east, north = city.config.bounds
    for file in request.FILES.getlist("photos"):
        file.seek(0)
        found = photo_place(file.read())
        if found is not None and west <= found[0] <= east and south <= found[1] <= north:
            return found
    return None


def _count(request: HttpRequest, city: City, typed: Mapping[str, str]) -> bool:
    """Count the report at the door; whether its words came from this address too often. Raises TooOften."""
    return knock_with_report(request, city, typed["words"], plain_phone(typed["phone"])[:40])


def _new_report(typed: Mapping[str, str], pictures: list[Picture], same_words: bool) -> NewReport:
    lon, lat = point_of(typed["lon"], typed["lat"])
    held_for = suspicions(typed["words"], trap=typed[TRAP], same_words=same_words, has_photos=bool(pictures))
    return NewReport(
        source=Source.RESIDENT.value,
        words=typed["words"],
        class_code=typed["class"] or None,
        lon=lon,
        lat=lat,
        address=typed["address"].strip()[:300],
        name=typed["name"].strip()[:100],
        phone=typed["phone"].strip()[:40],
        language=context.language(),
        consents=(*consents_of(typed), *(["photo_place"] if typed["use_photo_place"] == "yes" else [])),
        idempotency_key=typed["key"],
        photos=tuple(pictures),
        same_as=None if held_for else typed["same_as"] or None,
        is_another=bool(typed["asked"]) and not typed["same_as"],
        suspicions=held_for,
    )


def _page(city: City, typed: Mapping[str, str]) -> ReportPage:
    return ReportPage(
        classes=class_groups(city, names(city), context.today(city)),
        typed=typed,
        map=frame_of(city, pin=True),
        bounds=",".join(f"{side:.5f}" for side in city.config.bounds),
        most_photos=most_photos(city),
    )


def _refused(
    request: HttpRequest,
    city: City,
    typed: Mapping[str, str],
    refusal: CityloomError,
    dressed: Callable[[Page], Page],
) -> HttpResponse:
    """Why it was not received, with all that was typed still in the form."""
    sentence = said_by(refusal, city)
    if wants_json(request):
        return JsonResponse({"state": "refused", "sentence": sentence}, status=refusal.status)
    page = replace(_page(city, typed), error=sentence, photos_kept=len(waiting_photos.waiting(typed["key"])))
    return show(request, dressed(page), refusal.status)


def _sent(request: HttpRequest, city: City, received: Received, dressed: Callable[[Page], Page]) -> HttpResponse:
    """The number, the code to follow it by, and the promise. Sent once more, the form gives the same answer."""
    if not wants_json(request):
        page = _sent_page(request, city, received.file, received.report_id, received.tracking_code)
        return private(show(request, dressed(page)))
    told = {
        "state": "sent",
        "number": received.number,
        "code": received.tracking_code,
        "matter": names(city).matter(received.file.case.class_code),
        "url": reverse("thread", args=[received.tracking_code]),
    }
    return JsonResponse(told)


def _sent_page(request: HttpRequest, city: City, file: CaseFile, report_id: int, code: str) -> SentPage:
    promise, named = promise_of(file), names(city)
    return SentPage(
        number=file.case.number,
        matter=named.matter(file.case.class_code),
        code=code,
        link=request.build_absolute_uri(reverse("thread", args=[code])),
        unit=named.unit(file.case.lead_unit),
        due_at=promise.due_at if promise else None,
        provisional=promise.provisional if promise else False,
        joined=file.reports[0].id != report_id,
    )
