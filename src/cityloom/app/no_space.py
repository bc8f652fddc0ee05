"""Where there is no space for what devices say: said by name with the next step, and gone on from by itself.

A device is answered only after its message is stored, so a full disk loses nothing: devices send again. The message
server, once a write has failed, refuses that stream until it is started anew, also when there is space again; the
one that Cityloom itself started is ended then, and whoever keeps it running starts it.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
from datetime import datetime
from pathlib import Path

from django.db import Error as DatabaseError

from cityloom.app.processes import is_alive
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.sensing.ingest_rows import note_problems
from cityloom.sensing.ingesting import Refusal

log = logging.getLogger("cityloom.ingest")

LOG_FULL = "log_full"
DISK_FULL = "53100"  # the state by which PostgreSQL says it
FREE_BYTES = 64 << 20  # so much must be free before the message server is started anew
TOLD_S = 60.0  # so long a problem counts as present

register(
    {
        "sensing.log_full": (
            "消息服务器没有空间存放设备消息（{sample}），设备收不到确认，会再次发送；"
            "请在其存储所在磁盘腾出空间，或调低 CITYLOOM_SENSE_GB",
            "the message server has no space for what devices say ({sample}); devices are not answered and send "
            "again: free space on the disk of its store, or lower CITYLOOM_SENSE_GB",
        ),
        "sensing.database_full": (
            "数据库所在磁盘已满（{detail}）；读数留在消息日志中，腾出空间后自动继续。"
            "用 CITYLOOM_READINGS_DAYS 可更早移出旧读数",
            "the disk of the database is full ({detail}); readings stay in the message log and go on by themselves "
            "once there is space: CITYLOOM_READINGS_DAYS moves older ones out earlier",
        ),
    }
)


class DatabaseFull(CityloomError):
    """The database has refused a batch for want of space."""

    status = 503


def said_full(why: BaseException) -> DatabaseFull | None:
    """The error by name, where that is what the database has said."""
    cause = why.__cause__ if isinstance(why, DatabaseError) else why  # a COPY says it without Django
    if getattr(cause, "sqlstate", None) != DISK_FULL:
        return None
    return DatabaseFull("sensing.database_full", detail=str(why).strip().partition("\n")[0])


def note_log_full(city_id: int, why: str, at: datetime) -> None:
    """Count it among the problems of devices, where pages and `cityloom status` see it."""
    from django.db import connection

    with connection.cursor() as cursor:
        note_problems(cursor, city_id, [Refusal(LOG_FULL, "", why[:120])], at)


def end_stuck_server(var: Path, free_bytes: int | None = None) -> bool:
    """End the message server of `var` when its disk has space again; whether it was asked to end.

    `free_bytes`: of its disk; asked of the system where nothing is given. A server of somebody else is left alone.
    """
    folder = var / "nats"
    try:
        pid = int((folder / "nats.pid").read_text())
        free = shutil.disk_usage(folder).free if free_bytes is None else free_bytes
    except (OSError, ValueError):
        return False
    if free < FREE_BYTES or not is_alive(pid):
        return False
    log.warning("messages=restarted reason='its disk has space again, and it refuses to write until started anew'")
    os.kill(pid, signal.SIGTERM)
    return True
