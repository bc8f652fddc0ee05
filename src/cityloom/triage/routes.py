"""Which road a text belongs to when it is not dispatch: the six special routes, and what is set aside. Pure.

The routes are those of article 11 of the 接诉即办 rules: emergency lines; courts, arbitration, discipline, review,
disclosure, petition; a repeat without new facts; secrets and privacy; outside public duty; unlawful content. A route
is proposed, never taken: a person confirms it, and what is set aside is kept whole for a person to look at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz

from cityloom.base.reasons import Reason, register
from cityloom.city.values import Name
from cityloom.triage.lexicons import lexicon
from cityloom.triage.phrases import Hit, PhraseBook, plain
from cityloom.triage.urgency import MOST_HITS, READ_CHARS, Level, UrgencyLexicon, read_urgency, shipped_urgency
from cityloom.triage.values import Proposal, Subject

register(
    {
        "triage.route_emergency": (
            "涉及人身安全（{zh} {en}），应立即转{lines_zh}（{lines_en}）",
            "somebody is in danger ({en} {zh}): pass it to {lines_en} ({lines_zh})",
        ),
        "triage.route_words": ("属于{zh}（{en}）：{phrases}", "belongs to {en} ({zh}): {phrases}"),
        "triage.route_repeat": (
            "与先前的诉求内容相同（相似度{percent}%），没有新情况",
            "says what was reported before ({percent}% alike) and nothing new",
        ),
        "triage.no_route": ("没有提到须走特别渠道的事项", "tells of nothing that takes a special route"),
        "triage.aside_empty": ("没有内容", "it says nothing"),
        "triage.aside_noise": ("只有重复的字符或符号", "signs without sense, or one repeated"),
        "triage.aside_words": ("看来是{zh}（{en}）：{phrases}", "it looks like {en} ({zh}): {phrases}"),
        "triage.not_aside": ("是正常的诉求", "an ordinary report"),
    }
)

ALIKE = 0.92  # of two texts in letters and digits, from which the later one says nothing new
MATTER_CHARS = 12  # letters beside the abuse or the test from which a text still tells of a matter


class Route(StrEnum):
    """The six special routes."""

    EMERGENCY = "emergency"
    LEGAL = "legal"
    REPEAT = "repeat"
    SECRET = "secret"  # noqa: S105 -- the word of a route
    OUTSIDE = "outside"
    UNLAWFUL = "unlawful"


class Aside(StrEnum):
    """Why a text is set aside."""

    EMPTY = "empty"
    NOISE = "noise"
    ABUSE = "abuse"
    TEST = "test"
    ADVERT = "advert"


_ORDER = (Route.UNLAWFUL, Route.SECRET, Route.LEGAL, Route.OUTSIDE)  # by how much it matters that none is missed


@dataclass(frozen=True, slots=True)
class RouteKind:
    """A route with its names, and what the agent does, in both languages."""

    code: Route
    name: Name
    advice: Name


class RouteLexicon:
    """Words of the routes and of what is set aside, ready to read with."""

    def __init__(self, own: Mapping[str, Any] | None = None) -> None:
        """`own`: the city's table over the shipped `data/routes.toml`."""
        data = lexicon("routes", own)
        self.kinds = {Route(code): _kind(code, row) for code, row in data["routes"].items()}
        self.aside_names = {Aside(code): Name(row["zh"], row["en"]) for code, row in data["aside"].items()}
        self._routes = _book(data["routes"])
        self._not_routes = _book(data["routes"], "not_words")
        self._asides = _book(data["aside"])
        self._not_asides = _book(data["aside"], "not_words")

    def route_hits(self, text: str) -> dict[str, list[Hit]]:
        """The phrases of each route that stand in the text and mean it."""
        low = plain(text[:READ_CHARS])
        return _by_label(_meant(self._routes.find(low, MOST_HITS), self._not_routes.find(low, MOST_HITS)))

    def aside_hits(self, text: str) -> dict[str, list[Hit]]:
        """The phrases of each kind of aside that stand in the text; none of a kind that another phrase excuses."""
        low = plain(text[:READ_CHARS])
        excused = {hit.label for hit in self._not_asides.find(low)}
        return _by_label([hit for hit in self._asides.find(low) if hit.label not in excused])


@lru_cache(maxsize=1)
def shipped_routes() -> RouteLexicon:
    """The lexicon that ships."""
    return RouteLexicon()


def read_routes(
    text: str,
    earlier: Sequence[str] = (),
    *,
    lexicon: RouteLexicon | None = None,
    urgency: UrgencyLexicon | None = None,
) -> tuple[Proposal, ...]:
    """The special routes a text falls under, the weightiest first; one proposal of None when it falls under none.

    `earlier`: what the same person or about the same point was reported before, the newest first. `value` is a word
    of `Route`; the emergency's lines stand in its reason and in `read_urgency`.
    """
    book = lexicon or shipped_routes()
    found: list[Proposal] = []
    danger = read_urgency(text, urgency)
    if danger.value["level"] == Level.EMERGENCY.value:
        found.append(_emergency(danger, urgency))
    if (repeat := _repeat(text, earlier)) is not None:
        found.append(repeat)
    hits = book.route_hits(text)
    for route in _ORDER:
        if route.value in hits:
            found.append(_by_words(text, book.kinds[route], hits[route.value]))
    if not found:
        return (Proposal(Subject.ROUTE, None, 0.9, Reason("triage.no_route")),)
    return tuple(found)


