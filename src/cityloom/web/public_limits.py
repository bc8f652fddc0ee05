"""The limits of the public doors: per address and, for reports, per phone and per words. Trusted addresses have none.

The names of the limits are those of the setting CITYLOOM_LIMITS.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from cityloom.base.rate_limits import Knock, TooOften, knock
from cityloom.cases.screening import same_words_key
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.addresses import address_of, blurred, household_of, is_trusted

_SOFT = frozenset({"same_words"})  # over one of these a report is taken, but held for screening


def knock_at(request: HttpRequest, city: City, **doors: str) -> frozenset[str]:
    """Count a use of the doors, each named with what is counted besides the address (`""`: the address alone).

    One statement. The limits that were spent but refuse nobody come back; raises TooOften for one that does.
    """
    address = address_of(request)
    if is_trusted(address):
        return frozenset()
    now = context.clock().now()
    asked: dict[str, str] = {}
    knocks: list[Knock] = []
    for name, value in doors.items():
        if (limit := settings.CITYLOOM_LIMITS[name]) is not None:
            key = blurred(name, value or household_of(address))
            asked[key] = name
            knocks.append(Knock(key, limit))
    over = {asked[key]: again for key, again in knock(knocks, now).items()}
    hard = [again for name, again in over.items() if name not in _SOFT]
    if hard:
        raise _too_often(max(hard), now, city)
    return frozenset(over)


def knock_with_report(request: HttpRequest, city: City, words: str, phone: str) -> bool:
    """Count one report; whether the same words came from the same address more often than they may.

    Raises TooOften when the address or the phone has sent as many as it may for now.
    """
    doors = {"report": ""}
    if phone:
        doors["report_phone"] = phone
    if key := same_words_key(words):
        doors["same_words"] = f"{household_of(address_of(request))}\0{key}"
    return "same_words" in knock_at(request, city, **doors)


def _too_often(again: datetime, now: datetime, city: City) -> TooOften:
    wait_s = max(1, -int(-(again - now).total_seconds() // 1))
    return TooOften(f"{again.astimezone(city.calendar().tz):%H:%M}", wait_s)
