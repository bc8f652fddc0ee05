"""Proposing the class of a text: what every classifier answers with, whether trained or made from the city folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cityloom.base.reasons import Reason, register
from cityloom.triage.texts import Text
from cityloom.triage.values import Proposal, Subject

register(
    {
        "triage.words": ("词语{words}", "words {words}"),
        "triage.words_and_cases": (
            "词语{words}；{all}件类似诉求中有{same}件归为此类",
            "words {words}; {same} of {all} similar reports were filed so",
        ),
        "triage.class_unclear": (
            "看不出属于哪一类，请人工确定",
            "the words tell no class; a person decides it",
        ),
        "triage.nothing_said": ("没有可读的内容，请联系诉求人", "nothing readable was said; ask the reporter"),
        "triage.whole_text": ("依据全文用词", "by the wording as a whole"),
    }
)

SHOWN_WORDS = 4


@dataclass(frozen=True, slots=True)
class Likely:
    """A class that a text may belong to, with the share of such texts that do."""

    label: str
    confidence: float


class Classifier(Protocol):
    """Anything that proposes classes. `name` identifies it for good: it is stored with what it proposed."""

    @property
    def name(self) -> str: ...

    def classify(self, text: Text, headline: Text | None = None, most: int = 3) -> tuple[Proposal, ...]:
        """Up to `most` classes, the likeliest first; one proposal of None, with the reason, when it cannot tell."""
        ...

    def likeliest(self, texts: Iterable[tuple[str, str]]) -> list[Likely | None]:
        """For many (headline, text) pairs as normalised only the likeliest class; None where it cannot tell."""
        ...


def cannot_tell(text: Text) -> tuple[Proposal, ...]:
    """The answer for a text that speaks for no class."""
    code = "triage.class_unclear" if text.says_something else "triage.nothing_said"
    return (Proposal(Subject.CLASS, None, 0.0, Reason(code)),)


def because(words: Sequence[str], same: int = 0, similar: int = 0) -> Reason:
    """The reason a resident would accept: the words, and how similar reports were filed."""
    shown = list(words[:SHOWN_WORDS])
    if not shown:
        return Reason("triage.whole_text")
    if similar:
        return Reason("triage.words_and_cases", {"words": shown, "same": same, "all": similar})
    return Reason("triage.words", {"words": shown})
