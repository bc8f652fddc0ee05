"""A terminal in a 24-hour service cabin: large tiles, no way out of its pages, help by one touch.

What is typed here is kept nowhere but in the report itself: no drafts, no list, and idle pages clear themselves.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import shapely
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cityloom.base.errors import CityloomError
from cityloom.base.rate_limits import TooOften
from cityloom.base.reasons import register
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.errors import NoSuchReport
from cityloom.cases.places import metres_between
from cityloom.city.kiosks import Kiosk, PhoneNumber
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Source
from cityloom.web import context, waiting_photos
from cityloom.web.doors import for_everybody, with_retry_after
from cityloom.web.naming import said_by
from cityloom.web.public_limits import knock_at, knock_with_report
from cityloom.web.report import ReportPage, SentPage, begin_report, take_report, what_was_sent
from cityloom.web.second_factor import qr_code
from cityloom.web.shown import Page, show
from cityloom.web.track import CODE_CHARS, ThreadPage, private, thread_page
from cityloom.web.words import WORDS, say

WARN_S = 20
NEAR_M, MOST_NEAR = 3000, 3
HOTLINE = "hotline"  # the number that a terminal offers for help

register(
    {
        "error.no_kiosk": (
            "没有终端{code}。请核对 city.toml 的 [kiosks]",
            "there is no terminal {code}; see [kiosks] of city.toml",
        )
    }
)


class NoSuchKiosk(CityloomError):
    """The city's folder has no terminal of that code."""

    status = 404


@dataclass(frozen=True)
class Terminal:
    """The terminal that a page stands on, and how long it waits for a touch."""

    code: str
    name: str
    idle_s: int
    warn_s: int = WARN_S


@dataclass(frozen=True)
class KiosksPage:
    """The terminals of the city, for who sets one up."""

    template: ClassVar[str] = "cityloom/kiosks.html"
    terminals: Annotated[Sequence[Terminal], "each terminal"]


@dataclass(frozen=True)
class KioskPage:
    """The tiles of a terminal."""

    template: ClassVar[str] = "cityloom/kiosk.html"
    kiosk: Annotated[Terminal, "the terminal"]
    hotline: Annotated[PhoneNumber | None, "the first number of the city's list"]
    key: Annotated[str, "the key of a call for help"]


@dataclass(frozen=True)
class KioskReportPage(ReportPage):
    """The form of a report on a terminal."""

    template: ClassVar[str] = "cityloom/kiosk_report.html"
    kiosk: Annotated[Terminal, "the terminal"] = dataclasses.field(kw_only=True)


@dataclass(frozen=True)
class KioskSentPage(SentPage):
    """After sending from a terminal: the code, also as a picture that a phone reads."""

    template: ClassVar[str] = "cityloom/kiosk_sent.html"
    kiosk: Annotated[Terminal, "the terminal"] = dataclasses.field(kw_only=True)
    qr: Annotated[str, "the link as a QR code"] = ""


@dataclass(frozen=True)
class KioskFollowPage:
    """The box for a code, or the way of the report it opens."""

    template: ClassVar[str] = "cityloom/kiosk_follow.html"
    kiosk: Annotated[Terminal, "the terminal"]
    thread: Annotated[ThreadPage | None, "the report's way"] = None
    code: Annotated[str, "the code as typed"] = ""
    error: Annotated[str, "why nothing was found"] = ""


@dataclass(frozen=True)
class Service:
    """A kind of facility with those nearest to the terminal: name and metres."""

    kind: str
    nearest: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class KioskServicesPage:
    """Numbers to call, and what is near the terminal."""

    template: ClassVar[str] = "cityloom/kiosk_services.html"
    kiosk: Annotated[Terminal, "the terminal"]
    phones: Annotated[Sequence[tuple[str, str]], "name and number"]
    services: Annotated[Sequence[Service], "what is near, by kind"]


@dataclass(frozen=True)
class KioskHelpPage:
    """Somebody calls this cabin; or why nobody does."""

    template: ClassVar[str] = "cityloom/kiosk_help.html"
    kiosk: Annotated[Terminal, "the terminal"]
    number: Annotated[str, "the enquiry's number"]
    hotline: Annotated[PhoneNumber | None, "the first number of the city's list"]
    error: Annotated[str, "why no call was asked for"] = ""


@never_cache
@require_safe
@for_everybody
def kiosks(request: HttpRequest, city: City) -> HttpResponse:
    """The terminals of the city, each with the address that its browser opens."""
    return show(request, KiosksPage([_terminal(each) for each in city.config.kiosks.values()]))


@never_cache
@require_safe
@for_everybody
def home(request: HttpRequest, city: City, kiosk: str) -> HttpResponse:
    """Large tiles: report, follow, services and numbers, and a call for help."""
    return show(request, KioskPage(_terminal(_kiosk(city, kiosk)), _hotline(city), str(uuid.uuid4())))


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def kiosk_report(request: HttpRequest, city: City, kiosk: str) -> HttpResponse:
    """Report at a terminal; the pin stands at the terminal first."""
    found = _kiosk(city, kiosk)

    def dressed(page: Page) -> Page:
        return _dressed(page, found)

    if request.method == "GET":
        place = {"lon": f"{found.lon:.6f}", "lat": f"{found.lat:.6f}"}
        return show(request, dressed(begin_report(request, city, **place)))
    return take_report(request, city, dressed)


