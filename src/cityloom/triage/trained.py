"""A classifier learned from filed cases: a linear model over words, with a lexicon as its prior knowledge.

A text becomes a vector of its known words, each (1 + ln tf) × idf × discrimination (`weighting.py`), of length one;
the words of the lexicon that stand in it are features of their own, marked as such in the vocabulary.
Its score for a class is a product with that class's weights plus the lexicon's word; the softmax of the scores over
a temperature fitted out of fold gives the confidences (Guo et al. 2017, On Calibration of Modern Neural Networks).
Reading needs numpy only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from cityloom.triage.classifying import SHOWN_WORDS, Likely, because, cannot_tell
from cityloom.triage.lexical import ANYWHERE, OUTERMOST, Found, Lexicon, Said, leaning
from cityloom.triage.texts import Text
from cityloom.triage.values import Proposal, Subject
from cityloom.triage.words import parts_of

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
_AT_ONCE = 256  # texts scored together


@dataclass(frozen=True, eq=False)
class Precedents:
    """Which training texts hold a word: `texts[starts[w]:starts[w + 1]]`, and the class of each text."""

    starts: Ints
    texts: Ints
    labels: Ints

    def holding(self, word: int) -> Ints:
        return self.texts[self.starts[word] : self.starts[word + 1]]


@dataclass(frozen=True, eq=False)
class TrainedClassifier:
    """The learned weights and what is needed to tell why. `card` says from which data, when and how well."""

    name: str
    labels: tuple[str, ...]
    vocabulary: Mapping[str, int]
    scale: Floats  # per word: idf × discrimination, a listed word's times its weight
    weights: Floats  # words × classes
    bias: Floats
    precedents: Precedents
    lexicon: Lexicon
    lexicon_words: tuple[Mapping[str, float], ...]  # per class, as the lexicon was made
    lexicon_share: float
    temperature: float
    headline_weight: float
    card: Mapping[str, Any] = field(default_factory=dict)

    def classify(self, text: Text, headline: Text | None = None, most: int = 3) -> tuple[Proposal, ...]:
        """Up to `most` classes, the likeliest first; one proposal of None, with the reason, when it cannot tell."""
        look = self._look(text.read, headline.read if headline else "")
        if look is None:
            return cannot_tell(text)
        confidences = self.confidences(look.scores[None, :])[0]
        order = np.argsort(-confidences, kind="stable")[:most]
        return tuple(self._proposal(look, int(label), float(confidences[label])) for label in order)

    def likeliest(self, texts: Iterable[tuple[str, str]]) -> list[Likely | None]:
        """For many (headline, text) pairs only the likeliest class; None where it cannot tell."""
        answers: list[Likely | None] = []
        pairs = iter(texts)
        while some := list(islice(pairs, _AT_ONCE)):
            answers += self._likeliest_of(some)
        return answers

    def _likeliest_of(self, pairs: Sequence[tuple[str, str]]) -> list[Likely | None]:
        found = [self.lexicon.find(text, headline) for headline, text in pairs]
        rows = self._rows(pairs, found)
        scores = np.tile(self.bias, (len(pairs), 1))
        known = np.zeros(len(pairs), bool)
        if rows.words.size:
            firsts = np.flatnonzero(np.diff(rows.texts, prepend=-1))
            there = rows.texts[firsts]
            scores[there] += np.add.reduceat(rows.values[:, None] * self.weights[rows.words], firsts, axis=0)
            known[there] = True
        if self.lexicon_share:
            said, spoken = self.lexicon.scores_of(found)
            scores += np.float32(self.lexicon_share) * leaning(said)
            known |= spoken
        confidences = self.confidences(scores)
        best = confidences.argmax(axis=1).tolist()
        shares = confidences.max(axis=1).tolist()
        return [
            Likely(self.labels[label], share) if told else None
            for label, share, told in zip(best, shares, known.tolist(), strict=True)
        ]

    def confidences(self, scores: Floats) -> npt.NDArray[np.float64]:
        """The calibrated share of each class, one row a text."""
        heat = scores.astype(np.float64) / self.temperature
        raised = np.exp(heat - heat.max(axis=1, keepdims=True))
        shares: npt.NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
        return shares

    def _look(self, text: str, headline: str) -> _Look | None:
        """What is known of a text; None when it holds no known word at all."""
        found = self.lexicon.find(text, headline)
        rows = self._rows([(headline, text)], [found])
        said = self.lexicon.read(found) if self.lexicon_share else None
        if not rows.words.size and not (said and said.words):
            return None
        scores = self.bias + rows.values @ self.weights[rows.words]
        if said is not None:
            scores = scores + np.float32(self.lexicon_share) * leaning(said.scores)
        return _Look(rows.words, rows.values, scores, said)

    def _rows(self, pairs: Sequence[tuple[str, str]], found: Sequence[Found]) -> _Rows:
        """The known words of texts and their values, those of each text of length one together."""
        parts = [parts_of(part) if part else [] for headline, text in pairs for part in (text, headline)]
        listed = [self.lexicon.features(each, self.headline_weight) for each in found]
        sizes = np.fromiter(chain(map(len, parts), map(len, listed)), np.int64, len(parts) + len(listed))
        each = map(self.vocabulary.get, chain(chain.from_iterable(parts), chain.from_iterable(listed)), repeat(-1))
        numbers = np.fromiter(each, np.int64, int(sizes.sum()))
        owners = np.repeat(np.r_[np.arange(len(parts)) // 2, np.arange(len(listed))], sizes)
        weights = np.repeat(np.tile([1.0, self.headline_weight], len(pairs)), sizes[: len(parts)])
        weights = np.r_[weights, np.fromiter(chain.from_iterable(map(dict.values, listed)), np.float64)]
        known = numbers >= 0
        places, at = np.unique(owners[known] * len(self.vocabulary) + numbers[known], return_inverse=True)
        texts, words = np.divmod(places, max(len(self.vocabulary), 1))
        counts = np.bincount(at, weights[known])
        values = (1.0 + np.log(counts)) * self.scale[words]
        lengths = np.sqrt(np.bincount(texts, values**2, minlength=len(pairs)))
        return _Rows(texts, words, (values / np.maximum(lengths[texts], 1e-12)).astype(np.float32))

    def _proposal(self, look: _Look, label: int, confidence: float) -> Proposal:
        spoken = self._words_for(look, label)
        same, similar = self._similar([at for _, at, _ in spoken if at >= 0], label)
        words = tuple(word for word, _, _ in spoken)
        return Proposal(Subject.CLASS, self.labels[label], confidence, because(words, same, similar), words)

    def _words_for(self, look: _Look, label: int) -> list[tuple[str, int, float]]:
        """The words that spoke most for a class above the others: word, its number (−1: lexicon only), its part."""
        table = self.weights[look.words]
        parts = look.values * (table[:, label] - table.mean(axis=1))
        strongest = [i for i in np.argsort(-parts)[: 4 * SHOWN_WORDS] if parts[i] > 0]
        known: dict[str, tuple[int, float]] = {}
        for i in strongest:
            word = self._spelled[int(look.words[i])]
            at, so_far = known.get(word, (int(look.words[i]), 0.0))
            known[word] = (at, so_far + float(parts[i]))
        if look.said is not None:
            total = float(np.linalg.norm(look.said.scores)) or 1.0
            for word, part in look.said.words_for(label):
                at, so_far = known.get(word, (self.vocabulary.get(word, -1), 0.0))
                known[word] = (at, so_far + self.lexicon_share * part / total)
        rows = sorted(((w, at, part) for w, (at, part) in known.items() if len(w) > 1), key=lambda row: -row[2])
        first = [word for word, _, _ in rows[:SHOWN_WORDS]]
        apart = (row for row in rows if not any(row[0] != word and row[0] in word for word in first))
        return list(islice(apart, SHOWN_WORDS))

    def _similar(self, words: Sequence[int], label: int) -> tuple[int, int]:
        """Of the training texts that hold two of these words (one, if only one is there): filed so, and all."""
        if not words:
            return 0, 0
        held = np.sort(np.concatenate([self.precedents.holding(word) for word in words]))
        similar = np.unique(held[1:][held[1:] == held[:-1]])
        if not similar.size:
            similar = self.precedents.holding(words[0])
        return int((self.precedents.labels[similar] == label).sum()), int(similar.size)

    @cached_property
    def _spelled(self) -> Sequence[str]:
        """The words by their numbers, listed ones without their mark."""
        words = sorted(self.vocabulary, key=self.vocabulary.__getitem__)
        return [word.lstrip(ANYWHERE + OUTERMOST) for word in words]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Known words of several texts, text by text: the text's place, the word's number, its value."""

    texts: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    values: Floats


@dataclass(frozen=True, slots=True)
class _Look:
    words: npt.NDArray[np.int64]
    values: Floats
    scores: Floats
    said: Said | None
