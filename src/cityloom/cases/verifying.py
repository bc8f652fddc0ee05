"""Whether a case's history is whole: every link, every number, and the rows it vouches for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cityloom.base.crypto import salted_digest
from cityloom.cases.changes import BRIEF, TRACKED, UNTOLD, brief, plain, trimmed
from cityloom.cases.keeping import link_hash
from cityloom.cases.originals import MASKED_LATER
from cityloom.cases.values import CaseFile, Entry


@dataclass(frozen=True)
class Broken:
    """Where the history of a case is not what was written: the entry's number (0: the case itself) and what."""

    number: str
    seq: int
    what: str


def verify_chain(file: CaseFile, entries: Sequence[Entry], seed: bytes) -> list[Broken]:
    """Everything that does not fit; an empty list vouches for entries, case, tasks, reports and clocks alike."""
    number = file.case.number
    found: list[Broken] = []
    previous, words = seed, {r.id: r.words for r in file.reports}
    anew = {e.changes.get("words_of"): e.seq for e in entries if e.move == MASKED_LATER}
    for expected, entry in enumerate(entries, 1):
        if entry.seq != expected:
            return [*found, Broken(number, expected, "entry missing or out of order")]
        if bytes(entry.previous) != previous:
            found.append(Broken(number, entry.seq, "not chained to the entry before"))
        if link_hash(entry) != bytes(entry.hash):
            found.append(Broken(number, entry.seq, "content does not match its hash"))
        if not _text_fits(entry, words, anew):
            found.append(Broken(number, entry.seq, "text does not match its digest"))
        previous = bytes(entry.hash)
    if file.case.seq != len(entries) or bytes(file.case.head) != previous:
        found.append(Broken(number, file.case.seq, "history ends elsewhere than the case says"))
    if not file.case.imported:
        found += [Broken(number, 0, what) for what in _rows_off(file, entries)]
    return found


def _text_fits(entry: Entry, words: dict[int, str], anew: dict[int | None, int]) -> bool:
    """Whether a text is the one its digest was made of. `anew`: the reports whose words were masked later, each with
    the number of the entry that vouches for the masked ones; what vouched before lost its salt then."""
    vouched = entry.text
    if entry.changes.get("words_of") is not None:
        vouched = words.get(entry.changes["words_of"])
    if entry.text_digest is None:
        return entry.text is None
    if not vouched:  # erased: the digest stays as the place where a text was
        return True
    if entry.text_salt is None and entry.seq < anew.get(entry.changes.get("words_of", 0), 0):
        return True
    return entry.text_salt is not None and salted_digest(vouched, bytes(entry.text_salt)) == bytes(entry.text_digest)


def _rows_off(file: CaseFile, entries: Sequence[Entry]) -> list[str]:
    """Rows that say something else than the last entry about them did."""
    case: dict[str, Any] = {}
    rows: dict[str, dict[str, Any]] = {name: {} for name in BRIEF}
    for entry in entries:
        case |= {name: new for name, (_, new) in entry.changes.get("case", {}).items()}
        for kind, known in rows.items():
            news = entry.changes.get(kind, {}).items()
            known |= {i: None if new is None else trimmed(kind, new) for i, (_, new) in news}
    off = [
        f"the case's {name} is not what its history says"
        for name in TRACKED
        if plain(getattr(file.case, name)) != case.get(name, UNTOLD.get(name))
    ]
    now = {name: {str(row.id): brief(name, row) for row in getattr(file, name)} for name in BRIEF}
    for kind, there in now.items():
        off += [
            f"{kind}: {i} is not what its history says"
            for i in there | rows[kind]
            if there.get(i) != rows[kind].get(i)
        ]
    return off
