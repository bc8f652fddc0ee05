"""When each chore of the worker was done last, by whichever process did it, so that a person can ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cityloom.base import models


def note_chore(name: str, at: datetime, took_ms: int, found: Mapping[str, int]) -> None:
    """Write down that the chore was done now, how long it took, and what it found to do."""
    models.ChoreNote.objects.update_or_create(
        name=name, defaults={"done_at": at, "took_ms": took_ms, "found": {w: n for w, n in found.items() if n}}
    )


def chore_notes() -> dict[str, models.ChoreNote]:
    """The last time of each chore that was ever done, by its name."""
    return {note.name: note for note in models.ChoreNote.objects.order_by("name")}
