"""The one-time links by which residents answer: made, found by their code, used once. The code is kept as a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from cityloom.base.errors import CityloomError
from cityloom.base.ids import ids
from cityloom.cases import callback_words  # noqa: F401 (the sentences of its refusals are registered)


class NoSuchLink(CityloomError):
    """No link has this code."""

    status = 404


class LinkOver(CityloomError):
    """The link was used, its time is over, or no answer is needed any more."""

    status = 410


@dataclass(frozen=True)
class Link:
    """A link that was sent: for which reports of which case, until when, and whether it was used."""

    id: int
    city_id: int
    case_id: int
    report_ids: tuple[int, ...]
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    message_id: int | None

    def check_open(self, at: datetime) -> None:
        """Raise LinkOver when it cannot be answered any more."""
        if self.used_at is not None:
            raise LinkOver("callback.link_used")
        if at > self.expires_at:
            raise LinkOver("callback.link_ended")


def link_hash(code: str) -> bytes:
    """How a link's code is stored; spaces, dashes and case do not count."""
    plain = "".join(code.split()).replace("-", "").upper()
    return hashlib.sha256(b"cityloom callback link\0" + plain.encode()).digest()


def address_of_link(code: str) -> str:
    """Where the resident answers."""
    return f"{settings.CITYLOOM_SITE_URL}/c/{code}/"


def keep_link(
    cursor: CursorWrapper,
    city_id: int,
    case_id: int,
    report_ids: Sequence[int],
    code: str,
    kind: str,
    by_login: str,
    at: datetime,
    expires_at: datetime,
) -> int:
    """Keep a new link; its id."""
    link_id = ids.one()
    cursor.execute(
        "INSERT INTO cases_callback_link (id, city_id, case_id, report_ids, code_hash, kind, made_at, made_by, "
        "expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [link_id, city_id, case_id, list(report_ids), link_hash(code), kind, at, by_login, expires_at],
    )
    return link_id


def tie_message(cursor: CursorWrapper, link_id: int, message_id: int) -> None:
    """Remember which message carries the link."""
    cursor.execute("UPDATE cases_callback_link SET message_id = %s WHERE id = %s", [message_id, link_id])


def get_link(cursor: CursorWrapper, city_id: int, code: str, *, lock: bool = False) -> Link:
    """The link of a code; raises NoSuchLink."""
    cursor.execute(
        "SELECT id, city_id, case_id, report_ids, made_at, expires_at, used_at, message_id FROM cases_callback_link "  # noqa: S608
        "WHERE code_hash = %s AND city_id = %s" + (" FOR UPDATE" if lock else ""),
        [link_hash(code), city_id],
    )
    row = cursor.fetchone()
    if row is None:
        raise NoSuchLink("callback.no_link")
    return Link(row[0], row[1], row[2], tuple(row[3]), *row[4:])


def use_link(cursor: CursorWrapper, link: Link, at: datetime) -> None:
    """Mark the link as used."""
    cursor.execute("UPDATE cases_callback_link SET used_at = %s WHERE id = %s", [at, link.id])


def live_until(cursor: CursorWrapper, case_id: int, report_id: int, since: datetime, at: datetime) -> datetime | None:
    """Until when a link made since that moment may still be answered; None when there is none."""
    cursor.execute(
        "SELECT max(expires_at) FROM cases_callback_link WHERE case_id = %s AND report_ids @> ARRAY[%s]::bigint[] "
        "AND used_at IS NULL AND made_at >= %s AND expires_at > %s",
        [case_id, report_id, since, at],
    )
    row = cursor.fetchone()
    return row[0] if row else None
