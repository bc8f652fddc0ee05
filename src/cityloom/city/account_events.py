"""What happens to an account is written down: who, what, by whom, when. Nothing secret is part of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from cityloom.city import models


class Happened(StrEnum):
    """What can happen to an account."""

    PASSWORD_SET = "password_set"  # noqa: S105 (a kind of event)
    RESET_ISSUED = "reset_issued"
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    RECOVERY_MADE = "recovery_made"
    RECOVERY_USED = "recovery_used"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    SESSION_CROWDED_OUT = "session_crowded_out"
    SESSIONS_ENDED = "sessions_ended"
    POST_ENDED = "post_ended"
    DEPUTY_NAMED = "deputy_named"
    DEPUTY_ENDED = "deputy_ended"
    CALENDAR_LINKED = "calendar_linked"
    CALENDAR_ENDED = "calendar_ended"
    MADE = "made"
    BOUND = "bound"
    RELEASED = "released"
    POSTS_GIVEN = "posts_given"
    POSTS_TAKEN = "posts_taken"
    PUT_TO_SLEEP = "put_to_sleep"
    WOKEN = "woken"
    HANDED_OVER = "handed_over"


def record(login: str, kind: Happened, by: str, at: datetime) -> None:
    """Write down what happened to the account of `login`, done by the login `by`."""
    models.AccountEvent.objects.create(login=login, kind=kind.value, by_login=by, at=at)


def list_events(login: str, most: int = 20) -> list[models.AccountEvent]:
    """The last things that happened to an account, the newest first."""
    return list(models.AccountEvent.objects.filter(login=login).order_by("-id")[:most])
