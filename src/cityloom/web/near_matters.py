"""What the form of a report shows of a place before it is sent: its name, whose it is, what is open nearby."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from cityloom.cases.dispatching import choose_lead
from cityloom.cases.errors import BadReport
from cityloom.cases.places import component_at, locate
from cityloom.cases.reading import matter_words
from cityloom.cases.twins import Twin, list_twins
from cityloom.city.place_names import name_road
from cityloom.city.snapshot_values import City
from cityloom.city.values import Source
from cityloom.web import context
from cityloom.web.forms import point_of
from cityloom.web.naming import names

STREET_OFFICE = "street_office"


@dataclass(frozen=True)
class Near:
    """An open matter nearby: what it is, how far, since when."""

    number: str
    matter: str
    state: str
    metres: int
    opened_at: datetime
    percent: int = 0  # how likely it is the same matter
    why: str = ""


@dataclass(frozen=True)
class Proof:
    """What is already known of the place and who would take it."""

    place: str
    unit: str
    road: str = ""
    keeper: str = ""  # the office that serves the place, while it is open who would take the matter


def near_matters(city: City, typed: Mapping[str, str], *, in_public: bool = True) -> tuple[Near, ...]:
    """Open matters near the typed place that may be the same, the likeliest first.

    In public the reason names words of the city's own lists only, or anybody could ask which names a report holds.
    """
    lon, lat = point_of(typed["lon"], typed["lat"])
    place = locate(city, lon, lat, typed["address"])
    with connection.cursor() as cursor:
        at, words = context.clock().now(), typed.get("words", "")
        twins = list_twins(cursor, city, place, typed["class"] or None, at, words=words)
    told = matter_words(city) if in_public else None
    return tuple(near_of(city, twin, told) for twin in twins)


def near_of(city: City, twin: Twin, told: frozenset[str] | None = None) -> Near:
    """A twin in words; `told` are the words that its reason may name, None for any."""
    named, like = names(city), twin.likeness
    if told is not None:
        like = replace(like, both=tuple(word for word in like.both if word in told))
    return Near(
        twin.number,
        named.matter(twin.class_code),
        named.state(twin.state),
        round(twin.distance_m),
        twin.opened_at,
        round(100 * like.probability),
        named.reason(like.reason),
    )


def proof_of(city: City, typed: Mapping[str, str]) -> Proof | None:
    """The place and its unit; None without a place. Raises BadReport for a place that is none or lies outside."""
    lon, lat = point_of(typed["lon"], typed["lat"])
    if lon is None or lat is None:
        return None
    place = locate(city, lon, lat)
    code = typed["class"] if typed["class"] in city.classes else None
    component = component_at(city, code, lon, lat)
    route = choose_lead(city, code, place.area, component, Source.RESIDENT, context.clock().now())
    named, road = names(city), name_road(city, lon, lat)
    return Proof(
        place=named.place(place.area),
        unit=named.unit(route.lead),
        road=road.in_language(named.lang) if road else "",
        keeper="" if route.lead else _keeper(city, place.area),
    )


def _keeper(city: City, area: str | None) -> str:
    serving = city.units_serving(area, STREET_OFFICE) if area is not None and area in city.areas else ()
    return names(city).unit(serving[0]) if serving else ""


def find_proof(city: City, typed: Mapping[str, str]) -> Proof | None:
    """The proof for a place in the address of the form; an address that names none shows none."""
    try:
        return proof_of(city, typed)
    except BadReport:
        return None
