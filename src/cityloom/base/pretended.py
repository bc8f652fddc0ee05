"""The drawer of make-believe messages: what a demo would have sent, one JSON line each, for a person to look at."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

FILE = "messages.jsonl"
LONGEST_READ = 200_000  # bytes of the newest lines that a page reads


class Pretended(NamedTuple):
    """A message that nobody got."""

    id: str
    kind: str
    to: str
    subject: str
    body: str
    at: str


def is_pretending() -> bool:
    """Whether this installation is a demo that pretends to send SMS or mail."""
    pretends = "pretend:" in (settings.CITYLOOM_SMS_URL, settings.CITYLOOM_MAIL_URL)
    return pretends and not settings.PRODUCTION


def drawer(var: Path) -> Path:
    """The folder of the drawer under the folder of running data."""
    return var / "messages"


def put_pretended(folder: Path, message: Pretended) -> None:
    """Add a line; several processes may do so at once."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps(message._asdict(), ensure_ascii=False) + "\n"
    handle = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def list_pretended(folder: Path, most: int = 50) -> list[Pretended]:
    """The newest messages, newest first; none when there is no drawer. A line that broke off is passed over."""
    path = folder / FILE
    if not path.is_file():
        return []
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_READ))
        lines = file.read().decode("utf-8", "replace").splitlines()
    found = [p for line in reversed(lines) if (p := _read(line)) is not None]
    return list({p.id: p for p in reversed(found)}.values())[::-1][:most]


def _read(line: str) -> Pretended | None:
    try:
        data = json.loads(line)
        return Pretended(*(str(data[name]) for name in Pretended._fields))
    except (ValueError, KeyError, TypeError):
        return None
