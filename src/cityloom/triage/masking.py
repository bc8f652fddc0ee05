"""Personal data in a text: numbers, names, plates, flats and accounts are found as spans and masked. Pure, linear.

A span counts characters of the text as it was given. Digits count however they are written: full width, circled,
in the words of the numerals, with gaps. Masking what is masked changes nothing, and a masked text holds nothing that
would be found again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from cityloom.triage.masking_checks import is_bank_card, is_identity, is_mobile, is_plate, is_room
from cityloom.triage.masking_names import find_names
from cityloom.triage.masking_patterns import CUED, FEWEST_DIGITS, NUMBERED, folded

MASK = "＊＊＊"
_BLANK = "＊"  # stands in the working copy for every character that is masked
PASSES = 8  # a mask may uncover what stood beside it; each pass takes something away


class Personal(StrEnum):
    """A kind of personal data."""

    IDENTITY = "identity"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"
    LANDLINE = "landline"
    EMAIL = "email"
    ACCOUNT = "account"
    PLATE = "plate"
    FLAT = "flat"
    NAME = "name"


EVERYTHING = frozenset(Personal)
# How a person can be reached: what handler and resident do not get from each other.
CONTACT = frozenset(
    {
        Personal.IDENTITY,
        Personal.BANK_CARD,
        Personal.MOBILE,
        Personal.LANDLINE,
        Personal.EMAIL,
        Personal.ACCOUNT,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class PersonalSpan:
    """The characters `start` up to, not including, `end` of a text, and what they are."""

    start: int
    end: int
    kind: Personal


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal data, and where in the text as it was given that data stood."""

    text: str
    spans: tuple[PersonalSpan, ...]


def mask(text: str, kinds: Collection[Personal] = EVERYTHING) -> Masked:
    """The text with every span of these kinds replaced by `MASK`; neighbours become one mask."""
    spans = find_personal(text, kinds)
    parts: list[str] = []
    last = 0
    for span in spans:
        if span.start > last or not parts:
            parts += [text[last : span.start], MASK]
        last = span.end
    return Masked("".join([*parts, text[last:]]), spans)


def find_personal(text: str, kinds: Collection[Personal] = EVERYTHING) -> tuple[PersonalSpan, ...]:
    """The personal data of these kinds in a text, in its order; spans never overlap."""
    found: list[PersonalSpan] = []
    work = text
    for _ in range(PASSES):
        new = _disjoint(_candidates(work, kinds))
        if not new:
            break
        found += new
        work = _blanked(work, new)
    return tuple(sorted(found))


def _blanked(work: str, spans: list[PersonalSpan]) -> str:
    parts: list[str] = []
    last = 0
    for span in spans:
        parts += [work[last : span.start], _BLANK * (span.end - span.start)]
        last = span.end
    return "".join([*parts, work[last:]])


def _disjoint(candidates: list[PersonalSpan]) -> list[PersonalSpan]:
    """The first of those that overlap, the longest of those that begin together."""
    kept: list[PersonalSpan] = []
    for span in sorted(candidates, key=lambda s: (s.start, -s.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _candidates(text: str, kinds: Collection[Personal]) -> list[PersonalSpan]:
    plain = folded(text)
    found = list(_numbered(plain, kinds)) + list(_cued(plain, kinds))
    if Personal.NAME in kinds:
        found += [PersonalSpan(start, end, Personal.NAME) for start, end in find_names(text)]
    return found


_DIGIT = re.compile("[0-9]")
_CHECKS = {
    Personal.IDENTITY: is_identity,
    Personal.BANK_CARD: is_bank_card,
    Personal.MOBILE: is_mobile,
    Personal.PLATE: is_plate,
    Personal.FLAT: is_room,
}


def _numbered(plain: str, kinds: Collection[Personal]) -> Iterator[PersonalSpan]:
    """What its own digits give away; nothing has fewer than three but an address of mail and a plain door."""
    digits = len(_DIGIT.findall(plain))
    if not digits and "@" not in plain:
        return
    for name, pattern in NUMBERED:
        if digits < FEWEST_DIGITS[name]:
            continue
        kind = Personal(name)
        if kind in kinds:
            check = _CHECKS.get(kind)
            for found in pattern.finditer(plain):
                if check is None or check(found["it"], plain, found.start("it"), found.end("it")):
                    yield PersonalSpan(found.start("it"), found.end("it"), kind)


def _cued(plain: str, kinds: Collection[Personal]) -> Iterator[PersonalSpan]:
    """What the word before it gives away: an account, a card, a number without its area."""
    for name, pattern in CUED:
        kind = Personal(name)
        if kind in kinds:
            for found in pattern.finditer(plain):
                yield PersonalSpan(found.start("it"), found.end("it"), kind)
