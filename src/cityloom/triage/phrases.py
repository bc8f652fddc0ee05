"""Phrases of a lexicon, looked for in one pass over a text. Pure, linear, in Chinese and English.

A phrase is plain text. `…` inside it stands for a few characters of the same sentence (`电线…掉`), a `*` after a word
of an English one for any ending (`explod*`). English phrases match whole words, in any case; none begins with `…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

GAP_HAN, GAP_LATIN = 8, 30  # characters a `…` may stand for
_SENTENCE_END = r"。！？!?;；\n\r"


class PhraseError(ValueError):
    """A phrase that cannot be looked for."""

    def __init__(self, phrase: str) -> None:
        super().__init__(f"the phrase {phrase!r} is empty or begins or ends with …; write the words around it")


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a text, from `start` up to, not including, `end`."""

    label: str
    phrase: str
    start: int
    end: int


_PLAIN: dict[int, int | str] = {
    **{wide: wide - 0xFEE0 for first, last in ("ＡＺ", "ａｚ", "０９") for wide in range(ord(first), ord(last) + 1)},
    **dict.fromkeys(map(ord, "’‘"), "'"),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),  # half a character is none
    ord("Σ"): "σ",  # whose small letter is another one at the end of a word
}


def plain(text: str) -> str:
    """The text as phrases are compared with it: small letters, full-width signs as plain ones, of the same length."""
    if text.isascii():
        return text.lower()
    signs = text.translate(_PLAIN)
    small = signs.lower()
    return small if len(small) == len(text) else "".join(map(_small, signs))


def _small(char: str) -> str:
    small = char.lower()
    return small if len(small) == 1 else char


_Entry = tuple[str, str, re.Pattern[str]]  # label, phrase as written, its pattern


class PhraseBook:
    """Labelled phrases, ready to be looked for: built once, shared by all threads.

    One automaton (Aho and Corasick 1975) finds the first two characters of every phrase, and where they stand the
    phrases that begin so are tried.
    """

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """`phrases`: label and phrase; raises PhraseError for one that cannot be looked for."""
        by_head: dict[str, list[_Entry]] = {}
        for label, phrase in phrases:
            pattern = _pattern_of(plain(phrase))
            if head := plain(phrase).split("…")[0].removesuffix("*")[:2]:
                by_head.setdefault(head, []).append((label, phrase, pattern))
        self._heads = AhoCorasick(list(by_head))
        self._entries = list(by_head.values())

    def find(self, text: str, most: int = 1_000) -> list[Hit]:
        """The hits in a text made `plain`, by their start, and no more after `most` of them.

        A phrase of several labels hits once for each.
        """
        found: list[Hit] = []
        begun = -1
        seen = self._heads.find_matches_as_indexes(text, overlapping=True)
        for start, _, head in sorted((start, -end, head) for head, start, end in seen):
            if start > begun and len(found) >= most:
                break
            begun = start
            for label, phrase, pattern in self._entries[head]:
                if (hit := pattern.match(text, start)) is not None:
                    found.append(Hit(label, phrase, start, hit.end()))
        return found

    def has_any(self, text: str) -> bool:
        """Whether any phrase stands in a text made `plain`."""
        return bool(self.find(text, 1))


def _pattern_of(phrase: str) -> re.Pattern[str]:
    parts = phrase.split("…")
    if not all(parts):
        raise PhraseError(phrase)
    latin = parts[0][0].isascii() and parts[0][0].isalnum()
    gap = rf"[^{_SENTENCE_END}]{{0,{GAP_LATIN if latin else GAP_HAN}}}?"
    body = gap.join(_part(part, latin) for part in parts)
    return re.compile(rf"(?<![a-z0-9]){body}" if latin else body)


def _part(part: str, latin: bool) -> str:
    if not latin:
        return re.escape(part)
    return re.escape(part).replace(r"\*", "[a-z]*") + ("" if part.endswith("*") else "(?![a-z0-9])")


def clause_before(text: str, at: int, most: int) -> str:
    """What of the same clause stands before a place, at most so many characters."""
    piece = text[max(0, at - most) : at]
    cut = max((piece.rfind(sign) for sign in ",，。;；!！?？\n"), default=-1)
    return piece[cut + 1 :]


def sentence_around(text: str, start: int, end: int, most: int = 120) -> tuple[int, int]:
    """The sentence around a place, looked for no further than so many characters to each side."""
    signs = "。！？!?;；\n"
    piece = text[max(0, start - most) : start]
    begin = max((piece.rfind(sign) for sign in signs), default=-1)
    first = start - len(piece) + begin + 1
    ends = [i for sign in signs if (i := text.find(sign, end, end + most)) >= 0]
    return first, min(ends, default=min(len(text), end + most))
