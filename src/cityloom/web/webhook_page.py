"""What the pages of webhooks show. Their views stand in `app`, which knows both the pages and the webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, ClassVar

from cityloom.web.forms import Group
from cityloom.web.words import say

VIEWS = ("", "waiting", "delivered", "failed")


def said_done(told: str) -> str:
    """What the page says of what was just done: a test, or so many deliveries sent again."""
    if told == "tested":
        return say("hooks.tested")
    return say("hooks.replayed", count=int(told[:9])) if told.isdecimal() else ""


def said_wish(moves: Sequence[str], limits: Sequence[str]) -> str:
    """What a webhook is told of, by the names of moves, units and areas."""
    return " · ".join([say("list.comma").join(moves) or say("hooks.everything"), *limits])


def said_sees(unit: str) -> str:
    """Whose cases a webhook sees."""
    return say("hooks.of_unit", unit=unit)


def views(chosen: str) -> list[tuple[str, str, bool]]:
    """The states by which deliveries can be looked at: code, word, whether it is the chosen one."""
    return [(v, say(f"hooks.delivery_{v}") if v else say("hooks.all"), v == chosen) for v in VIEWS]


@dataclass(frozen=True)
class HookLine:
    """One webhook: where it leads, what it is told, how it stands. `band`: active, failing, paused or off."""

    id: int
    url: str
    description: str
    plain: bool
    sees: str
    wish: str
    band: str
    state: str
    reason: str
    waiting: int
    failed: int
    last_success_at: datetime | None
    failing_since: datetime | None


@dataclass(frozen=True)
class DeliveryLine:
    """One delivery; `state` is its code, `said` the word for it."""

    id: int
    number: str
    seq: int
    moves: str
    state: str
    said: str
    attempts: int
    status: int | None
    duration_ms: int | None
    answer: str
    reason: str
    created_at: datetime
    next_at: datetime | None
    first_id: int | None
    body: str


@dataclass(frozen=True)
class HooksPage:
    """The webhooks that this post manages, and the form for a new one."""

    template: ClassVar[str] = "cityloom/webhooks.html"
    lines: Annotated[Sequence[HookLine], "webhooks, the newest first"]
    typed: Annotated[dict[str, str], "the form as typed"]
    chosen: Annotated[Sequence[str], "moves chosen in the form"]
    moves: Annotated[Sequence[tuple[str, str]], "moves to choose from"]
    sees: Annotated[Sequence[tuple[str, str]], "units whose cases it may see"]
    units: Annotated[Sequence[tuple[str, str]], "leading units to choose from"]
    areas: Annotated[Sequence[Group], "areas to choose from"]
    error: Annotated[str, "why nothing was added"] = ""


@dataclass(frozen=True)
class HookPage:
    """One webhook with its deliveries and what can be done."""

    template: ClassVar[str] = "cityloom/webhook.html"
    line: Annotated[HookLine, "the webhook"]
    version: Annotated[int, "its version, which a change names"]
    may_send: Annotated[bool, "whether it is active, so that something can be sent"]
    both_until: Annotated[datetime | None, "until when the old secret signs too"]
    deliveries: Annotated[Sequence[DeliveryLine], "deliveries, the newest first"]
    views: Annotated[Sequence[tuple[str, str, bool]], "states to look at: code, word, chosen"]
    next: Annotated[str, "the words of the next page's address"]
    overlaps: Annotated[Sequence[tuple[str, str]], "for how long the old secret may go on signing"]
    typed: Annotated[dict[str, str], "the span as typed"] = field(default_factory=dict)
    secret: Annotated[str, "a secret that was just made, shown once"] = ""
    told: Annotated[str, "what was just done"] = ""
    error: Annotated[str, "why something was not done"] = ""
