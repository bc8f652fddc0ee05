"""What a judge knows as bytes: arrays in numpy's own format and a head in JSON; nothing in it can run."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.sensing.rules import Change, Changes, Subject
from cityloom.sensing.values import Whole

if TYPE_CHECKING:
    from cityloom.sensing.judging import Judge

FORM = 1
RAISED = 2
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
    """Streams by their ids and slots by rule and stream, so that another judge finds them."""
    head = {
        "form": FORM,
        "rules": [[rule.code, rule.kind] for rule in judge.rules],
        "combining": judge.combining.told(),
        "usual": sorted(judge.usual),
        "late": judge.late,
        "unknown": judge.unknown,
    }
    arrays: dict[str, Any] = {
        "head": np.frombuffer(json.dumps(head).encode(), np.uint8),
        "ids": judge.streams.id,
        "devices": judge.streams.device,
        "last_ms": judge.last_ms,
        "last_value": judge.last_value,
        "stream": judge.layout.stream,
        "rule": judge.layout.rule,
        "state": judge.state,
        "since_ms": judge.since_ms,
        "anchor": judge.anchor,
        "anchor_ms": judge.anchor_ms,
    }
    for number, usual in judge.usual.items():
        arrays |= {f"usual_{number}_{name}": array for name, array in usual.arrays().items()}
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def load(judge: Judge, state: bytes) -> None:
    """Bring what was known of rules and streams that are still there into the judge; the rest is in `lost`."""
    try:
        with np.load(io.BytesIO(state), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        head = json.loads(arrays["head"].tobytes())
        if head["form"] != FORM:
            raise BadCheckpoint("error.bad_checkpoint", detail=f"form {head['form']}")
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadCheckpoint("error.bad_checkpoint", detail=str(error)[:200]) from error
    judge.late, judge.unknown = head["late"], head["unknown"]
    place_of = _places(judge.streams.id, arrays["ids"])
    known = place_of >= 0
    judge.last_ms[place_of[known]] = arrays["last_ms"][known]
    judge.last_value[place_of[known]] = arrays["last_value"][known]
    mine, theirs, lost = _slots(judge, head, arrays, place_of)
    judge.state[mine] = arrays["state"][theirs]
    judge.since_ms[mine] = arrays["since_ms"][theirs]
    _load_stuck(judge, arrays, mine, theirs)
    _load_usual(judge, head, arrays, mine, theirs)
    judge.lost = lost + judge.combining.take(head["combining"])


def _places(ids: Whole, theirs: Whole) -> Whole:
    """For each of their streams its place here, or -1."""
    if not len(ids):
        return np.full(len(theirs), -1, np.int64)
    order = np.argsort(ids)
    at = np.minimum(np.searchsorted(ids, theirs, sorter=order), len(ids) - 1)
    place = order[at]
    return np.where(ids[place] == theirs, place, -1)


def _slots(
    judge: Judge, head: dict[str, Any], arrays: dict[str, Any], place_of: Whole
) -> tuple[Whole, Whole, Changes]:
    """Pairs of slots here and there, and what stood there in slots that are not here."""
    number_of = {(rule.code, rule.kind): n for n, rule in enumerate(judge.rules)}
    numbers = np.array([number_of.get((code, kind), -1) for code, kind in head["rules"]] or [-1], np.int64)
    rule = numbers[arrays["rule"]]
    place = place_of[arrays["stream"]]
    size = max(len(judge.streams), 1)
    ours = judge.layout.rule.astype(np.int64) * size + judge.layout.stream
    wanted = np.where((rule >= 0) & (place >= 0), rule * size + place, -1)
    mine = _places(ours, wanted)
    found = mine >= 0
    lost = []
    for slot in np.flatnonzero(~found & (arrays["state"] == RAISED)):
        at = arrays["stream"][slot]
        code = head["rules"][arrays["rule"][slot]][0]
        subject = Subject(int(arrays["devices"][at]))
        lost.append(Change(code, subject, False, int(arrays["since_ms"][slot]), int(arrays["ids"][at])))
    return mine[found], np.flatnonzero(found), lost


def _load_stuck(judge: Judge, arrays: dict[str, Any], mine: Whole, theirs: Whole) -> None:
    """The anchors are kept for slots of stuck rules only, in their order."""
    kinds = [kind for _, kind in json.loads(arrays["head"].tobytes())["rules"]]
    is_stuck = np.array([kind == "stuck" for kind in kinds] or [False])[arrays["rule"]]
    number = np.cumsum(is_stuck) - 1
    both = is_stuck[theirs]
    here = np.searchsorted(judge.stuck_slots, mine[both])
    judge.anchor[here] = arrays["anchor"][number[theirs[both]]]
    judge.anchor_ms[here] = arrays["anchor_ms"][number[theirs[both]]]


def _load_usual(judge: Judge, head: dict[str, Any], arrays: dict[str, Any], mine: Whole, theirs: Whole) -> None:
    for old in head["usual"]:
        its = theirs[arrays["rule"][theirs] == old]
        here = mine[arrays["rule"][theirs] == old]
        if not len(here):
            continue
        new = int(judge.layout.rule[here[0]])
        first = int(np.flatnonzero(arrays["rule"] == old)[0])
        told = {name: arrays[f"usual_{old}_{name}"] for name in judge.usual[new].arrays()}
        judge.usual[new].take(here - judge.first_usual[new], told, its - first)
