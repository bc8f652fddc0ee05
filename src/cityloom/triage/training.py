"""Learning a classifier from texts with the classes that people gave them.

The recipe, each part kept because it paid when measured (docs/triage.md): words of headline and text and the words
of a lexicon in them, TF-IDF with the supervised weighting of `weighting.py`, one linear support vector machine
against the rest per class (Fan et al. 2008, LIBLINEAR), and the lexicon as prior. The prior's share, the cost C and
the temperature of the confidences are chosen by cross-validation inside the data given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.triage.lexical import ANYWHERE, OUTERMOST, Lexicon, leaning
from cityloom.triage.trained import Floats, Precedents, TrainedClassifier
from cityloom.triage.weighting import POWER, discrimination, inverse_document_frequency
from cityloom.triage.words import words_of

register(
    {
        "triage.too_few": (
            "样本太少：至少要两个类别，每类至少{needed}条；现有：{there}",
            "too few examples: two classes with {needed} texts each are the least; there are: {there}",
        ),
        "triage.rows_uneven": ("文本{texts}条，类别{labels}个，应当一一对应", "{texts} texts but {labels} classes"),
    }
)

HEADLINE_WEIGHT = 5.0
LISTED_WEIGHT = 8.0  # of a listed word among the others; from 6 to 20 it makes no difference that could be measured
LEAST_OF_A_CLASS = 3
LEAST_TEXTS_OF_A_WORD = 2
MOST_WEIGHTS = 16_000_000  # words × classes: 64 MB
COSTS = (0.25, 0.5, 1.0)
LEXICON_SHARES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6)
_REPEATED = 2  # times the choice is made over other folds
_SCREENED = 2500  # texts on which cost and lexicon share are chosen
_FOLDED = 6000  # texts on which the temperature is fitted

Progress = Callable[[str, float], None]
Pair = tuple[str, str]  # headline and text, as normalised


class TooFewExamples(CityloomError):
    """Nothing can be learned and measured from so little."""

    status = 422


@dataclass(frozen=True)
class Recipe:
    """What a training may be given beside the examples."""

    unlabelled: Sequence[Pair] = ()  # texts of the same kind: which words are common
    lexicon: Mapping[str, Mapping[str, float]] | None = None  # per class its words and their weights
    headline_weight: float = HEADLINE_WEIGHT
    seed: int = 0


def untold(step: str, share: float) -> None:
    """Progress that nobody asked for."""


def train(
    texts: Sequence[Pair], labels: Sequence[str], recipe: Recipe | None = None, progress: Progress = untold
) -> TrainedClassifier:
    """A classifier of these labels; classes with fewer than three texts are left out and named in the card.

    Raises TooFewExamples. The same examples in the same order give the same classifier.
    """
    recipe = recipe or Recipe()
    kept, left_out = _usable(texts, labels)
    names = tuple(sorted({str(labels[i]) for i in kept}))
    label_at = {name: at for at, name in enumerate(names)}
    wanted = np.array([label_at[labels[i]] for i in kept], np.int32)
    pairs = [texts[i] for i in kept]

    progress("words", 0.0)
    listed = tuple(dict((recipe.lexicon or {}).get(name, {})) for name in names)
    lexicon = Lexicon.of_lists(listed)
    counted = [_counts(pair, recipe.headline_weight, lexicon) for pair in pairs]
    vocabulary = _vocabulary(counted, [_counts(pair, 1.0, lexicon) for pair in recipe.unlabelled], len(names))
    matrix = _matrix(counted, vocabulary.numbers)
    said = leaning(lexicon.scores_of([lexicon.find(text, headline) for headline, text in pairs])[0])

    progress("choosing", 0.2)
    chosen = _choose(matrix, vocabulary.idf, wanted, said, recipe.seed, progress)
    progress("learning", 0.9)
    weights, bias, scale = _fit(matrix, vocabulary.idf, wanted, len(names), chosen.cost)
    card = {
        "texts": len(pairs),
        "unlabelled": len(recipe.unlabelled),
        "classes": {name: int((wanted == at).sum()) for name, at in label_at.items()},
        "left_out": left_out,
        "words": len(vocabulary.numbers),
        "lexicon_words": sum(len(words) for words in listed),
        "chosen": {"cost": chosen.cost, "lexicon_share": chosen.share, "temperature": round(chosen.temperature, 4)},
        "headline_weight": recipe.headline_weight,
        "seed": recipe.seed,
        "inner_macro_f1": round(chosen.macro_f1, 4),
    }
    return TrainedClassifier(
        name="",
        labels=names,
        vocabulary=vocabulary.numbers,
        scale=scale,
        weights=weights,
        bias=bias,
        precedents=_precedents(matrix, wanted),
        lexicon=lexicon,
        lexicon_words=listed,
        lexicon_share=chosen.share,
        temperature=chosen.temperature,
        headline_weight=recipe.headline_weight,
        card=card,
    )


def _usable(texts: Sequence[Pair], labels: Sequence[str]) -> tuple[list[int], dict[str, int]]:
    """The rows to learn from, and the classes with too few texts."""
    if len(texts) != len(labels):
        raise TooFewExamples("triage.rows_uneven", texts=len(texts), labels=len(labels))
    said = [i for i, label in enumerate(labels) if label.strip() and any(texts[i])]
    sizes = Counter(labels[i] for i in said)
    left_out = {name: n for name, n in sorted(sizes.items()) if n < LEAST_OF_A_CLASS}
    kept = [i for i in said if labels[i] not in left_out]
    if len(sizes) - len(left_out) < 2:
        there = [f"{name}: {n}" for name, n in sizes.most_common(10)] or ["0"]
        raise TooFewExamples("triage.too_few", needed=LEAST_OF_A_CLASS, there=there)
    return kept, left_out


# --- words ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Vocabulary:
    numbers: dict[str, int]
    idf: npt.NDArray[np.float64]


def _counts(pair: Pair, headline_weight: float, lexicon: Lexicon) -> Counter[str]:
    """How often each word, and each listed one, stands in a text; a word of the headline counts several times."""
    headline, text = pair
    counts: Counter[str] = Counter(words_of(text))
    for word in words_of(headline) if headline else ():
        counts[word] += headline_weight  # type: ignore[assignment]
    counts.update(lexicon.features(lexicon.find(text, headline), headline_weight))
    return counts


def _vocabulary(counted: Sequence[Counter[str]], others: Sequence[Counter[str]], classes: int) -> _Vocabulary:
    """The words of the examples that at least two texts hold, the most frequent first, with their idf over all.

    The idf of listed words is multiplied by their weight.
    """
    own = {word for counts in counted for word in counts}
    frequencies = Counter(word for counts in (*counted, *others) for word in counts if word in own)
    common = [word for word, n in frequencies.most_common(MOST_WEIGHTS // classes) if n >= LEAST_TEXTS_OF_A_WORD]
    numbers = {word: at for at, word in enumerate(sorted(common))}
    idf = inverse_document_frequency([frequencies[word] for word in numbers], len(counted) + len(others))
    listed = np.array([word.startswith((ANYWHERE, OUTERMOST)) for word in numbers], bool)
    return _Vocabulary(numbers, np.where(listed, LISTED_WEIGHT, 1.0) * idf)


def _matrix(counted: Sequence[Counter[str]], numbers: Mapping[str, int]) -> Any:
    """Texts × words in sparse rows: 1 + ln(count)."""
    from scipy.sparse import csr_matrix

    rows, columns, values = [], [], []
    for row, counts in enumerate(counted):
        for word, count in counts.items():
            if word in numbers:
                rows.append(row)
                columns.append(numbers[word])
                values.append(count)
    logs = 1 + np.log(np.array(values, np.float64))
    return csr_matrix((logs, (rows, columns)), shape=(len(counted), len(numbers)))


def _precedents(matrix: Any, wanted: npt.NDArray[np.int32]) -> Precedents:
    by_word = matrix.tocsc()
    return Precedents(by_word.indptr.astype(np.int32), by_word.indices.astype(np.int32), wanted)


# --- weights ----------------------------------------------------------------------------------------------------


def _fit(
    matrix: Any, idf: npt.NDArray[np.float64], wanted: npt.NDArray[np.int32], classes: int, cost: float
) -> tuple[Floats, Floats, Floats]:
    """Weights (words × classes), bias and scale learned from these rows alone."""
    from scipy.sparse import diags
    from sklearn.preprocessing import normalize
    from sklearn.svm import LinearSVC

    scale = idf * discrimination(matrix > 0, wanted, classes) ** POWER
    machine = LinearSVC(C=cost, class_weight="balanced", random_state=0)
    machine.fit(normalize(matrix @ diags(scale)), wanted)
    coefficients, intercept = machine.coef_, machine.intercept_
    if coefficients.shape[0] == 1:  # two classes share one machine
        coefficients, intercept = np.vstack([-coefficients, coefficients]), np.r_[-intercept, intercept]
    return coefficients.T.astype(np.float32).copy(), intercept.astype(np.float32), scale.astype(np.float32)


def _scores(matrix: Any, weights: Floats, bias: Floats, scale: Floats) -> npt.NDArray[np.float64]:
    from scipy.sparse import diags
    from sklearn.preprocessing import normalize

    scores: npt.NDArray[np.float64] = normalize(matrix @ diags(scale.astype(np.float64))) @ weights + bias
    return scores


@dataclass(frozen=True)
class _Choice:
    cost: float
    share: float
    temperature: float
    macro_f1: float


def _choose(
    matrix: Any,
    idf: npt.NDArray[np.float64],
    wanted: npt.NDArray[np.int32],
    said: Floats,
    seed: int,
    progress: Progress,
) -> _Choice:
    """Cost, lexicon share and temperature by cross-validation inside the examples.

    Macro-F1 is the mean over several sets of folds. A share is judged with those beside it, because single figures
    of some hundred texts jump; of what is alike the smaller cost and share are taken.
    """
    rows = _sample(wanted, _SCREENED, seed)
    figures = np.zeros((len(COSTS), len(LEXICON_SHARES)))
    for step, cost in enumerate(COSTS):
        for again in range(_REPEATED):
            held = _out_of_fold(matrix[rows], idf, wanted[rows], cost, seed + again)
            figures[step] += [_macro_f1(wanted[rows], held + share * said[rows]) for share in LEXICON_SHARES]
        progress("choosing", 0.2 + 0.15 * (step + 1))
    figures /= _REPEATED
    at, chosen = np.unravel_index(_with_neighbours(figures).argmax(), figures.shape)
    cost, share = COSTS[int(at)], LEXICON_SHARES[int(chosen)]
    rows = _sample(wanted, _FOLDED, seed)
    held = _out_of_fold(matrix[rows], idf, wanted[rows], cost, seed + _REPEATED)
    temperature = fit_temperature(held + share * said[rows], wanted[rows])
    return _Choice(cost, share, temperature, float(figures[at, chosen]))


def _with_neighbours(figures: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each figure as the mean of itself and those beside it in its row."""
    ones = np.ones(3)
    there = np.convolve(np.ones(figures.shape[1]), ones, "same")
    return np.stack([np.convolve(row, ones, "same") for row in figures]) / there


