"""What reading a report answers with: proposals, each with a confidence, a reason and the words it rests on.

A proposal is plain JSON at heart (`as_json`, `from_json`), so that it can be stored as it was made and told again
in both languages years later, when the model that made it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cityloom.base.reasons import Reason


class Subject(StrEnum):
    """What a proposal is about."""

    CLASS = "class"
    PLACE = "place"
    TWIN = "twin"
    URGENCY = "urgency"
    ROUTE = "route"
    ASIDE = "aside"  # abuse, empty, a test: set aside for a person to look at
    REPLY = "reply"


class ConfidenceError(ValueError):
    """A confidence that is no probability."""

    def __init__(self, confidence: float) -> None:
        super().__init__(f"a confidence of {confidence} is impossible; give a share between 0 and 1")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that a text seems to say.

    `value` is plain JSON: a class code, an area code, `{"lon": …, "lat": …}`, a case number; None says "cannot tell",
    and the reason why. `confidence` is the share of such proposals that people are expected to confirm. `words` stand
    in the text as it was read (`texts.Text.read`), in the order of their weight; they may name persons and flats, so
    they are kept and shown only where the text itself is.
    """

    subject: Subject
    value: Any
    confidence: float
    reason: Reason
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:  # also refuses what is not a number
            raise ConfidenceError(self.confidence)

    @property
    def is_known(self) -> bool:
        """Whether it proposes anything; a proposal of None says why it does not."""
        return self.value is not None

    def is_sure(self, at_least: float) -> bool:
        """Whether the system may go by it alone, at the confidence that the city asks for."""
        return self.is_known and self.confidence >= at_least

    def as_json(self) -> dict[str, Any]:
        """The proposal as it is stored: subject, value, confidence, reason code and parameters, words."""
        return {
            "subject": self.subject.value,
            "value": self.value,
            "confidence": round(self.confidence, 4),
            "reason": self.reason.as_json(),
            "words": list(self.words),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Proposal:
        """The proposal that `as_json` gave."""
        reason = Reason.from_json(data["reason"])
        return Proposal(
            Subject(data["subject"]), data["value"], data["confidence"], reason, tuple(data.get("words", ()))
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one text was read to say; for each subject the likeliest proposal first.

    `model` names what classified it: `cold:…` for the city folder alone, else the identity of a trained model.
    `cut` tells that only the beginning of a very long text was read.
    """

    proposals: tuple[Proposal, ...] = ()
    model: str = ""
    cut: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)

    def best(self, subject: Subject) -> Proposal | None:
        """The likeliest proposal about that subject, which may be "cannot tell"; None when it was not looked for."""
        return next((each for each in self.proposals if each.subject == subject), None)

    def about(self, subject: Subject) -> tuple[Proposal, ...]:
        """Every proposal about that subject, the likeliest first."""
        return tuple(each for each in self.proposals if each.subject == subject)

    def joined_by(self, more: Iterable[Proposal]) -> Reading:
        """This reading with what another reader of the same text proposes."""
        return Reading((*self.proposals, *more), self.model, self.cut, self.notes)

    def as_json(self) -> dict[str, Any]:
        """The reading as it is stored."""
        return {
            "model": self.model,
            "cut": self.cut,
            "proposals": [each.as_json() for each in self.proposals],
            **({"notes": dict(self.notes)} if self.notes else {}),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Reading:
        """The reading that `as_json` gave."""
        proposals = tuple(Proposal.from_json(each) for each in data["proposals"])
        return Reading(proposals, data["model"], data["cut"], data.get("notes", {}))
