"""Writing and reading a case's rows: one statement per table, built once from the fields of `values.py`.

A move is kept whole or not at all: the caller's transaction holds the case's row, the changed tasks, reports and
clocks, the chained entries and the outbox row together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.crypto import canonical, chain_hash, new_salt, salted_digest
from cityloom.base.ids import ids
from cityloom.base.statements import Statement, send_together
from cityloom.base.tallies import is_heard, tally
from cityloom.cases.changes import Draft
from cityloom.cases.errors import NoSuchCase, NoSuchReport, StaleVersion
from cityloom.cases.originals import kept_text
from cityloom.cases.values import Case, CaseFile, Entry, Original, Report, Request, RunningClock, Task
from cityloom.city.values import Post

Row = TypeVar("Row", Case, Task, Report, RunningClock, Request, Entry, Original)
TABLES: dict[type, str] = {
    Case: "cases_case",
    Task: "cases_task",
    Report: "cases_report",
    RunningClock: "cases_clock",
    Request: "cases_request",
    Entry: "cases_entry",
    Original: "cases_original",
}
PARTS = ("reports", "tasks", "clocks", "requests")  # what moves with a case
_JSON = {"outcome", "reason", "changes", "pauses", "warn_at", "asked", "reading", "repeat_why"}
_LISTS = {"areas", "complained_about"}
_BYTES = {"head", "tracking_hash", "previous", "hash", "text_salt", "text_digest", "sealed", "key_mark"}


# --- reading ----------------------------------------------------------------------------------------------------


def get_file(cursor: CursorWrapper, city_id: int, number: str, *, lock: bool = False) -> CaseFile:
    """The case with its tasks, reports and clocks; raises NoSuchCase. `lock` keeps others from moving it."""
    found = read(cursor, Case, "city_id = %s AND number = %s" + (" FOR UPDATE" if lock else ""), [city_id, number])
    if not found:
        raise NoSuchCase("error.no_case", number=number)
    return _file_of(cursor, found[0])


def get_file_by_id(cursor: CursorWrapper, case_id: int, *, lock: bool = False) -> CaseFile:
    found = read(cursor, Case, "id = %s" + (" FOR UPDATE" if lock else ""), [case_id])
    if not found:
        raise NoSuchCase("error.no_case", number=str(case_id))
    return _file_of(cursor, found[0])


def get_report(cursor: CursorWrapper, tracking_hash: bytes) -> Report:
    """The report behind a tracking code; raises NoSuchReport."""
    found = read(cursor, Report, "tracking_hash = %s", [tracking_hash])
    if not found:
        raise NoSuchReport("error.no_report")
    return found[0]


def list_said_again(cursor: CursorWrapper, report: Report) -> list[Case]:
    """The other cases in which the same words stand, because two matters were said at once."""
    same = "SELECT case_id FROM cases_report WHERE split_from = %s"
    return read(cursor, Case, f"id IN ({same}) ORDER BY id", [report.split_from or report.id])


def find_report_once(
    cursor: CursorWrapper, city_id: int, idempotency_key: str | None, external_id: str | None
) -> Report | None:
    """The report received before under this idempotency key or external id, if there is one."""
    keys = [("idempotency_key", idempotency_key), ("external_id", external_id)]
    for column, key in keys:
        if key is not None and (found := read(cursor, Report, f"city_id = %s AND {column} = %s", [city_id, key])):
            return found[0]
    return None


def list_entries(cursor: CursorWrapper, case_id: int, since_seq: int = 0) -> list[Entry]:
    """The case's history in order."""
    return read(cursor, Entry, "case_id = %s AND seq > %s ORDER BY seq", [case_id, since_seq])


def read(cursor: CursorWrapper, kind: type[Row], condition: str, params: Sequence[Any]) -> list[Row]:
    """Rows of a table as values; the condition is written by us, its parameters are bound."""
    cursor.execute(f"SELECT {_COLUMNS[kind]} FROM {TABLES[kind]} WHERE {condition}", params)  # noqa: S608
    return [_value(kind, row) for row in cursor.fetchall()]


def _file_of(cursor: CursorWrapper, case: Case) -> CaseFile:
    tasks = read(cursor, Task, "case_id = %s ORDER BY id", [case.id])
    reports = read(cursor, Report, "case_id = %s ORDER BY id", [case.id])
    clocks = read(cursor, RunningClock, "case_id = %s ORDER BY id", [case.id])
    requests = read(cursor, Request, "case_id = %s ORDER BY id", [case.id])
    return CaseFile(case, tuple(tasks), tuple(reports), tuple(clocks), tuple(requests))


# --- writing ----------------------------------------------------------------------------------------------------


