"""The anchor: a file outside the database to which every signed root is added as a line of JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from cityloom.base.crypto import canonical
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.audit_roots import Root, as_json, is_signed

register(
    {
        "audit.bad_anchor": (
            "锚定文件第{line}行读不懂或签名不符；请用异地保存的那一份",
            "line {line} of the anchor cannot be read or is not signed as it says; use the copy kept elsewhere",
        ),
        "audit.no_anchor": (
            "打不开锚定文件{file}：{detail}",
            "the anchor {file} cannot be opened: {detail}",
        ),
    }
)


class BadAnchor(CityloomError):
    """A file that is no anchor, or one that somebody changed."""

    status = 422


def read_anchor(path: Path, city_code: str, trusted: frozenset[str]) -> dict[int, bytes]:
    """Number → hash of the city's roots in that file; raises BadAnchor for a line that is not genuine.

    A line that a crash cut short counts as not written.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadAnchor("audit.no_anchor", file=path.name, detail=str(wrong)) from wrong
    found: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if not line.rstrip("\n").endswith("}"):
            continue
        try:
            told = json.loads(line)
            serial, digest, key = int(told["serial"]), bytes.fromhex(told["hash"]), str(told["key"])
            genuine = key in trusted and is_signed(digest, bytes.fromhex(told["signature"]), key)
            city = str(told["city"])
        except (ValueError, KeyError, TypeError) as wrong:
            raise BadAnchor("audit.bad_anchor", line=number) from wrong
        if city != city_code:
            continue
        if not genuine:
            raise BadAnchor("audit.bad_anchor", line=number)
        found[serial] = digest
    return found


def add_to_anchor(path: Path, city_code: str, roots: Sequence[Root], trusted: frozenset[str]) -> int:
    """Add those of these roots that the file does not hold yet, each line flushed to the disk; how many."""
    known = read_anchor(path, city_code, trusted) if path.exists() else {}
    missing = [root for root in roots if root.serial not in known]
    try:
        _append(path, [canonical(as_json(root, city_code)) for root in missing])
    except OSError as wrong:
        raise BadAnchor("audit.no_anchor", file=path.name, detail=str(wrong)) from wrong
    return len(missing)


def _append(path: Path, lines: Sequence[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    with os.fdopen(handle, "wb") as out:
        if lines and path.stat().st_size and path.read_bytes()[-1:] != b"\n":
            out.write(b"\n")  # what a crash cut short stays apart, is not read, and its root is written again
        out.writelines(line + b"\n" for line in lines)
        out.flush()
        os.fsync(out.fileno())
