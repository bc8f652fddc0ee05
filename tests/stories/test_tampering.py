"""Whoever changes history behind the application's back is found.

The attacker here owns the database: the trigger that keeps history is put out of action, every row can be changed,
deleted, exchanged or forged. What this cannot find is an attacker who rewrites the last entry with a right hash and
the head of the case with it, or cuts both back together with the rows: that takes a root kept outside the database.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from tests.stories.lives import live_many

from cityloom.cases.keeping import TABLES
from cityloom.cases.queries_audit import broken_in, list_strays, walk_cases
from cityloom.cases.values import Case, Entry, Report, RunningClock, Task

TAMPERINGS, TRIMMED = 1000, 300

# What of each row is decided, and so vouched for by history. Addresses, titles, counts and the
# moments of tasks and clocks other than what is due are not.
DECIDED: dict[type, tuple[str, ...]] = {
    Case: (
        "state", "path", "nature", "class_code", "standard_code", "urgency", "component_code", "lon", "lat", "area",
        "lead_unit", "promise_due_at", "closed_at", "confidential", "number", "source", "opened_at", "seq", "head",
    ),
    Task: ("unit", "role", "state", "done_by", "upheld"),
    Report: ("state", "words", "solved", "satisfied", "exempt_reason", "source"),
    RunningClock: ("kind", "owed_by", "state", "due_at"),
    Entry: (
        "seq", "version", "subject", "subject_id", "move", "from_state", "to_state", "by_login", "by_role", "by_unit",
        "reason", "changes", "occurred_at", "recorded_at", "previous", "hash", "text", "text_salt",
        "text_digest", "case_id",
    ),
}  # fmt: skip


@pytest.fixture
def town(life):
    """The cases, with the guard of history put out of action for the rest of the test."""
    live_many(life)
    assert breaks(life) == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits to be checked would hold ALTER TABLE up
        cursor.execute("ALTER TABLE cases_entry DISABLE TRIGGER cases_entry_only_grows")
    return life


def breaks(life):
    found = list_strays(life.city.id)
    for batch in walk_cases(life.city.id):
        found += broken_in(life.city.code, batch)
    return found


@pytest.mark.slow
def test_a_thousand_tamperings_are_all_found(town, full):
    chance = random.Random(7)
    kinds: Counter[str] = Counter()
    missed = []
    while sum(kinds.values()) < (TAMPERINGS if full else TRIMMED):
        with transaction.atomic():  # a savepoint: every attack is taken back
            did = chance.choices(*zip(*ATTACKS.items(), strict=True))[0](chance)
            if did is not None:
                kinds[did.split()[0]] += 1
                if not breaks(town):
                    missed.append(did)
            transaction.set_rollback(True)
    assert missed == []
    assert set(kinds) == {"edit", "delete", "swap", "forge", "cut", "drop", "add"}, (
        "every kind of attack had its turn"
    )


# --- the attacks ------------------------------------------------------------------------------------------------


def run(sql, params=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def a_row(kind, chance, columns="*"):
    rows = run(f"SELECT {columns} FROM {TABLES[kind]} ORDER BY id")
    return chance.choice(rows) if rows else None


def copy_row(kind, row_id, told):
    """Add a row like that one under the negative of its id; `told` gives columns as SQL of the old row `e`."""
    columns = run(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'",
        [TABLES[kind]],
    )
    names = ", ".join(f'"{c}"' for (c,) in columns)
    values = ", ".join(told.get(c, f'e."{c}"') for (c,) in columns)
    run(
        f"INSERT INTO {TABLES[kind]} (id, {names}) SELECT -id, {values} FROM {TABLES[kind]} e WHERE id = %s", [row_id]
    )


def edit(chance):
    """Change one decided column of one row to another value that its type allows."""
    kind = chance.choices(list(DECIDED), [6, 3, 3, 3, 8])[0]
    column = chance.choice(DECIDED[kind])
    row_id, value = a_row(kind, chance, f'id, "{column}"')
    if kind is Entry and column in ("text", "text_salt", "text_digest") and value is None:
        return None  # where nothing was said there is nothing to change
    new = _other(value, column, kind, chance)
    cast = "::jsonb" if isinstance(value, dict) or column in ("reason", "changes") else ""
    if column in ("number", "case_id", "seq") and kind in (Case, Entry) and _is_taken(kind, column, new, row_id):
        return None
    run(f'UPDATE {TABLES[kind]} SET "{column}" = %s{cast} WHERE id = %s', [new, row_id])
    return f"edit {TABLES[kind]}.{column} of {row_id}: {value!r} -> {new!r}"


def _is_taken(kind, column, new, row_id):
    if column == "number":
        return bool(run("SELECT 1 FROM cases_case WHERE number = %s", [new]))
    if column == "seq" and kind is Case:
        return False
    other = "case_id" if column == "seq" else "seq"
    return bool(
        run(
            f"SELECT 1 FROM cases_entry a JOIN cases_entry b ON a.{other} = b.{other} "
            f"WHERE a.id = %s AND b.{column} = %s",
            [row_id, new],
        )
    )


def _other(value, column, kind, chance):
    """A value of the same type that is not this one."""
    if isinstance(value, str) and column in ("reason", "changes"):
        value = json.loads(value)
    match value:
        case bool():
            return not value
        case int() if column == "case_id":
            return chance.choice([i for (i,) in run("SELECT id FROM cases_case") if i != value])
        case int():
            return value + chance.choice((1, 2, 7))
        case float():
            return value + 0.0005
        case dict():
            return json.dumps({**value, "code": "other", "case": {"state": [None, "closed"]}})
        case bytes() | memoryview():
            raw = bytes(value) or b"\0"
            at = chance.randrange(len(raw))
            return raw[:at] + bytes([raw[at] ^ (1 << chance.randrange(8))]) + raw[at + 1 :]
        case str():
            return "x" if column in ("subject", "role") else f"x{value}"[:20]
        case None if column in ("promise_due_at", "closed_at"):
            return run("SELECT max(opened_at) FROM cases_case")[0][0]
        case None if column in ("lon", "lat"):
            return 110.0
        case None:
            return "x"
        case _:
            return value + timedelta(minutes=chance.choice((-90, 1, 600)))


def delete(chance):
    """Take an entry out of the middle (or the end) of a history."""
    (entry_id,) = a_row(Entry, chance, "id")
    run("DELETE FROM cases_entry WHERE id = %s", [entry_id])
    return f"delete entry {entry_id}"


def swap(chance):
    """Let two entries of one case change places."""
    rows = run("SELECT case_id FROM cases_entry GROUP BY case_id HAVING count(*) > 1 ORDER BY 1")
    (case_id,) = chance.choice(rows)
    (one, a), (two, b) = chance.sample(run("SELECT id, seq FROM cases_entry WHERE case_id = %s", [case_id]), 2)
    run("UPDATE cases_entry SET seq = -1 WHERE id = %s", [one])
    run("UPDATE cases_entry SET seq = %s WHERE id = %s", [a, two])
    run("UPDATE cases_entry SET seq = %s WHERE id = %s", [b, one])
    return f"swap {a} and {b} of case {case_id}"


def forge(chance):
    """Add an entry at the end as if somebody had made one more move; half of the forgers mend the case's count."""
    entry_id, case_id = a_row(Entry, chance, "id, case_id")
    told = {
        "seq": "(SELECT max(seq) + 1 FROM cases_entry WHERE case_id = e.case_id)",
        "previous": "(SELECT head FROM cases_case WHERE id = e.case_id)",
    }
    copy_row(Entry, entry_id, told)
    if chance.random() < 0.5:
        run("UPDATE cases_case SET seq = seq + 1 WHERE id = %s", [case_id])
    return f"forge an entry like {entry_id} in case {case_id}"


