"""Links by which one's calendar program reads the due moments of one's unit: made here, told once, ended here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cityloom.base.errors import CityloomError
from cityloom.city.calendar_links import CalendarLink, end_calendar_link, list_calendar_links, make_calendar_link
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show


@dataclass(frozen=True)
class LinkLine:
    """One link that is in use."""

    id: int
    post: str
    made_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class CalendarLinksPage:
    """The calendar links of a person, and the button that makes one for the post acted by."""

    template: ClassVar[str] = "cityloom/calendar_links.html"
    lines: Annotated[Sequence[LinkLine], "links that were not ended, the newest first"]
    post: Annotated[str, "the post that a new link is for; empty where it can have none"]
    address: Annotated[str, "the address of the link just made, told this once"] = ""
    error: Annotated[str, "why none was made"] = ""


@require_http_methods(["GET", "POST"])
@for_staff
def calendar_links(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """One's calendar links; POST makes one for the post acted by."""
    if request.method == "GET":
        return show(request, _page(city, post))
    try:
        code = make_calendar_link(city, post, context.clock().now())
    except CityloomError as refusal:
        return show(request, _page(city, post, error=said_by(refusal, city)), refusal.status)
    site = settings.CITYLOOM_SITE_URL or request.build_absolute_uri("/").rstrip("/")
    path = reverse("unit_calendar", args=[post.unit])
    return show(request, _page(city, post, f"{site}{path}?lang={context.language()}&key={code}"))


@require_POST
@for_staff
def end_link(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """End one of one's links, at once."""
    wanted = request.POST.get("id", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
    end_calendar_link(city, post.login, number, context.clock().now())
    return redirect("calendar_links")


def _page(city: City, post: Post, address: str = "", error: str = "") -> CalendarLinksPage:
    named = names(city)
    return CalendarLinksPage(
        lines=[_line(link, named) for link in list_calendar_links(city, post.login)],
        post=named.post(post) if post.unit and not post.for_login else "",
        address=address,
        error=error,
    )


def _line(link: CalendarLink, named: Names) -> LinkLine:
    parts = (named.role(link.role), named.unit(link.unit), named.area(link.area))
    return LinkLine(link.id, " · ".join(filter(None, parts)), link.made_at, link.last_used_at)
