"""Legal holds: the data of a case that must stay, whatever its age and whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from cityloom.base.reasons import register

register(
    {
        "hold.litigation": ("涉诉讼、仲裁", "a court or an arbitration needs it"),
        "hold.review": ("涉行政复议、信访复查", "an administrative review needs it"),
        "hold.discipline": ("涉纪检监察", "a disciplinary inquiry needs it"),
        "hold.audit": ("涉审计", "an audit needs it"),
        "hold.lifted": ("暂缓删除的事由已消除", "the cause of the hold is over"),
        "error.held_already": ("该案已暂缓删除", "the case is on hold already"),
        "error.not_held": ("该案没有暂缓删除", "the case is not on hold"),
    }
)
HOLD_REASONS = ("hold.litigation", "hold.review", "hold.discipline", "hold.audit")


@dataclass(frozen=True)
class Hold:
    """A hold that is in force: why, by whom, since when."""

    reason: str
    by_login: str
    set_at: datetime


def find_hold(cursor: CursorWrapper, case_id: int) -> Hold | None:
    """The hold on a case that is in force, or None."""
    cursor.execute(
        "SELECT reason, by_login, set_at FROM cases_hold WHERE case_id = %s AND lifted_at IS NULL", [case_id]
    )
    row = cursor.fetchone()
    return Hold(*row) if row else None
