"""The calendar of a unit, for whoever has a link that still opens it."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.calendar_links import post_of_calendar_link
from cityloom.city.this_city import this_city
from cityloom.exchange.api import calls
from cityloom.exchange.api.errors import NoMethod, answer_refusal
from cityloom.exchange.calendars.queries import list_due, units_read_as
from cityloom.exchange.calendars.writing import calendar_of
from cityloom.exchange.feeds.asking import language_of
from cityloom.exchange.feeds.views import NAMES, READ, accepted_language, count_reader, first_of_day
from cityloom.exchange.unchanged import answer_once

TYPE = "text/calendar; charset=utf-8"
CACHE = "private, max-age=300"
register(
    {
        "calendar.dead": (
            "这个日历链接已失效：已停用、岗位已结束，或不属于该单位。请在“我的账号”重新建立",
            "this calendar link opens nothing: it was ended, its post has ended, or it is not for this unit. "
            "Make a new one under My account",
        ),
    }
)


class DeadLink(CityloomError):
    """A code that opens no calendar of this unit, for whatever reason: the answer tells none apart."""

    status = 404


@csrf_exempt
def unit_calendar(request: HttpRequest, unit: str) -> HttpResponse:
    """The due moments of a unit, as the post behind the link may see them."""
    language = accepted_language(request)
    try:
        language = language_of(request.GET, language)
        if request.method not in READ:
            raise NoMethod("api.no_method", method=(request.method or "")[:20], allowed=list(READ))
        answer = _calendar(request, unit, language)
    except CityloomError as refusal:
        with translation.override(NAMES[language][0]):
            answer = answer_refusal(refusal)
        answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Vary"] = "Accept-Language"
    return answer


def _calendar(request: HttpRequest, unit: str, language: str) -> HttpResponse:
    city, now = this_city(), calls.clock().now()
    post = post_of_calendar_link(city, request.GET.get("key", "")[:100], now)
    if post is None:
        count_reader(request, city)  # only who guesses is counted: a calendar service asks for many from one address
        raise DeadLink("calendar.dead")
    request.META[calls.ACTING] = post
    units = units_read_as(post, city, unit)
    if not units:
        raise DeadLink("calendar.dead")
    with connection.cursor() as cursor:
        due = list_due(cursor, city, post, units, now)
    site = settings.CITYLOOM_SITE_URL or request.build_absolute_uri("/").rstrip("/")
    body = calendar_of(city, unit, due, now, site, language)
    changed = max((each.changed_at for each in due), default=first_of_day(now, city))
    answer = answer_once(request, body, TYPE, changed, CACHE)
    answer.headers["Content-Disposition"] = 'inline; filename="due.ics"'
    return answer
