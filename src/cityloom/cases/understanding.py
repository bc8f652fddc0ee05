"""What a city reads reports with, and what it goes by alone: class, place and urgency, above the set confidence.

`[limits]` of city.toml: `triage_class` and `triage_place` are the confidences from which the system fills in an open
class or place by itself. A city that sets none has a person decide every time; what was proposed is kept either way.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from cityloom.cases.gazetteers import gazetteer_of, kept_gazetteer
from cityloom.cases.reading import classifier_for
from cityloom.city.reader_words import ROUTES, URGENCY
from cityloom.city.snapshot_values import City
from cityloom.city.values import Urgency
from cityloom.triage.reading import Readers, read_all
from cityloom.triage.routes import RouteLexicon, shipped_routes
from cityloom.triage.urgency import Level, UrgencyLexicon, shipped_urgency
from cityloom.triage.values import Proposal, Reading, Subject

NEVER = 2.0  # no confidence reaches it
CLOSE_M = 150  # a place known no closer than this is shown to a person, not taken as a point
AT_ONCE = frozenset({Level.EMERGENCY.value, Level.PRESSING.value})
MOST_VERSIONS = 4  # kept with words of their own
_building: set[str] = set()
_laid_over: dict[str, tuple[UrgencyLexicon, RouteLexicon]] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Filled:
    """What the system goes by alone; None where a person decides or the report said it itself."""

    class_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    urgency: str | None = None


def read_report(city: City, words: str, *, has_photos: bool = False, earlier: tuple[str, ...] = ()) -> Reading:
    """What a text seems to say, by the model the city has chosen."""
    return read_all(words, readers_of(city), has_photos=has_photos, earlier=earlier)


def readers_of(city: City) -> Readers:
    """The readers of this version of the city; nobody waits while the gazetteer is built."""
    gazetteer = kept_gazetteer(city)
    if gazetteer is None:
        _build_beside(city)
    urgency, routes = _lexicons(city)
    return Readers(classifier_for(city), gazetteer, urgency, routes)


def _lexicons(city: City) -> tuple[UrgencyLexicon, RouteLexicon]:
    """The words of dangers and routes with the city's own over them, built once for each version of the city."""
    own = city.reader_words
    if not own:
        return shipped_urgency(), shipped_routes()
    if (found := _laid_over.get(city.digest)) is None:
        urgency = UrgencyLexicon(own[URGENCY]) if URGENCY in own else shipped_urgency()
        found = urgency, RouteLexicon(own[ROUTES]) if ROUTES in own else shipped_routes()
        if len(_laid_over) >= MOST_VERSIONS:
            _laid_over.clear()
        _laid_over[city.digest] = found
    return found


def warm_readers(city: City) -> None:
    """Build all that reading needs, for whoever has the time: a starting process, a test."""
    classifier_for(city)
    gazetteer_of(city)
    readers_of(city)


def _build_beside(city: City) -> None:
    with _lock:
        if city.digest in _building:
            return
        _building.add(city.digest)

    def build() -> None:
        try:
            gazetteer_of(city)
        finally:
            _building.discard(city.digest)

    threading.Thread(target=build, name="gazetteer", daemon=True).start()


def fill_in(reading: Reading, city: City, *, has_class: bool, has_place: bool) -> Filled:
    """What a reading fills in by itself. Pure but for the settings of the city."""
    limits = city.settings.limits
    found = Filled()
    best = reading.best(Subject.CLASS)
    if not has_class and best is not None and best.is_sure(float(limits.get("triage_class", NEVER))):
        found = _with_class(found, best, city)
    place = reading.best(Subject.PLACE)
    if not has_place and place is not None and place.is_sure(float(limits.get("triage_place", NEVER))):
        found = _with_place(found, place)
    danger = reading.best(Subject.URGENCY)
    if danger is not None and danger.value["level"] in AT_ONCE:
        found = Filled(found.class_code, found.lon, found.lat, Urgency.URGENT.value)
    return found


def _with_class(found: Filled, proposal: Proposal, city: City) -> Filled:
    """A class that is filed; one above it says too little, a person chooses below it."""
    return Filled(proposal.value, found.lon, found.lat) if proposal.value in city.leaves else found


def _with_place(found: Filled, proposal: Proposal) -> Filled:
    value = proposal.value
    if value.get("lon") is None or value.get("near") or value.get("radius_m", CLOSE_M + 1) > CLOSE_M:
        return found
    return Filled(found.class_code, value["lon"], value["lat"])
