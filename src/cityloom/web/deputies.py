"""Who acts in whose place: naming a deputy for a post of one's own or of one's unit, and calling one off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from cityloom.base.errors import CityloomError
from cityloom.city.actions.name_deputy import end_deputy, name_deputy
from cityloom.city.deputies import CannotDepute, DeputySpan, may_name_for
from cityloom.city.deputy_rows import list_deputies
from cityloom.city.held_posts import posts_of_everybody
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show

FIELDS = ("post", "deputy", "first", "last")


@dataclass(frozen=True)
class DeputyLine:
    """One deputy over days."""

    id: int
    who: str
    deputy: str
    post: str
    first: date
    last: date
    set_by: str
    running: bool


@dataclass(frozen=True)
class DeputiesPage:
    """Deputies named, and the form to name one."""

    template: ClassVar[str] = "cityloom/deputies.html"
    lines: Annotated[Sequence[DeputyLine], "deputies that have not ended"]
    posts: Annotated[Sequence[tuple[str, str]], "posts that a deputy may be named for, key and words"]
    people: Annotated[Sequence[tuple[str, str]], "who may be chosen, login and name"]
    typed: Annotated[Mapping[str, str], "what was typed, by field"]
    today: Annotated[str, "the first day that can be chosen"]
    error: Annotated[str, "why it was not kept"] = ""


@require_http_methods(["GET", "POST"])
@for_staff
def deputies(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Name a deputy for a post over days."""
    if request.method == "GET":
        return show(request, _page(request, city, post, dict.fromkeys(FIELDS, "")))
    typed = context.typed_of(request.POST, *FIELDS)
    try:
        chosen = dict(_posts(request, city, post)).get(typed["post"])
        if chosen is None:
            raise CannotDepute("deputy.not_your_post")
        first, last = _day(typed["first"]), _day(typed["last"])
        name_deputy(city, _acting(request, city, post, chosen), chosen, typed["deputy"].strip(), first, last,
                    context.clock())  # fmt: skip
    except CityloomError as refusal:
        return show(request, _page(request, city, post, typed, said_by(refusal, city)), refusal.status)
    return redirect("deputies")


@require_POST
@for_staff
def call_off(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Call a deputy off, at once."""
    wanted = request.POST.get("id", "")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
    end_deputy(city, post, number, context.clock())
    return redirect(reverse("deputies"))


def _posts(request: HttpRequest, city: City, post: Post) -> list[tuple[str, Post]]:
    """Posts that this person may name a deputy for: all of one's own, and by this post those of the unit."""
    today = context.today(city)
    own = [p for p in context.posts_of(request, city) if not p.for_login]
    found = [(_key(p), p) for p in own]
    for login, posts in posts_of_everybody(city, today).items():
        if login != post.login:
            found += [(_key(p), p) for p in posts if may_name_for(city, post, p)]
    return found


def _acting(request: HttpRequest, city: City, post: Post, chosen: Post) -> Post:
    """By which post the deputy is named: the very post when it is one's own, else the one acted by."""
    return chosen if chosen.login == request.user.get_username() else post


def _key(post: Post) -> str:
    return f"{post.login}|{context.post_key(post)}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as wrong:
        raise CannotDepute("deputy.not_a_day", text=text[:20]) from wrong


def _page(request: HttpRequest, city: City, post: Post, typed: Mapping[str, str], error: str = "") -> DeputiesPage:
    named, today, me = names(city), context.today(city), request.user.get_username()
    posts = _posts(request, city, post)
    concerned = {p.login for _, p in posts} | {me}
    people = sorted(((login, named.person(login)) for login in posts_of_everybody(city, today)), key=lambda p: p[1])
    return DeputiesPage(
        lines=[_line(span, named, today) for span in list_deputies(city, concerned, today)],
        posts=[(key, _words(p, named, me)) for key, p in posts],
        people=[(login, f"{name} ({login})") for login, name in people if login != me or len(concerned) > 1],
        typed=typed,
        today=today.isoformat(),
        error=error,
    )


def _words(post: Post, named: Names, me: str) -> str:
    return named.post(post) if post.login == me else f"{named.person(post.login)}: {named.post(post)}"


def _line(span: DeputySpan, named: Names, today: date) -> DeputyLine:
    parts = (named.role(span.role), named.unit(span.unit), named.area(span.area))
    return DeputyLine(
        id=span.id,
        who=named.person(span.login),
        deputy=named.person(span.deputy),
        post=" · ".join(filter(None, parts)),
        first=span.first_day,
        last=span.last_day,
        set_by=named.person(span.set_by),
        running=span.first_day <= today,
    )
