"""When a message is tried again, when it is given up, and when a webhook is turned off. Pure.

Chance is an argument: a number from 0 to 1, so that receivers that failed together are not asked together again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=5)
FACTOR = 4
LONGEST_WAIT = timedelta(hours=12)
SPREAD = 0.2  # a wait is up to so much shorter or longer
BREAK_AFTER = 5  # failures in a row after which only one message at a time tries the address
LONGEST_REST = timedelta(minutes=10)  # how long such an address is left in peace at most


@dataclass(frozen=True)
class RetryRules:
    """How long to go on: tries of one message, the age at which it is given up, and the stretch of failures after
    which a webhook is turned off."""

    tries: int = 12
    give_up: timedelta = timedelta(days=3)
    turn_off: timedelta = timedelta(days=5)


def wait_after(failures: int, chance: float, longest: timedelta = LONGEST_WAIT) -> timedelta:
    """The wait after so many failures in a row: 5 s, 20 s, 80 s, … times four, a fifth shorter or longer by chance.

    Worked: after 3 failures with chance 0.5 it is 5 s × 4² = 80 s.
    """
    times: int = FACTOR ** min(max(failures, 1) - 1, 12)
    return min(FIRST_WAIT * times, longest) * (1 - SPREAD + 2 * SPREAD * chance)


def next_try(
    attempts: int, first_at: datetime, at: datetime, rules: RetryRules, chance: float, asked_s: float | None = None
) -> datetime | None:
    """When a message that failed `attempts` times is tried again; None when it is given up.

    `asked_s`: the receiver's Retry-After in seconds, which lengthens the wait but never beyond the longest one.
    """
    if attempts >= rules.tries:
        return None
    wait = wait_after(attempts, chance)
    if asked_s is not None:
        wait = max(wait, min(timedelta(seconds=max(0.0, asked_s)), LONGEST_WAIT))
    again = at + wait
    return again if again - first_at < rules.give_up else None


def rests_until(failures: int, at: datetime, chance: float) -> datetime | None:
    """Until when an address that failed so often in a row is left in peace; None while all messages may try it."""
    if failures < BREAK_AFTER:
        return None
    return at + wait_after(failures - BREAK_AFTER + 2, chance, LONGEST_REST)


def is_to_be_turned_off(failing_since: datetime | None, at: datetime, rules: RetryRules) -> bool:
    """Whether an address has failed for so long that it is asked no more."""
    return failing_since is not None and at - failing_since >= rules.turn_off
