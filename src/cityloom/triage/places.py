"""Which place of the city a text is about: a point, an area or a short list, with words and confidence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cityloom.base.reasons import Reason, register
from cityloom.city.values import AreaCode
from cityloom.triage.gazetteer import Gazetteer, NamedPlace, nearest_corners
from cityloom.triage.phrases import plain
from cityloom.triage.places_mentions import Mention, find_mentions
from cityloom.triage.values import Proposal, Subject

register(
    {
        "triage.place_crossing": ("提到{words}，两路在此相交", "names {words}, which meet there"),
        "triage.place_between": ("提到{words}，取两者最近处", "names {words}: where the two are nearest"),
        "triage.place_named": ("提到{words}", "names {words}"),
        "triage.place_road": ("提到{words}，只说到路，未说到哪一段", "names {words}: a road, not where on it"),
        "triage.place_area": ("提到{words}，只说到片区", "names {words}: an area only"),
        "triage.place_alike": (
            "提到{words}，地名库中最接近的是{name}",
            "names {words}; the nearest known name is {name}",
        ),
        "triage.place_home": ("提到{words}，可能只是住处", "names {words}, perhaps only where somebody lives"),
        "triage.place_unknown": (
            "提到{words}，地名库中没有这个名称",
            "names {words}, which the city's places do not hold",
        ),
        "triage.no_place": ("没有提到地点", "names no place"),
    }
)

MOST = 5  # proposals of one text
TOGETHER_M = 400.0  # a road and what stands near it are one place up to this distance
HOUSE_RADIUS_M = 150.0  # how well a house is known by its road alone, on a short one

# How often a place told so is the place of the matter; measured on the annotated messages (docs/triage-texts.md).
_TOLD = {
    "crossing": 0.95,
    "between": 0.93,
    "building": 0.95,
    "facility": 0.92,
    "estate": 0.92,
    "park": 0.92,
    "address": 0.88,
    "road": 0.75,
    "water": 0.65,
    "area": 0.6,
}
_OTHER, _ALIKE, _HOME = 0.85, 0.75, 0.45  # another layer's place; factors of a near name and of a home


@dataclass(frozen=True, slots=True)
class Site:
    """A place that the text may be about. `points` beyond the first stand for what else bears the name."""

    kind: str
    places: tuple[NamedPlace, ...]
    lon: float
    lat: float
    area: AreaCode | None
    radius_m: float
    mentions: tuple[Mention, ...]
    confidence: float
    reason: str
    alike: str = ""

    def as_value(self) -> dict[str, Any]:
        first = self.mentions[0]
        return {
            "kind": self.kind,
            "name_zh": " / ".join(p.name.zh for p in self.places),
            "name_en": " / ".join(p.name.en for p in self.places),
            "codes": [p.codes[0] for p in self.places],
            "lon": self.lon,
            "lat": self.lat,
            "area": self.area,
            "radius_m": round(self.radius_m),
            "near": any(m.near for m in self.mentions),
            **({"house": first.house} if first.house else {}),
            **({"building": first.building} if first.building else {}),
        }


def read_places(text: str, gazetteer: Gazetteer) -> tuple[Proposal, ...]:
    """The places a text is about, the likeliest first, at most `MOST`; one proposal of None when it names none.

    `value`: {"kind", "name_zh", "name_en", "codes", "lon", "lat", "area", "radius_m", "near", and "house" or
    "building" where said}. An area's point is one inside it; `radius_m` tells how far the place may reach.
    """
    mentions = find_mentions(text, gazetteer)
    if not mentions:
        return (Proposal(Subject.PLACE, None, 0.9, Reason("triage.no_place")),)
    sites = find_sites(mentions, gazetteer)
    if not sites:
        said = [m.said for m in mentions][:3]
        return (Proposal(Subject.PLACE, None, 0.7, Reason("triage.place_unknown", {"words": said}), tuple(said)),)
    return tuple(_proposal(site) for site in sites[:MOST])


def find_sites(mentions: Sequence[Mention], gazetteer: Gazetteer) -> list[Site]:
    """The places that these mentions mean, the likeliest first; the larger areas they lie in narrow them down."""
    known = [(m, _known_places(m, gazetteer)) for m in mentions]
    areas = [p.codes[0] for _, (places, _) in known for p in places if p.kind == "area"]
    context = _smallest(areas, gazetteer)
    narrowed = [(m, (_narrowed(places, context, gazetteer), alike)) for m, (places, alike) in known]
    sites = _single_sites(narrowed)
    pairs = [site for site in _pairs(narrowed, gazetteer) if site is not None]
    used = {m for site in pairs for m in site.mentions}
    if pairs:
        sites = [s for s in sites if not used.intersection(s.mentions)]
    ranked = sorted([*pairs, *sites], key=lambda s: (-s.confidence, s.mentions[0].start))
    return _without_holders(_once(ranked), gazetteer)


def _known_places(mention: Mention, gazetteer: Gazetteer) -> tuple[tuple[NamedPlace, ...], str]:
    """The places of a mention's name, and the name when it is only like the one that was said."""
    if mention.known:
        return gazetteer.named(mention.known), ""
    said = plain(mention.name)
    near = gazetteer.alike_latin(said) if mention.latin else _alike_names(said, gazetteer)
    return tuple(p for name in near for p in gazetteer.named(name)), " / ".join(near)


def _alike_names(said: str, gazetteer: Gazetteer) -> tuple[str, ...]:
    """Names one character off; of what a longer stretch ends with only where one name alone is that near."""
    if near := gazetteer.alike(said):
        return near[:MOST]
    for length in (len(said) - 1, len(said) - 2):
        if length >= 4 and len(near := gazetteer.alike(said[-length:])) == 1:
            return near
    return ()


