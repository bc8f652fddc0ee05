"""Roots over all histories: the tree, the signature, the chain of roots, and what each kind of loss looks like."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction
from tests.cases.life import at

from cityloom.cases.actions.sign_root import is_root_due, sign_root
from cityloom.cases.anchors import BadAnchor, read_anchor
from cityloom.cases.audit_findings import GRACE, Signed, check_lateness, check_leaves, root_of
from cityloom.cases.audit_keys import NoAuditKey, audit_key, trusted_keys
from cityloom.cases.audit_roots import Leaf, last_vouched, list_wrong, make_root, tree_hash
from cityloom.cases.audit_verifying import verify_city
from cityloom.cases.root_rows import list_latest, list_roots, one_moment
from cityloom.city.signing import public_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
TRUSTED = frozenset({public_of(KEY)})
HEADS = [bytes([n]) * 32 for n in range(9)]


def leaf(chain_id, seq, kind="case"):
    return Leaf(kind, chain_id, f"N{chain_id}", seq, HEADS[seq])


def three_roots():
    """Roots over a city in which case 1 grows twice and case 2 once."""
    roots, held = [], []
    for day, new in enumerate(([leaf(1, 2)], [leaf(1, 3), leaf(2, 1)], [leaf(2, 4)]), 1):
        before = roots[-1] if roots else None
        roots.append(make_root(1, "990100", before, held, new, at(6, day), at(6, day).date(), KEY))
        held = list({each[:2]: each for each in (*held, *new)}.values())
    return roots


# --- the tree ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 33])
def test_the_tree_is_the_same_in_whatever_order_its_leaves_come(count):
    leaves = [leaf(i, i % 8 + 1) for i in range(count)]
    assert tree_hash(leaves) == tree_hash(reversed(leaves))


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        (leaf(3, 5), "a chain that stands elsewhere"),
        (Leaf("case", 3, "N3", 4, HEADS[8]), "a chain with another head"),
        (Leaf("case", 3, "N4", 4, HEADS[4]), "a chain under another number"),
        (Leaf("order", 3, "N3", 4, HEADS[4]), "a chain of another kind"),
    ],
)
def test_one_other_leaf_makes_another_tree(changed, because):
    leaves = [leaf(i, 4) for i in range(6)]
    assert tree_hash([*leaves[:3], changed, *leaves[4:]]) != tree_hash(leaves), because


def test_a_leaf_more_or_less_makes_another_tree():
    leaves = [leaf(i, 4) for i in range(6)]
    assert len({tree_hash(leaves[:n]) for n in range(7)}) == 7


# --- roots ------------------------------------------------------------------------------------------------------


def test_roots_that_nobody_touched_are_right():
    assert list_wrong(three_roots(), "990100", TRUSTED) == []


def test_a_root_counts_what_stands_under_it():
    last = three_roots()[-1]
    assert (last.cases, last.highest_case_id, last.entries) == (2, 2, 3 + 4)


@pytest.mark.parametrize(
    ("harm", "serial", "because"),
    [
        (lambda r: [r[0], replace(r[1], cases=9), r[2]], 2, "a changed count"),
        (lambda r: [r[0], replace(r[1], tree=HEADS[1]), r[2]], 2, "a changed tree"),
        (lambda r: [r[0], replace(r[1], made_at=at(5, 1)), r[2]], 2, "a moment put back"),
        (lambda r: [r[0], replace(r[1], signature=bytes(64)), r[2]], 2, "another signature"),
        (lambda r: [r[0], r[2]], 2, "a root taken out"),
        (lambda r: r[1:], 1, "the first root taken out"),
        (lambda r: [r[0], r[1], replace(r[2], previous=HEADS[0])], 3, "not chained"),
    ],
)
def test_a_changed_root_is_named(harm, serial, because):
    assert serial in {wrong.serial for wrong in list_wrong(harm(three_roots()), "990100", TRUSTED)}, because


def test_roots_of_a_stranger_are_not_believed_though_they_fit():
    stranger = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
    root = make_root(1, "990100", None, [], [leaf(1, 1)], at(6, 1), at(6, 1).date(), stranger)
    (wrong,) = list_wrong([root], "990100", TRUSTED)
    assert "not believed" in wrong.what


def test_roots_cut_off_at_the_end_are_seen_by_the_anchor_alone():
    roots = three_roots()
    anchored = {root.serial: root.hash for root in roots}
    assert list_wrong(roots[:2], "990100", TRUSTED) == []
    assert [w.serial for w in list_wrong(roots[:2], "990100", TRUSTED, anchored)] == [3]
    assert [w.serial for w in list_wrong([], "990100", TRUSTED, anchored)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("doubted", "vouched", "because"),
    [
        ((), 3, "nothing is wrong: the last root vouches"),
        ((3,), 2, "what the third covers is not as signed"),
        ((2, 3), 1, "the first doubt counts"),
        ((1,), 0, "none vouches when the first does not"),
    ],
)
def test_the_last_root_that_vouches(doubted, vouched, because):
    assert last_vouched([1, 2, 3], doubted) == vouched, because


# --- chains against roots ---------------------------------------------------------------------------------------

COVERED = [(1, leaf(7, 2)), (3, leaf(7, 4))]
WHOLE = [HEADS[1], HEADS[2], HEADS[3], HEADS[4], HEADS[5]]


@pytest.mark.parametrize(
    ("hashes", "seq", "root", "because"),
    [
        (WHOLE[:3], 4, 3, "cut to three entries, the third root holds four"),
        ([], 1, 1, "nothing left"),
        ([HEADS[1], HEADS[8], HEADS[3], HEADS[4]], 2, 1, "the second entry is another one"),
        ([*WHOLE[:3], HEADS[8]], 4, 3, "the fourth entry is another one"),
    ],
)
def test_a_chain_is_held_against_the_roots_that_cover_it(hashes, seq, root, because):
    (found,) = check_leaves("case", "N7", hashes, COVERED)
    assert (found.seq, found.root) == (seq, root), because


def test_a_chain_that_went_on_after_the_roots_is_fine():
    assert check_leaves("case", "N7", WHOLE, COVERED) == []


@pytest.mark.parametrize(("seq", "root"), [(1, 1), (2, 1), (3, 3), (4, 3), (5, None)])
def test_an_entry_belongs_to_the_first_root_that_covers_it(seq, root):
    assert root_of(COVERED, seq) == root


@pytest.mark.parametrize(
    ("moments", "seq", "because"),
    [
        ((1, 1, 3, 4, 6), None, "each entry came before its root and after the one before it"),
        ((1, 1, 2, 4, 6), 3, "the third says it is older than root 2, which does not hold it"),
        ((1, 1, 3, 4, 4), 5, "the fifth says it is older than root 3"),
    ],
)
def test_an_entry_slipped_in_under_an_old_date_is_named(moments, seq, because):
    signed = Signed({1: at(6, 2), 2: at(6, 3), 3: at(6, 5)}, {})
    told = [at(6, day) for day in moments]
    told = [moment + timedelta(hours=1) for moment in told]
    found = check_lateness("case", "N7", told, COVERED, signed)
    assert [f.seq for f in found] == ([] if seq is None else [seq]), because


def test_what_was_under_way_while_a_root_was_made_is_not_late():
    signed = Signed({1: at(6, 2)}, {})
    assert check_lateness("case", "N7", [at(6, 2) - GRACE], [], signed) == []
    assert len(check_lateness("case", "N7", [at(6, 2) - GRACE - timedelta(seconds=1)], [], signed)) == 1


def test_a_root_may_accept_what_comes_late_and_says_why():
    signed = Signed({1: at(6, 2), 2: at(6, 3)}, {2: "old cases loaded"})
    assert check_lateness("case", "N7", [at(5, 1), at(5, 2)], [(2, leaf(7, 2))], signed) == []


# --- signing for real -------------------------------------------------------------------------------------------


def verified(life, **more):
    return verify_city(life.city.id, life.city.code, trusted_keys(), **more)


def test_a_day_ends_and_its_root_vouches_for_every_case(life):
    life.report()
    assert is_root_due(life.city, life.clock)
    root = sign_root(life.city, life.clock)
    assert (root.serial, root.cases) == (1, 1)
    assert not is_root_due(life.city, life.clock), "once a day"
    life.clock.at = at(6, 2, 0, 1)
    assert is_root_due(life.city, life.clock)
    done = verified(life)
    assert done.findings == ()
    assert done.vouched == root


def test_the_first_root_waits_for_the_end_of_the_day_on_which_the_city_was_loaded(life):
    """On its first day a city may still be given its old cases."""
    life.clock.at = at(1, 1, 23)
    assert not is_root_due(life.city, life.clock)
    life.clock.at = at(1, 2, 0, 1)
    assert is_root_due(life.city, life.clock)


def test_days_without_a_root_are_not_made_up_for(life):
    sign_root(life.city, life.clock)
    life.clock.at = at(6, 20)
    root = sign_root(life.city, life.clock)
    assert (root.serial, root.day, root.made_at) == (2, at(6, 20).date(), at(6, 20))
    assert not is_root_due(life.city, life.clock)


def test_a_root_keeps_leaves_only_of_what_moved_since_the_one_before(life):
    life.report()
    life.report(words="另一处", place=(110.0031, 30.0071))
    sign_root(life.city, life.clock)
    life.clock.advance(hours=1)
    life.move("sign", "handler_e2" if life.file.lead.unit == "street_e2" else "handler_e1")
    root = sign_root(life.city, life.clock)
    with one_moment() as cursor:
        cursor.execute("SELECT count(*) FROM cases_root_leaf WHERE serial = 2 AND kind = 'case'")
        assert cursor.fetchone()[0] == 1
        assert tree_hash(list_latest(cursor, life.city.id)) == root.tree
    assert verified(life).findings == ()


def test_opening_a_persons_data_stands_under_the_next_root(life):
    life.report()
    from cityloom.base.keys import vault

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, by_unit, reason, fields, at) "
            "VALUES (1, %s, 'agent', 'callback_agent', '', 'callback', '{name}', %s)",
            [life.file.case.id, life.clock.now()],
        )
    assert vault() is not None
    assert sign_root(life.city, life.clock).logs == 1


@pytest.mark.parametrize(
    "table", ["cases_root", "cases_root_leaf", "cases_reporter_read"], ids=["roots", "leaves", "reads"]
)
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "UPDATE {} SET city_id = city_id"])
def test_the_database_itself_keeps_them(life, table, verb):
    life.report()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, by_unit, reason, fields, at) "
            "VALUES (1, %s, 'agent', 'callback_agent', '', 'callback', '{name}', %s)",
            [life.file.case.id, life.clock.now()],
        )
    sign_root(life.city, life.clock)
    words = verb.format(table).replace(
        "city_id = city_id", "by_role = ''" if "read" in table else "city_id = city_id"
    )
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(words)


def test_without_a_key_nothing_is_signed(life, settings):
    settings.CITYLOOM_AUDIT_KEY = settings.CITYLOOM_AUDIT_SEED = ""
    with pytest.raises(NoAuditKey):
        sign_root(life.city, life.clock)
    with one_moment() as cursor:
        assert list_roots(cursor, life.city.id) == []


# --- the anchor -------------------------------------------------------------------------------------------------


def test_every_root_goes_to_the_anchor_once(life, settings, tmp_path):
    file = tmp_path / "far" / "anchor.jsonl"
    first = sign_root(life.city, life.clock)
    settings.CITYLOOM_AUDIT_ANCHOR = str(file)
    second = sign_root(life.city, life.clock)
    third = sign_root(life.city, life.clock)
    held = read_anchor(file, life.city.code, trusted_keys())
    assert held == {1: first.hash, 2: second.hash, 3: third.hash}, "the one made before it was named is caught up"
    assert len(file.read_text().splitlines()) == 3


def test_a_line_cut_short_by_a_crash_is_written_again(life, settings, tmp_path):
    file = tmp_path / "anchor.jsonl"
    settings.CITYLOOM_AUDIT_ANCHOR = str(file)
    root = sign_root(life.city, life.clock)
    file.write_text(file.read_text()[:100])
    assert read_anchor(file, life.city.code, trusted_keys()) == {}
    sign_root(life.city, life.clock)
    assert read_anchor(file, life.city.code, trusted_keys())[1] == root.hash


def test_a_forged_line_is_refused(life, settings, tmp_path):
    file = tmp_path / "anchor.jsonl"
    settings.CITYLOOM_AUDIT_ANCHOR = str(file)
    root = sign_root(life.city, life.clock)
    file.write_text(file.read_text().replace(root.hash.hex(), "00" * 32))
    with pytest.raises(BadAnchor):
        read_anchor(file, life.city.code, trusted_keys())


def test_a_demo_signs_with_a_key_of_its_own(db):
    assert public_of(audit_key()) in trusted_keys()


def test_the_worker_signs_each_city_once_a_day_and_goes_on_without_a_key(life, settings, caplog):
    from cityloom.app.chores import sign_roots

    assert list(sign_roots(life.clock)) == [("roots_signed", 1)]
    assert list(sign_roots(life.clock)) == []
    life.clock.advance(days=1)
    settings.CITYLOOM_AUDIT_KEY = settings.CITYLOOM_AUDIT_SEED = ""
    assert list(sign_roots(life.clock)) == []
    assert "audit.no_key" in caplog.text
