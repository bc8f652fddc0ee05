"""How well a classifier does on texts that it has not seen: the figures of text classification, without a library."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

from cityloom.triage.classifying import Classifier, Likely

BINS = 10
SURE = 0.8  # the confidence from which on a class is taken without a person, unless the city sets another


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Precision, recall and F1 of one class over `texts` that people filed so; 0 where nothing was hit."""

    precision: float
    recall: float
    f1: float
    texts: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a classifier did on labelled texts.

    `macro_f1` is the mean of the classes' F1 (of those that the texts hold), `micro_f1` counts every text alike; a
    text of which it could not tell counts as missed. `calibration_error` is the expected calibration error over ten
    equal bins (Naeini et al. 2015). `sure_share` of the texts had a confidence of `sure` or more; `sure_precision` of
    those were right, None when there were none.
    """

    texts: int
    macro_f1: float
    micro_f1: float
    accuracy: float
    calibration_error: float
    cannot_tell: int
    sure: float
    sure_share: float
    sure_precision: float | None
    classes: dict[str, ClassFigures]
    confusion: dict[str, dict[str, int]]  # filed as → proposed as → texts; "" is "cannot tell"

    def as_json(self) -> dict[str, Any]:
        """The figures rounded to four places."""
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


def evaluate(
    classifier: Classifier, texts: Sequence[tuple[str, str]], labels: Sequence[str], sure: float = SURE
) -> Figures:
    """The figures of a classifier on (headline, text) pairs as normalised with the classes people gave them."""
    return figures_of(labels, classifier.likeliest(texts), sure)


def figures_of(labels: Sequence[str], answers: Sequence[Likely | None], sure: float = SURE) -> Figures:
    """The figures of these answers to texts with these labels; at least one text is needed."""
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for label, answer in zip(labels, answers, strict=True):
        confusion[label][answer.label if answer else ""] += 1
    told = [(answer, answer.label == label) for label, answer in zip(labels, answers, strict=True) if answer]
    confident = [right for answer, right in told if answer.confidence >= sure]
    right = sum(hit for _, hit in told)
    per_class = _per_class(confusion)
    there = [per_class[label] for label in confusion]
    return Figures(
        texts=len(labels),
        macro_f1=sum(each.f1 for each in there) / len(there),
        micro_f1=2 * right / (len(told) + len(labels)),
        accuracy=right / len(labels),
        calibration_error=_calibration_error([(each.confidence, hit) for each, hit in told]),
        cannot_tell=len(labels) - len(told),
        sure=sure,
        sure_share=len(confident) / len(labels),
        sure_precision=sum(confident) / len(confident) if confident else None,
        classes={label: per_class[label] for label in sorted(per_class)},
        confusion={label: dict(sorted(row.items())) for label, row in sorted(confusion.items())},
    )


def _per_class(confusion: dict[str, Counter[str]]) -> dict[str, ClassFigures]:
    proposed: Counter[str] = Counter()
    for row in confusion.values():
        proposed.update(row)
    figures = {}
    for label in {*confusion, *proposed} - {""}:
        row = confusion.get(label, Counter())
        hit, all_of_it = row[label], sum(row.values())
        precision = hit / proposed[label] if proposed[label] else 0.0
        recall = hit / all_of_it if all_of_it else 0.0
        f1 = 2 * hit / (proposed[label] + all_of_it)
        figures[label] = ClassFigures(precision, recall, f1, all_of_it)
    return figures


def _calibration_error(told: Sequence[tuple[float, bool]]) -> float:
    """The mean distance, weighted by texts, of what was promised and what came true, over equal bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in told:
        bins[min(int(confidence * BINS), BINS - 1)].append((confidence, right))
    return sum(abs(sum(c for c, _ in each) - sum(r for _, r in each)) for each in bins.values()) / max(len(told), 1)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return value


# --- near duplicates --------------------------------------------------------------------------------------------

_SHINGLE, _SKETCH = 5, 48
_LETTERS = re.compile(r"\W+")


def near_duplicates(texts: Sequence[str], at_least: float = 0.5) -> list[int]:
    """The places of texts that nearly repeat an earlier one, in order: to be removed before a sample is split.

    Two texts are alike when the Jaccard similarity of their shingles of five letters is `at_least`. Candidates share
    a tenth of a bottom-k sketch (Broder 1997), k = 48, and are then compared exactly.
    """
    alike: list[int] = []
    kept: dict[int, set[int]] = {}
    by_hash: dict[int, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        letters = _LETTERS.sub("", text)
        shingles = {crc32(letters[at : at + _SHINGLE].encode()) for at in range(max(1, len(letters) - _SHINGLE + 1))}
        sketch = sorted(shingles)[:_SKETCH]
        shared = Counter(earlier for hashed in sketch for earlier in by_hash[hashed])
        near = (earlier for earlier, count in shared.items() if count * 10 >= len(sketch))
        if letters and any(_jaccard(shingles, kept[earlier]) >= at_least for earlier in near):
            alike.append(place)
            continue
        kept[place] = shingles
        for hashed in sketch:
            by_hash[hashed].append(place)
    return alike


def _jaccard(some: set[int], others: set[int]) -> float:
    both = len(some & others)
    return both / (len(some) + len(others) - both)


# --- cross-validation -------------------------------------------------------------------------------------------

Trainer = Callable[[Sequence[int], int], Classifier]  # rows to learn from, the seed


def cross_validate(
    texts: Sequence[tuple[str, str]], labels: Sequence[str], learn: Trainer, seeds: Sequence[int], folds: int = 5
) -> list[Figures]:
    """For each seed the figures over all texts, each read by a classifier that did not learn from it.

    `learn` chooses whatever it chooses inside the rows it is given (nested cross-validation), so the figures are
    not tuned to the texts that they are of.
    """
    from sklearn.model_selection import StratifiedKFold

    results = []
    for seed in seeds:
        answers: list[Likely | None] = [None] * len(labels)
        for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=seed).split(labels, labels):
            classifier = learn([int(row) for row in seen], seed)
            told = classifier.likeliest([texts[row] for row in unseen])
            for row, answer in zip(unseen, told, strict=True):
                answers[row] = answer
        results.append(figures_of(labels, answers))
    return results
