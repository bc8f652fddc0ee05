"""A posted service request becomes a report of the city, with the checks and the fate of one from the page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from cityloom.cases.actions.receive_report import NewReport
from cityloom.cases.errors import BadPhoto
from cityloom.cases.photos import Picture, clean_photo
from cityloom.cases.screening import suspicions
from cityloom.city.snapshot_values import City
from cityloom.city.values import MatterClass, Source
from cityloom.exchange.open311.asking import number
from cityloom.exchange.open311.attributes import Answers, answers_of
from cityloom.exchange.open311.errors import BadRequest, NotFound
from cityloom.exchange.open311.general import is_general
from cityloom.exchange.open311.mapping import class_code_of, is_reportable
from cityloom.exchange.open311.reading import Sent

DEFAULT_PHOTOS = 6
LONGEST_URL = 500
_HAN = re.compile("[㐀-鿿]")


@dataclass(frozen=True)
class Parts:
    """A posted request, understood: the class, the answers to its questions, and what was said."""

    matter: MatterClass | None  # None: the sender does not know, the words decide
    answers: Answers
    sent: Sent
    lon: float | None
    lat: float | None

    @property
    def description(self) -> str:
        return self.sent.text("description")

    @property
    def phone(self) -> str:
        return self.sent.text("phone", 40)


def parts_of(city: City, sent: Sent, on: date) -> Parts:
    """The request in parts; raises BadRequest with what is missing or wrong, NotFound for an unknown service."""
    matter, answers = _asked_for(city, sent, on)
    lat, lon = number(sent.fields, "lat"), number(sent.fields, "long")
    if (lat is None) != (lon is None):
        raise BadRequest("open311.missing", name="long" if lon is None else "lat")
    if lat is None and answers.component is not None:
        lon, lat = answers.component.lon, answers.component.lat
    address, area = sent.text("address_string"), sent.text("address_id", 100)
    if area and area not in city.areas:
        example = next((a.code for a in city.areas.values() if a.parent is not None), city.code)
        raise BadRequest("open311.bad_value", name="address_id", value=area[:40], example=example)
    if lat is None and not address and not area:
        raise BadRequest("open311.no_place")
    if not sent.text("description") and not sent.files:
        raise BadRequest("open311.missing", name="description")
    return Parts(matter, answers, sent, lon, lat)


def _asked_for(city: City, sent: Sent, on: date) -> tuple[MatterClass | None, Answers]:
    code = sent.text("service_code", 200)
    if not is_general(code):
        matter = matter_of(city, code, on)
        return matter, answers_of(city, matter, on, sent.attributes())
    given = next((name for name, text in sent.attributes().items() if text.strip()), None)
    if given is not None:
        raise BadRequest("open311.no_name", name=f"attribute[{given[:40]}]")
    return None, Answers()


def matter_of(city: City, service_code: str, on: date) -> MatterClass:
    """The class behind a service code that can be reported on that day; raises BadRequest for none, else NotFound."""
    if not service_code:
        raise BadRequest("open311.missing", name="service_code")
    code = class_code_of(service_code)
    matter = city.classes.get(code) if code is not None and code in city.leaves else None
    if matter is None or not matter.valid.covers(on) or not is_reportable(city, matter):
        raise NotFound("open311.no_service", code=service_code[:40])
    return matter


def report_of(parts: Parts, pictures: tuple[Picture, ...], same_words: bool, language: str, key: str) -> NewReport:
    """The report to be received. The e-mail address, device and account are not kept: nothing here uses them."""
    sent, component = parts.sent, parts.answers.component
    held_for = suspicions(parts.description, same_words=same_words, has_photos=bool(pictures))
    return NewReport(
        source=Source.OPEN311.value,
        words=_words(sent),
        class_code=parts.matter.code if parts.matter is not None else None,
        standard_code=parts.answers.standard_code,
        lon=parts.lon,
        lat=parts.lat,
        area=sent.text("address_id", 100) or None,
        address=sent.text("address_string", 300),
        component_code=component.code if component is not None else None,
        name=name_of(sent.text("first_name", 60), sent.text("last_name", 60)),
        phone=parts.phone,
        language=language,
        idempotency_key=key or None,
        photos=pictures,
        suspicions=held_for,
    )


def name_of(first: str, last: str) -> str:
    """A person's name as it is said: the family name first in Chinese, without a blank."""
    if _HAN.search(first + last):
        return f"{last}{first}"
    return " ".join(filter(None, (first, last)))


def key_of(header: str, caller: str) -> str:
    """The idempotency key behind an `Idempotency-Key` header, apart for each caller; empty for none."""
    text = header.strip()
    digest = hashlib.sha256(f"{caller}\n{text}".encode()).hexdigest()
    return f"open311:{digest}" if text else ""


def pictures_of(files: Iterable[Any], city: City) -> tuple[Picture, ...]:
    """The uploaded photos, re-encoded without hidden data; raises BadPhoto for one that is none or too many."""
    files = list(files)
    most = int(city.settings.limits.get("photos_per_report", DEFAULT_PHOTOS))
    if len(files) > most:
        raise BadPhoto("open311.too_many_files", most=most)
    return tuple(clean_photo(file.read()) for file in files)


def _words(sent: Sent) -> str:
    """What was said, with the address of a picture that lies elsewhere: nobody fetches it, people may open it."""
    url = sent.text("media_url", LONGEST_URL + 1)
    if not url:
        return sent.text("description")
    try:
        parts = urlsplit(url)
    except ValueError as wrong:
        raise _bad_url(url) from wrong
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url) > LONGEST_URL or re.search(r"\s", url):
        raise _bad_url(url)
    return f"{sent.text('description')}\n{url}".strip()


def _bad_url(url: str) -> BadRequest:
    return BadRequest(
        "open311.bad_value", name="media_url", value=url[:60], example="https://photos.example/pothole.jpg"
    )


def today(city: City, at: datetime) -> date:
    """The city's day."""
    return at.astimezone(city.calendar().tz).date()