def _smallest(areas: Sequence[AreaCode], gazetteer: Gazetteer) -> AreaCode | None:
    """The area that lies in all the others, None when they lie apart or there is none."""
    inner = max(areas, key=lambda a: len(gazetteer.chains.get(a, (a,))), default=None)
    if inner is None:
        return None
    chain = gazetteer.chains.get(inner, (inner,))
    return inner if all(a in chain for a in areas) else None


def _narrowed(places: Sequence[NamedPlace], context: AreaCode | None, gazetteer: Gazetteer) -> tuple[NamedPlace, ...]:
    """What of these places lies in the area the text names; all of them when nothing does."""
    if context is None:
        return tuple(places)
    inside = [p if p.kind == "area" else gazetteer.inside(p, context) for p in places]
    return tuple(p for p in inside if p is not None) or tuple(places)


Known = tuple[Mention, tuple[tuple[NamedPlace, ...], str]]


def _single_sites(known: Sequence[Known]) -> list[Site]:
    return [
        _site(mention, place, len(places), alike) for mention, (places, alike) in known for place in places[:MOST]
    ]


def _site(mention: Mention, place: NamedPlace, among: int, alike: str) -> Site:
    kind = place.kind
    if kind == "road" and mention.house:
        kind = "address"
    elif mention.building and kind not in ("road", "area"):
        kind = "building"
    at = place.middle_index
    lon, lat = place.points[at]
    confidence = _TOLD.get(kind, _OTHER) / among * (_ALIKE if alike else 1.0) * (_HOME if mention.home else 1.0)
    if kind == "road" and place.radius_m > 1000:
        confidence *= 0.8
    reason = f"triage.place_{kind}" if kind in ("road", "area") else "triage.place_named"
    reason = "triage.place_home" if mention.home else reason
    area = place.codes[0] if kind == "area" else place.areas[at] if place.areas else None
    return Site(
        kind, (place,), lon, lat, area, _radius_m(kind, place), (mention,), confidence,
        "triage.place_alike" if alike else reason, alike,
    )  # fmt: skip


def _radius_m(kind: str, place: NamedPlace) -> float:
    return max(place.radius_m, HOUSE_RADIUS_M) if kind == "address" else place.radius_m


def _pairs(known: Sequence[Known], gazetteer: Gazetteer) -> Iterable[Site | None]:
    """Crossings of roads that are named together, and roads told by what stands beside them."""
    i = 0
    while i < len(known) - 1:
        one, other = known[i], known[i + 1]
        site = _crossing(one, other, gazetteer) or _between(one, other)
        yield site
        i += 2 if site is not None else 1


def _crossing(one: Known, other: Known, gazetteer: Gazetteer) -> Site | None:
    (first, (firsts, alike)), (second, (seconds, alike_too)) = one, other
    if not first.joins or first.home:
        return None
    for a in firsts:
        for b in seconds:
            if a.kind == b.kind == "road" and a.codes != b.codes and (at := gazetteer.crossing(a, b)) is not None:
                factor = _ALIKE if alike or alike_too else 1.0
                return Site(
                    "crossing", (a, b), at[0], at[1], at[2], 30.0, (first, second), _TOLD["crossing"] * factor,
                    "triage.place_alike" if alike or alike_too else "triage.place_crossing", alike or alike_too,
                )  # fmt: skip
    return None


def _between(one: Known, other: Known) -> Site | None:
    """A road and an estate, park or facility named next to each other that stand together."""
    (first, (firsts, alike)), (second, (seconds, alike_too)) = one, other
    apart = second.start - first.end
    if first.home or second.home or alike or alike_too or apart > (16 if first.latin else 6):
        return None
    for a in firsts:
        for b in seconds:
            if {a.kind, b.kind} & {"area", "water"} or (a.kind == "road") == (b.kind == "road"):
                continue
            road, beside = (a, b) if a.kind == "road" else (b, a)
            at, _, metres = nearest_corners(road, beside)
            if metres <= TOGETHER_M + beside.radius_m:
                lon, lat = road.points[at]
                area = road.areas[at] if road.areas else None
                return Site("between", (road, beside), lon, lat, area, 80.0, (first, second), _TOLD["between"],
                            "triage.place_between")  # fmt: skip
    return None


def _once(sites: Iterable[Site]) -> list[Site]:
    """Each place once: a place named again only makes its first naming surer."""
    kept: dict[tuple[str, ...], Site] = {}
    for site in sites:
        key = tuple(sorted(p.codes[0] for p in site.places))
        if key in kept:
            surer = min(0.97, max(kept[key].confidence, site.confidence) + 0.02)
            kept[key] = replace(kept[key], confidence=surer)
        else:
            kept[key] = site
    return list(kept.values())


def _without_holders(sites: list[Site], gazetteer: Gazetteer) -> list[Site]:
    """The sites without areas that only say in which part of the city another site lies."""
    finer = [s for s in sites if s.kind != "area" and s.reason != "triage.place_home"]
    kept = [s for s in sites if s.kind != "area" or not finer]
    areas = [s for s in kept if s.kind == "area"]
    if len(areas) < 2:
        return kept
    chains = [gazetteer.chains.get(s.places[0].codes[0], ()) for s in areas]
    holders = {code for chain in chains for code in chain[:-1]}
    return [s for s in kept if s.kind != "area" or s.places[0].codes[0] not in holders]


def _proposal(site: Site) -> Proposal:
    words = [m.said for m in site.mentions]
    params = {"words": words, **({"name": site.alike} if site.alike else {})}
    confidence = max(0.05, min(0.97, site.confidence))
    return Proposal(Subject.PLACE, site.as_value(), round(confidence, 3), Reason(site.reason, params), tuple(words))
