"""Changing one's password, and setting one by a link: from an administrator, or by mail where an address is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cityloom.base.messages import About, Template, register_templates, send_later
from cityloom.base.rate_limits import TooOften
from cityloom.city.actions.admit_person import is_bound
from cityloom.city.passwords import issue_reset, set_password, user_of_reset
from cityloom.city.snapshot_values import City
from cityloom.web import context, factor_door, lockout
from cityloom.web.beginning import begin_session
from cityloom.web.doors import PASSWORD_DUE, for_everybody, for_signed_in, with_retry_after
from cityloom.web.naming import said_by
from cityloom.web.public_limits import knock_at
from cityloom.web.shown import show
from cityloom.web.words import say

register_templates(
    {
        "account.reset": Template(
            zh="有人为您的账号请求重设密码。请在{hours}小时内打开下面的链接设置新密码，只能用一次：\n{link}\n"
            "不是您本人请求的，请不要理会，密码没有改变。",
            en="Somebody asked to reset the password of your account. Open this link within {hours} h to set a new "
            "one; it works once:\n{link}\nIf it was not you, do nothing: your password is unchanged.",
            subject_zh="重设密码",
            subject_en="Reset your password",
            urgent=True,
        ),
    }
)
_TOKEN = "reset_token"  # noqa: S105 (what the session calls it)
SET = "set"  # stands in the address for the token that the session keeps


@dataclass(frozen=True)
class ForgotPage:
    """Ask for a link that sets a new password."""

    template: ClassVar[str] = "cityloom/forgot.html"
    login: Annotated[str, "the name as typed"] = ""
    sent: Annotated[bool, "whether the request was taken"] = False
    hours: Annotated[int, "for how many hours a link is good"] = 0
    error: Annotated[str, "why it was not taken"] = ""


@dataclass(frozen=True)
class PasswordPage:
    """A new password, typed twice."""

    template: ClassVar[str] = "cityloom/password.html"
    login: Annotated[str, "whose password it is"]
    by_link: Annotated[bool, "whether a link takes the place of the present password"]
    least: Annotated[int, "how many signs it has at least"]
    classes: Annotated[int, "how many classes of signs it uses at least"]
    due: Annotated[bool, "whether it must be changed before going on"] = False
    errors: Annotated[Sequence[str], "why it was not set"] = ()


@dataclass(frozen=True)
class DeadLinkPage:
    """The link sets no password any more."""

    template: ClassVar[str] = "cityloom/dead_link.html"
    hours: Annotated[int, "for how many hours a link is good"]


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def forgot(request: HttpRequest, city: City) -> HttpResponse:
    """Ask for a link; the answer is the same whether the name and a mail address are known or not."""
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    if request.method == "GET":
        return show(request, ForgotPage(hours=hours))
    name = context.typed_of(request.POST, "username")["username"].strip()[:150]
    try:
        knock_at(request, city, forgot="")
    except TooOften as refusal:
        page = ForgotPage(name, hours=hours, error=said_by(refusal, city))
        return with_retry_after(show(request, page, refusal.status), refusal)
    user = User.objects.filter(username=name, is_active=True).exclude(email="").first()
    if user is not None and _may_have_password(user):
        _send_link(request, city, user, hours)
    return show(request, ForgotPage(name, sent=True, hours=hours))


@sensitive_post_parameters("new", "again")
@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def reset(request: HttpRequest, city: City, uid: str, token: str) -> HttpResponse:
    """Set a new password by a link that is good once; the token leaves the address before anything is shown."""
    if token != SET:
        request.session[_TOKEN] = token
        return redirect("reset", uid=uid, token=SET)
    user = user_of_reset(uid, request.session.get(_TOKEN, ""))
    if user is None:
        return show(request, DeadLinkPage(settings.PASSWORD_RESET_TIMEOUT // 3600), 410)
    if request.method == "GET":
        return show(request, _page(user, by_link=True))
    new, errors = _new_password(request, user)
    if errors:
        return show(request, _page(user, by_link=True, errors=errors), 400)
    now = context.clock().now()
    del request.session[_TOKEN]
    set_password(user, new, user.get_username(), now)
    lockout.unlock(user.get_username(), user.get_username(), now)
    return redirect(f"{reverse('sign_in')}?told=password_set")


@sensitive_post_parameters("current", "new", "again")
@never_cache
@require_http_methods(["GET", "POST"])
@for_signed_in
def change_password(request: HttpRequest, city: City) -> HttpResponse:
    """Change one's own password; all other sessions end."""
    user = User.objects.get(pk=request.user.pk)
    if not _may_have_password(user):
        raise Http404
    due = bool(request.session.get(PASSWORD_DUE))
    if request.method == "GET":
        return show(request, _page(user, by_link=False, due=due))
    name = user.get_username()
    current = context.typed_of(request.POST, "current")["current"]
    if authenticate(request, username=name, password=current) is None:
        locked = getattr(request, "axes_locked_out", False)
        wrong = [say("password.locked") if locked else say("password.wrong_current")]
        return show(request, _page(user, by_link=False, due=due, errors=wrong), 429 if locked else 401)
    new, errors = _new_password(request, user)
    if new == current and not errors:
        errors = [say("password.same")]
    if errors:
        return show(request, _page(user, by_link=False, due=due, errors=errors), 400)
    passed = factor_door.has_passed(request)
    kept_post = context.post_of(request, city)
    set_password(user, new, name, context.clock().now())
    begin_session(request, user, passed=passed)
    if kept_post is not None:
        context.remember_post(request, kept_post)
    return redirect(f"{reverse('account')}?told=password_set")


def _may_have_password(user: User) -> bool:
    """Whoever signs in through the identity provider and has no password gets none by these pages."""
    return user.has_usable_password() or not is_bound(user.get_username())


def _new_password(request: HttpRequest, user: User) -> tuple[str, list[str]]:
    """The new password and why it is not good enough, if it is not."""
    typed = context.typed_of(request.POST, "new", "again")
    if typed["new"] != typed["again"]:
        return "", [say("password.differ")]
    if len(typed["new"]) > 200:
        return "", [say("password.too_long")]
    try:
        validate_password(typed["new"], user)
    except ValidationError as weak:
        return "", list(weak.messages)
    return typed["new"], []


def _page(user: User, *, by_link: bool, due: bool = False, errors: Sequence[str] = ()) -> PasswordPage:
    rules = {v["NAME"].rsplit(".", 1)[-1]: v.get("OPTIONS", {}) for v in settings.AUTH_PASSWORD_VALIDATORS}
    least, classes = rules["MinimumLengthValidator"]["min_length"], rules["ClassesValidator"]["least"]
    return PasswordPage(user.get_username(), by_link, least, classes, due, tuple(errors))


def _send_link(request: HttpRequest, city: City, user: User, hours: int) -> None:
    uid, token = issue_reset(user, user.get_username(), context.clock().now())
    link = request.build_absolute_uri(reverse("reset", args=[uid, token]))
    send_later(
        "mail",
        user.email,
        "account.reset",
        {"link": link, "hours": hours},
        language=context.language(),
        purpose="account",
        about=About(city.code),
        clock=context.clock(),
    )
