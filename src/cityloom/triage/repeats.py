"""Whether a report repeats a matter that was closed: of the same person, at the same point, in the same words. Pure.

A repeat is marked, never merged: the earlier case keeps its end and its callback, the new one its own promise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cityloom.base.reasons import Reason, register
from cityloom.triage.twinning import RADIUS_M, Likeness

register(
    {
        "repeat.component": (
            "{number}办结{days}天后，同一部件又有反映",
            "the same component, {days} days after {number}",
        ),
        "repeat.person": (
            "同一诉求人就同类事项再次反映，{number}办结于{days}天前",
            "the same person about the same kind of matter, {days} days after {number}",
        ),
        "repeat.matter": (
            "{number}办结{days}天后，相距{metres}米处又有相同反映",
            "the same matter {metres} m away, {days} days after {number}",
        ),
    }
)
REPEATED = 0.6  # from which probability the matter is the same without person or component saying so


@dataclass(frozen=True, slots=True)
class Earlier:
    """A closed case that a new report may repeat; `likeness` is None where one of both has no point."""

    number: str
    closed_at: datetime
    same_person: bool = False
    same_component: bool = False
    same_class: bool = False
    likeness: Likeness | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The case that is repeated, and why it is taken for that."""

    number: str
    reason: Reason


def find_repeat(at: datetime, earlier: Iterable[Earlier]) -> Repeat | None:
    """The case closed last that a report repeats; None where it repeats none.

    A person's report repeats one of the same class, or one near enough that nothing speaks against it.
    """
    for each in sorted(earlier, key=lambda e: (e.closed_at, e.number), reverse=True):
        if (code := _why(each)) is not None:
            params = {"number": each.number, "days": max(0, (at - each.closed_at).days)}
            if code == "repeat.matter" and each.likeness is not None:
                params["metres"] = round(each.likeness.metres)
            return Repeat(each.number, Reason(code, params))
    return None


def _why(earlier: Earlier) -> str | None:
    like = earlier.likeness
    if earlier.same_component and earlier.same_class:
        return "repeat.component"
    if earlier.same_person and (earlier.same_class or _is_near(like)):
        return "repeat.person"
    return "repeat.matter" if like is not None and like.probability >= REPEATED and not like.numbers_differ else None


def _is_near(like: Likeness | None) -> bool:
    return like is not None and like.metres <= RADIUS_M and like.is_undisputed
