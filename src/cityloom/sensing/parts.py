"""Which process takes in which device, where there are several: as the message server deals them out. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cityloom.sensing.values import Whole

_BASIS, _PRIME = 2_166_136_261, 16_777_619


def part_of(part: str) -> tuple[int, int]:
    """The number of a part and of how many: `2/3` is (2, 3); (1, 1) where there is one process."""
    number, _, of = part.partition("/")
    return (int(number), int(of)) if part else (1, 1)


def dealt_to(codes: Sequence[str], parts: int) -> Whole:
    """The number of the part, from 1, that hears each device by the mapping `partition(2,PARTS)` of docs/scale.md.

    NATS takes the remainder of the 32-bit FNV-1a hash of the token of the device, where a dot of its code is
    `//` (FNV-1a: draft-eastlake-fnv; `a` gives 0xE40C292C, of two parts the first).
    """
    tokens = np.array([code.replace(".", "//").encode() for code in codes] or [b""], np.bytes_)
    letters = tokens.view(np.uint8).reshape(len(tokens), -1).astype(np.uint32)
    lengths = np.char.str_len(tokens)
    found = np.full(len(tokens), _BASIS, np.uint32)
    for n in range(letters.shape[1]):
        found = np.where(n < lengths, (found ^ letters[:, n]) * np.uint32(_PRIME), found)
    return found[: len(codes)].astype(np.int64) % parts + 1
