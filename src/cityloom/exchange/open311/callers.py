"""Who knocks at the Open311 door: the city meant, the post behind an API key, and how often an address may report."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from cityloom.base import clock as clocks
from cityloom.base.addresses import address_of, blurred, household_of, is_trusted
from cityloom.base.clock import Clock
from cityloom.base.rate_limits import Knock, TooOften, knock
from cityloom.cases.screening import same_words_key
from cityloom.city.snapshot_values import City
from cityloom.city.this_city import this_city
from cityloom.city.values import Post, Role
from cityloom.exchange.api.tokens import authenticate, bearer_of
from cityloom.exchange.open311.errors import NoKey, NotFound

RESIDENT = Post(login="resident", role=Role.RESIDENT)
SCOPE = "reports:write"
KEY_NEEDED = "open311_needs_key"  # the figure of city.toml [limits] by which reports need an API key
_SOFT = "same_words"  # over this limit a report is taken, but held for screening


def clock() -> Clock:
    """The clock of this installation."""
    return clocks.clock_of_settings()


def language() -> str:
    """The language of the request: `zh` or `en`."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def city_of(jurisdiction: str) -> City:
    """The city of this installation; raises NotFound for the jurisdiction of another one."""
    city = this_city()
    if jurisdiction and jurisdiction != city.code:
        raise NotFound("open311.no_jurisdiction", code=jurisdiction[:40], known=[city.code])
    return city


def post_behind(request: HttpRequest, city: City, api_key: str, at: datetime) -> Post | None:
    """The post of the API key, given as `api_key` or as a bearer token; None where none was given.

    Raises BadToken (401) for a key that opens nothing, ScopeMissing (403) for one that is for something else.
    """
    caller = authenticate(request, city, at, api_key=api_key)
    return caller.needs(SCOPE) if caller is not None else None


def needs_key(request: HttpRequest, city: City, api_key: str) -> None:
    """Raise NoKey where the city takes reports with a key only and none came; before anything is checked."""
    if city.settings.limits.get(KEY_NEEDED) and not (api_key.strip() or bearer_of(request)):
        raise NoKey("open311.key_needed")


def knock_with_report(request: HttpRequest, city: City, words: str, phone: str, at: datetime) -> bool:
    """Count one report of somebody without a key, in the same buckets as the page's form.

    Whether the same words came too often; raises TooOften when the address or the phone has sent as many as it may.
    """
    doors = {"report": ""}
    if phone:
        doors["report_phone"] = phone
    if key := same_words_key(words):
        doors[_SOFT] = f"{household_of(address_of(request))}\0{key}"
    return _SOFT in _knock(request, city, doors, at)


def knock_to_follow(request: HttpRequest, city: City, at: datetime) -> None:
    """Count one look by a token; raises TooOften."""
    _knock(request, city, {"track": ""}, at)


def _knock(request: HttpRequest, city: City, doors: dict[str, str], at: datetime) -> frozenset[str]:
    address = address_of(request)
    if is_trusted(address):
        return frozenset()
    asked: dict[str, str] = {}
    knocks: list[Knock] = []
    for name, value in doors.items():
        if (limit := settings.CITYLOOM_LIMITS[name]) is not None:
            key = blurred(name, value or household_of(address))
            asked[key] = name
            knocks.append(Knock(key, limit))
    over = {asked[key]: again for key, again in knock(knocks, at).items()}
    hard = [again for name, again in over.items() if name != _SOFT]
    if hard:
        again = max(hard)
        wait_s = max(1, -int(-(again - at).total_seconds() // 1))
        raise TooOften(f"{again.astimezone(city.calendar().tz):%H:%M}", wait_s)
    return frozenset(over)
