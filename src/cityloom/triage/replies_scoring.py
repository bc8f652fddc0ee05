"""How well the score of a reply agrees with the marks people gave, and how its weights are fitted."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cityloom.triage.replies import BIAS, FEATURES, MODEL, features_of, shipped_replies

Floats = NDArray[np.float64]
_SIGNS = {"handed_on": -1.0, "empty": -1.0}  # the others speak for a reply
SEED = 11


@dataclass(frozen=True, slots=True)
class MarkedReply:
    """What was said, what was replied, and whether a person marked it as good."""

    said: str
    reply: str
    good: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted score: mean and weight of each feature, and the bias."""

    model: Mapping[str, tuple[float, float]]
    bias: float


@dataclass(frozen=True, slots=True)
class ReplyScore:
    """Figures over marked replies: the area under the ROC curve of the score and of the reply's length alone.

    `spearman` is the rank correlation with the marks. None where all have one mark, of which there are `good`.
    """

    auc: float | None
    auc_of_length: float | None
    spearman: float | None
    count: int
    good: int


def halves(marked: Sequence[MarkedReply], seed: int = SEED) -> tuple[list[MarkedReply], list[MarkedReply]]:
    """Two halves without a text in both: repeated pairs are dropped before the split."""
    distinct = list({(m.said[:100], m.reply[:200]): m for m in marked}.values())
    random.Random(seed).shuffle(distinct)
    middle = len(distinct) // 2
    return distinct[:middle], distinct[middle:]


def fit(marked: Sequence[MarkedReply]) -> Weights:
    """Logistic regression with a ridge of one half, each weight held to the sign that the check gives its feature."""
    from scipy.optimize import minimize

    x, y = _matrix(marked), _marks(marked)
    mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    z = (x - mean) / spread

    def loss(w: Floats) -> tuple[float, Floats]:
        total = z @ w[:-1] + w[-1]
        off = 1 / (1 + np.exp(-total)) - y
        value = float(np.sum(np.logaddexp(0, total) - y * total) + 0.5 * np.sum(w[:-1] ** 2))
        return value, np.append(z.T @ off + w[:-1], off.sum())

    bounds = [(None, 0.0) if _SIGNS.get(name, 1.0) < 0 else (0.0, None) for name in FEATURES]
    found = minimize(loss, np.zeros(len(FEATURES) + 1), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)])
    weights = found.x[:-1] / spread
    model = {n: (round(float(m), 4), round(float(w), 4)) for n, m, w in zip(FEATURES, mean, weights, strict=True)}
    return Weights(model, round(float(found.x[-1]), 4))


def score_replies(marked: Sequence[MarkedReply], weights: Weights | None = None) -> ReplyScore:
    """The figures of these replies, with the shipped weights unless others are given."""
    from scipy.stats import spearmanr
    from sklearn.metrics import roc_auc_score

    used = weights or Weights(MODEL, BIAS)
    y = _marks(marked)
    if not len(y) or y.min() == y.max():
        return ReplyScore(None, None, None, len(y), int(y.sum()))
    mean = np.array([used.model[n][0] for n in FEATURES])
    weight = np.array([used.model[n][1] for n in FEATURES])
    scores = (_matrix(marked) - mean) @ weight + used.bias
    lengths = [len(m.reply) for m in marked]
    return ReplyScore(
        float(roc_auc_score(y, scores)),
        float(roc_auc_score(y, lengths)),
        float(spearmanr(scores, y).statistic),
        len(y),
        int(y.sum()),
    )


def _matrix(marked: Sequence[MarkedReply]) -> Floats:
    book = shipped_replies()
    rows = [features_of(m.said, m.reply, book) for m in marked]
    return np.array([[row[name] for name in FEATURES] for row in rows], dtype=float).reshape(-1, len(FEATURES))


def _marks(marked: Sequence[MarkedReply]) -> Floats:
    return np.array([float(m.good) for m in marked])
