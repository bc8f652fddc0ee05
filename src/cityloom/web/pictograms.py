"""Classes as pictures for a thumb: which picture a class of the national catalogue belongs under.

The catalogue numbers minors inside majors: component 0137 is a street lamp, event 0110 exposed refuse (GB/T 30428.2).
A class that no row names stands under its own topmost class with the general picture, so that nothing of a city's
catalogue is out of reach. The drawings are in `static/cityloom/pictograms.svg`, one symbol a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature
from cityloom.web.naming import Names
from cityloom.web.words import say

GENERAL = "general"
FOUND_OUTSIDE = frozenset({"component", "event"})  # what somebody who walks finds; the rest is for the hotline

# Picture → first and last numbers of components, of events.
Spans = tuple[tuple[int, int], ...]
PICTURES: tuple[tuple[str, Spans, Spans], ...] = (
    ("manhole", ((101, 124), (126, 126)), ()),
    ("rubbish", ((301, 305),), ((110, 112), (114, 114), (120, 120), (125, 125), (135, 135))),
    ("lamp", ((137, 139),), ()),
    ("road", ((202, 211),), ((113, 113), (405, 405))),
    ("stall", (), ((501, 506),)),
    ("parking", ((201, 201), (225, 225)), ((510, 511), (593, 593))),
    ("water", ((125, 125), (506, 508)), ((401, 401), (403, 404), (406, 407))),
    ("greenery", ((401, 406), (408, 409)), ((117, 117), (122, 122), (409, 409))),
    ("poster", ((306, 308),), ((201, 206),)),
    ("building", (), ((101, 107), (136, 136))),
    ("site", (), ((301, 309),)),
    ("fire", ((181, 181),), ((601, 603),)),
    ("lines", ((127, 131), (150, 151)), ((108, 108), (408, 408))),
    ("gas", ((149, 149), (154, 157), (503, 504)), ((402, 402),)),
    ("noise", (), ((128, 129),)),
    ("traffic", ((212, 224),), ()),
    ("animal", (), ((130, 130), (137, 137))),
    ("public", ((140, 148), (407, 407), (410, 410)), ((604, 604),)),
)


@dataclass(frozen=True)
class Tile:
    """A picture with the classes below it; `key` is unique on the page, `picture` names the drawing."""

    key: str
    picture: str
    name: str
    classes: tuple[tuple[str, str], ...]


def picture_of(kind: str, code: str) -> str:
    """The picture for a class; `general` for what no row names. Pure."""
    digits = re.sub(r"\D", "", code.partition(":")[2] or code)
    if kind not in FOUND_OUTSIDE or len(digits) != 4:
        return GENERAL
    number = int(digits)
    for key, components, events in PICTURES:
        if any(first <= number <= last for first, last in (components if kind == "component" else events)):
            return key
    return GENERAL


def tiles_of(city: City, named: Names, on: date) -> list[Tile]:
    """The city's classes under their pictures, in the order of the table, what is general at the end.

    Classes that are found outside; all classes of matters where the catalogue has none of those.
    """
    leaves = [c for c in city.leaves if city.classes[c].valid.covers(on) and city.classes[c].nature is Nature.MATTER]
    outside = [c for c in leaves if city.classes[c].kind in FOUND_OUTSIDE]
    groups: dict[str, list[tuple[str, str]]] = {key: [] for key, _, _ in PICTURES}
    for code in outside or leaves:
        picture = picture_of(city.classes[code].kind, code)
        key = picture if picture != GENERAL else f"{GENERAL}-{city.class_chain(code)[-1]}"
        groups.setdefault(key, []).append((code, named.matter(code)))
    return [_tile(key, classes, named) for key, classes in groups.items() if classes]


def _tile(key: str, classes: Iterable[tuple[str, str]], named: Names) -> Tile:
    if key.startswith(GENERAL):
        return Tile(key.replace(":", "-"), GENERAL, named.matter(key.removeprefix(f"{GENERAL}-")), tuple(classes))
    return Tile(key, key, say(f"pict.{key}"), tuple(classes))
