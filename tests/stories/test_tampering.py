"""Whoever changes history behind the application's back is found, and what was changed is named.

The attacker here owns the database: the triggers that keep history are put out of action, every row can be changed,
deleted, exchanged or forged, whole chains rewritten with right hashes, roots and logs taken away. What the attacker
has not got is the key that signs roots and the anchor file, both outside the database. What came after the last root
is vouched for by its own chain alone, so every attack here is on something a root covers.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.db import connection, transaction
from tests.cases.life import SOUTHWEST, at
from tests.stories.lives import live_many

from cityloom.cases.actions.issue_order import issue_order
from cityloom.cases.actions.sign_root import sign_root
from cityloom.cases.anchors import read_anchor
from cityloom.cases.audit_keys import trusted_keys
from cityloom.cases.audit_roots import hash_root
from cityloom.cases.audit_verifying import verify_city
from cityloom.cases.keeping import TABLES, chain_seed, link_hash, list_entries
from cityloom.cases.order_issuing import NewOrder
from cityloom.cases.root_rows import list_roots
from cityloom.cases.values import Case, Entry, Report, RunningClock, Task

TAMPERINGS, TRIMMED = 1000, 150
GUARDED = (
    "cases_entry", "cases_order_entry", "cases_root", "cases_root_leaf", "cases_reporter_read",
)  # fmt: skip


class Did(NamedTuple):
    """What an attacker did, and what must be named: the case, order, root or row."""

    kind: str
    words: str
    name: str


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
def town(life, settings, tmp_path):
    """The cases under two signed roots, the guards of history put out of action for the rest of the test."""
    settings.CITYLOOM_AUDIT_ANCHOR = str(tmp_path / "anchor.jsonl")
    live_many(life)
    for number in ("2026-1", "2026-2"):
        new = NewOrder("unit", f"积压案件{number}", "说明积压原因", 3, "work_day", units=("water_co",))
        issue_order(life.city, new, life.post("supervisor"), life.clock)
    read_somebody(life)
    life.clock.at = at(6, 9, 23)
    sign_root(life.city, life.clock)
    life.clock.at = at(6, 10, 9)
    life.report(place=SOUTHWEST)
    read_somebody(life)
    life.clock.at = at(6, 10, 23)
    sign_root(life.city, life.clock)
    assert breaks(life) == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits to be checked would hold ALTER TABLE up
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_only_grows")
    return life


def read_somebody(life):
    """A callback agent looks at somebody's number; the log of reads has a row more."""
    run(
        "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, by_unit, reason, fields, at) "
        "SELECT 1, min(id), 'agent', 'callback_agent', '', 'callback', '{phone}', %s FROM cases_case",
        [life.clock.now()],
    )


def breaks(life):
    anchored = read_anchor(Path(settings.CITYLOOM_AUDIT_ANCHOR), life.city.code, trusted_keys())
    return list(verify_city(life.city.id, life.city.code, trusted_keys(), anchored).findings)


@pytest.mark.slow
def test_a_thousand_tamperings_are_all_found_and_named(town, full):
    chance = random.Random(7)
    kinds: Counter[str] = Counter()
    missed, misnamed = [], []
    wanted = TAMPERINGS if full else TRIMMED
    turns = [*ATTACKS, *chance.choices(*zip(*ATTACKS.items(), strict=True), k=20 * wanted)]
    for attack in turns:
        if sum(kinds.values()) == wanted:
            break
        with transaction.atomic():  # a savepoint: every attack is taken back
            did = attack(chance)
            if did is not None:
                kinds[did.kind] += 1
                found = breaks(town)
                if not found:
                    missed.append(did)
                elif did.name not in {f.number for f in found}:
                    misnamed.append((did, found))
            transaction.set_rollback(True)
    assert missed == []
    assert misnamed == []
    assert sum(kinds.values()) == wanted
    assert set(kinds) == {attack.__name__ for attack in ATTACKS}, "every kind of attack had its turn"


def test_what_a_rewriting_attacker_touches_ends_what_the_roots_vouch_for(town):
    """The first root covers most cases, the second one more: only that one's doubt leaves the first root standing."""
    city = town.city
    assert verify_city(city.id, city.code, trusted_keys()).vouched.serial == 2
    number = town.number  # reported between the two roots
    rewrite_chain(run("SELECT id FROM cases_case WHERE number = %s", [number])[0][0], 1)
    verified = verify_city(city.id, city.code, trusted_keys())
    assert {f.number for f in verified.findings} == {number}
    assert verified.vouched.serial == 1


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
    name = number_of(row_id) if kind is Case else number_of_row(kind, row_id)
    if kind is Entry and column in ("text", "text_salt", "text_digest") and value is None:
        return None  # where nothing was said there is nothing to change
    new = _other(value, column, kind, chance)
    cast = "::jsonb" if isinstance(value, dict) or column in ("reason", "changes") else ""
    if column in ("number", "case_id", "seq") and kind in (Case, Entry) and _is_taken(kind, column, new, row_id):
        return None
    run(f'UPDATE {TABLES[kind]} SET "{column}" = %s{cast} WHERE id = %s', [new, row_id])
    return Did("edit", f"{TABLES[kind]}.{column} of {row_id}: {value!r} -> {new!r}", name)


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
    entry_id, case_id = a_row(Entry, chance, "id, case_id")
    run("DELETE FROM cases_entry WHERE id = %s", [entry_id])
    return Did("delete", f"entry {entry_id}", number_of(case_id))


