"""The administrator's pages of webhooks: where `web` and `exchange` meet, which do not know each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason
from cityloom.cases.errors import BadValue, NotAllowed
from cityloom.city.paths import CASE_MOVES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.exchange.actions.add_webhook import NewWebhook, add_webhook
from cityloom.exchange.actions.change_webhook import WebhookChange, change_webhook, remove_webhook
from cityloom.exchange.actions.replay_webhook import Again, ping_webhook, replay_webhook
from cityloom.exchange.actions.rotate_webhook_secret import rotate_webhook_secret
from cityloom.exchange.webhooks.errors import NoSuchDelivery
from cityloom.exchange.webhooks.rows import Health, get_webhook, health_of, list_deliveries, list_webhooks
from cityloom.exchange.webhooks.values import Delivery, Wanted, Webhook
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.forms import area_choices, unit_choices
from cityloom.web.naming import Names, names, said_by
from cityloom.web.shown import show
from cityloom.web.webhook_page import (
    VIEWS,
    DeliveryLine,
    HookLine,
    HookPage,
    HooksPage,
    said_done,
    said_sees,
    said_wish,
    views,
)
from cityloom.web.words import say

SHOWN = 50
WEEK = timedelta(days=7)
FORM = ("url", "description", "sees", "unit", "area")
OVERLAPS_H = ("24", "168", "0")
# Of all moves those that other systems ask for most; the rest is for the command line and the interface.
OFFERED = ("receive", "file", "dispatch", "sign", "reply", "close", "reopen", "not_accept", "withdraw")


@require_safe
@for_staff
def webhooks(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Webhooks with their health, and the form for a new one."""
    _check_role(post)
    return show(request, _hooks_page(city, post, {}, []))


