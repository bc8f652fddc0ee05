"""What an audit finds in one chain when its entries are held against the roots that were signed over it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cityloom.cases.audit_roots import Leaf, Root

# A transaction may still be under way when a root is made; no longer than this. What says it is older than that and
# is not in the root came later.
GRACE = timedelta(minutes=15)
CUT, REWRITTEN, GONE = "cut off at the end", "not the one that was signed", "gone"
LATE = "says it is older than a root that does not hold it"

Covered = Sequence[tuple[int, Leaf]]  # a chain's leaves with the numbers of their roots, oldest first


@dataclass(frozen=True)
class Finding:
    """Where something is not as it was written. `root`: the first root that covers the place, if one does."""

    kind: str  # case, order, root, relay, or the name of a log
    number: str
    seq: int
    what: str
    root: int | None = None


@dataclass(frozen=True)
class Signed:
    """The roots of a city as far as single chains need them."""

    made_at: Mapping[int, datetime]
    accepts_late: Mapping[int, str]

    @property
    def last(self) -> int:
        return max(self.made_at, default=0)


def signed_of(roots: Sequence[Root]) -> Signed:
    return Signed({r.serial: r.made_at for r in roots}, {r.serial: r.accepts_late for r in roots})


def root_of(covered: Covered, seq: int) -> int | None:
    """The first root that covers entry `seq` of a chain; None when it is younger than all."""
    return next((serial for serial, leaf in covered if leaf.seq >= seq), None)


def check_leaves(kind: str, number: str, hashes: Sequence[bytes], covered: Covered) -> list[Finding]:
    """The first root that does not find its entry in the chain, by what happened; `hashes` are the entries' own."""
    for serial, leaf in covered:
        if leaf.number != number:
            return [Finding(kind, leaf.number, 0, f"now carries another number: {number}", serial)]
        if leaf.seq > len(hashes):
            what = f"{CUT}: root {serial} holds entries up to {leaf.seq}, there are {len(hashes)}"
            return [Finding(kind, number, len(hashes) + 1, what, serial)]
        if leaf.seq < 1 or hashes[leaf.seq - 1] != leaf.head:
            what = f"rewritten: entry {leaf.seq} is {REWRITTEN} with root {serial}"
            return [Finding(kind, number, leaf.seq, what, serial)]
    return []


def check_lateness(
    kind: str, number: str, moments: Sequence[datetime], covered: Covered, signed: Signed
) -> list[Finding]:
    """The first entry that says it is older than a root which does not hold it, unless a later root accepts that.

    `moments` are those at which the entries say they were recorded, from the first on.
    """
    done = 0
    for serial, leaf in [*covered, (signed.last + 1, None)]:
        until = leaf.seq if leaf is not None else len(moments)
        before = signed.made_at.get(serial - 1)
        if before is not None and not signed.accepts_late.get(serial):
            for seq, moment in enumerate(moments[done:until], done + 1):
                if moment < before - GRACE:
                    what = f"inserted: {LATE} (root {serial - 1})"
                    return [Finding(kind, number, seq, what)]
        done = max(done, until)
    return []
