"""How well places are found: precision and recall against messages that people annotated. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cityloom.triage.gazetteer import Gazetteer
from cityloom.triage.places import read_places
from cityloom.triage.places_mentions import find_mentions
from cityloom.triage.values import Proposal

UNKNOWN = "?"  # a place that the city's maps do not hold


@dataclass(frozen=True, slots=True)
class Annotated:
    """A message, the place names in it as they stand there, and the names of the places it may be about.

    `places`: each `name` or `name+name`; empty for none, `UNKNOWN` for one the maps do not hold.
    """

    text: str
    mentions: tuple[str, ...]
    places: tuple[str, ...]


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """The share, None over nothing."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True)
class PlaceScore:
    """Figures over annotated messages.

    Of the names: `name_precision`, `name_recall`, a name counting when it covers the annotated one by half or more of
    both together. Of the place proposed first: `precision` over messages it was proposed for, `recall` over messages
    with a place on the maps; `in_list`: the right one among all proposals; `silent`: nothing proposed where there is
    nothing. `wrong`: the messages that were answered otherwise than annotated, with the answer.
    """

    name_precision: Share
    name_recall: Share
    precision: Share
    recall: Share
    in_list: Share
    silent: Share
    wrong: tuple[tuple[str, str], ...]


def parse_annotated(lines: Iterable[str]) -> list[Annotated]:
    """Messages of a file: `text ¦ name;name ¦ place | place` a line, `#` before a remark."""
    found = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            text, mentions, places = (part.strip() for part in line.rstrip("\n").split(" ¦ "))
            found.append(Annotated(text, _listed(mentions, ";"), _listed(places, "|")))
    return found


def _listed(said: str, separator: str) -> tuple[str, ...]:
    return () if said == "-" else tuple(part.strip() for part in said.split(separator))


def score_places(messages: Sequence[Annotated], gazetteer: Gazetteer) -> PlaceScore:
    """The figures of these messages."""
    names_right = names_found = names_there = 0
    right = proposed = placed = listed = silent = nowhere = 0
    wrong = []
    for message in messages:
        spans = [(m.start, m.end) for m in find_mentions(message.text, gazetteer)]
        expected = _spans(message)
        names_found += len(spans)
        names_there += len(expected)
        names_right += sum(any(_overlap(a, b) for b in expected) for a in spans)
        answers = [name_of(p) for p in read_places(message.text, gazetteer)]
        wanted = {_key(p) for p in message.places} - {UNKNOWN}
        hit = bool(answers[0]) and answers[0] in wanted
        right += hit
        proposed += bool(answers[0])
        placed += bool(wanted)
        listed += any(a in wanted for a in answers)
        nowhere += not wanted
        silent += not wanted and not answers[0]
        if answers[0] not in (wanted or {""}):
            wrong.append((message.text, " | ".join(answers)))
    return PlaceScore(
        Share(names_right, names_found),
        Share(_recalled(messages, gazetteer), names_there),
        Share(right, proposed),
        Share(right, placed),
        Share(listed, placed),
        Share(silent, nowhere),
        tuple(wrong),
    )


def name_of(proposal: Proposal) -> str:
    """The Chinese name of the place proposed, of a pair both by their order; empty for none."""
    return _key(proposal.value["name_zh"].replace(" / ", "+")) if proposal.is_known else ""


def _key(name: str) -> str:
    return "+".join(sorted(name.split("+")))


def _recalled(messages: Sequence[Annotated], gazetteer: Gazetteer) -> int:
    found = 0
    for message in messages:
        spans = [(m.start, m.end) for m in find_mentions(message.text, gazetteer)]
        found += sum(any(_overlap(a, b) for a in spans) for b in _spans(message))
    return found


def _spans(message: Annotated) -> list[tuple[int, int]]:
    """Where the annotated names stand, each looked for behind the one before."""
    spans: list[tuple[int, int]] = []
    at = 0
    for said in message.mentions:
        start = message.text.index(said, at)
        spans.append((start, start + len(said)))
        at = start + len(said)
    return spans


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared * 2 >= max(a[1], b[1]) - min(a[0], b[0])
