"""How strongly a text's words speak for each class by a list of words per class, without any training.

The weight of a word is its heft (longer words say more) times the weight its list gives it, divided by the number
of classes that list it: a word of many classes tells none apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from math import log1p

import numpy as np
import numpy.typing as npt

from cityloom.triage.words import WordFinder

HEADLINE = 3.0  # a word of the headline weighs this much more, in addition
ANYWHERE, OUTERMOST = "=", "≡"  # before a listed word as a feature; no word that a text is parted into begins so

Floats = npt.NDArray[np.float32]


def heft(word: str) -> float:
    """What a word says by its length: 1.3 for two characters, 2.3 for three; 1.3 for each word of letters."""
    return 1.3 * len(word.split()) if word.isascii() else len(word) - 0.7


@dataclass(frozen=True, slots=True)
class Found:
    """The listed words that a text and its headline hold, with how often."""

    text: Mapping[str, int]
    headline: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Said:
    """What the words of a list say in one text: a score per class, and the words with their part for each."""

    scores: Floats
    words: Mapping[str, tuple[tuple[int, float], ...]]

    def words_for(self, label: int) -> list[tuple[str, float]]:
        """The words that speak for that class, the strongest first; those within another one are left out."""
        spoken = [(word, part) for word, parts in self.words.items() for at, part in parts if at == label]
        spoken.sort(key=lambda pair: (-pair[1], pair[0]))
        return [(w, part) for w, part in spoken if not any(w != other and w in other for other, _ in spoken)]


class Lexicon:
    """Words per class, ready to score texts."""

    def __init__(self, size: int, words: Mapping[str, Mapping[int, float]]) -> None:
        """`words`: for each word the classes (0 … size − 1) that list it, with the weight they give it."""
        self.size = size
        self.entries = {
            word.lower(): tuple(
                (label, heft(word) * weight / len(labels)) for label, weight in sorted(labels.items())
            )
            for word, labels in words.items()
            if len(word) > 1 and labels
        }
        self._finder = WordFinder(self.entries)
        flat = list(chain.from_iterable(self.entries.values()))
        self._numbers = {word: number for number, word in enumerate(self.entries)}
        self._ends = np.array([0, *accumulate(map(len, self.entries.values()))], np.int64)
        self._labels = np.array([label for label, _ in flat], np.int64)
        self._weights = np.array([weight for _, weight in flat], np.float64)

    @staticmethod
    def of_lists(lists: Sequence[Mapping[str, float]]) -> Lexicon:
        """From each class's own words with their weights, in the order of the classes."""
        words: dict[str, dict[int, float]] = {}
        for label, listed in enumerate(lists):
            for word, weight in listed.items():
                words.setdefault(word.lower(), {})[label] = weight
        return Lexicon(len(lists), words)

    def find(self, text: str, headline: str = "") -> Found:
        """The words of the list in a text and in its headline."""
        return Found(self._finder.find(text.lower()), self._finder.find(headline.lower()) if headline else {})

    def features(self, found: Found, headline_weight: float) -> dict[str, float]:
        """The words found as features of their own with their counts, one of the headline counting so much more.

        Each stands once as found anywhere, and once more when it was found oftener than any longer listed word that
        holds it, so that it stands somewhere by itself.
        """
        counts: dict[str, float] = dict(found.text)
        for word in found.headline:
            counts[word] = counts.get(word, 0.0) + headline_weight
        features = {ANYWHERE + word: count for word, count in counts.items()}
        for word, count in counts.items():
            if all(counts[longer] < count for longer in self._longer[word].intersection(counts)):
                features[OUTERMOST + word] = count
        return features

    @cached_property
    def _longer(self) -> dict[str, frozenset[str]]:
        """For each listed word the longer ones that hold it."""
        longer: dict[str, set[str]] = {word: set() for word in self.entries}
        for word in self.entries:
            for inner in self._finder.find(word):
                if inner != word:
                    longer[inner].add(word)
        return {word: frozenset(holding) for word, holding in longer.items()}

    def read(self, found: Found) -> Said:
        """What the words found say of each class."""
        scores = [0.0] * self.size
        spoken = {}
        for word, force in _forces(found).items():
            parts = tuple((label, force * weight) for label, weight in self.entries[word])
            spoken[word] = parts
            for label, part in parts:
                scores[label] += part
        return Said(np.array(scores, np.float32), spoken)

    def scores_of(self, texts: Sequence[Found]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """For many texts the scores that `read` gives, a row each, and whether any word spoke."""
        numbers: list[int] = []
        forces: list[float] = []
        spoken = np.zeros(len(texts), np.int64)
        for row, found in enumerate(texts):
            there = _forces(found)
            numbers += map(self._numbers.__getitem__, there)
            forces += there.values()
            spoken[row] = len(there)
        first, end = self._ends[numbers], self._ends[1:][numbers]
        sizes = end - first
        entries = np.repeat(end - sizes.cumsum(), sizes) + np.arange(sizes.sum())
        rows = np.repeat(np.repeat(np.arange(len(texts)), spoken), sizes)
        parts = np.repeat(np.array(forces), sizes) * self._weights[entries]
        sums = np.bincount(rows * self.size + self._labels[entries], parts, minlength=len(texts) * self.size)
        return sums.reshape(len(texts), self.size).astype(np.float32), spoken > 0


def _forces(found: Found) -> dict[str, float]:
    """The words found, each with how much it counts for standing there."""
    forces = {word: log1p(count) for word, count in found.text.items()}
    for word in found.headline:
        forces[word] = forces.get(word, 0.0) + HEADLINE
    return forces


def leaning(scores: Floats) -> Floats:
    """The scores of a text (or of many, a row each) as vectors of length one; all zero where no word spoke."""
    lengths: Floats = np.linalg.norm(scores, axis=-1, keepdims=True)
    leaned: Floats = np.divide(scores, np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
    return leaned
