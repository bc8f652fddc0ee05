"""Files whose rows are erased: noted in the same transaction, removed from the storage after it, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files.storage import default_storage
from django.db import connection
from django.db.backends.utils import CursorWrapper


def note_gone(cursor: CursorWrapper, files: Sequence[str], at: datetime) -> None:
    """Note that these files have to go, inside the transaction that took their rows away."""
    for file in files:
        cursor.execute("INSERT INTO cases_gone_file (file, since) VALUES (%s, %s)", [file, at])


def remove_gone_files(most: int = 500) -> int:
    """Remove noted files from the storage; how many went. A file that will not go stays noted and is tried again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, file FROM cases_gone_file ORDER BY id LIMIT %s", [most])
        rows = cursor.fetchall()
        for row_id, file in rows:
            default_storage.delete(file)  # one that is not there any more is no error
            cursor.execute("DELETE FROM cases_gone_file WHERE id = %s", [row_id])
    return len(rows)