def _sample(wanted: npt.NDArray[np.int32], most: int, seed: int) -> npt.NDArray[np.int64]:
    """At most that many rows, every class with at least three of its rows."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(wanted.size)
    rank = np.zeros(wanted.size, np.int64)  # a text's place among those of its class
    seen: Counter[int] = Counter()
    for row in order:
        rank[row] = seen[int(wanted[row])]
        seen[int(wanted[row])] += 1
    first = order[np.argsort(rank[order] >= LEAST_OF_A_CLASS, kind="stable")]
    return np.sort(first[: max(most, int((rank < LEAST_OF_A_CLASS).sum()))])


def _out_of_fold(
    matrix: Any, idf: npt.NDArray[np.float64], wanted: npt.NDArray[np.int32], cost: float, seed: int
) -> npt.NDArray[np.float64]:
    """Each row's scores by a model that did not see it."""
    from sklearn.model_selection import StratifiedKFold

    classes = int(wanted.max()) + 1
    folds = min(5, int(np.bincount(wanted)[np.unique(wanted)].min()))
    held = np.zeros((wanted.size, classes))
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=seed).split(wanted, wanted):
        weights, bias, scale = _fit(matrix[seen], idf, wanted[seen], classes, cost)
        held[unseen] = _scores(matrix[unseen], weights, bias, scale)
    return held


def _macro_f1(wanted: npt.NDArray[np.int32], scores: npt.NDArray[np.float64]) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(wanted, scores.argmax(axis=1), average="macro"))


def fit_temperature(scores: npt.NDArray[np.float64], wanted: npt.NDArray[np.int32]) -> float:
    """The temperature of the softmax under which these out-of-fold scores are likeliest; between 0.02 and 5."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        heat = scores / np.exp(log_temperature)
        heat = heat - heat.max(axis=1, keepdims=True)
        likelihood = heat[np.arange(wanted.size), wanted] - np.log(np.exp(heat).sum(axis=1))
        return -float(likelihood.mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.02), np.log(5.0)), method="bounded").x))
