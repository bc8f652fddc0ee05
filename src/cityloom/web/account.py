"""One's own account: posts, password, second factor, deputies, where one is signed in, what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cityloom.city.account_events import Happened, list_events
from cityloom.city.account_sessions import end_sessions, list_sessions
from cityloom.city.actions.admit_person import is_bound
from cityloom.city.logins import LIST, PROVIDER
from cityloom.city.second_factor import count_recovery_codes, has_factor
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context, factor_door
from cityloom.web.doors import for_signed_in
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

TOLD = {
    "password_set": "account.password_was_set",
    "factor_off": "account.factor_is_off",
    "ended": "account.sessions_ended",
}


@dataclass(frozen=True)
class SessionLine:
    """One place where the person is signed in."""

    handle: str
    device: str
    address: str
    began_at: datetime
    is_this: bool


@dataclass(frozen=True)
class EventLine:
    """One thing that happened to the account."""

    what: str
    who: str
    at: datetime


@dataclass(frozen=True)
class AccountPage:
    """A person's own account."""

    template: ClassVar[str] = "cityloom/account.html"
    login: Annotated[str, "the name to sign in with"]
    provider: Annotated[bool, "whether the identity provider knows the person"]
    has_password: Annotated[bool, "whether there is a password here to change"]
    person: Annotated[str, "the person's name"]
    posts: Annotated[Sequence[str], "the posts held today, in words"]
    factor: Annotated[str, "the second factor: off (not in use here), none, on"]
    factor_needed: Annotated[bool, "whether a post asks for it"]
    codes_left: Annotated[int, "recovery codes not used yet"]
    sessions: Annotated[Sequence[SessionLine], "where the person is signed in, the newest first"]
    most_sessions: Annotated[int, "how many sessions a person may have"]
    idle_minutes: Annotated[int, "after how many minutes without a request a session ends"]
    longest_hours: Annotated[int, "after how many hours a session ends at the latest"]
    events: Annotated[Sequence[EventLine], "what happened to the account, the newest first"]
    told: Annotated[str, "what was just done"] = ""


@never_cache
@require_safe
@for_signed_in
def account(request: HttpRequest, city: City) -> HttpResponse:
    """One's own account."""
    login, named = request.user.get_username(), names(city)
    posts = context.posts_of(request, city)
    told = TOLD.get(request.GET.get("told", ""), "")
    this = request.session.session_key
    bound = is_bound(login)
    page = AccountPage(
        login=login,
        provider=bound,
        has_password=has_password(request, bound),
        person=named.person(login),
        posts=[_post(p, named) for p in posts],
        factor="off" if not factor_door.is_in_use() else "on" if has_factor(login) else "none",
        factor_needed=factor_door.is_asked_of(request, posts),
        codes_left=count_recovery_codes(login),
        sessions=[
            SessionLine(s.handle, s.device or say("account.unknown_device"), s.address, s.began_at, s.key == this)
            for s in list_sessions(login)
        ],
        most_sessions=settings.CITYLOOM_SESSIONS,
        idle_minutes=settings.SESSION_COOKIE_AGE // 60,
        longest_hours=settings.CITYLOOM_SESSION_HOURS,
        events=[
            EventLine(say(f"happened.{Happened(e.kind).value}"), _who(e.by_login, login, city), e.at)
            for e in list_events(login)
        ],
        told=say(told) if told else "",
    )
    return show(request, page)


@require_POST
@for_signed_in
def end_session(request: HttpRequest, city: City) -> HttpResponse:
    """End one of one's sessions, or all but this one."""
    login, this = request.user.get_username(), request.session.session_key or ""
    handle = request.POST.get("handle", "")
    end_sessions(login, login, context.clock().now(), but=this, only=handle)
    return redirect(f"{reverse('account')}?told=ended")


def has_password(request: HttpRequest, bound: bool) -> bool:
    """Whether the person has a password here, or could be given one: whom the provider knows needs none."""
    return not bound or bool(getattr(request.user, "has_usable_password", bool)())


def _post(post: Post, named: Names) -> str:
    """A post and, where a group of the identity provider gives it, which."""
    held = named.post(post)
    return say("account.by_group", post=held, group=post.group) if post.group else held


def _who(by: str, login: str, city: City) -> str:
    if by == login:
        return ""
    return (
        say("role.system")
        if by == "system"
        else say("account.by_command")
        if by == "command"
        else say(f"account.by_{by}")
        if by in (PROVIDER, LIST)
        else names(city).person(by)
    )
