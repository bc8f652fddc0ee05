"""Record what callbacks heard: one person asked once for several reports, and lists that an outside centre called."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.keys import vault
from cityloom.cases.actions.move_report import move_reports
from cityloom.cases.callbacks import due_since
from cityloom.cases.errors import ImpossibleMove
from cityloom.cases.keeping import get_file_by_id, list_entries, read
from cityloom.cases.queries_callbacks import same_person
from cityloom.cases.values import Case, CaseFile, Details, Entry, Outcome, Report
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

TOKEN_HEX = 16


class BadListRow(CityloomError):
    """A row of a called list that cannot be recorded."""

    status = 422


def record_callback(
    city: City,
    number: str,
    report_ids: Sequence[int],
    by: Post,
    outcome: Outcome,
    clock: Clock,
    *,
    version: int | None,
    note: str = "",
    occurred_at: datetime | None = None,
) -> CaseFile:
    """The case after a call about one or several reports of one person; each report keeps an entry of its own.

    Raises ImpossibleMove when the reports are not one person's; else as `move_report`.
    """
    details = Details(outcome=outcome, note=note.strip(), occurred_at=occurred_at)
    move = "call_back" if outcome.reached == "yes" else "attempt_callback"
    with transaction.atomic(), connection.cursor() as cursor:
        if len(report_ids) > 1:
            first = read(cursor, Report, "id = %s AND city_id = %s", [report_ids[0], city.id])
            known = same_person(cursor, first[0].case_id, first[0].id) if first else []
            if not set(report_ids) <= set(known):
                raise ImpossibleMove("callback.not_heard_once")
        return move_reports(city, number, report_ids, move, by, details, clock, version=version)


# --- lists ------------------------------------------------------------------------------------------------------


def token_of(city: City, report_id: int, round_: int) -> str:
    """What stands for a report on a list that leaves the house: only this installation can make or read it."""
    return f"{report_id}-{_marks(city, report_id, round_)[0]}"


def round_of(case: Case) -> int:
    """How often the case was taken up again: an outcome counts only for the round it was asked in."""
    return case.rework_count + case.reopen_count


def _marks(city: City, report_id: int, round_: int) -> list[str]:
    text = f"callback list\0{city.code}\0{report_id}\0{round_}"
    return [mark.hex()[:TOKEN_HEX] for mark in vault().marks(text)]


@dataclass(frozen=True)
class ListedOutcome:
    """A row of a list that was called: whose token, when, and what was heard."""

    token: str
    called_at: datetime
    outcome: Outcome
    note: str = ""


def record_listed(city: City, row: ListedOutcome, by: Post, clock: Clock) -> bool:
    """Record one row; False when the very same call is recorded already.

    Raises BadListRow for a token, a time or a round that does not fit; else as `move_report`.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        report_id = _report_id(row.token)
        found = read(cursor, Report, "id = %s AND city_id = %s", [report_id, city.id])
        if not found:
            raise BadListRow("list.bad_token", token=row.token[:60])
        file = get_file_by_id(cursor, found[0].case_id, lock=True)
        entries = list_entries(cursor, file.case.id)
        if _is_recorded(entries, report_id, row):
            _check_token(city, row.token, report_id, file.case, any_round=True)
            return False
        _check_token(city, row.token, report_id, file.case)
        if next(r for r in file.reports if r.id == report_id).state != "due_callback":
            raise BadListRow("list.settled")
        since = due_since(entries, report_id)
        if row.called_at > clock.now() or (since is not None and row.called_at < since):
            raise BadListRow("list.bad_time", value=row.called_at.isoformat(timespec="minutes"))
        reports = same_person(cursor, file.case.id, report_id)
        record_callback(
            city, file.case.number, [report_id, *(i for i in reports if i != report_id)], by, row.outcome, clock,
            version=None, note=row.note, occurred_at=row.called_at,
        )  # fmt: skip
        return True


def _report_id(token: str) -> int:
    number = token.strip().partition("-")[0]
    return int(number) if number.isdigit() and len(number) < 19 else 0


def _check_token(city: City, token: str, report_id: int, case: Case, *, any_round: bool = False) -> None:
    given = token.strip().partition("-")[2]
    now = round_of(case)
    if not any_round and any(hmac.compare_digest(mark, given) for mark in _marks(city, report_id, now)):
        return
    earlier = range(now + 1 if any_round else now)
    if any(hmac.compare_digest(mark, given) for n in earlier for mark in _marks(city, report_id, n)):
        if any_round:
            return
        raise BadListRow("list.old_round")
    raise BadListRow("list.bad_token", token=token[:60])


def _is_recorded(entries: Sequence[Entry], report_id: int, row: ListedOutcome) -> bool:
    """Whether this report has a call of the same moment with the same result."""
    move = "call_back" if row.outcome.reached == "yes" else "attempt_callback"
    return any(
        e.move == move and e.subject_id == report_id and e.occurred_at == row.called_at
        and e.changes.get("callback", {}).get("channel") == row.outcome.channel
        for e in entries
    )  # fmt: skip
