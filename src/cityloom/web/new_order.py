"""Issuing a supervision order: about a case, a topic or a unit, to whom, until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.issue_order import issue_order
from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import get_file
from cityloom.cases.order_issuing import USUAL_LIMITS
from cityloom.cases.order_values import ORDER_LEVELS, ORDER_SUBJECTS
from cityloom.cases.orders import ISSUERS, TEXT_CHARS, TITLE_CHARS
from cityloom.cases.permissions import may_see
from cityloom.city.clock_values import ClockUnit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.forms import Group, area_choices, class_tree, unit_choices
from cityloom.web.naming import Names, names, said_by
from cityloom.web.order_forms import NEW_FIELDS, new_order_of
from cityloom.web.shown import show

UNITS_ASKED = 3


@dataclass(frozen=True)
class NewOrderPage:
    """The form of a new order."""

    template: ClassVar[str] = "cityloom/order_new.html"
    subject: Annotated[str, "case, topic or unit"]
    subjects: Annotated[Sequence[tuple[str, str]], "subjects to choose from"]
    about: Annotated[str, "the case in words, when one is named"]
    levels: Annotated[Sequence[tuple[str, str]], "levels the post may choose"]
    limit_units: Annotated[Sequence[tuple[str, str]], "what a limit may be counted in"]
    classes: Annotated[Sequence[Group], "classes of a topic"]
    areas: Annotated[Sequence[Group], "areas of a topic"]
    units: Annotated[Sequence[tuple[str, str]], "units that live today"]
    chosen: Annotated[Sequence[str], "the units chosen so far, as many as there are fields"]
    typed: Annotated[Mapping[str, str], "what stands in the fields"]
    most_title: Annotated[int, "longest title"]
    most_text: Annotated[int, "longest demand"]
    error: Annotated[str, "why it was refused"] = ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def new_order(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Issue a supervision order; what was typed stays when it is refused."""
    if post.role not in ISSUERS:
        raise NotAllowed("order.not_for_role", role=post.role.value, order_move="issue", roles=sorted(ISSUERS))
    if request.method == "POST":
        typed, units = context.typed_of(request.POST, *NEW_FIELDS), request.POST.getlist("unit")[:UNITS_ASKED]
        try:
            order = issue_order(city, new_order_of(typed, units), post, context.clock())
        except CityloomError as refusal:
            return show(request, _page(city, post, typed, units, said_by(refusal, city)), refusal.status)
        return redirect(reverse("order", args=[order.number]))
    typed = context.typed_of(request.GET, *NEW_FIELDS)
    typed["subject"] = typed["subject"] if typed["subject"] in ORDER_SUBJECTS else "case"
    typed["level"] = typed["level"] if typed["level"] in ORDER_LEVELS else _first_level(post)
    amount, unit = USUAL_LIMITS[typed["level"]]
    typed |= {"amount": typed["amount"] or f"{amount:g}", "limit_unit": typed["limit_unit"] or unit}
    return show(request, _page(city, post, typed, request.GET.getlist("unit")[:UNITS_ASKED], ""))


def _first_level(post: Post) -> str:
    return "leader" if post.role is Role.LEADER else "ordinary"


def _page(city: City, post: Post, typed: Mapping[str, str], units: Sequence[str], error: str) -> NewOrderPage:
    named, day = names(city), context.today(city)
    levels = [c for c in ORDER_LEVELS if c != "leader" or post.role is Role.LEADER]
    return NewOrderPage(
        subject=typed["subject"],
        subjects=[(code, name.in_language(named.lang)) for code, name in ORDER_SUBJECTS.items()],
        about=_about(city, post, typed, named),
        levels=[(code, ORDER_LEVELS[code].in_language(named.lang)) for code in levels],
        limit_units=[(u.value, named.clock_unit(u.value)) for u in ClockUnit],
        classes=class_tree(city, named),
        areas=area_choices(city, named),
        units=unit_choices(city, named, day),
        chosen=[*units, *[""] * UNITS_ASKED][:UNITS_ASKED],
        typed=typed,
        most_title=TITLE_CHARS,
        most_text=TEXT_CHARS,
        error=error,
    )


def _about(city: City, post: Post, typed: Mapping[str, str], named: Names) -> str:
    """The case that is named: its class and place, as far as the post may see it."""
    if typed["subject"] != "case" or not typed["case"].strip():
        return ""
    try:
        with connection.cursor() as cursor:
            file = get_file(cursor, city.id, typed["case"].strip())
    except CityloomError as refusal:
        return said_by(refusal, city)
    if (refused := may_see(post, file)) is not None:
        return named.reason(refused)
    it = file.case
    parts = named.matter(it.class_code), it.address or named.near_place(it.area), named.unit(it.lead_unit)
    return " · ".join(p for p in parts if p)
