"""The root over all chains of a city at one moment: leaves, tree, signature, and how far the roots can be believed.

Pure. A chain is the history of a case or an order, or one row of a log that only grows. A leaf says how far a chain
had come; a root keeps leaves only of chains that had grown since the root before, so that the latest leaf of every
chain among all roots so far makes the whole tree. The tree is that of RFC 6962 (leaves and nodes hashed under
different first bytes), over leaves ordered by kind and id; an odd node at the end of a row rises as it is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cityloom.base.crypto import chain_hash

CASE, ORDER = "case", "order"  # chains with entries; every other kind is a row of a log
_SEED = b"cityloom root"


class Leaf(NamedTuple):
    """How far one chain had come: its last entry's number and hash. `number` is the chain's name for people."""

    kind: str
    chain_id: int
    number: str
    seq: int
    head: bytes


@dataclass(frozen=True)
class Root:
    """What was signed. `day` is the city's day on which it was made, `made_at` the moment."""

    city_id: int
    serial: int
    day: date
    cases: int
    orders: int
    logs: int
    highest_case_id: int
    entries: int
    tree: bytes
    leaves: bytes
    previous: bytes
    accepts_late: str
    made_at: datetime
    hash: bytes = b""
    key: str = ""
    signature: bytes = b""


class Wrong(NamedTuple):
    """What is wrong with the root of that number."""

    serial: int
    what: str


# --- the tree ---------------------------------------------------------------------------------------------------


def tree_hash(leaves: Iterable[Leaf]) -> bytes:
    """The root of the tree over these leaves; that of none is the hash of nothing."""
    row = [hash_leaf(leaf) for leaf in sorted(leaves, key=lambda each: each[:2])]
    if not row:
        return hashlib.sha256(b"").digest()
    sha = hashlib.sha256
    while len(row) > 1:
        paired = [sha(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        row = paired + row[2 * len(paired) :]
    return row[0]


def hash_leaf(leaf: Leaf) -> bytes:
    """32 bytes of one leaf; its parts are set apart by NUL, which none of them holds."""
    told = f"{leaf.kind}\0{leaf.chain_id}\0{leaf.number}\0{leaf.seq}\0".encode()
    return hashlib.sha256(b"\x00" + told + leaf.head).digest()


def latest(before: Iterable[Leaf], new: Iterable[Leaf]) -> list[Leaf]:
    """The latest leaf of every chain, when these new ones come to those that were the latest before."""
    by_chain = {leaf[:2]: leaf for leaf in before}
    by_chain.update((leaf[:2], leaf) for leaf in new)
    return list(by_chain.values())


# --- roots ------------------------------------------------------------------------------------------------------


def make_root(
    city_id: int,
    city_code: str,
    before: Root | None,
    held: Sequence[Leaf],
    new: Sequence[Leaf],
    at: datetime,
    day: date,
    key: Ed25519PrivateKey,
    accepts_late: str = "",
) -> Root:
    """The signed root that follows `before`: `held` are the latest leaves until now, `new` those that grew."""
    all_leaves = latest(held, new)
    cases = [leaf for leaf in all_leaves if leaf.kind == CASE]
    orders = [leaf for leaf in all_leaves if leaf.kind == ORDER]
    unsigned = Root(
        city_id=city_id,
        serial=(before.serial if before else 0) + 1,
        day=day,
        cases=len(cases),
        orders=len(orders),
        logs=len(all_leaves) - len(cases) - len(orders),
        highest_case_id=max((leaf.chain_id for leaf in cases), default=0),
        entries=sum(leaf.seq for leaf in (*cases, *orders)),
        tree=tree_hash(all_leaves),
        leaves=tree_hash(new),
        previous=before.hash if before else chain_hash(_SEED, city_code),
        accepts_late=accepts_late,
        made_at=at.astimezone(UTC),
        key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    )
    digest = hash_root(unsigned, city_code)
    return replace(unsigned, hash=digest, signature=key.sign(digest))


def hash_root(root: Root, city_code: str) -> bytes:
    """The hash a root must have: it is what is signed, and what the next root is chained to."""
    return chain_hash(
        root.previous,
        [
            city_code,
            root.serial,
            root.day.isoformat(),
            root.cases,
            root.orders,
            root.logs,
            root.highest_case_id,
            root.entries,
            root.tree.hex(),
            root.leaves.hex(),
            root.accepts_late,
            root.made_at.astimezone(UTC).isoformat(),
            root.key,
        ],
    )


def is_signed(digest: bytes, signature: bytes, key: str) -> bool:
    """Whether the owner of that public key (base64) signed just these bytes."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(signature, digest)
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def list_wrong(
    roots: Sequence[Root], city_code: str, trusted: Collection[str], anchored: Mapping[int, bytes] = {}
) -> list[Wrong]:
    """What is wrong with the roots themselves: numbers, chain, content, key, signature, and against the anchor.

    `trusted`: the public keys that are believed; `anchored`: number → hash of the roots kept outside the database.
    """
    found: list[Wrong] = []
    previous, expected = chain_hash(_SEED, city_code), 1
    for root in sorted(roots, key=lambda each: each.serial):
        found += [Wrong(gone, "the root is gone") for gone in range(expected, root.serial)]
        if root.serial == expected and root.previous != previous:
            found.append(Wrong(root.serial, "the root is not chained to the one before"))
        if hash_root(root, city_code) != root.hash:
            found.append(Wrong(root.serial, "the root's content does not match its hash"))
        if root.key not in trusted:
            found.append(Wrong(root.serial, "the root is signed with a key that is not believed"))
        elif not is_signed(root.hash, root.signature, root.key):
            found.append(Wrong(root.serial, "the root's signature does not fit"))
        if anchored.get(root.serial, root.hash) != root.hash:
            found.append(Wrong(root.serial, "the root is another one than the anchor holds"))
        previous, expected = root.hash, root.serial + 1
    found += [
        Wrong(serial, "the root is gone; the anchor holds it") for serial in sorted(anchored) if serial >= expected
    ]
    return found


def last_vouched(serials: Collection[int], doubted: Iterable[int]) -> int:
    """The last root that vouches for all it covers, `doubted` being roots that cover something changed; 0: none."""
    first = min(doubted, default=None)
    return max((s for s in serials if first is None or s < first), default=0)


def as_json(root: Root, city_code: str) -> dict[str, Any]:
    """The root as a line of the anchor."""
    told = {**vars(root), "day": root.day.isoformat(), "made_at": root.made_at.astimezone(UTC).isoformat()}
    told.pop("city_id")
    return {"city": city_code} | {k: v.hex() if isinstance(v, bytes) else v for k, v in told.items()}
