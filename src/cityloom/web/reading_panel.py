"""What the words of a call seem to say, beside the agent's form: danger, routes, class, place, what is alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from cityloom.base.errors import CityloomError
from cityloom.cases.errors import NotAllowed
from cityloom.cases.understanding import read_report, readers_of
from cityloom.city.knowledge import choose_notes
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role, Standard
from cityloom.triage.routes import Route
from cityloom.triage.values import Proposal, Reading, Subject
from cityloom.web import context
from cityloom.web.doors import for_staff
from cityloom.web.naming import Names, names
from cityloom.web.near_matters import Near, near_matters
from cityloom.web.seems import MOST, Choice, Danger, class_choices, danger_of
from cityloom.web.shown import show
from cityloom.web.words import say

READERS = frozenset({Role.HOTLINE_AGENT, Role.SHIFT_LEAD, Role.DISPATCHER})
FIELDS = ("words", "class", "lon", "lat", "address")


@dataclass(frozen=True)
class Rule:
    """What applies to a class: the condition it is filed under, its limit, and what closes it."""

    condition: str
    limit: str
    closing: str


@dataclass(frozen=True)
class Knowledge:
    """A note of the city for this call: what to ask, what to promise; where more stands, until when it holds."""

    text: str
    link: str
    until: date | None


@dataclass(frozen=True)
class ReadingPart:
    """The panel beside the form."""

    template: ClassVar[str] = "cityloom/parts/reading.html"
    blank: Annotated[bool, "whether nothing was typed and no class chosen yet"] = True
    danger: Annotated[Danger | None, "a danger to life that the words tell of"] = None
    routes: Annotated[Sequence[tuple[str, str]], "special routes, each with what the agent does"] = ()
    aside: Annotated[str, "why it looks like no matter at all"] = ""
    classes: Annotated[Sequence[Choice], "classes to take over"] = ()
    places: Annotated[Sequence[Choice], "places to take over"] = ()
    near: Annotated[Sequence[Near], "open matters nearby"] = ()
    matter: Annotated[str, "the class that the rules are of"] = ""
    rules: Annotated[Sequence[Rule], "what applies to the class"] = ()
    notes: Annotated[Sequence[Knowledge], "what the city says to ask and to promise"] = ()


@require_POST
@for_staff
def read_words(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What was typed so far, read: nothing of it is kept."""
    if post.role not in READERS:
        roles = [r.value for r in READERS]
        raise NotAllowed("error.not_allowed", role=post.role.value, move="receive", roles=roles)
    typed = context.typed_of(request.POST, *FIELDS)
    has_words = bool(typed["words"].strip())
    return show(request, _part(city, read_report(city, typed["words"]) if has_words else Reading(), typed))


def _part(city: City, reading: Reading, typed: Mapping[str, str]) -> ReadingPart:
    named = names(city)
    classes = class_choices(reading, named, city)
    code = typed["class"] if typed["class"] in city.classes else classes[0].value if classes else ""
    aside, day = reading.best(Subject.ASIDE), context.today(city)
    chosen = choose_notes(city.knowledge, city.class_chain(code) if code else (), typed["words"], day)
    return ReadingPart(
        blank=not typed["words"].strip() and not code,
        danger=danger_of(reading, city, named),
        routes=_routes(reading, city, named),
        aside=named.reason(aside.reason) if aside and aside.is_known else "",
        classes=classes,
        places=[c for p in reading.about(Subject.PLACE) if p.is_known and (c := _place(p, named))][:MOST],
        near=_near(city, typed) if typed["words"].strip() else (),
        matter=named.matter(code) if code else "",
        rules=[_rule(s, named) for s in city.standards_on(code, day)] if code else (),
        notes=[Knowledge(note.text.in_language(named.lang), note.link, note.until) for note in chosen],
    )


def _place(proposal: Proposal, named: Names) -> Choice | None:
    value = proposal.value
    if value.get("lon") is None:
        return None
    name = value[f"name_{named.lang}"] or value["name_zh"]
    return Choice(
        name, name, round(100 * proposal.confidence), named.reason(proposal.reason),
        f"{value['lon']:.6f}", f"{value['lat']:.6f}",
    )  # fmt: skip


def _routes(reading: Reading, city: City, named: Names) -> list[tuple[str, str]]:
    kinds = readers_of(city).routes.kinds
    known = [Route(p.value) for p in reading.about(Subject.ROUTE) if p.is_known]
    found = [kinds[route] for route in known if route in kinds]  # an emergency is shown with its lines
    return [(kind.name.in_language(named.lang), kind.advice.in_language(named.lang)) for kind in found]


def _near(city: City, typed: Mapping[str, str]) -> tuple[Near, ...]:
    """Open matters near the typed place; none while the place is half typed."""
    try:
        return near_matters(city, typed, in_public=False)
    except CityloomError:
        return ()


def _rule(standard: Standard, named: Names) -> Rule:
    limit = ""
    if standard.limit is not None and standard.unit:
        limit = f"{standard.limit:g} {say(f'unit_of_time.{standard.unit}')}"
    return Rule(standard.condition.in_language(named.lang), limit, standard.closing.in_language(named.lang))