@never_cache
@require_safe
@for_everybody
def kiosk_sent(request: HttpRequest, city: City, kiosk: str, code: str) -> HttpResponse:
    """What is told after sending, with a picture of the link that a phone reads."""
    return private(show(request, _dressed(what_was_sent(request, city, code), _kiosk(city, kiosk))))


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def kiosk_follow(request: HttpRequest, city: City, kiosk: str) -> HttpResponse:
    """Type a code and read the way of the report; the code stays out of the address."""
    terminal, typed = _terminal(_kiosk(city, kiosk)), context.typed_of(request.POST, "code")["code"]
    if not typed:
        return show(request, KioskFollowPage(terminal))
    code = "".join(typed.split()).replace("-", "").upper()[: CODE_CHARS + 10]
    try:
        knock_at(request, city, track="")
        return private(show(request, KioskFollowPage(terminal, thread_page(city, code))))
    except (NoSuchReport, TooOften) as refusal:
        page = KioskFollowPage(terminal, code=typed[:60], error=said_by(refusal, city))
        return with_retry_after(show(request, page, refusal.status), refusal)


@never_cache
@require_safe
@for_everybody
def kiosk_services(request: HttpRequest, city: City, kiosk: str) -> HttpResponse:
    """Numbers to call and the nearest places of each kind."""
    found, lang = _kiosk(city, kiosk), context.language()
    phones = [(p.name.in_language(lang), p.number) for p in _phones(city)]
    return show(request, KioskServicesPage(_terminal(found), phones, _services(city, found, lang)))


@never_cache
@require_http_methods(["GET", "POST"])
@for_everybody
def kiosk_help(request: HttpRequest, city: City, kiosk: str) -> HttpResponse:
    """Call me at this cabin: an enquiry with the terminal's code and place, once for each touch."""
    found = _kiosk(city, kiosk)
    if request.method == "GET":
        return redirect("kiosk", kiosk=kiosk)
    key = context.typed_of(request.POST, "key")["key"]
    words = say("kiosk.help_words", name=found.name.in_language(context.language()), code=found.code)
    try:
        knock_with_report(request, city, "", "")
        asked = NewReport(
            source=Source.RESIDENT.value,
            words=words,
            class_code=found.help_class or None,
            nature=None if found.help_class else Nature.ENQUIRY.value,
            lon=found.lon,
            lat=found.lat,
            address=found.name.in_language(context.language()),
            phone=found.phone,
            language=context.language(),
            idempotency_key=key if waiting_photos.is_key(key) else str(uuid.uuid4()),
        )
        received = receive_report(city, asked, context.RESIDENT, context.clock())
    except CityloomError as refusal:
        page = KioskHelpPage(_terminal(found), "", _hotline(city), said_by(refusal, city))
        return with_retry_after(show(request, page, refusal.status), refusal)
    return show(request, KioskHelpPage(_terminal(found), received.number, _hotline(city)))


def _kiosk(city: City, code: str) -> Kiosk:
    found = city.config.kiosks.get(code)
    if found is None:
        raise NoSuchKiosk("error.no_kiosk", code=code[:40])
    return found


def _terminal(kiosk: Kiosk) -> Terminal:
    return Terminal(kiosk.code, kiosk.name.in_language(context.language()), round(kiosk.idle_s))


def _hotline(city: City) -> PhoneNumber | None:
    return next(iter(_phones(city)), None)


def _phones(city: City) -> list[PhoneNumber]:
    """The hotline first, then the others by number."""
    return sorted(city.config.phones.values(), key=lambda p: (p.code != HOTLINE, p.number))


def _dressed(page: Page, kiosk: Kiosk) -> Page:
    """The page as a terminal shows it."""
    told: dict[str, Any] = {f.name: getattr(page, f.name) for f in dataclasses.fields(page)}  # type: ignore[arg-type]
    if isinstance(page, ReportPage):
        return KioskReportPage(**told, kiosk=_terminal(kiosk))
    if isinstance(page, SentPage):
        return KioskSentPage(**told, kiosk=_terminal(kiosk), qr=qr_code(page.link))
    return page


def _services(city: City, kiosk: Kiosk, lang: str) -> list[Service]:
    near: dict[str, list[tuple[int, str]]] = {}
    for feature in city.features.get("facilities", ()):
        if f"placekind.{feature.kind}" not in WORDS or not feature.geometry:
            continue
        point = shapely.point_on_surface(shapely.from_wkb(feature.geometry))
        metres = round(metres_between(kiosk.lon, kiosk.lat, point.x, point.y))
        if metres <= NEAR_M:
            near.setdefault(feature.kind, []).append((metres, feature.name.in_language(lang)))
    return [
        Service(say(f"placekind.{kind}"), tuple((name, metres) for metres, name in sorted(found)[:MOST_NEAR]))
        for kind, found in sorted(near.items())
    ]