def swap(chance):
    """Let two entries of one case change places."""
    rows = run("SELECT case_id FROM cases_entry GROUP BY case_id HAVING count(*) > 1 ORDER BY 1")
    (case_id,) = chance.choice(rows)
    (one, a), (two, b) = chance.sample(run("SELECT id, seq FROM cases_entry WHERE case_id = %s", [case_id]), 2)
    run("UPDATE cases_entry SET seq = -1 WHERE id = %s", [one])
    run("UPDATE cases_entry SET seq = %s WHERE id = %s", [a, two])
    run("UPDATE cases_entry SET seq = %s WHERE id = %s", [b, one])
    return Did("swap", f"{a} and {b} of case {case_id}", number_of(case_id))


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
    return Did("forge", f"an entry like {entry_id} in case {case_id}", number_of(case_id))


def cut(chance):
    """Cut the end off a history; half of the cutters mend the case's count."""
    (case_id, length) = a_row(Case, chance, "id, seq")
    keep = chance.randrange(length)
    run("DELETE FROM cases_entry WHERE case_id = %s AND seq > %s", [case_id, keep])
    if chance.random() < 0.5:
        run("UPDATE cases_case SET seq = %s WHERE id = %s", [keep, case_id])
    return Did("cut", f"case {case_id} to {keep} of {length}", number_of(case_id))


def drop(chance):
    """Let a task, report or clock, or a case itself, vanish."""
    kind = chance.choice((Task, Report, RunningClock, Case))
    row = a_row(kind, chance, "id")
    name = number_of(row[0]) if kind is Case else number_of_row(kind, row[0])
    if kind is Case:
        for table in ("cases_task", "cases_report", "cases_clock", "cases_photo"):
            run(f"DELETE FROM {table} WHERE case_id = %s", [row[0]])
    run("SET CONSTRAINTS ALL DEFERRED")
    run(f"DELETE FROM {TABLES[kind]} WHERE id = %s", [row[0]])
    return Did("drop", f"{TABLES[kind]} {row[0]}", name)


def add(chance):
    """Let a task, report or clock appear that no move made."""
    kind = chance.choice((Task, RunningClock, Report))
    (row_id,) = a_row(kind, chance, "id")
    keys = dict.fromkeys(("tracking_hash", "idempotency_key", "external_id"), "NULL")
    copy_row(kind, row_id, keys | {"role": "'assist'"})
    return Did("add", f"{TABLES[kind]} like {row_id}", number_of_row(kind, row_id))


# --- attackers who know how the chains are made -----------------------------------------------------------------


def number_of(case_id):
    return run("SELECT number FROM cases_case WHERE id = %s", [case_id])[0][0]


def number_of_row(kind, row_id):
    return number_of(run(f"SELECT case_id FROM {TABLES[kind]} WHERE id = %s", [row_id])[0][0])


def rewrite_chain(case_id, from_seq):
    """Change who made an entry and hash all that follows anew, to the head on the case: the chain is whole again."""
    with connection.cursor() as cursor:
        entries = list_entries(cursor, case_id)
    previous = entries[from_seq - 1].previous
    for entry in entries[from_seq - 1 :]:
        login = "somebody_else" if entry.seq == from_seq else entry.by_login
        entry = replace(entry, by_login=login, previous=previous)
        previous = link_hash(entry)
        run(
            "UPDATE cases_entry SET by_login = %s, previous = %s, hash = %s WHERE id = %s",
            [login, entry.previous, previous, entry.id],
        )
    run("UPDATE cases_case SET head = %s WHERE id = %s", [previous, case_id])


def rewrite(chance):
    """Rewrite the history of a case from one entry on, every hash right."""
    case_id, length = a_row(Case, chance, "id, seq")
    seq = chance.randint(1, length)
    rewrite_chain(case_id, seq)
    return Did("rewrite", f"case {case_id} from entry {seq}", number_of(case_id))


def rewind(chance):
    """Cut the end off a history and put count and head of the case back, as if it had never come."""
    rows = run("SELECT id, seq FROM cases_case WHERE seq > 1 ORDER BY id")
    case_id, length = chance.choice(rows)
    keep = chance.randrange(1, length)
    run("DELETE FROM cases_entry WHERE case_id = %s AND seq > %s", [case_id, keep])
    run(
        "UPDATE cases_case SET seq = %s, head = (SELECT hash FROM cases_entry WHERE case_id = %s AND seq = %s) "
        "WHERE id = %s",
        [keep, case_id, keep, case_id],
    )
    return Did("rewind", f"case {case_id} to {keep} of {length}", number_of(case_id))


