"""The plans of a watched building and the devices on them, for the unit that owns these devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.hang_device import hang_device
from cityloom.sensing.actions.judge_fire import NoSuchSite, NotYourFireWatch, site_seen
from cityloom.sensing.actions.replace_floor_plan import replace_floor_plan
from cityloom.sensing.fire_drawing import NotYourBuilding, require_draw, spot_of
from cityloom.sensing.fire_drawing_rows import PlanChange, list_changes, list_devices_to_hang
from cityloom.sensing.fire_rows import list_plans, list_points
from cityloom.sensing.plan_pictures import MOST_BYTES
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.fire import Floor, floors_of
from cityloom.web.naming import names, said_by
from cityloom.web.shown import show


@dataclass(frozen=True)
class Hanging:
    """A device that can be hung, with its name and where it hangs: floor, per cent from the left and from the top."""

    code: str
    name: str
    floor: str
    left: str
    top: str


@dataclass(frozen=True)
class FirePlansPage:
    """The floors of one building, to be changed."""

    template: ClassVar[str] = "cityloom/fire_plans.html"
    code: Annotated[str, "the building's code"]
    name: Annotated[str, "what it is called"]
    floors: Annotated[Sequence[Floor], "its floors with their devices"]
    devices: Annotated[Sequence[Hanging], "its devices, then those of the unit that hang nowhere yet"]
    changes: Annotated[Sequence[tuple[PlanChange, str]], "what was changed lately, and by whom"]
    typed: Annotated[dict[str, str], "what was typed into a form that was refused"]
    error: Annotated[str, "why a form was refused"] = ""


@require_safe
@for_staff
def fire_plans(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """The floors of a building with forms for their pictures and for where devices hang."""
    return show(request, _page(city, post, code, {}, ""))


@require_POST
@for_staff
def fire_picture(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """Put the picture of a floor in the place of the one it had."""
    typed = context.typed_of(request.POST, "floor")
    file = request.FILES.get("picture")
    raw = file.read(MOST_BYTES + 1) if file is not None else b""
    return _done(
        request, city, post, code, typed,
        lambda: replace_floor_plan(city, code, typed["floor"], raw, post, context.clock()),
    )  # fmt: skip


@require_POST
@for_staff
def fire_spot(request: HttpRequest, city: City, post: Post, code: str) -> HttpResponse:
    """Hang a device on a floor, or move it."""
    typed = context.typed_of(request.POST, "device", "floor", "left", "top")

    def act() -> None:
        spot = spot_of(typed["floor"], typed["left"], typed["top"])
        hang_device(city, code, typed["device"].strip(), spot, post, context.clock())

    return _done(request, city, post, code, typed, act)


def _done(
    request: HttpRequest, city: City, post: Post, code: str, typed: dict[str, str], act: Callable[[], object]
) -> HttpResponse:
    """Do it and show the floors again, or show them with what was typed and why it was refused."""
    try:
        act()
    except (NotYourFireWatch, NoSuchSite, NotYourBuilding):
        raise
    except CityloomError as refusal:
        return show(request, _page(city, post, code, typed, said_by(refusal, city)), refusal.status)
    return redirect("fire_plans", code)


def _page(city: City, post: Post, code: str, typed: dict[str, str], error: str) -> FirePlansPage:
    site = site_seen(city, code, post)
    require_draw(post, site.owner)
    rules, named = city.config.scenarios.fire, names(city)
    with connection.cursor() as cursor:
        points = list_points(cursor, site.id)
        plans = list_plans(cursor, site.id)
        unhung = list_devices_to_hang(cursor, city.id, (*rules.smoke, *rules.electrical), post.units)
        changes = list_changes(cursor, site.id)
    hanging = [
        Hanging(each.code, each.name.in_language(named.lang), each.floor, _per_cent(each.x), _per_cent(each.y))
        for each in points
    ]
    return FirePlansPage(
        code=code,
        name=site.name.in_language(named.lang),
        floors=floors_of(site, points, plans, set(), named.lang),
        devices=[*hanging, *(Hanging(each, "", "", "", "") for each in unhung)],
        changes=[(each, named.person(each.by_login)) for each in changes],
        typed=typed,
        error=error,
    )


def _per_cent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}".removesuffix(".0")
