"""What came with a move as the middle wants it, and the version it was based on."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest

from cityloom.base.reasons import Reason
from cityloom.cases.errors import BadValue
from cityloom.cases.given_reasons import reason_given
from cityloom.cases.places import locate
from cityloom.cases.values import Details, Outcome, Place
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.exchange.api.errors import BadRequest, NoVersion
from cityloom.exchange.api.schemas import MoveIn, OutcomeIn, PlaceIn

_TAG = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')


def details_of(told: MoveIn, city: City, post: Post) -> Details:
    """The details of a move; raises UnknownWord, MissingNeed, BadReport or BadValue for what cannot be one."""
    number = told.case or ""
    reason: Reason | None = reason_given(
        told.reason, told.move, post, unit=told.unit or "", number=number, note=told.note
    )
    return Details(
        reason=reason,
        note=told.note,
        unit=told.unit or None,
        assisting=tuple(told.assisting),
        units=tuple(told.units),
        class_code=told.class_code or None,
        standard_code=told.standard or None,
        place=_place(told.place, city),
        outcome=_outcome(told.outcome, city),
        until=_end_of(told.until, city),
        amount=told.amount,
        case=told.case or None,
        partner=told.partner or None,
        partner_number=told.partner_number or None,
        rating=told.rating,
        report_ids=tuple(told.report_ids),
    )


def version_of(request: HttpRequest, told: int | None) -> int:
    """The version the caller saw: of If-Match, else of the body. Raises NoVersion or BadRequest."""
    given = request.headers.get("If-Match", "")
    if not given:
        if told is None:
            raise NoVersion("api.no_version")
        return told
    found = _TAG.fullmatch(given)
    if found is None:
        raise BadRequest("api.bad_version")
    return int(found[1])


def _place(place: PlaceIn | None, city: City) -> Place | None:
    return None if place is None else locate(city, place.lon, place.lat, place.address)


def _outcome(heard: OutcomeIn | None, city: City) -> Outcome | None:
    if heard is None:
        return None
    later = heard.later_at
    if later is not None and later.tzinfo is None:
        later = later.replace(tzinfo=city.calendar().tz)
    return Outcome(
        heard.reached, heard.solved, heard.satisfied, heard.contacted, heard.why, heard.channel, later
    )  # fmt: skip


def _end_of(text: str | None, city: City) -> datetime | None:
    """A moment with its zone, or the end of a day in the city's time; raises BadValue for what is neither."""
    if not text:
        return None
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), city.calendar().tz)
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=city.calendar().tz)
    except (ValueError, OverflowError) as wrong:
        raise BadValue("error.not_a_date", text=text[:20]) from wrong
