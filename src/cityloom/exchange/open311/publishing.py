"""What is told in public about services, requests and their moves, as the fields of the specification. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from cityloom.city.snapshot_values import City
from cityloom.city.values import MatterClass, Standard
from cityloom.exchange.open311.attributes import has_attributes
from cityloom.exchange.open311.general import general_service
from cityloom.exchange.open311.mapping import (
    BATCH,
    NAMESPACE,
    REALTIME,
    is_public_class,
    is_reportable,
    moment_text,
    named,
    place_name,
    service_code_of,
    state_name,
    status_of,
)
from cityloom.exchange.open311.queries import RequestRow, UpdateRow

CHANGESET = "2026-11-22T00:00:00+08:00"  # of what this door says and takes; changed with it
DIGITS = 5  # about a metre
LONGEST = 4000  # signs of a description, as published schemas allow
FORMATS = ("text/xml", "application/json")
ENDPOINTS = (("v2", "production"), ("test/v2", "test"))
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){6,}")  # a phone or the number of a card


def discovery(city: City, base: str, language: str) -> dict[str, Any]:
    """Where the endpoints are; `base` is the address of the door without its last slash."""
    contact = f"{city.name.in_language(language)} {base.removesuffix('/open311')}/"
    how = {
        "zh": "上报无需 api_key；提交更新须有，请联系本市平台管理员签发",
        "en": "reports need no api_key; updates do: ask the administrator of this city's platform for one",
    }
    return {
        "changeset": CHANGESET,
        "contact": contact,
        "key_service": how[language],
        "endpoints": [
            {
                "specification": NAMESPACE,
                "url": f"{base}/{path}",
                "changeset": CHANGESET,
                "type": kind,
                "formats": list(FORMATS),
            }
            for path, kind in ENDPOINTS
        ],
    }


def services(city: City, on: date, language: str) -> list[dict[str, Any]]:
    """The classes that the public may report on that day, in the order of the catalogue, and the general one."""
    classes = (city.classes[code] for code in city.leaves)
    known = [_service(city, m, on, language) for m in classes if m.valid.covers(on) and is_reportable(city, m)]
    return [*known, general_service(language)]


def _service(city: City, matter: MatterClass, on: date, language: str) -> dict[str, Any]:
    chain = [city.classes[code] for code in city.class_chain(matter.code)]
    keywords = dict.fromkeys(text for m in chain for text in (m.name.zh, m.name.en) if text)
    conditions = [s.condition.in_language(language) for s in city.standards_on(matter.code, on)]
    name = matter.name.in_language(language)
    return {
        "service_code": service_code_of(matter.code),
        "service_name": name,
        "description": "；".join(conditions) if language == "zh" and conditions else "; ".join(conditions) or name,
        "metadata": has_attributes(city, matter, on),
        "type": REALTIME if is_public_class(city, matter) else BATCH,
        "keywords": ",".join(text.replace(",", " ") for text in keywords),
        "group": chain[-1].name.in_language(language),
    }


def request(city: City, row: RequestRow, language: str, *, whole: bool = True) -> dict[str, Any]:
    """One request. `whole` False leaves the place out: what a home called about is told without it, to whom has
    the token."""
    zone = city.calendar().tz
    point = (row.lon, row.lat) if whole and row.lon is not None and row.lat is not None else None
    return {
        "service_request_id": row.number,
        "status": status_of(row.closed_at is not None),
        "status_notes": state_name(row.state, language),
        "service_name": named(city.classes, row.class_code, language) or None,
        "service_code": service_code_of(row.class_code) if row.class_code else "",  # published schemas know no null
        "description": description(city, row, language),
        "agency_responsible": named(city.units, row.lead_unit, language) or None,
        "service_notice": None,
        "requested_datetime": moment_text(row.opened_at, zone),
        "updated_datetime": moment_text(row.updated_at, zone),
        "expected_datetime": moment_text(row.promise_due_at, zone),
        "address": (place_name(city, row.area, language) or None) if whole else None,
        "address_id": None,
        "zipcode": None,
        "lat": round(point[1], DIGITS) if point else None,
        "long": round(point[0], DIGITS) if point else None,
        "media_url": None,
    }


def description(city: City, row: RequestRow, language: str) -> str:
    """The class and its condition; the words said only where the city publishes them, without long numbers."""
    if row.words and row.words.strip():
        return _LONG_NUMBER.sub("…", row.words.strip())[:LONGEST]
    matter = named(city.classes, row.class_code, language)
    standard = _standard(city, row)
    condition = standard.condition.in_language(language) if standard is not None else ""
    return ("：" if language == "zh" else ": ").join(dict.fromkeys(filter(None, (matter, condition))))


def _standard(city: City, row: RequestRow) -> Standard | None:
    rows = city.standards.get(row.class_code or "", ())
    return next((s for s in rows if s.code == row.standard_code), None)


def update(city: City, row: UpdateRow, language: str) -> dict[str, Any]:
    """One public move: what the case became, without what was written about it."""
    return {
        "update_id": str(row.id),
        "service_request_id": row.number,
        "status": status_of(row.is_closed),
        "updated_datetime": moment_text(row.at, city.calendar().tz),
        "description": state_name(row.to_state, language),
        "media_url": None,
    }
