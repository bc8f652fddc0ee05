"""When a feed is stale, and how complete what it brought is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

STALE_AFTER = 3.0  # a feed is stale when it was silent for so many of its intervals
LEAST_S = 120.0  # and never sooner than this
DEVICES = "devices:"  # before the type of device in the code of a feed


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of a feed. `expected_s` None: it comes when it comes and is never stale."""

    code: str
    kind: str
    expected_s: float | None
    made_at: datetime
    last_at: datetime | None = None
    received: int = 0
    refused: int = 0
    stale_at: datetime | None = None


def stale_since(feed: FeedState, now: datetime) -> datetime | None:
    """From when on the feed counts as stale; None while it does not.

    A feed that never brought anything is measured from when it was registered. Every 300 s and last heard at 10:00,
    it is stale from 10:15 on.
    """
    if feed.expected_s is None:
        return None
    patience = timedelta(seconds=max(LEAST_S, STALE_AFTER * feed.expected_s))
    late = (feed.last_at or feed.made_at) + patience
    return late if now >= late else None


def completeness(received: int, expected: int | None) -> float | None:
    """The share of what was expected that came, at most 1; None where nothing definite was expected."""
    return min(1.0, received / expected) if expected else None


def refused_share(received: int, refused: int) -> float | None:
    """The share of what came that was refused; None where nothing came."""
    return refused / (received + refused) if received + refused else None


def expected_in_hour(intervals_s: list[float | None]) -> int | None:
    """How many readings streams with these intervals make in an hour; None where none has an interval.

    Two streams every 300 s and 1800 s: 12 + 2 = 14.
    """
    known = [interval for interval in intervals_s if interval]
    return round(sum(3600 / interval for interval in known)) if known else None
