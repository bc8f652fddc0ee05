"""Classifying before there is any history: by the catalogue's own names, the standards and the city's lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from cityloom.city.values import ClassCode, ClassWords, MatterClass, Standard
from cityloom.triage.classifying import Likely, because, cannot_tell
from cityloom.triage.lexical import Lexicon, Said
from cityloom.triage.texts import Text
from cityloom.triage.values import Proposal, Subject
from cityloom.triage.words import words_of

# What a word weighs by where it stands; the city's lexicon gives its own weights, 1 unless it says another.
NAME, NAME_WORD, CONDITION_WORD = 1.5, 0.4, 0.2
# The share of proposals that hold grows with the lead of the first class over the second; a lead of all says CEILING.
CEILING, UNKNOWN_REST = 0.95, 1.0

_PARTS = re.compile(r"[、，；/()（）,;]+")
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and any as at be been by for from has have in into is it its more no not of off on one or other out "
        "over than that the their them there they this to too up was when where which who with within without "
        "其他 以及 或者 未及时 造成 出现 存在 发生 影响 情况 问题 有关 进行 不得 超过 以上 以下 没有 无法",
    )
)


class ColdClassifier:
    """Classifies by lists of words alone; see `cold_classifier`."""

    def __init__(self, name: str, labels: Sequence[ClassCode], lists: Sequence[Mapping[str, float]]) -> None:
        self._name = name
        self.labels = tuple(labels)
        self._lists = tuple(lists)
        self._lexicon = Lexicon.of_lists(lists)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word by which it knows a class."""
        return frozenset(word for words in self._lists for word in words)

    @property
    def name(self) -> str:
        return self._name

    def classify(self, text: Text, headline: Text | None = None, most: int = 3) -> tuple[Proposal, ...]:
        """Up to `most` classes, the likeliest first; one proposal of None, with the reason, when it cannot tell."""
        said = self._lexicon.read(self._lexicon.find(text.read, headline.read if headline else ""))
        if not said.words:
            return cannot_tell(text)
        confidences = _confidences(said)
        order = np.argsort(-said.scores, kind="stable")[:most]
        return tuple(self._proposal(said, int(label), confidences) for label in order if said.scores[label] > 0)

    def likeliest(self, texts: Iterable[tuple[str, str]]) -> list[Likely | None]:
        """For many (headline, text) pairs only the likeliest class; None where it cannot tell."""
        answers: list[Likely | None] = []
        for headline, text in texts:
            said = self._lexicon.read(self._lexicon.find(text, headline))
            label = int(np.argmax(said.scores))
            known = bool(said.words)
            answers.append(Likely(self.labels[label], float(_confidences(said)[label])) if known else None)
        return answers

    def words_by_class(self) -> dict[ClassCode, dict[str, float]]:
        """The words of each class with their weights: what a trained classifier of the same city starts from."""
        return {label: dict(words) for label, words in zip(self.labels, self._lists, strict=True)}

    def _proposal(self, said: Said, label: int, confidences: np.ndarray) -> Proposal:
        words = tuple(word for word, _ in said.words_for(label))
        return Proposal(Subject.CLASS, self.labels[label], float(confidences[label]), because(words), words)


def cold_classifier(
    classes: Iterable[MatterClass],
    standards: Mapping[ClassCode, Sequence[Standard]],
    lexicon: Iterable[ClassWords],
    name: str,
) -> ColdClassifier:
    """A classifier of a city's leaf classes from what its folder says, in Chinese and English alike.

    `classes` are those in force; `name` identifies the version of the city it was made from.
    """
    classes = list(classes)
    parents = {each.parent for each in classes}
    leaves = [each for each in classes if each.code not in parents]
    at = {each.code: label for label, each in enumerate(leaves)}
    lists: list[dict[str, float]] = [_words_of_class(each, standards.get(each.code, ())) for each in leaves]
    for listed in lexicon:
        if listed.class_code in at:
            own = lists[at[listed.class_code]]
            for word in (*listed.zh, *listed.en):
                own[word] = max(own.get(word, 0.0), listed.weight)
    return ColdClassifier(name, [each.code for each in leaves], lists)


def _words_of_class(matter: MatterClass, standards: Sequence[Standard]) -> dict[str, float]:
    """The words of its names and of its filing conditions, with their weights."""
    words: dict[str, float] = {}
    for standard in standards:
        for condition in (standard.condition.zh, standard.condition.en):
            _weigh(words, words_of(condition), CONDITION_WORD)
    for name in (matter.name.zh, matter.name.en):
        for part in filter(None, map(str.strip, _PARTS.split(name.lower()))):
            _weigh(words, words_of(part), NAME_WORD)
            _weigh(words, [part], NAME)
    return words


def _weigh(words: dict[str, float], found: Iterable[str], weight: float) -> None:
    for word in found:
        if len(word) > 1 and word not in _EMPTY_WORDS:
            words[word] = max(words.get(word, 0.0), weight)


def _confidences(said: Said) -> np.ndarray:
    """Each class's share of what was said, counting its strongest rival and a rest for what was not said."""
    scores = said.scores.astype(np.float64)
    first, second = np.partition(scores, -2)[-2:][::-1] if scores.size > 1 else (scores[0], 0.0)
    rivals = np.where(scores == first, second, first)
    shares: np.ndarray = CEILING * scores / (scores + rivals + UNKNOWN_REST)
    return shares
