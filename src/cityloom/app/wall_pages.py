"""Links of wall displays: made and ended by those who lead. A link is a token of a machine's account of its own.

The account is answered for by who made the link, so that it rests when that person leaves; its post leads the same
area or one inside it, and its only scope is to show the screen. Opening the link leaves the token as a cookie that
is sent back to the screen alone, so that it stands in no address and no history.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.errors import NotAllowed
from cityloom.city.actions.add_service_account import NewService, add_service_account
from cityloom.city.actions.disable_service_account import disable_service_account
from cityloom.city.service_accounts import ServiceAccount, ServiceState, find_service_account, list_service_accounts
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.exchange.api.tokens import BadToken, Token, caller_of_text, issue_token
from cityloom.web import context
from cityloom.web.doors import for_everybody, for_staff
from cityloom.web.forms import Group, area_choices
from cityloom.web.naming import Names, names, said_by
from cityloom.web.screen_roles import SEES_SCREEN
from cityloom.web.shown import show
from cityloom.web.wall_door import COOKIE, open_walls_by
from cityloom.web.wall_page import WallLine, WallsPage, said_purpose, said_state, said_whole

SCOPE = "screen:read"
MOST_DAYS, USUAL_DAYS = 366, 90
PREFIX = "wall "  # of the account's name, which tells links from other machines

register(
    {
        "wall.area": (
            "大屏只能显示您岗位范围内的区域",
            "a display shows areas inside your post; choose one of them",
        ),
        "wall.days": ("链接的有效期为1到{most}天", "a link is good for 1 to {most} days"),
    }
)


class CannotHang(CityloomError):
    """A link that may not be made so, with what would be right."""

    status = 422


@sensitive_variables("text")
@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def walls(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Links of wall displays; POST makes one, and tells it this once."""
    _check_role(post)
    typed = {"name": "", "area": post.area or "", "days": str(USUAL_DAYS)}
    if request.method != "POST":
        return show(request, _page(city, post, typed))
    typed = context.typed_of(request.POST, "name", "area", "days")
    try:
        text = _make(city, post, typed, context.clock().now())
    except CityloomError as refusal:
        return show(request, _page(city, post, typed, error=said_by(refusal, city)), refusal.status)
    site = settings.CITYLOOM_SITE_URL or request.build_absolute_uri("/").rstrip("/")
    fresh = {"name": "", "area": typed["area"], "days": typed["days"]}
    return show(request, _page(city, post, fresh, address=f"{site}{reverse('wall_open', args=[text])}"))


@require_POST
@for_staff
def wall_end(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """End a link: from its next question on the display shows nothing."""
    _check_role(post)
    account = find_service_account(city, PREFIX + context.typed_of(request.POST, "name")["name"])
    if not _is_theirs(account, city, post):
        raise CannotHang("wall.area")
    disable_service_account(city, account.name, post.login, context.clock().now())
    return redirect("walls")


@sensitive_variables("token")
@require_safe
@for_everybody
def wall_open(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """Open the screen on a display: the token goes into a cookie of the device, the address keeps nothing of it."""
    if _post_of(token, city) is None:
        raise BadToken("token.unknown")
    account = _kept(token, city).service
    answer = redirect("screen")
    left_s = int((account.expires_at - context.clock().now()).total_seconds()) if account else 0
    answer.set_cookie(
        COOKIE, token, max_age=max(60, left_s), path=reverse("screen"), httponly=True, samesite="Strict",
        secure=request.is_secure(),
    )  # fmt: skip
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _post_of(text: str, city: City) -> Post | None:
    """The post of a display's token; None for one that shows nothing, or not the screen."""
    try:
        caller = caller_of_text(text, city, context.clock().now())
    except BadToken:
        return None
    return caller.post if SCOPE in caller.token.scopes and caller.post.role in SEES_SCREEN else None


open_walls_by(_post_of)


def _kept(text: str, city: City) -> Token:
    return caller_of_text(text, city, context.clock().now()).token


def _make(city: City, post: Post, typed: dict[str, str], at: datetime) -> str:
    area = typed["area"] or post.area or ""
    if post.area and (area not in city.areas or not city.is_within(area, post.area)):
        raise CannotHang("wall.area")
    days = int(typed["days"]) if typed["days"].isascii() and typed["days"].isdigit() and len(typed["days"]) < 5 else 0
    if not 1 <= days <= MOST_DAYS:
        raise CannotHang("wall.days", most=MOST_DAYS)
    name = typed["name"].strip()
    new = NewService(
        PREFIX + name if name else "", said_purpose(name), post.unit or "", post.login, post.role.value,
        post.unit or "", area, days,
    )  # fmt: skip
    account = add_service_account(city, new, post.login, at)
    return issue_token(city, account.post, account.name, [SCOPE], days, post.login, at)[1]


def _page(city: City, post: Post, typed: dict[str, str], address: str = "", error: str = "") -> WallsPage:
    named, now = names(city), context.clock().now()
    found = [each for each in list_service_accounts(city) if _is_theirs(each, city, post)]
    found.sort(key=lambda each: (each.state(now) is not ServiceState.GOOD, each.name))
    return WallsPage(
        [_line(each, named, now) for each in found], _areas(city, post, named), typed, MOST_DAYS, not post.area,
        address, error,
    )  # fmt: skip


def _areas(city: City, post: Post, named: Names) -> list[Group]:
    """The areas of the post, by district."""
    found = []
    for group in area_choices(city, named):
        inside = tuple(c for c in group.choices if not post.area or city.is_within(c[0], post.area))
        found += [Group(group.title, inside)] if inside else []
    return found


def _is_theirs(account: ServiceAccount, city: City, post: Post) -> bool:
    """Whether a link shows what lies inside this post."""
    if not account.name.startswith(PREFIX):
        return False
    return not post.area or (account.area in city.areas and city.is_within(account.area, post.area))


def _line(each: ServiceAccount, named: Names, now: datetime) -> WallLine:
    state = each.state(now)
    return WallLine(
        name=each.name.removeprefix(PREFIX),
        shows=named.area(each.area) if each.area else said_whole(),
        by=named.person(each.responsible),
        state=said_state(state.value),
        good=state is ServiceState.GOOD,
        expires_at=each.expires_at,
        last_used_at=each.last_used_at,
    )


def _check_role(post: Post) -> None:
    if post.role not in SEES_SCREEN:
        roles = sorted(role.value for role in SEES_SCREEN)
        raise NotAllowed("error.not_allowed", role=post.role.value, move="hang_walls", roles=roles)


urlpatterns = [
    path("", walls, name="walls"),
    path("end/", wall_end, name="wall_end"),
    path("<str:token>/", wall_open, name="wall_open"),
]
