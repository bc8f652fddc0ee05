"""Whether a model still fits what people say: how much it leaves to people, and how often they agree with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Decided:
    """What was proposed for a report, and the class its case has now; None where either is open."""

    model: str
    proposed: str | None
    confidence: float
    decided: str | None


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """What one model did. A share is None where its denominator is empty.

    `sent_to_people`: of all reports it read, those below the confidence the city asks for. `agreement`: of the
    reports whose class is decided and for which it proposed one, those decided as proposed; `sure_agreement` the
    same of those at or above that confidence. `expected` is the mean confidence of what was proposed and decided:
    when `agreement` falls below it, the model promises more than it keeps, and a new one should be trained.
    """

    model: str
    read: int
    sent_to_people: float | None
    decided: int
    agreement: float | None
    expected: float | None
    sure_agreement: float | None

    def as_json(self) -> dict[str, Any]:
        return {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}


def drift_of(rows: Iterable[Decided], sure: float) -> list[ModelFigures]:
    """The figures of each model, in the order in which it is first met."""
    by_model: dict[str, list[Decided]] = defaultdict(list)
    for row in rows:
        by_model[row.model].append(row)
    return [_figures(model, found, sure) for model, found in by_model.items()]


def _figures(model: str, rows: list[Decided], sure: float) -> ModelFigures:
    decided = [row for row in rows if row.decided is not None and row.proposed is not None]
    confident = [row for row in decided if row.confidence >= sure]
    left = [row for row in rows if row.proposed is None or row.confidence < sure]
    return ModelFigures(
        model=model,
        read=len(rows),
        sent_to_people=_share(len(left), len(rows)),
        decided=len(decided),
        agreement=_share(_agreed(decided), len(decided)),
        expected=_share(sum(row.confidence for row in decided), len(decided)),
        sure_agreement=_share(_agreed(confident), len(confident)),
    )


def _agreed(rows: list[Decided]) -> int:
    return sum(row.proposed == row.decided for row in rows)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
