"""Parting a text into words, and finding the words of a list in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol, cast

from ahocorasick_rs import AhoCorasick


class _Segmenter(Protocol):
    def cut(self, text: str) -> list[str]: ...


@lru_cache(maxsize=1)
def _segmenter() -> _Segmenter:
    """rjieba, which loads its dictionary for some tenths of a second on first use."""
    import rjieba

    return cast("_Segmenter", rjieba)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, in their order; numbers, codes and marks are left out.

    Chinese is parted by the dictionary and hidden Markov model of jieba, other scripts at their spaces.
    """
    return [word for word in parts_of(text) if word.isalpha()]


def parts_of(text: str) -> list[str]:
    """Every part of a text in small letters, words and what stands between them."""
    return _segmenter().cut(text.lower())


_ENDINGS = ("", "s", "es", "ed", "ing")


class WordFinder:
    """Finds the words of a list in a text, overlapping ones too.

    Chinese words stand anywhere; words of letters stand as whole words, with the common English endings. The text is
    passed through once, by an automaton of all words (Aho and Corasick 1975), however long the list is.
    """

    def __init__(self, words: Iterable[str]) -> None:
        listed = sorted({each.lower() for each in words if len(each) > 1})
        self._automaton = AhoCorasick(listed, store_patterns=True)
        self._counted_apart = frozenset(word for word in listed if word.isascii() or _overlaps_itself(word))

    def find(self, text: str) -> dict[str, int]:
        """Each word of the list that the text (in small letters) holds, with how often; sorted by the word."""
        found = Counter(self._automaton.find_matches_as_strings(text, overlapping=True))
        for word in self._counted_apart.intersection(found):
            found[word] = _whole_words(text, word) if word.isascii() else text.count(word)
        return {word: count for word, count in sorted(found.items()) if count}


def _overlaps_itself(word: str) -> bool:
    """Whether it ends as it begins, as 人人 does: 人人人 holds it once, not twice."""
    return any(word.endswith(word[:size]) for size in range(1, len(word)))


def _whole_words(text: str, word: str) -> int:
    """How often a word of letters stands by itself, an ending apart."""
    count, at = 0, text.find(word)
    while at >= 0:
        end = at + len(word)
        stop = end
        while stop < len(text) and stop < end + 4 and _is_letter(text[stop]):
            stop += 1
        count += text[end:stop] in _ENDINGS and not (at and _is_letter(text[at - 1]))
        at = text.find(word, end)
    return count


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalnum()
