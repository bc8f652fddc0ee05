"""Messages between handler and resident through the case (隐私转达): neither sees how to reach the other.

A text is screened for numbers and addresses on its way, kept sealed in a table of its own, and stands in the chain
as a salted digest only, so that it can be erased like any other words of a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper

from cityloom.base.crypto import salted_digest
from cityloom.base.keys import vault
from cityloom.base.reasons import Reason, register
from cityloom.cases.permissions import may_see
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.triage.masking import CONTACT, mask

register(
    {
        "error.relay_not_yours": (
            "只有承办单位的人员和诉求人本人可以互相转达",
            "only the unit that works on the case and who reported it can write to each other",
        ),
        "error.relay_empty": ("请写几个字再发送", "write a few words before sending"),
        "error.relay_too_many": (
            "今天已转达{most}条，明天可继续；紧急情况请拨打热线",
            "{most} messages have been passed on today; go on tomorrow, or call the hotline when it is urgent",
        ),
        "error.relay_ended": (
            "该案办结已超过{days}天，不再转达；如未解决请申请重开",
            "the case ended more than {days} days ago, so nothing is passed on; ask to reopen it if it is not solved",
        ),
        "relay.passed_on": ("经平台转达一条消息", "one message was passed on"),
        "relay.passed_on_masked": (
            "经平台转达一条消息，隐去{count}处联系方式",
            "one message was passed on with {count} contact details masked",
        ),
    }
)

RESIDENT_SIDE, UNIT_SIDE = "resident", "unit"
A_DAY = 10  # messages of one side of one report; `limits.relay_a_day` changes it
CHARS = 1000  # `limits.relay_chars`
AFTER_END_DAYS = 30  # `limits.relay_after_end_days`

# --- screening ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Screened:
    """A text without numbers and addresses, and how many of them were masked."""

    text: str
    hidden: int


def screen(text: str) -> Screened:
    """The text with phone, identity and card numbers, mail addresses and accounts masked, however spelled."""
    masked = mask(text, CONTACT)
    return Screened(masked.text, len(masked.spans))


# --- who may -----------------------------------------------------------------------------------------------------


def side_of(post: Post, file: CaseFile, owns: bool) -> str | None:
    """On which side of the relay a post stands, or None: the resident with the code, or a unit that works on it."""
    if owns and post.role is Role.RESIDENT:
        return RESIDENT_SIDE
    works = any(t.is_alive or t == file.lead for t in file.tasks if t.unit in post.units)
    return UNIT_SIDE if post.role is Role.HANDLER and works and may_see(post, file) is None else None


def ended_for_relay(file: CaseFile, at: datetime, city: City) -> Reason | None:
    """Why nothing is passed on any more: the case ended long ago."""
    days = int(city.settings.limits.get("relay_after_end_days", AFTER_END_DAYS))
    closed = file.case.closed_at
    if closed is None or at <= closed + timedelta(days=days):
        return None
    return Reason("error.relay_ended", {"days": days})


# --- rows --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RelayMessage:
    """A message as the two sides read it; `text` is empty once it was erased."""

    id: int
    report_id: int
    side: str
    by_login: str
    by_unit: str
    text: str
    hidden: int
    sent_at: datetime
    read_at: datetime | None


def list_relay(cursor: CursorWrapper, case_id: int, report_ids: Sequence[int]) -> list[RelayMessage]:
    """What was passed on about these reports, oldest first."""
    cursor.execute(
        "SELECT id, report_id, side, by_login, by_unit, text_sealed, hidden, sent_at, read_at FROM cases_relay "
        "WHERE case_id = %s AND report_id = ANY(%s) ORDER BY id",
        [case_id, list(report_ids)],
    )
    return [
        RelayMessage(i, report, side, login, unit, vault().open(bytes(sealed)) if sealed else "", hidden, sent, read)
        for i, report, side, login, unit, sealed, hidden, sent, read in cursor.fetchall()
    ]


def count_since(cursor: CursorWrapper, report_id: int, side: str, since: datetime) -> int:
    """How many messages one side has sent since that moment."""
    cursor.execute(
        "SELECT count(*) FROM cases_relay WHERE report_id = %s AND side = %s AND sent_at >= %s",
        [report_id, side, since],
    )
    return int(cursor.fetchone()[0])


def mark_read(cursor: CursorWrapper, report_ids: Sequence[int], reader: str, at: datetime) -> int:
    """Note that one side has read what the other one wrote; how many messages were new to it."""
    other = UNIT_SIDE if reader == RESIDENT_SIDE else RESIDENT_SIDE
    cursor.execute(
        "UPDATE cases_relay SET read_at = %s WHERE report_id = ANY(%s) AND side = %s AND read_at IS NULL",
        [at, list(report_ids), other],
    )
    return int(cursor.rowcount)


def list_broken_relay(cursor: CursorWrapper, city_id: int) -> list[tuple[int, int, str]]:
    """Relayed texts that are not what the chain vouches for: case id, entry number (0: no entry) and what."""
    cursor.execute(
        "SELECT e.case_id, e.seq, (e.changes->'relay'->>'digest'), r.id, r.text_sealed, r.salt, r.digest "
        "FROM cases_entry e LEFT JOIN cases_relay r ON r.id = (e.changes->'relay'->>'id')::bigint "
        "WHERE e.city_id = %s AND e.subject = 'relay' ORDER BY e.case_id, e.seq",
        [city_id],
    )
    found = []
    for case_id, seq, told, row_id, sealed, salt, digest in cursor.fetchall():
        if row_id is None:
            found.append((case_id, seq, "a relayed message is gone"))
        elif bytes(digest).hex() != told:
            found.append((case_id, seq, "a relayed message does not match its digest"))
        elif sealed and (salt is None or salted_digest(vault().open(bytes(sealed)), bytes(salt)).hex() != told):
            found.append((case_id, seq, "a relayed text does not match its digest"))
    cursor.execute(
        "SELECT r.case_id FROM cases_relay r WHERE r.city_id = %s AND NOT EXISTS (SELECT 1 FROM cases_entry e "
        "WHERE e.case_id = r.case_id AND e.subject = 'relay' AND (e.changes->'relay'->>'id')::bigint = r.id)",
        [city_id],
    )
    return found + [(case_id, 0, "a relayed message that no entry tells of") for (case_id,) in cursor.fetchall()]