def read_aside(text: str, *, has_photos: bool = False, lexicon: RouteLexicon | None = None) -> Proposal:
    """Whether a text is set aside for a person to look at, and why; the value is a word of `Aside` or None.

    A text that is abusive and yet tells of a matter is an ordinary report. A photo speaks for itself.
    """
    letters = _LETTER.findall(text[:READ_CHARS])
    if not letters:
        return _aside(Aside.EMPTY if not text.strip() else Aside.NOISE, has_photos)
    if len(letters) >= 6 and len(set(letters)) <= 2:
        return _aside(Aside.NOISE, has_photos)
    book = lexicon or shipped_routes()
    for label, hits in book.aside_hits(text).items():
        aside = Aside(label)
        if aside is Aside.ADVERT and len(hits) < 2:
            continue
        if len(letters) - _letters_in(text, hits) < _room(aside):
            name, phrases = book.aside_names[aside], _phrases(hits)
            reason = Reason("triage.aside_words", {"zh": name.zh, "en": name.en, "phrases": phrases})
            return Proposal(Subject.ASIDE, aside.value, 0.85, reason, _said(text, hits))
    return Proposal(Subject.ASIDE, None, 0.9, Reason("triage.not_aside"))


_LETTER = re.compile(r"[^\W_]")


def _room(aside: Aside) -> int:
    """How many letters may stand beside the words before it is a report all the same."""
    return 400 if aside is Aside.ADVERT else MATTER_CHARS


def _letters_in(text: str, hits: Sequence[Hit]) -> int:
    return sum(len(_LETTER.findall(text[h.start : h.end])) for h in hits)


def _aside(aside: Aside, has_photos: bool) -> Proposal:
    if has_photos:
        return Proposal(Subject.ASIDE, None, 0.7, Reason("triage.not_aside"))
    code = "triage.aside_empty" if aside is Aside.EMPTY else "triage.aside_noise"
    return Proposal(Subject.ASIDE, aside.value, 0.95, Reason(code))


def _emergency(danger: Proposal, urgency: UrgencyLexicon | None) -> Proposal:
    lines = [(urgency or shipped_urgency()).lines[code].name for code in danger.value["lines"]]
    params = {**danger.reason.params, "lines_zh": [n.zh for n in lines], "lines_en": [n.en for n in lines]}
    return Proposal(
        Subject.ROUTE,
        Route.EMERGENCY.value,
        danger.confidence,
        Reason("triage.route_emergency", params),
        danger.words,
    )


def _repeat(text: str, earlier: Sequence[str]) -> Proposal | None:
    said = _core(text)
    if not said:
        return None
    alike = max((fuzz.ratio(said, _core(each)) / 100 for each in earlier), default=0.0)
    if alike < ALIKE:
        return None
    reason = Reason("triage.route_repeat", {"percent": round(alike * 100)})
    return Proposal(Subject.ROUTE, Route.REPEAT.value, round(alike, 2), reason)


def _core(text: str) -> str:
    """Letters and digits alone, of the beginning: what two texts are compared by."""
    return "".join(_LETTER.findall(text[:2000])).casefold()


def _by_words(text: str, kind: RouteKind, hits: Sequence[Hit]) -> Proposal:
    phrases = _phrases(hits)
    reason = Reason("triage.route_words", {"zh": kind.name.zh, "en": kind.name.en, "phrases": phrases})
    confidence = min(0.9, 0.55 + 0.12 * len(phrases))
    return Proposal(Subject.ROUTE, kind.code.value, confidence, reason, _said(text, hits))


def _phrases(hits: Sequence[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.phrase for hit in hits))[:5]


def _said(text: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[h.start : h.end] for h in hits))[:8]


def _meant(hits: Sequence[Hit], excuses: Sequence[Hit]) -> list[Hit]:
    """The hits that no longer word of the same label covers or touches."""
    return [h for h in hits if not any(e.label == h.label and e.start < h.end and h.start < e.end for e in excuses)]


def _by_label(hits: Sequence[Hit]) -> dict[str, list[Hit]]:
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.label, []).append(hit)
    return found


def _book(rows: Mapping[str, Any], key: str = "words") -> PhraseBook:
    return PhraseBook((code, word) for code, row in rows.items() for word in row.get(key, ()))


def _kind(code: str, row: Mapping[str, Any]) -> RouteKind:
    return RouteKind(Route(code), Name(row["zh"], row["en"]), Name(row["advice_zh"], row["advice_en"]))
