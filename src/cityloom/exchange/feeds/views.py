"""The views of the feeds: what anybody may read, in pages that a reader keeps until something changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt

from cityloom.base.addresses import address_of, household_of, is_trusted
from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.city.this_city import this_city
from cityloom.exchange.api import calls
from cityloom.exchange.api.errors import NoMethod, answer_refusal
from cityloom.exchange.feeds import atom, geojson
from cityloom.exchange.feeds.asking import SPAN, Asked, asked_of, language_of
from cityloom.exchange.feeds.queries import ItemPage, list_items
from cityloom.exchange.unchanged import answer_once

CACHE = "public, max-age=300"
READ = ("GET", "HEAD")
NAMES = {"zh": ("zh-hans", "zh-Hans"), "en": ("en", "en")}  # for Django and for a document


def reading(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view gets the request, the city and the reader's language; a refusal becomes a problem in that language."""

    @csrf_exempt
    @wraps(view)
    def door(request: HttpRequest, **more: Any) -> HttpResponse:
        language = accepted_language(request)
        try:
            language = language_of(request.GET, language)
            if request.method not in READ:
                raise NoMethod("api.no_method", method=(request.method or "")[:20], allowed=list(READ))
            city = this_city()
            count_reader(request, city)
            answer = view(request, city, language, **more)
        except CityloomError as refusal:
            with translation.override(NAMES[language][0]):
                answer = answer_refusal(refusal)
            answer.headers["Cache-Control"] = "no-store"
        answer.headers["Content-Language"] = NAMES[language][1]
        answer.headers["Vary"] = "Accept-Language"
        answer.headers["Access-Control-Allow-Origin"] = "*"  # all of it is public, and no cookie opens more
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return door


def accepted_language(request: HttpRequest) -> str:
    """`zh` or `en`, whichever stands first in Accept-Language, else the installation's; no cookie counts here."""
    accepted = [code for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    wanted = next((code for code in accepted if code.startswith(("zh", "en"))), settings.LANGUAGE_CODE)
    return "en" if wanted.startswith("en") else "zh"


@reading
def atom_feed(request: HttpRequest, city: City, language: str, area: str) -> HttpResponse:
    """What was opened and ended in an area, as Atom."""
    asked, page, changed = _read(request, city, area, language)
    body = atom.atom_of(city, asked, page, changed, _addresses(request, asked, page, "feed_atom"))
    return answer_once(request, body, atom.TYPE, changed, CACHE)


@reading
def geojson_feed(request: HttpRequest, city: City, language: str, area: str) -> HttpResponse:
    """The same as GeoJSON."""
    asked, page, changed = _read(request, city, area, language)
    at = _addresses(request, asked, page, "feed_geojson")
    answer = answer_once(request, geojson.geojson_of(city, asked, page, at), geojson.TYPE, changed, CACHE)
    if at.next:
        answer.headers["Link"] = f'<{at.next}>; rel="next"'
    return answer


def _read(request: HttpRequest, city: City, area: str, language: str) -> tuple[Asked, ItemPage, datetime]:
    """What is asked, its page, and the moment of the newest change on it: for an empty one the day's beginning."""
    given = {name: str(value).replace("\x00", "") for name, value in request.GET.items()}
    asked, now = asked_of(city, area, given, language), calls.clock().now()
    with connection.cursor() as cursor:
        page = list_items(cursor, city, area, now - SPAN, asked.after, asked.limit)
    return asked, page, max((item.case.updated_at for item in page.items), default=first_of_day(now, city))


def first_of_day(now: datetime, city: City) -> datetime:
    """The city's last midnight: when a document without anything in it is said to have changed."""
    return now.astimezone(city.calendar().tz).replace(hour=0, minute=0, second=0, microsecond=0)


def _addresses(request: HttpRequest, asked: Asked, page: ItemPage, route: str) -> atom.Addresses:
    base = settings.CITYLOOM_SITE_URL or request.build_absolute_uri("/").rstrip("/")
    here = base + reverse(route, args=[asked.area])
    return atom.Addresses(
        start=f"{base}/",
        matter=base + reverse("public_matter", args=["NUMBER"]),
        here=here + asked.query(),
        next=here + asked.query(page.next) if page.next else "",
    )


def count_reader(request: HttpRequest, city: City) -> None:
    """Count the reader among those who call the interfaces without a token. Raises TooOften."""
    if is_trusted(address := address_of(request)):
        return
    call = calls.Call(city, calls.clock(), None)
    if over := calls.knock_at(call, {"api_public": household_of(address)}):
        raise calls.too_often(over["api_public"], call.at, city)
