"""What a text says must reach a person at once: danger to life, and which emergency line it belongs to. Pure.

Tuned for recall: a phrase of the lexicon counts unless the text takes it back, by denying it, by telling it as past,
feared or a matter of rules, or by using the word for something else. What is told as past counts all the same where
the text says that it is now. The method is a lexicon with negation and hypothetical scope after NegEx and
ConText (Chapman and others 2001; Harkema and others 2009), scopes measured in characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cityloom.base.reasons import Reason, register
from cityloom.city.values import Name
from cityloom.triage.lexicons import lexicon
from cityloom.triage.phrases import Hit, PhraseBook, clause_before, plain, sentence_around
from cityloom.triage.values import Proposal, Subject

register(
    {
        "triage.hazard": ("提到{zh}（{en}）：{phrases}", "tells of {en} ({zh}): {phrases}"),
        "triage.hazard_past": ("提到以前的{zh}（{en}）：{phrases}", "tells of {en} ({zh}) in the past: {phrases}"),
        "triage.hazard_feared": ("担心或询问{zh}（{en}）：{phrases}", "fears or asks about {en} ({zh}): {phrases}"),
        "triage.no_hazard": ("没有提到危及人身安全的情况", "tells of nothing that endangers anybody"),
    }
)

READ_CHARS = 6_000  # of a very long text; who is in danger says so sooner
MOST_HITS = 60  # phrases looked at of each kind: a text that repeats one says nothing more by it
AFTER_CHARS = 8  # how far after it what makes a topic of it may stand; in English twice as far
BEFORE_CHARS = 14  # how far before a phrase its clause is looked at for a fear


class Level(StrEnum):
    """How soon a person must see it."""

    EMERGENCY = "emergency"  # at once, with the emergency line named
    PRESSING = "pressing"  # at once, city services go out night or day
    WATCH = "watch"  # a danger that is feared, past or asked about: sooner than the rest
    NONE = "none"


_RANK = {Level.EMERGENCY: 0, Level.PRESSING: 1, Level.WATCH: 2, Level.NONE: 3}


class Standing(StrEnum):
    """How a danger stands in the text."""

    TOLD = "told"
    PAST = "past"
    FEARED = "feared"


@dataclass(frozen=True, slots=True)
class Line:
    """An emergency line of the city; `phone` is empty where the city has set none."""

    code: str
    name: Name
    phone: str


@dataclass(frozen=True, slots=True)
class Hazard:
    """A kind of danger and the lines it belongs to, the first one first."""

    code: str
    name: Name
    level: Level
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Danger:
    """A hazard that a text tells of, and how; `start` and `end` are places in the text."""

    hazard: Hazard
    standing: Standing
    phrase: str
    start: int
    end: int

    @property
    def level(self) -> Level:
        return self.hazard.level if self.standing is Standing.TOLD else Level.WATCH


class UrgencyLexicon:
    """Hazards, lines and guards of a city, ready to read with; built once per version of the city."""

    def __init__(self, own: Mapping[str, Any] | None = None) -> None:
        """`own`: the city's table over the shipped `data/urgency.toml`."""
        data = lexicon("urgency", own)
        self.lines = {code: Line(code, _name(row), row.get("phone", "")) for code, row in data["lines"].items()}
        self.hazards = {
            code: Hazard(code, _name(row), Level(row["level"]), tuple(row["lines"]))
            for code, row in data["hazards"].items()
        }
        self._words = PhraseBook((code, word) for code, row in data["hazards"].items() for word in row["words"])
        guards = data["guards"]
        self._figurative = _book(guards, "figurative")
        self._feared = _book(guards, "feared")
        self._talked = _book(guards, "talked_about")
        self._when = PhraseBook((kind, word) for kind in ("past", "now", "asked") for word in guards[kind])
        self._denied_han = tuple(sorted((w for w in guards["denied"] if not w.isascii()), key=len, reverse=True))
        self._denied_latin = tuple(w for w in guards["denied"] if w.isascii())

    def dangers(self, text: str) -> list[Danger]:
        """Every danger told in a text, by its place; nothing for what is denied or meant otherwise."""
        low = plain(text[:READ_CHARS])
        hits = self._words.find(low, MOST_HITS)
        if not hits:
            return []
        kept = _outside(hits, self._figurative.find(low, MOST_HITS))
        marks = self._when.find(low, MOST_HITS)
        is_now = any(mark.label == "now" for mark in marks)
        return [
            Danger(self.hazards[hit.label], self._standing(low, hit, marks, is_now), hit.phrase, hit.start, hit.end)
            for hit in kept
            if not self._is_denied(low, hit)
        ]

    def _standing(self, low: str, hit: Hit, marks: Sequence[Hit], is_now: bool) -> Standing:
        first, last = sentence_around(low, hit.start, hit.end)
        near = {m.label for m in marks if first <= m.start < last}
        if "asked" in near and not is_now:
            return Standing.FEARED
        before = clause_before(low, hit.start, BEFORE_CHARS * (1 if ord(low[hit.start]) > 127 else 3))
        after = low[hit.end : min(last, hit.end + (AFTER_CHARS if ord(low[hit.start]) > 127 else 2 * AFTER_CHARS))]
        if self._feared.has_any(before + " ") or self._talked.has_any(after + " "):
            return Standing.FEARED
        return Standing.PAST if "past" in near and not is_now else Standing.TOLD

    def _is_denied(self, low: str, hit: Hit) -> bool:
        if low[hit.start].isascii():
            said = clause_before(low, hit.start, 24).split()
            ends = {" ".join(said[-n:]) for n in range(1, 5)} | {" ".join(said[-n - 1 : -1]) for n in range(1, 4)}
            return not ends.isdisjoint(self._denied_latin)
        before = clause_before(low, hit.start, 8)
        return any(_follows(before, word) for word in self._denied_han)


