"""What words seem to say, to be taken over by a click: classes with their reason, and whom to call in danger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cityloom.cases.understanding import AT_ONCE, read_report, readers_of
from cityloom.city.snapshot_values import City
from cityloom.triage.values import Proposal, Reading, Subject
from cityloom.web import context
from cityloom.web.doors import for_everybody
from cityloom.web.naming import Names, names
from cityloom.web.public_limits import knock_at
from cityloom.web.shown import show
from cityloom.web.words import say

MOST = 3
WORTH_SHOWING = 0.2  # of confidence; less is no help to a resident


@dataclass(frozen=True)
class Choice:
    """A class or a place to take over with one key, with how sure the reader is (percent) and why."""

    value: str
    name: str
    percent: int
    reason: str
    lon: str = ""
    lat: str = ""


@dataclass(frozen=True)
class Danger:
    """Somebody is in danger: what it is, and whom to call."""

    names: str
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SeemsPart:
    """Under the resident's words: what they seem to be about."""

    template: ClassVar[str] = "cityloom/parts/seems.html"
    danger: Annotated[Danger | None, "a danger to life that the words tell of"] = None
    classes: Annotated[Sequence[Choice], "classes to take over"] = ()
    chosen: Annotated[str, "the class that is chosen already"] = ""


@never_cache
@require_POST
@for_everybody
def seems(request: HttpRequest, city: City) -> HttpResponse:
    """What a resident has typed so far, read; nothing of it is kept, and no address holds it."""
    knock_at(request, city, near="")
    typed = context.typed_of(request.POST, "words", "class")
    if not typed["words"].strip():
        return show(request, SeemsPart())
    reading, named = read_report(city, typed["words"]), names(city)
    sure = [c for c in class_choices(reading, named, city) if c.percent >= 100 * WORTH_SHOWING]
    return show(request, SeemsPart(danger_of(reading, city, named), sure, typed["class"]))


def class_choices(reading: Reading, named: Names, city: City, most: int = MOST) -> list[Choice]:
    """The classes that can be filed, the likeliest first."""
    known = [p for p in reading.about(Subject.CLASS) if p.is_known and str(p.value) in city.classes]
    return [_choice(p, named) for p in known][:most]


def danger_of(reading: Reading, city: City, named: Names) -> Danger | None:
    """The danger that a person must see at once, with the lines to call; None for none."""
    found = reading.best(Subject.URGENCY)
    if found is None or found.value["level"] not in AT_ONCE:
        return None
    lexicon = readers_of(city).urgency
    hazards = [lexicon.hazards[code].name.in_language(named.lang) for code in found.value["hazards"]]
    lines = [lexicon.lines[code] for code in found.value["lines"]]
    return Danger(
        say("list.comma").join(hazards), [(line.name.in_language(named.lang), line.phone) for line in lines]
    )


def _choice(proposal: Proposal, named: Names) -> Choice:
    why = named.reason(proposal.reason)
    return Choice(str(proposal.value), named.matter(str(proposal.value)), round(100 * proposal.confidence), why)
