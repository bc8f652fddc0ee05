"""What a webhook is and what becomes of a message to it, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.city.paths import CASE_MOVES, REPORT_MOVES, REQUEST_MOVES, TASK_MOVES
from cityloom.city.values import Post, Role

CASE_MOVED = "case.moved"
PING = "webhook.ping"
STATES = ("active", "paused", "off")
DELIVERY_STATES = ("waiting", "sending", "delivered", "failed")
CLOCK_MOVES = ("warn", "due", "overdue")
MOVES = tuple(dict.fromkeys((*CASE_MOVES, *TASK_MOVES, *REPORT_MOVES, *REQUEST_MOVES, *CLOCK_MOVES)))


@dataclass(frozen=True)
class Wanted:
    """Which messages a webhook asks for; an empty part asks for all.

    `moves`: any of these is among what happened. `units`: one of these, or a unit below it, has the lead. `areas`:
    the place lies in one of these.
    """

    moves: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Webhook:
    """A webhook as it is kept, without its secrets. It sees what its post may see."""

    id: int
    city_id: int
    url: str
    description: str
    post: Post
    wanted: Wanted
    state: str
    reason: Mapping[str, Any]
    version: int
    failures: int
    failing_since: datetime | None
    last_success_at: datetime | None
    old_until: datetime | None
    created_at: datetime
    created_by: str

    @property
    def is_plain(self) -> bool:
        """Whether what is told crosses the network unencrypted."""
        return not self.url.startswith("https://")


@dataclass(frozen=True)
class Delivery:
    """One message to one webhook and how far it has come."""

    id: int
    webhook_id: int
    event: str
    topic: str
    key: str
    seq: int
    body: str
    state: str
    attempts: int
    next_at: datetime | None
    created_at: datetime
    tried_at: datetime | None
    ended_at: datetime | None
    status: int | None
    duration_ms: int | None
    answer: str
    reason: Mapping[str, Any]
    first_id: int | None


@dataclass(frozen=True)
class Answer:
    """What came of one try: a status with the first signs of the answer, or the reason why there is none."""

    status: int | None = None
    text: str = ""
    duration_ms: int = 0
    retry_after_s: float | None = None
    reason: Reason | None = None

    @property
    def is_good(self) -> bool:
        """Only 2xx says that the message was taken."""
        return self.reason is None and self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more."""
        return self.status == 410

    def why(self) -> Reason:
        """The reason to keep with a try that was not taken."""
        return self.reason or Reason("webhook.answered", {"status": self.status})


def manages(post: Post, owner: Post) -> bool:
    """Whether a post may see and change a webhook: an administrator of the whole city any, others those of their own
    role, unit and area."""
    if post.role is Role.ADMIN and post.area is None:
        return True
    return (post.role, post.unit or "", post.area or "") == (owner.role, owner.unit or "", owner.area or "")