def keep_new(
    file: CaseFile,
    drafts: Sequence[Draft],
    at: datetime,
    chain_seed: bytes,
    also: Sequence[Statement] = (),
    moved_reports: bool = False,
) -> CaseFile:
    """Write a case that was not there before, with everything that belongs to it (`also`: its reporter).

    `moved_reports`: its reports belonged to another case until now.
    """
    entries, file, originals = _chained(file, drafts, at, chain_seed)
    reports = [_inserting(file.reports, moved_reports)] if file.reports else []
    rows = (file.tasks, file.clocks, entries, originals)
    send_together(
        [*also, _inserting([file.case]), *reports, *map(_inserting, filter(None, rows)), _telling(file, entries, at)]
    )
    _count_once_committed(entries, () if moved_reports else file.reports)
    return file


def keep_moves(
    cursor: CursorWrapper,
    before: CaseFile,
    after: CaseFile,
    drafts: Sequence[Draft],
    at: datetime,
    also: Sequence[Statement] = (),
) -> CaseFile:
    """Write what changed, if nobody moved the case since `before` was read; else StaleVersion tells what changed."""
    after = after.with_case(version=before.case.version + 1)
    entries, after, originals = _chained(after, drafts, at, before.case.head)
    cursor.execute(_UPDATE_CASE, [*_row(after.case), before.case.id, before.case.version])
    if cursor.rowcount != 1:
        refuse_stale(cursor, get_file_by_id(cursor, before.case.id).case, before.case.version)
    changed = [_changed(getattr(before, kind), getattr(after, kind)) for kind in PARTS]
    replacing = [_inserting(rows, replacing=True) for rows in changed if rows]
    told = [_inserting(rows) for rows in (entries, originals) if rows]
    send_together([*also, *replacing, *told, _telling(after, entries, at)])
    known = {r.id for r in before.reports}
    _count_once_committed(entries, [r for r in after.reports if r.id not in known])
    return after


def refuse_stale(cursor: CursorWrapper, case: Case, seen: int | None) -> None:
    """Raise StaleVersion for someone who saw the case before others moved it, naming the moves made since.

    Warnings of clocks, relayed messages and what is done about people's data are no moves: whoever looked before
    one may still act.
    """
    if seen is None or seen == case.version:
        return
    no_move = "subject NOT IN ('clock', 'relay', 'people')"
    since = read(cursor, Entry, f"case_id = %s AND version > %s AND {no_move} ORDER BY seq", [case.id, seen])
    if since or seen > case.version:
        moves = [f"{e.move} ({e.by_login})" for e in since]
        raise StaleVersion("error.stale", seen=seen, now=case.version, what=moves)


def _count_once_committed(entries: Sequence[Entry], reports: Iterable[Report]) -> None:
    """Tell whoever measures: moves with their roles, new reports with their sources."""
    if not is_heard():
        return
    moves, sources = [(e.move, e.by_role) for e in entries], [(r.source,) for r in reports]
    transaction.on_commit(partial(tally, "moves", moves))
    transaction.on_commit(partial(tally, "reports", sources))


def _inserting(rows: Sequence[Any], replacing: bool = False) -> Statement:
    """All rows of one table in one statement; with `replacing`, rows known by their id are replaced."""
    return Statement(_insert(TABLES[type(rows[0])], len(rows), replacing), [v for row in rows for v in _row(row)])


def _changed(before: Iterable[Any], after: Iterable[Any]) -> list[Any]:
    old = {r.id: r for r in before}
    return [r for r in after if old.get(r.id) != r]


def _telling(file: CaseFile, entries: Sequence[Entry], at: datetime) -> Statement:
    """One outbox row for the whole move: no words, no names, only what happened to which case."""
    case = file.case
    payload = {
        "number": case.number,
        "version": case.version,
        "path": case.path,
        "state": case.state,
        "source": case.source,
        "nature": case.nature,
        "urgency": case.urgency,
        "class": case.class_code,
        "area": case.area,
        "lon": case.lon,
        "lat": case.lat,
        "unit": case.lead_unit,
        "opened_at": _told_moment(case.opened_at),
        "closed_at": _told_moment(case.closed_at),
        "promise_due_at": _told_moment(case.promise_due_at),
        "confidential": case.confidential,
        "moves": [e.move for e in entries],
    }
    return Statement(
        "INSERT INTO base_outbox (id, city, topic, key, payload, created_at, waiting) "
        "VALUES (%s, %s, 'case.moved', %s, %s::jsonb, %s, true)",
        [ids.one(), str(case.city_id), case.number, json.dumps(payload), at],
    )


def _told_moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at is not None else None


# --- the chain --------------------------------------------------------------------------------------------------


def _chained(
    file: CaseFile, drafts: Sequence[Draft], at: datetime, head: bytes
) -> tuple[list[Entry], CaseFile, list[Original]]:
    """The entries, the case at their end, and what was said word for word where an entry's text was masked."""
    seq = file.case.seq
    words = {r.id: r.words for r in file.reports}
    entries: list[Entry] = []
    originals: list[Original] = []
    for draft, entry_id in zip(drafts, ids.take(len(drafts)), strict=True):
        seq += 1
        text, original = kept_text(entry_id, file.case.city_id, draft.text, draft.by, at)
        draft = replace(draft, text=text)
        if original is not None:
            originals.append(original)
        entry = _link(file.case, draft, entry_id, seq, head, at, words)
        head = entry.hash
        entries.append(entry)
    return entries, file.with_case(seq=seq, head=head), originals


