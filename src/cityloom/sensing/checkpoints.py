"""What a judge knows as bytes: a head in JSON, and arrays one behind the other; nothing in it can run.

The arrays are read where they lie, whole: no object is made for a stream. `FORM` counts the forms there were; bytes
of another one are refused, and the state is rebuilt from readings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.sensing.rules import Change, Changes, Subject
from cityloom.sensing.values import Whole

if TYPE_CHECKING:
    from cityloom.sensing.judging import Judge

FORM = 3
MARK = b"judge"
_ROOM = 8  # where an array begins
IDLE, RAISED = 0, 2
register(
    {
        "error.bad_checkpoint": (
            "告警规则的检查点无法读取：{detail}。请从更早的检查点重放读数",
            "the checkpoint of the alarm rules cannot be read: {detail}; replay readings from an older one",
        )
    }
)


class BadCheckpoint(CityloomError):
    """Bytes that no judge has dumped, or one of another form."""

    status = 500


def dump(judge: Judge) -> bytes:
    """Streams by their ids; of slots those where a condition holds or waits, by rule and stream."""
    head = {
        "form": FORM,
        "rules": [[rule.code, rule.kind] for rule in judge.rules],
        "combining": judge.combining.told(),
        "usual": sorted(judge.usual),
        "late": judge.late,
        "unknown": judge.unknown,
    }
    layout, busy, stuck = judge.layout, np.flatnonzero(judge.state != IDLE), judge.stuck_slots
    arrays: dict[str, Any] = {
        "ids": judge.streams.id,
        "last_ms": judge.last_ms,
        "last_value": judge.last_value,
        "stream": layout.stream[busy],
        "device": judge.streams.device[layout.stream[busy]],
        "rule": layout.rule[busy],
        "state": judge.state[busy],
        "since_ms": judge.since_ms[busy],
        "anchor_stream": layout.stream[stuck],
        "anchor_rule": layout.rule[stuck],
        "anchor": judge.anchor,
        "anchor_ms": judge.anchor_ms,
    }
    for number, usual in judge.usual.items():
        arrays[f"usual_{number}_stream"] = layout.stream[layout.rule == number]
        arrays |= {f"usual_{number}_{name}": array for name, array in usual.arrays().items()}
    return _packed(head, arrays)


def load(judge: Judge, state: bytes) -> None:
    """Bring what was known of rules and streams that are still there into the judge; the rest is in `lost`."""
    try:
        head, arrays = _unpacked(state)
    except (ValueError, KeyError, TypeError) as error:
        raise BadCheckpoint("error.bad_checkpoint", detail=str(error)[:200]) from error
    judge.late, judge.unknown = head["late"], head["unknown"]
    judge.lost = _Loading(judge, head, arrays).load() + judge.combining.take(head["combining"])


def _packed(head: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """The mark with the form, the head, and the arrays, each at a multiple of eight bytes."""
    form = [[name, each.dtype.newbyteorder("<").str, each.shape] for name, each in arrays.items()]
    told = json.dumps({**head, "arrays": form}).encode()
    parts: list[Any] = [MARK, FORM.to_bytes(3, "little"), len(told).to_bytes(_ROOM, "little"), told, _gap(len(told))]
    for each in arrays.values():
        parts += [np.ascontiguousarray(each, each.dtype.newbyteorder("<")).data, _gap(each.nbytes)]
    return b"".join(parts)


def _unpacked(state: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """The head and the arrays, which are not copied."""
    if not state.startswith(MARK):
        raise ValueError("form 2 or older" if state.startswith(b"PK") else "not a checkpoint")
    form = int.from_bytes(state[len(MARK) : _ROOM], "little")
    if form != FORM:
        raise ValueError(f"form {form}")
    begins = 2 * _ROOM
    size = int.from_bytes(state[_ROOM:begins], "little")
    head, arrays = json.loads(state[begins : begins + size]), {}
    begins += size + len(_gap(size))
    for name, kind, shape in head["arrays"]:
        dtype, count = np.dtype(kind), int(np.prod(shape))
        arrays[name] = np.frombuffer(state, dtype, count, begins).reshape(shape)
        begins += arrays[name].nbytes + len(_gap(arrays[name].nbytes))
    return head, arrays


def _gap(size: int) -> bytes:
    return bytes(-size % _ROOM)


class _Loading:
    """Their streams and rules by the places and numbers they have here, -1 for what is gone."""

    def __init__(self, judge: Judge, head: dict[str, Any], arrays: dict[str, Any]) -> None:
        self.judge, self.head, self.arrays = judge, head, arrays
        self.place_of = _places(judge.streams.id, arrays["ids"])
        number_of = {(rule.code, rule.kind): n for n, rule in enumerate(judge.rules)}
        self.number_of = np.array([number_of.get((code, kind), -1) for code, kind in head["rules"]] or [-1], np.int64)

    def load(self) -> Changes:
        """Know all of it; what stood there in slots that are not here."""
        judge, arrays = self.judge, self.arrays
        known = self.place_of >= 0
        judge.last_ms[self.place_of[known]] = arrays["last_ms"][known]
        judge.last_value[self.place_of[known]] = arrays["last_value"][known]
        mine = self._slots(arrays["rule"], arrays["stream"])
        for name in ("state", "since_ms"):
            getattr(judge, name)[mine[mine >= 0]] = arrays[name][mine >= 0]
        lost = [self._ended(n) for n in np.flatnonzero((mine < 0) & (arrays["state"] == RAISED)).tolist()]
        mine = self._slots(arrays["anchor_rule"], arrays["anchor_stream"])
        here = np.searchsorted(judge.stuck_slots, mine[mine >= 0])
        for name in ("anchor", "anchor_ms"):
            getattr(judge, name)[here] = arrays[name][mine >= 0]
        for old in self.head["usual"]:
            self._load_usual(old)
        return lost

    def _slots(self, rule: Whole, stream: Whole) -> Whole:
        return self.judge.layout.slots_of(self.number_of[rule], self.place_of[stream])

    def _ended(self, n: int) -> Change:
        at, code = self.arrays["stream"][n], self.head["rules"][self.arrays["rule"][n]][0]
        subject = Subject(int(self.arrays["device"][n]))
        return Change(code, subject, False, int(self.arrays["since_ms"][n]), int(self.arrays["ids"][at]))

    def _load_usual(self, old: int) -> None:
        judge, new = self.judge, int(self.number_of[old])
        streams = self.arrays[f"usual_{old}_stream"]
        mine = self._slots(np.full(len(streams), old), streams)
        theirs = np.flatnonzero(mine >= 0)
        if len(theirs):
            told = {name: self.arrays[f"usual_{old}_{name}"] for name in judge.usual[new].arrays()}
            judge.usual[new].take(mine[theirs] - judge.first_usual[new], told, theirs)


def _places(ids: Whole, theirs: Whole) -> Whole:
    """For each of their streams its place here, or -1."""
    if np.array_equal(ids, theirs):
        return np.arange(len(ids))
    if not len(ids):
        return np.full(len(theirs), -1, np.int64)
    order = np.argsort(ids, kind="stable")
    at = np.minimum(np.searchsorted(ids, theirs, sorter=order), len(ids) - 1)
    place = order[at]
    return np.where(ids[place] == theirs, place, -1)