def cut(chance):
    """Cut the end off a history; half of the cutters mend the case's count."""
    (case_id, length) = a_row(Case, chance, "id, seq")
    keep = chance.randrange(length)
    run("DELETE FROM cases_entry WHERE case_id = %s AND seq > %s", [case_id, keep])
    if chance.random() < 0.5:
        run("UPDATE cases_case SET seq = %s WHERE id = %s", [keep, case_id])
    return f"cut case {case_id} to {keep} of {length}"


def drop(chance):
    """Let a task, report or clock, or a case itself, vanish."""
    kind = chance.choice((Task, Report, RunningClock, Case))
    row = a_row(kind, chance, "id")
    if kind is Case:
        for table in ("cases_task", "cases_report", "cases_clock", "cases_photo"):
            run(f"DELETE FROM {table} WHERE case_id = %s", [row[0]])
    run("SET CONSTRAINTS ALL DEFERRED")
    run(f"DELETE FROM {TABLES[kind]} WHERE id = %s", [row[0]])
    return f"drop {TABLES[kind]} {row[0]}"


def add(chance):
    """Let a task, report or clock appear that no move made."""
    kind = chance.choice((Task, RunningClock, Report))
    (row_id,) = a_row(kind, chance, "id")
    keys = dict.fromkeys(("tracking_hash", "idempotency_key", "external_id"), "NULL")
    copy_row(kind, row_id, keys | {"role": "'assist'"})
    return f"add {TABLES[kind]} like {row_id}"


ATTACKS = {edit: 70, delete: 5, swap: 5, forge: 5, cut: 5, drop: 5, add: 5}
