"""The hotline agent writes down what a caller says; the case may stay at the desk to be answered at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.receive_report import NewReport, find_received, receive_report
from cityloom.cases.errors import NotAllowed
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post, Role, Source
from cityloom.web import context, waiting_photos
from cityloom.web.doors import for_staff
from cityloom.web.forms import Group, class_groups, most_photos, point_of, unit_choices
from cityloom.web.map_frame import MapFrame, frame_of
from cityloom.web.naming import names, said_by
from cityloom.web.near_matters import Near, Proof, near_matters
from cityloom.web.report import consents_of, gather_pictures
from cityloom.web.shown import show

TAKES_CALLS = (Role.HOTLINE_AGENT, Role.SHIFT_LEAD)
FIELDS = (
    "class", "nature", "words", "lon", "lat", "address", "name", "phone", "key", "same_as", "asked", "hold",
    "confidential", "about", "sms", "under_14",
)  # fmt: skip


@dataclass(frozen=True)
class IntakePage:
    """The agent's form."""

    template: ClassVar[str] = "cityloom/intake.html"
    classes: Annotated[tuple[Group, ...], "classes under their topmost class"]
    natures: Annotated[tuple[tuple[str, str], ...], "kinds of saying, code and name"]
    units: Annotated[tuple[tuple[str, str], ...], "units that the complaint may be about"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    map: Annotated[MapFrame, "the map to put the pin on"]
    photos_kept: Annotated[int, "photos laid aside from the sending before"] = 0
    most_photos: Annotated[int, "how many photos a report may bring"] = 6
    near: Annotated[tuple[Near, ...], "open matters nearby to choose from before sending"] = ()
    proof: Annotated[Proof | None, "the place and unit as far as they are known"] = None
    error: Annotated[str, "why it was not kept"] = ""


@require_http_methods(["GET", "POST"])
@for_staff
def intake(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Write down a call; the case opens under the agent's post."""
    if post.role not in TAKES_CALLS:
        roles = [r.value for r in TAKES_CALLS]
        raise NotAllowed("error.not_allowed", role=post.role.value, move="receive", roles=roles)
    if request.method == "GET":
        typed = context.typed_of({}, *FIELDS) | {"key": str(uuid.uuid4()), "hold": "yes"}
        return show(request, _page(city, typed))
    typed = context.typed_of(request.POST, *FIELDS)
    if not waiting_photos.is_key(typed["key"]):
        typed["key"] = str(uuid.uuid4())
    try:
        pictures = gather_pictures(request, city, typed["key"])
        near = near_matters(city, typed, in_public=False)
        if near and not typed["asked"]:
            if (before := find_received(city, typed["key"])) is not None:  # the answer before was lost on its way
                return redirect("case", number=before.number)
            page = replace(_page(city, typed | {"asked": "yes"}), near=near, photos_kept=len(pictures))
            return show(request, page)
        received = receive_report(
            city, replace(_new_report(typed, near), photos=tuple(pictures)), post, context.clock()
        )
    except CityloomError as refusal:
        if (before := find_received(city, typed["key"])) is not None:
            return redirect("case", number=before.number)
        page = replace(_page(city, typed), error=said_by(refusal, city))
        return show(request, page, refusal.status)
    waiting_photos.forget_waiting(typed["key"])
    return redirect("case", number=received.number)


def _new_report(typed: Mapping[str, str], near: tuple[Near, ...]) -> NewReport:
    lon, lat = point_of(typed["lon"], typed["lat"])
    same_as = typed["same_as"] if typed["same_as"] in {n.number for n in near} else None
    return NewReport(
        source=Source.HOTLINE.value,
        words=typed["words"],
        class_code=typed["class"] or None,
        nature=typed["nature"] or None,
        lon=lon,
        lat=lat,
        address=typed["address"].strip()[:300],
        name=typed["name"].strip()[:100],
        phone=typed["phone"].strip()[:40],
        language=context.language(),
        confidential=typed["confidential"] == "yes",
        complained_about=(typed["about"],) if typed["about"] else (),
        consents=consents_of(typed),
        under_14=typed["under_14"] == "yes",
        idempotency_key=typed["key"],
        same_as=same_as,
        is_another=bool(typed["asked"]) and same_as is None,
        hold=typed["hold"] == "yes",
    )


def _page(city: City, typed: Mapping[str, str]) -> IntakePage:
    named = names(city)
    return IntakePage(
        classes=class_groups(city, named, context.today(city)),
        units=unit_choices(city, named, context.today(city)),
        natures=tuple((n.value, named.nature(n.value)) for n in Nature),
        typed=typed,
        map=frame_of(city, pin=True),
        most_photos=most_photos(city),
    )