def vanish(chance):
    """Take a case away with all that belongs to it."""
    (case_id,) = a_row(Case, chance, "id")
    name = number_of(case_id)
    run("SET CONSTRAINTS ALL DEFERRED")
    for table in ("entry", "task", "report", "clock", "request", "photo", "reporter_read", "precedent"):
        run(f"DELETE FROM cases_{table} WHERE case_id = %s", [case_id])
    run("DELETE FROM cases_case WHERE id = %s", [case_id])
    return Did("vanish", f"case {case_id}", name)


def insert(chance):
    """Put a case in that says it was there all along, its chain whole."""
    (case_id,) = a_row(Case, chance, "id")
    number = f"{number_of(case_id)}9"
    copy_row(Case, case_id, {"number": f"'{number}'", "import_key": "NULL"})
    with connection.cursor() as cursor:
        entries = list_entries(cursor, case_id)
    previous = chain_seed(CITY, number)
    for entry in entries:
        copy_row(Entry, entry.id, {"case_id": str(-case_id)})
        entry = replace(entry, case_id=-case_id, previous=previous)
        previous = link_hash(entry)
        run("UPDATE cases_entry SET previous = %s, hash = %s WHERE id = %s", [entry.previous, previous, -entry.id])
    run("UPDATE cases_case SET head = %s WHERE id = %s", [previous, -case_id])
    return Did("insert", f"case {number}", number)


# --- attackers of orders, roots and logs ------------------------------------------------------------------------


def order(chance):
    """Change, cut or take away the history of a supervision order."""
    row_id, year, serial = chance.choice(run("SELECT id, year, serial FROM cases_order ORDER BY id"))
    how = chance.choice(("edit", "cut", "vanish"))
    if how == "edit":
        run("UPDATE cases_order_entry SET by_login = 'somebody_else' WHERE order_id = %s", [row_id])
    else:
        run("DELETE FROM cases_order_entry WHERE order_id = %s", [row_id])
    if how == "vanish":
        run("DELETE FROM cases_order WHERE id = %s", [row_id])
    return Did("order", f"{how} {row_id}", f"{year}-{serial}")


def unroot(chance):
    """Take a root away; half of the attackers take its leaves along."""
    serial = chance.choice((1, 2))
    run("DELETE FROM cases_root WHERE serial = %s", [serial])
    if chance.random() < 0.5:
        run("DELETE FROM cases_root_leaf WHERE serial = %s", [serial])
    return Did("unroot", f"root {serial}", str(serial))


def reroot(chance):
    """Change what a root says; half of the attackers hash it anew, which they cannot sign."""
    with connection.cursor() as cursor:
        (city_id,) = run("SELECT DISTINCT city_id FROM cases_root")[0]
        root = chance.choice(list_roots(cursor, city_id))
    column, new = chance.choice(
        (("cases", root.cases - 1), ("made_at", root.made_at - timedelta(days=3)), ("tree", bytes(32)))
    )
    changed = replace(root, **{column: new})
    digest = hash_root(changed, CITY) if chance.random() < 0.5 else root.hash
    run(f"UPDATE cases_root SET {column} = %s, hash = %s WHERE serial = %s", [new, digest, root.serial])
    return Did("reroot", f"{column} of root {root.serial}", str(root.serial))


def unleaf(chance):
    """Change or take away what a root knows of one chain."""
    rows = run("SELECT kind, chain_id, serial FROM cases_root_leaf ORDER BY 1, 2, 3")
    kind, chain_id, serial = chance.choice(rows)
    where = "WHERE kind = %s AND chain_id = %s AND serial = %s"
    if chance.random() < 0.5:
        run(f"DELETE FROM cases_root_leaf {where}", [kind, chain_id, serial])
    else:
        run(f"UPDATE cases_root_leaf SET head = %s {where}", [bytes(32), kind, chain_id, serial])
    return Did("unleaf", f"{kind} {chain_id} under root {serial}", str(serial))


def reads(chance):
    """Change the log of who read personal data: another reader, a row less, a row slipped in under an old date."""
    (row_id,) = chance.choice(run("SELECT id FROM cases_reporter_read ORDER BY id"))
    how = chance.choice(("edit", "delete", "insert"))
    if how == "edit":
        run("UPDATE cases_reporter_read SET by_login = 'somebody_else' WHERE id = %s", [row_id])
    elif how == "delete":
        run("DELETE FROM cases_reporter_read WHERE id = %s", [row_id])
    else:
        columns = "reporter_id, case_id, by_login, by_role, by_unit, reason, fields"
        row_id = run(
            f"INSERT INTO cases_reporter_read ({columns}, at) SELECT {columns}, at - interval '3 days' "
            "FROM cases_reporter_read WHERE id = %s RETURNING id",
            [row_id],
        )[0][0]
    return Did("reads", f"{how} {row_id}", str(row_id))


CITY = "990100"
ATTACKS = {
    edit: 60, delete: 5, swap: 5, forge: 5, cut: 5, drop: 5, add: 5, rewrite: 8, rewind: 6, vanish: 5, insert: 5,
    order: 5, unroot: 3, reroot: 5, unleaf: 5, reads: 6,
}  # fmt: skip