_BETWEEN = frozenset(
    {
        "",
        "明",
        "大",
        "大的",
        "人",
        "有人",
        "发生",
        "任何",
        "人员",
        "出现",
        "再",
        "被",
        "发生过",
        "过",
        "在",
        "真的",
        "有",
    }
)


def _follows(before: str, denial: str) -> bool:
    """Whether a denial stands right before, or with one short word such as 明, 大 or 人员 between."""
    at = before.rfind(denial)
    if at < 0:
        return False
    return before[at + len(denial) :] in _BETWEEN


def _outside(hits: Sequence[Hit], masks: Sequence[Hit]) -> list[Hit]:
    """The hits that lie whole in no word meaning something else: 被打 in 被打扰, but not 着火 in 着火了."""
    return [h for h in hits if not any(m.start <= h.start and h.end <= m.end for m in masks)]


def _book(guards: Mapping[str, Any], key: str) -> PhraseBook:
    return PhraseBook((key, word) for word in guards[key])


def _name(row: Mapping[str, Any]) -> Name:
    return Name(row.get("zh", ""), row.get("en", ""))


@lru_cache(maxsize=1)
def shipped_urgency() -> UrgencyLexicon:
    """The lexicon that ships, for a city without one of its own."""
    return UrgencyLexicon()


def read_urgency(text: str, lexicon: UrgencyLexicon | None = None) -> Proposal:
    """How soon a person must see this text, and the emergency lines it belongs to.

    `value`: {"level": "emergency" | "pressing" | "watch" | "none", "hazards": [code …], "lines": [code …]}, the most
    dangerous first. Lines are named for what is told as happening only.
    """
    book = lexicon or shipped_urgency()
    dangers = book.dangers(text)
    if not dangers:
        value = {"level": Level.NONE.value, "hazards": [], "lines": []}
        return Proposal(Subject.URGENCY, value, 0.95, Reason("triage.no_hazard"))
    counted = {d.hazard.code: sum(e.hazard.code == d.hazard.code for e in dangers) for d in dangers}
    ranked = sorted(dangers, key=lambda d: (_RANK[d.level], -counted[d.hazard.code], d.start))
    first = ranked[0]
    same = [d for d in ranked if d.level == first.level]
    hazards = list(dict.fromkeys(d.hazard.code for d in same))
    told = [d for d in same if d.standing is Standing.TOLD]
    lines = list(dict.fromkeys(line for d in told for line in d.hazard.lines))
    value = {"level": first.level.value, "hazards": hazards, "lines": lines}
    return Proposal(Subject.URGENCY, value, _confidence(same), _reason(first, same), _words(text, same))


_REASONS = {
    Standing.TOLD: "triage.hazard",
    Standing.PAST: "triage.hazard_past",
    Standing.FEARED: "triage.hazard_feared",
}


def _reason(first: Danger, same: Sequence[Danger]) -> Reason:
    phrases = list(dict.fromkeys(d.phrase for d in same if d.hazard == first.hazard))[:5]
    name = first.hazard.name
    return Reason(_REASONS[first.standing], {"zh": name.zh, "en": name.en, "phrases": phrases})


def _words(text: str, same: Sequence[Danger]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text[d.start : d.end] for d in same))[:8]


def _confidence(same: Sequence[Danger]) -> float:
    """More phrases, more sure; shares as measured on the table of phrasings in `tests/triage`."""
    base = 0.85 if same[0].standing is Standing.TOLD else 0.6
    return min(0.97, base + 0.04 * (len(same) - 1))
