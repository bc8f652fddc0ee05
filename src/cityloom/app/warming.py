"""What a web process builds once it serves, so that the first reports are not the ones that wait for it."""

from __future__ import annotations

import logging
import threading

from django.db import connections
from django.db.utils import DatabaseError

from cityloom.base.errors import CityloomError

_log = logging.getLogger(__name__)
NOT_YET = (CityloomError, DatabaseError)  # no city was loaded, or the database is away


def warm_beside() -> threading.Thread:
    """Begin to build the readers of texts beside the work: nobody waits. No city yet is no fault."""
    thread = threading.Thread(target=_warm, name="warming", daemon=True)
    thread.start()
    return thread


def warm() -> None:
    """Read the city of the pages and build the readers of its texts. Raises what `context.city` raises."""
    from cityloom.cases.understanding import warm_readers
    from cityloom.web import context

    warm_readers(context.city())


def _warm() -> None:
    try:
        warm()
    except NOT_YET as wrong:
        _log.info("warming=put_off reason=%r", str(wrong).strip())  # built at the first report instead
    finally:
        connections.close_all()
