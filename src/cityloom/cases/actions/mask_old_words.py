"""Mask the words of reports that were received before texts were masked, some at a time, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.keeping import get_file_by_id, keep_moves
from cityloom.cases.originals import MASKED_LATER, Said, keeping_original, shown_text
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import CaseFile, Report

BATCH = 2000


def mask_old_words(clock: Clock, most: int = BATCH) -> int:
    """Look through so many reports; how many held personal data and were masked.

    The original is sealed, and an entry of the case vouches for the masked words from then on; what vouched for the
    original loses its salt. A case that somebody else holds at the moment is left for the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, case_id, words, address FROM cases_report WHERE NOT words_masked ORDER BY id LIMIT %s", [most]
        )
        rows = cursor.fetchall()
        clean = [i for i, _, *said in rows if not _holds(said)]
        cursor.execute("UPDATE cases_report SET words_masked = true WHERE id = ANY(%s)", [clean])
    cases = dict.fromkeys(case_id for _, case_id, *said in rows if _holds(said))
    return sum(_mask_case(case_id, clock.now()) for case_id in cases)


def _holds(said: Iterable[str]) -> bool:
    return any(shown_text(text) != text for text in said)


def _mask_case(case_id: int, at: datetime) -> int:
    """Mask the reports of one case; how many were."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        old = [r for r in before.reports if not r.words_masked]
        masked = [_masked(r) for r in old]
        after = before.with_reports(*masked).with_case(
            address=shown_text(before.case.address), title=shown_text(before.case.title)
        )
        _forget_salts(cursor, case_id, [r.id for r in old])
        kept = [k for r, m in zip(old, masked, strict=True) for k in keeping_original(m, r.words, r.address, at)]
        keep_moves(cursor, before, after, [_entry(before, after, r, at) for r in masked], at, kept)
    return sum(Said(a.words, a.address) != Said(b.words, b.address) for a, b in zip(old, masked, strict=True))


def _masked(report: Report) -> Report:
    return replace(report, words=shown_text(report.words), address=shown_text(report.address), words_masked=True)


def _forget_salts(cursor: CursorWrapper, case_id: int, report_ids: Sequence[int]) -> None:
    """A salted digest of the original would let its numbers be guessed."""
    cursor.execute(
        "UPDATE cases_entry SET text_salt = NULL WHERE case_id = %s AND (changes->>'words_of')::bigint = ANY(%s)",
        [case_id, list(report_ids)],
    )


def _entry(before: CaseFile, after: CaseFile, report: Report, at: datetime) -> Draft:
    return Draft(
        subject="people",
        subject_id=report.id,
        move=MASKED_LATER,
        from_state=before.case.state,
        to_state=after.case.state,
        by=SYSTEM,
        reason=Reason("mask.old_words"),
        text="",
        occurred_at=at,
        changes=changes_between(before, after),
        words_of=report.id,
    )
