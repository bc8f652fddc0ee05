"""What is taken away when a person's data is erased: statements over one case; the chain keeps standing.

Texts stand in the chain as salted digests. Text and salt go, the digest stays as the place where a text was and tells
nothing. Figures stay: class, place of the matter, units, moments and outcomes name nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.base.reasons import register
from cityloom.cases.gone_files import note_gone
from cityloom.cases.reporters import plain_phone
from cityloom.cases.values import CaseFile, Entry

register(
    {
        "erase.asked": ("应诉求人请求删除个人信息", "erased because the person asked for it"),
        "erase.retention": ("保存期{days}天已满，系统删除", "kept for {days} days and erased by the system"),
        "correct.asked": ("应诉求人请求更正个人信息", "corrected because the person asked for it"),
        "error.on_hold": (
            "案件{number}的资料已被要求暂缓删除，请先解除暂缓",
            "the data of case {number} is on hold; lift the hold first",
        ),
    }
)

PARTS = frozenset({"contact", "words", "relay", "photos"})
CONTACT_ONLY = frozenset({"contact", "relay"})


@dataclass(frozen=True)
class Erasing:
    """What is erased on one case: these reports of these persons; `whole`: the case has no other person's report."""

    file: CaseFile
    report_ids: tuple[int, ...]
    reporter_ids: tuple[int, ...]
    parts: frozenset[str]
    whole: bool
    secrets: tuple[str, ...]  # names and phones of the persons, to find them inside texts

    def tells(self, text: str | None) -> bool:
        """Whether a text names the person or the number, however the number is written."""
        if not text:
            return False
        digits = plain_phone(text)
        return any(s in text or (s.isdigit() and s in digits) for s in self.secrets)


# Other tables of a case that hold a person's words: each gives the number of rows it emptied.
ERASERS: list[Callable[[CursorWrapper, Erasing], int]] = []


def choose_entries(entries: Sequence[Entry], erasing: Erasing) -> list[Entry]:
    """The entries whose text goes. Pure.

    On a case of one person all texts go with the words; where others reported too, those about this person's report
    and those that name the person. Contact data alone takes only texts that name the person.
    """
    return [e for e in entries if e.text_digest is not None and _goes(e, erasing)]


def _goes(entry: Entry, erasing: Erasing) -> bool:
    about = {entry.changes.get("words_of"), entry.changes.get("report_said")}
    if entry.subject == "report":
        about.add(entry.subject_id)
    theirs = not about.isdisjoint(erasing.report_ids)
    if "words" not in erasing.parts:
        words = next((r.words for r in erasing.file.reports if r.id == entry.changes.get("words_of")), None)
        return erasing.tells(entry.text) or (theirs and erasing.tells(words))
    return erasing.whole or theirs or erasing.tells(entry.text)


def erase_texts(cursor: CursorWrapper, entries: Sequence[Entry]) -> int:
    """Take text and salt of these entries away; the database lets nothing else of them change."""
    gone = [e.id for e in entries]
    cursor.execute("UPDATE cases_entry SET text = NULL, text_salt = NULL WHERE id = ANY(%s)", [gone])
    count = int(cursor.rowcount)
    cursor.execute("DELETE FROM cases_original WHERE id = ANY(%s)", [gone])
    return count


def erase_relay(cursor: CursorWrapper, erasing: Erasing) -> int:
    cursor.execute(
        "UPDATE cases_relay SET text_sealed = ''::bytea, salt = NULL "
        "WHERE report_id = ANY(%s) AND text_sealed <> ''::bytea",
        [list(erasing.report_ids)],
    )
    return int(cursor.rowcount)


def erase_photos(cursor: CursorWrapper, erasing: Erasing, at: Any) -> list[int]:
    """Take away the photos of these reports, and what the resident added to a case of his or her own."""
    cursor.execute(
        "DELETE FROM cases_photo WHERE case_id = %s AND (report_id = ANY(%s) OR (%s AND by_login = 'resident')) "
        "RETURNING id, file",
        [erasing.file.case.id, list(erasing.report_ids), erasing.whole],
    )
    rows = cursor.fetchall()
    note_gone(cursor, [file for _, file in rows], at)
    return sorted(i for i, _ in rows)


def erase_person(cursor: CursorWrapper, erasing: Erasing) -> int:
    """Take the rows of the persons away, and what waits to be sent to them."""
    cursor.execute("DELETE FROM cases_reporter WHERE id = ANY(%s)", [list(erasing.reporter_ids)])
    gone = int(cursor.rowcount)
    cursor.execute(
        "UPDATE base_message SET to_sealed = ''::bytea, params_sealed = ''::bytea, to_index = ''::bytea, "
        "state = CASE WHEN state IN ('waiting', 'sending') THEN 'dropped' ELSE state END, next_at = NULL "
        "WHERE report_id = ANY(%s)",
        [list(erasing.report_ids)],
    )
    return gone


def _erase_asked_for(cursor: CursorWrapper, erasing: Erasing) -> int:
    """Notes of requests for approval on the case."""
    cursor.execute("SELECT id, note, asked::text FROM cases_request WHERE case_id = %s", [erasing.file.case.id])
    gone = [
        i
        for i, note, asked in cursor.fetchall()
        if (erasing.whole and "words" in erasing.parts) or erasing.tells(note) or erasing.tells(asked)
    ]
    cursor.execute("UPDATE cases_request SET note = '', asked = asked - 'note' WHERE id = ANY(%s)", [gone])
    return len(gone)


def _erase_originals(cursor: CursorWrapper, erasing: Erasing) -> int:
    """What these reports said word for word: it names the person or tells how to reach somebody."""
    cursor.execute("DELETE FROM cases_original WHERE id = ANY(%s)", [list(erasing.report_ids)])
    return int(cursor.rowcount)


ERASERS += [_erase_asked_for, _erase_originals]