def _link(
    case: Case, draft: Draft, entry_id: int, seq: int, previous: bytes, at: datetime, words: dict[int, str]
) -> Entry:
    vouched = draft.text or (words[draft.words_of] if draft.words_of else "")
    salt = new_salt() if vouched else None
    by: Post = draft.by
    entry = Entry(
        id=entry_id,
        city_id=case.city_id,
        case_id=case.id,
        seq=seq,
        subject=draft.subject,
        subject_id=draft.subject_id,
        move=draft.move,
        from_state=draft.from_state,
        to_state=draft.to_state,
        by_login=by.login,
        by_role=by.role.value,
        by_unit=by.unit or "",
        reason=draft.reason.as_json() if draft.reason else {},
        changes={
            **draft.changes,
            **({"words_of": draft.words_of} if draft.words_of else {}),
            **({"for_login": by.for_login} if by.for_login else {}),  # a deputy acts: both names are kept
        },
        occurred_at=draft.occurred_at.astimezone(UTC),
        recorded_at=at.astimezone(UTC),
        previous=previous,
        hash=b"",
        text=draft.text or None,
        text_salt=salt,
        text_digest=salted_digest(vouched, salt) if salt else None,
        version=case.version,
    )
    return replace(entry, hash=link_hash(entry))


def chain_seed(city_code: str, number: str) -> bytes:
    """What the first entry of a case is chained to."""
    return chain_hash(b"cityloom case", [city_code, number])


def link_hash(entry: Entry) -> bytes:
    """The hash an entry must have, from its content and the link before. Texts enter as their salted digest."""
    return chain_hash(
        bytes(entry.previous),
        [
            entry.case_id,
            entry.seq,
            entry.version,
            entry.subject,
            entry.subject_id,
            entry.move,
            entry.from_state,
            entry.to_state,
            entry.by_login,
            entry.by_role,
            entry.by_unit,
            entry.reason,
            entry.changes,
            bytes(entry.text_digest).hex() if entry.text_digest else None,
            entry.occurred_at.astimezone(UTC).isoformat(),
            entry.recorded_at.astimezone(UTC).isoformat(),
        ],
    )


# --- statements -------------------------------------------------------------------------------------------------


def _holder(name: str) -> str:
    return "%s::jsonb" if name in _JSON else "%s::varchar[]" if name in _LISTS else "%s"


NAMES: dict[type, tuple[str, ...]] = {kind: tuple(f.name for f in fields(kind)) for kind in TABLES}
_COLUMNS = {kind: ", ".join(f'"{name}"' for name in names) for kind, names in NAMES.items()}
_HOLDERS = {kind: ", ".join(map(_holder, names)) for kind, names in NAMES.items()}
_NEW_CASE = ", ".join(f'"{name}" = {_holder(name)}' for name in NAMES[Case])
_UPDATE_CASE = f"UPDATE cases_case SET {_NEW_CASE} WHERE id = %s AND version = %s"  # noqa: S608


@cache
def _insert(table: str, rows: int, replacing: bool = False) -> str:
    kind = next(k for k, name in TABLES.items() if name == table)
    values = ", ".join([f"({_HOLDERS[kind]})"] * rows)
    statement = f"INSERT INTO {table} ({_COLUMNS[kind]}) VALUES {values}"  # noqa: S608
    if replacing:
        news = ", ".join(f'"{n}" = EXCLUDED."{n}"' for n in NAMES[kind] if n not in ("id", "city_id"))
        statement += f" ON CONFLICT (id) DO UPDATE SET {news}"
    return statement


def _row(row: Any) -> list[Any]:
    return [_stored(name, getattr(row, name)) for name in NAMES[type(row)]]


def _stored(name: str, value: Any) -> Any:
    if name in _JSON:
        return None if value is None else canonical(value).decode()
    if name in _LISTS:
        return list(value)
    return value


def _value(kind: type[Row], row: Sequence[Any]) -> Row:
    return kind(**{name: _read_back(name, value) for name, value in zip(NAMES[kind], row, strict=True)})


def _read_back(name: str, value: Any) -> Any:
    if name in _JSON:
        value = json.loads(value) if isinstance(value, str) else value
        return tuple(map(_tuple, value)) if name in ("pauses", "warn_at") else value
    if name in _LISTS:
        return tuple(value)
    if name in _BYTES and value is not None:
        return bytes(value)
    return value


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def cursor_of() -> CursorWrapper:
    """A cursor on the request's connection, inside its transaction."""
    return connection.cursor()
