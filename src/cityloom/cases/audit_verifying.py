"""Verifying a whole city: chains, rows, roots, the leaves under them, the logs; and what is still vouched for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.backends.utils import CursorWrapper

from cityloom.cases.audit_findings import (
    GONE,
    REWRITTEN,
    Covered,
    Finding,
    Signed,
    check_lateness,
    check_leaves,
    root_of,
    signed_of,
)
from cityloom.cases.audit_roots import CASE, ORDER, Leaf, Root, last_vouched, list_wrong, tree_hash
from cityloom.cases.keeping import chain_seed
from cityloom.cases.order_keeping import list_order_entries, order_seed, read_orders, verify_order
from cityloom.cases.order_values import Order
from cityloom.cases.queries_audit import count_cases, list_strays, walk_cases
from cityloom.cases.relay import list_broken_relay
from cityloom.cases.root_rows import (
    LOGS,
    leaves_of_chains,
    list_latest,
    list_leaves_of,
    list_roots,
    one_moment,
    read_log,
)
from cityloom.cases.values import CaseFile, Entry
from cityloom.cases.verifying import Broken, verify_chain

ROWS = "history ends elsewhere than the case says"  # about the case's row, not about an entry


@dataclass(frozen=True)
class Verified:
    """What was looked at, what was found, and the last root that vouches for all it covers (None: none does)."""

    cases: int
    orders: int
    entries: int
    roots: int
    findings: tuple[Finding, ...]
    vouched: Root | None
    last: Root | None


def verify_city(
    city_id: int,
    city_code: str,
    trusted: Collection[str],
    anchored: Mapping[int, bytes] = {},
    since: int | None = None,
    told: Callable[[int, int], None] = lambda done, whole: None,
) -> Verified:
    """Hold everything against its history and every history against the roots, at one moment of the database.

    `since`: only cases that moved after that root are walked, the rest is taken as that root signed it; what is
    gone is found all the same. `told` hears how many cases of how many are done.
    """
    with one_moment(read_only=True) as cursor:
        roots = list_roots(cursor, city_id)
        signed = signed_of(roots)
        findings = _check_roots(cursor, city_id, city_code, roots, trusted, anchored)
        findings += _list_missing(cursor, city_id)
        findings += [Finding(CASE, b.number, b.seq, b.what) for b in list_strays(city_id)]
        only = None if since is None else _moved_since(cursor, city_id, since)
        whole, done, entries = count_cases(city_id) if only is None else len(only), 0, 0
        for batch in walk_cases(city_id, only=only):
            leaves = leaves_of_chains(cursor, city_id, CASE, [file.case.id for file, _ in batch])
            for file, history in batch:
                findings += _check_case(city_code, file, history, leaves.get(file.case.id, []), signed)
                entries += len(history)
            done += len(batch)
            told(done, whole)
        orders = read_orders(cursor, "o.city_id = %s ORDER BY o.id", [city_id])
        findings += _check_orders(cursor, city_id, city_code, orders, signed)
        for kind in LOGS:
            findings += _check_log(cursor, city_id, kind, signed)
        findings += _check_relay(cursor, city_id)
    by_serial = {root.serial: root for root in roots}
    vouched = last_vouched(by_serial.keys(), (f.root for f in findings if f.root is not None))
    return Verified(
        done, len(orders), entries, len(roots), tuple(findings), by_serial.get(vouched), roots[-1] if roots else None
    )


# --- roots and leaves -------------------------------------------------------------------------------------------


def _check_roots(
    cursor: CursorWrapper,
    city_id: int,
    city_code: str,
    roots: Sequence[Root],
    trusted: Collection[str],
    anchored: Mapping[int, bytes],
) -> list[Finding]:
    found = [_about_root(w.serial, w.what) for w in list_wrong(roots, city_code, trusted, anchored)]
    for root in roots:
        if tree_hash(list_leaves_of(cursor, city_id, root.serial)) != root.leaves:
            found.append(_about_root(root.serial, "the leaves under the root are not those that were signed"))
    if roots and tree_hash(list_latest(cursor, city_id, roots[-1].serial)) != roots[-1].tree:
        found.append(_about_root(roots[-1].serial, "the tree under the root is not the one that was signed"))
    cursor.execute(
        "SELECT DISTINCT serial FROM cases_root_leaf WHERE city_id = %s AND serial <> ALL(%s) ORDER BY serial",
        [city_id, [root.serial for root in roots]],
    )
    return found + [_about_root(serial, "the root is gone; its leaves are there") for (serial,) in cursor.fetchall()]


def _about_root(serial: int, what: str) -> Finding:
    return Finding("root", str(serial), 0, what, serial)


def _list_missing(cursor: CursorWrapper, city_id: int) -> list[Finding]:
    """Cases and orders that a root holds and that are not there any more."""
    found = []
    for kind, table in ((CASE, "cases_case"), (ORDER, "cases_order")):
        cursor.execute(
            "SELECT l.chain_id, min(l.number), min(l.serial), max(l.seq) FROM cases_root_leaf l "  # noqa: S608
            "WHERE l.city_id = %s AND l.kind = %s "
            f"AND NOT EXISTS (SELECT 1 FROM {table} c WHERE c.id = l.chain_id AND c.city_id = l.city_id) "
            "GROUP BY l.chain_id ORDER BY l.chain_id",
            [city_id, kind],
        )
        found += [
            Finding(kind, number, 0, f"{GONE}: root {serial} holds it, with {seq} entries since", serial)
            for _, number, serial, seq in cursor.fetchall()
        ]
    return found


def _moved_since(cursor: CursorWrapper, city_id: int, serial: int) -> list[int]:
    cursor.execute(
        "SELECT c.id FROM cases_case c LEFT JOIN LATERAL (SELECT l.seq, l.head, l.serial FROM cases_root_leaf l "
        "WHERE l.city_id = c.city_id AND l.kind = 'case' AND l.chain_id = c.id ORDER BY l.serial DESC LIMIT 1) l "
        "ON true WHERE c.city_id = %s AND (l.serial IS NULL OR l.serial > %s OR l.seq <> c.seq OR l.head <> c.head) "
        "ORDER BY c.id",
        [city_id, serial],
    )
    return [i for (i,) in cursor.fetchall()]


# --- chains -----------------------------------------------------------------------------------------------------


def _check_case(
    city_code: str, file: CaseFile, entries: Sequence[Entry], covered: Covered, signed: Signed
) -> list[Finding]:
    number = file.case.number
    broken = verify_chain(file, entries, chain_seed(city_code, number))
    found = [Finding(CASE, b.number, b.seq, b.what, _root_of_broken(b, covered)) for b in broken]
    found += check_leaves(CASE, number, [bytes(e.hash) for e in entries], covered)
    return found + check_lateness(CASE, number, [e.recorded_at for e in entries], covered, signed)


def _root_of_broken(broken: Broken, covered: Covered) -> int | None:
    return root_of(covered, broken.seq) if broken.seq and broken.what != ROWS else None


def _check_orders(
    cursor: CursorWrapper, city_id: int, city_code: str, orders: Sequence[Order], signed: Signed
) -> Iterator[Finding]:
    leaves = leaves_of_chains(cursor, city_id, ORDER, [order.id for order in orders])
    for order in orders:
        entries = list_order_entries(cursor, order.id)
        covered = leaves.get(order.id, [])
        for what in verify_order(order, entries, order_seed(city_code, order)):
            named = re.search(r"entry (\d+)", what)
            seq = int(named[1]) if named else 0
            yield Finding(ORDER, order.number, seq, what, root_of(covered, seq) if seq else None)
        yield from check_leaves(ORDER, order.number, [bytes(e.hash) for e in entries], covered)
        yield from check_lateness(ORDER, order.number, [e.recorded_at for e in entries], covered, signed)
    cursor.execute(
        "SELECT DISTINCT e.order_id FROM cases_order_entry e LEFT JOIN cases_order o ON o.id = e.order_id "
        "WHERE e.city_id = %s AND o.id IS NULL",
        [city_id],
    )
    for (order_id,) in cursor.fetchall():
        yield Finding(ORDER, str(order_id), 0, "entries of an order that is not there")


# --- logs and messages ------------------------------------------------------------------------------------------


def _check_log(cursor: CursorWrapper, city_id: int, kind: str, signed: Signed) -> Iterator[Finding]:
    """Every row that a root covers is there and unchanged; none came later that says it is older."""
    cursor.execute(
        "SELECT serial, kind, chain_id, number, seq, head FROM cases_root_leaf "
        "WHERE city_id = %s AND kind = %s ORDER BY chain_id, serial",
        [city_id, kind],
    )
    held = {row[2]: (row[0], Leaf(row[1], row[2], row[3], row[4], bytes(row[5]))) for row in cursor.fetchall()}
    for now, moment in read_log(cursor, kind, city_id):
        serial, leaf = held.pop(now.chain_id, (None, None))
        if serial is not None and leaf is not None and leaf.head != now.head:
            yield Finding(kind, now.number, 1, f"the row is {REWRITTEN} with root {serial}", serial)
        covered = [(serial, leaf)] if serial is not None and leaf is not None else []
        yield from check_lateness(kind, now.number, [moment], covered, signed)
    for serial, leaf in held.values():
        yield Finding(kind, leaf.number, 1, f"the row is {GONE}: root {serial} holds it", serial)


def _check_relay(cursor: CursorWrapper, city_id: int) -> Iterator[Finding]:
    broken = list_broken_relay(cursor, city_id)
    leaves = leaves_of_chains(cursor, city_id, CASE, [case_id for case_id, _, _ in broken]) if broken else {}
    for case_id, seq, what in broken:
        covered = leaves.get(case_id, [])
        number = covered[0][1].number if covered else str(case_id)
        yield Finding("relay", number, seq, what, root_of(covered, seq) if seq else None)
