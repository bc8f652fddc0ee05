"""What stands around every call: the city, the moment, who calls, the limits, and refusals as problems."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from cityloom.base.addresses import address_of, blurred, household_of, is_trusted
from cityloom.base.clock import Clock, clock_of_settings
from cityloom.base.errors import CityloomError
from cityloom.base.rate_limits import Knock, Standing, TooOften, knock, knock_and_tell
from cityloom.cases.screening import same_words_key
from cityloom.city.snapshot_values import City
from cityloom.city.this_city import this_city
from cityloom.city.values import Post
from cityloom.exchange.api.errors import BadRequest, Failed, NoMethod, NoRoute, TooLarge, answer_refusal
from cityloom.exchange.api.tokens import BadToken, Caller, TokenNeeded, authenticate

log = logging.getLogger("cityloom.api")

View = Callable[..., HttpResponseBase]
AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)
ACTING = "cityloom.post"  # where `request.META` notes by which post somebody was let in, for the log
_CALL = "cityloom_call"
_SHARED = frozenset({"public"})


def clock() -> Clock:
    """The clock of this installation."""
    return clock_of_settings()


@dataclass(frozen=True)
class Call:
    """One request at the interface: the city, its clock, who calls (None: nobody with a token)."""

    city: City
    clock: Clock
    caller: Caller | None

    @property
    def at(self) -> datetime:
        return self.clock.now()

    def needs(self, scope: str) -> Post:
        """The caller's post; raises TokenNeeded without a token, ScopeMissing for one that is not for this."""
        if self.caller is None:
            raise TokenNeeded("token.needed")
        return self.caller.needs(scope)

    def has(self, scope: str) -> bool:
        """Whether the caller's token is for this as well."""
        return self.caller is not None and scope in self.caller.token.scopes


def call_of(request: HttpRequest) -> Call:
    """The call that the door has put together for this request."""
    call: Call = getattr(request, _CALL)
    return call


def door(view: View) -> View:
    """The view behind the door: who calls is known and counted, and whatever is refused becomes a problem."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **more: Any) -> HttpResponseBase:
        standing: Standing | None = None
        try:
            city, now = this_city(), clock()
            standing, caller = let_in(request, city, now.now())
            setattr(request, _CALL, Call(city, now, caller))
            if any(isinstance(v, str) and not is_plain(v) for v in more.values()):
                raise NoRoute("api.no_route", path="…")
            answer = view(request, *args, **more)
            if answer.status_code == 405:
                allowed = [w.strip() for w in answer.headers.get("Allow", "").split(",")]
                raise NoMethod("api.no_method", method=(request.method or "")[:20], allowed=sorted(allowed))
        except CityloomError as refusal:
            answer = answer_refusal(refusal)
        except SuspiciousOperation as wrong:
            answer = suspicious(wrong)
        except Exception as wrong:  # told as a problem like all else; the log has the whole of it
            answer = failed(wrong)
        return headed(request, answer, standing)

    return guarded


def failed(wrong: Exception) -> HttpResponse:
    """The answer to our own mistake, which the log has with the request's id."""
    log.error("request failed", exc_info=wrong)
    return answer_refusal(Failed("api.failed"))


def suspicious(wrong: SuspiciousOperation) -> HttpResponse:
    """The answer to a body that is too large, has too many parts, or is otherwise refused before it is read."""
    if isinstance(wrong, RequestDataTooBig):
        most_mb = (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) / 10**6
        return answer_refusal(TooLarge("api.too_large", most_mb=round(most_mb, 1)))
    return answer_refusal(BadRequest("api.bad_form"))


def is_plain(text: str) -> bool:
    """Whether a text can be kept: no NUL, no half of a character."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def let_in(request: HttpRequest, city: City, at: datetime) -> tuple[Standing | None, Caller | None]:
    """Who calls, counted: a token by itself, all others by their address. A token that opens nothing counts there."""
    try:
        caller = authenticate(request, city, at)
    except BadToken:
        _count(request, city, at, None)
        raise
    standing = _count(request, city, at, caller)
    if caller is not None:
        request.META[ACTING] = caller.post
    return standing, caller


def _count(request: HttpRequest, city: City, at: datetime, caller: Caller | None) -> Standing | None:
    name = "api" if caller is not None else "api_public"
    limit, address = settings.CITYLOOM_LIMITS[name], address_of(request)
    if limit is None or (caller is None and is_trusted(address)):
        return None
    value = caller.token.prefix if caller is not None else household_of(address)
    standing = knock_and_tell(Knock(blurred(name, value), limit), at)
    if standing.again_at is not None:
        raise too_often(standing.again_at, at, city)
    return standing


def knock_report(request: HttpRequest, call: Call, words: str, phone: str) -> bool:
    """Count a report without a token as the form of the pages does; whether its words came too often.

    The buckets are those of the pages. Raises TooOften.
    """
    address = address_of(request)
    if is_trusted(address):
        return False
    doors = {"report": household_of(address), "report_phone": phone}
    if key := same_words_key(words):
        doors["same_words"] = f"{household_of(address)}\0{key}"
    over = knock_at(call, doors)
    hard = [again for name, again in over.items() if name != "same_words"]
    if hard:
        raise too_often(max(hard), call.at, call.city)
    return "same_words" in over


def knock_tracking(request: HttpRequest, call: Call) -> None:
    """Count a look at a report by its code, in the bucket of the pages. Raises TooOften."""
    if is_trusted(address_of(request)):
        return
    if over := knock_at(call, {"track": household_of(address_of(request))}):
        raise too_often(over["track"], call.at, call.city)


def knock_at(call: Call, doors: dict[str, str]) -> dict[str, datetime]:
    """Which of the doors, each with the value it counts, are over their limit, and when they open again."""
    limits = {name: settings.CITYLOOM_LIMITS[name] for name, value in doors.items() if value}
    keys = {blurred(name, doors[name]): name for name, limit in limits.items() if limit is not None}
    return {keys[k]: again for k, again in knock([Knock(k, limits[n]) for k, n in keys.items()], call.at).items()}


def too_often(again: datetime, at: datetime, city: City) -> TooOften:
    """The refusal of a door that opens again at that moment."""
    wait_s = max(1, -int(-(again - at).total_seconds() // 1))
    return TooOften(f"{again.astimezone(city.calendar().tz):%H:%M}", wait_s)


def headed(request: HttpRequest, answer: AnyResponse, standing: Standing | None) -> AnyResponse:
    """The answer with what every one of them has in its head, and with what is left of the limit."""
    if standing is not None:
        answer.headers["RateLimit-Limit"] = str(standing.limit.most)
        answer.headers["RateLimit-Remaining"] = str(standing.left)
        answer.headers["RateLimit-Reset"] = str(standing.free_in_s)
    patch_vary_headers(answer, ("Accept", "Accept-Language", "Authorization"))
    if "Cache-Control" not in answer.headers:
        answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