@sensitive_variables("secret")
@require_POST
@for_staff
def webhooks_add(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """Add a webhook; its secret is shown on this answer only. What is refused keeps what was typed."""
    _check_role(post)
    typed = context.typed_of(request.POST, *FORM)
    moves = [move for move in request.POST.getlist("moves") if move in OFFERED]
    wanted = Wanted(tuple(moves), *(tuple(filter(None, [typed[name]])) for name in ("unit", "area")))
    new = NewWebhook(typed["url"].strip(), typed["description"].strip(), wanted, typed["sees"] or None)
    try:
        hook, secret = add_webhook(city, new, post, settings.CITYLOOM_WEBHOOK_HOSTS, context.clock())
    except CityloomError as refusal:
        page = replace(_hooks_page(city, post, typed, moves), error=said_by(refusal, city))
        return show(request, page, refusal.status)
    return show(request, replace(_hook_page(request, city, hook), secret=secret))


@require_safe
@for_staff
def webhook(request: HttpRequest, city: City, post: Post, webhook_id: int) -> HttpResponse:
    """One webhook with its deliveries and what can be done."""
    _check_role(post)
    page = _hook_page(request, city, get_webhook(city, post, webhook_id))
    return show(request, replace(page, told=said_done(request.GET.get("told", ""))))


@require_POST
@for_staff
def webhook_do(request: HttpRequest, city: City, post: Post, webhook_id: int) -> HttpResponse:
    """Test, pause, resume, rotate, remove or replay; what is refused is told on the page."""
    _check_role(post)
    hook = get_webhook(city, post, webhook_id)
    typed = context.typed_of(request.POST, "act", "version", "overlap", "delivery", "since", "until", "failed")
    act, _, delivery = typed["act"].partition(":")
    do = ACTS.get(act)
    if do is None:
        raise Http404
    try:
        return do(request, city, post, hook, {**typed, "delivery": delivery})
    except CityloomError as refusal:
        page = _hook_page(request, city, get_webhook(city, post, webhook_id))
        return show(request, replace(page, typed=typed, error=said_by(refusal, city)), refusal.status)


# --- what can be done -------------------------------------------------------------------------------------------


def _test(request: HttpRequest, city: City, post: Post, hook: Webhook, typed: dict[str, str]) -> HttpResponse:
    ping_webhook(city, hook.id, post, context.clock())
    return _back(hook, told="tested")


def _pause(request: HttpRequest, city: City, post: Post, hook: Webhook, typed: dict[str, str]) -> HttpResponse:
    return _set_state("paused", city, post, hook, typed)


def _resume(request: HttpRequest, city: City, post: Post, hook: Webhook, typed: dict[str, str]) -> HttpResponse:
    return _set_state("active", city, post, hook, typed)


def _set_state(state: str, city: City, post: Post, hook: Webhook, typed: dict[str, str]) -> HttpResponse:
    change, inside = WebhookChange(state=state), settings.CITYLOOM_WEBHOOK_HOSTS
    change_webhook(city, hook.id, change, post, inside, context.clock(), _number(typed["version"]))
    return _back(hook)


@sensitive_variables("secret")
def _rotate(request: HttpRequest, city: City, post: Post, hook: Webhook, typed: dict[str, str]) -> HttpResponse:
    version, overlap_h = _number(typed["version"]), _number(typed["overlap"])
    changed, secret = rotate_webhook_secret(city, hook.id, post, context.clock(), overlap_h, version)
    return show(request, replace(_hook_page(request, city, changed), secret=secret))


def _remove(request: HttpRequest, city: City, post: Post, hook: Webhook, typed: dict[str, str]) -> HttpResponse:
    remove_webhook(city, hook.id, post, context.clock(), _number(typed["version"]))
    return redirect("webhooks")


def _replay(request: HttpRequest, city: City, post: Post, hook: Webhook, typed: dict[str, str]) -> HttpResponse:
    if typed["delivery"] and not _number(typed["delivery"]):
        raise NoSuchDelivery("webhook.no_such_delivery", id=hook.id, delivery=typed["delivery"][:20])
    again = Again(
        _number(typed["delivery"]) or None,
        _moment(typed["since"], city),
        _moment(typed["until"], city),
        typed["failed"] == "yes",
    )
    made = replay_webhook(city, hook.id, again, post, context.clock())
    return _back(hook, told=str(made))


Act = Callable[[HttpRequest, City, Post, Webhook, dict[str, str]], HttpResponse]
ACTS: dict[str, Act] = {
    "test": _test, "pause": _pause, "resume": _resume, "rotate": _rotate, "remove": _remove, "replay": _replay,
}  # fmt: skip


def _back(hook: Webhook, **told: str) -> HttpResponse:
    address = redirect("webhook", webhook_id=hook.id)
    if told:
        address["Location"] += f"?{urlencode(told)}"
    return address


def _check_role(post: Post) -> None:
    if post.role is not Role.ADMIN:
        roles = [Role.ADMIN.value]
        raise NotAllowed("error.not_allowed", role=post.role.value, move="manage_webhooks", roles=roles)


# --- what the pages show ----------------------------------------------------------------------------------------


def _hooks_page(city: City, post: Post, typed: dict[str, str], chosen: list[str]) -> HooksPage:
    named, found = names(city), list_webhooks(city, post)
    health = _health(found)
    living = unit_choices(city, named, context.today(city))
    lang = context.language()
    return HooksPage(
        lines=[_hook_line(each, health.get(each.id, Health()), named) for each in found],
        typed=typed,
        chosen=chosen,
        moves=[(move, CASE_MOVES[move].in_language(lang)) for move in OFFERED],
        sees=[(code, said_sees(name)) for code, name in living] if post.area is None else [],
        units=living,
        areas=area_choices(city, named),
    )


def _hook_page(request: HttpRequest, city: City, hook: Webhook) -> HookPage:
    named, lang = names(city), context.language()
    chosen = request.GET.get("state", "")
    state = chosen if chosen in VIEWS else ""
    found, mark = list_deliveries(hook, state, _number(request.GET.get("after", "")) or None, SHOWN)
    until = hook.old_until if hook.old_until is not None and hook.old_until > context.clock().now() else None
    return HookPage(
        line=_hook_line(hook, _health([hook]).get(hook.id, Health()), named),
        version=hook.version,
        may_send=hook.state == "active",
        both_until=until,
        deliveries=[_delivery_line(each, named, lang) for each in found],
        views=views(state),
        next=urlencode({"state": state, "after": mark}) if mark is not None else "",
        overlaps=[(hours, say(f"hooks.overlap_{hours}")) for hours in OVERLAPS_H],
    )


def _health(found: list[Webhook]) -> dict[int, Health]:
    return health_of(found, context.clock().now() - WEEK) if found else {}


def _hook_line(it: Webhook, health: Health, named: Names) -> HookLine:
    band = "failing" if it.state == "active" and it.failing_since is not None else it.state
    lang = context.language()
    moves = [CASE_MOVES[m].in_language(lang) if m in CASE_MOVES else m for m in it.wanted.moves]
    limits = [*(named.unit(u) for u in it.wanted.units), *(named.area(a) for a in it.wanted.areas)]
    return HookLine(
        id=it.id, url=it.url, description=it.description, plain=it.is_plain,
        sees=said_sees(named.unit(it.post.unit)) if it.post.role is Role.HANDLER and it.post.unit else "",
        wish=said_wish(moves, limits), band=band, state=say(f"hooks.state_{band}"),
        reason=named.reason(Reason.from_json(it.reason)) if it.reason else "", waiting=health.waiting,
        failed=health.failed, last_success_at=it.last_success_at, failing_since=it.failing_since,
    )  # fmt: skip


def _delivery_line(it: Delivery, named: Names, lang: str) -> DeliveryLine:
    body: dict[str, Any] = json.loads(it.body)
    moves = [CASE_MOVES[m].in_language(lang) if m in CASE_MOVES else m for m in body["data"].get("moves", [])]
    return DeliveryLine(
        id=it.id, number=it.key if it.seq else "", seq=it.seq, moves=say("list.comma").join(moves),
        state=it.state, said=say(f"hooks.delivery_{it.state}"), attempts=it.attempts, status=it.status,
        duration_ms=it.duration_ms, answer=it.answer,
        reason=named.reason(Reason.from_json(it.reason)) if it.reason else "", created_at=it.created_at,
        next_at=it.next_at if it.state == "waiting" else None, first_id=it.first_id,
        body=json.dumps(body, ensure_ascii=False, indent=1),
    )  # fmt: skip


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _moment(text: str, city: City) -> datetime | None:
    """A moment as the field gives it, in the city's time; raises BadValue for anything else but nothing."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as wrong:
        raise BadValue("error.not_a_date", text=text[:20]) from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=city.calendar().tz)


urlpatterns = [
    path("", webhooks, name="webhooks"),
    path("add/", webhooks_add, name="webhooks_add"),
    path("<int:webhook_id>/", webhook, name="webhook"),
    path("<int:webhook_id>/do/", webhook_do, name="webhook_do"),
]
