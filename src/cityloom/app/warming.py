"""What a web process builds once it serves, so that the first reports are not the ones that wait for it."""

from __future__ import annotations

import logging
import threading

from django.db import connections
from django.db.utils import DatabaseError

from cityloom.base.errors import CityloomError

_log = logging.getLogger(__name__)


def warm_beside() -> threading.Thread:
    """Begin to build the readers of texts beside the work: nobody waits. No city yet is no fault."""
    thread = threading.Thread(target=_warm, name="warming", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    from cityloom.cases.understanding import warm_readers
    from cityloom.city.snapshot import NoSuchCity
    from cityloom.web import context

    try:
        warm_readers(context.city())
    except (NoSuchCity, CityloomError, DatabaseError) as wrong:
        _log.info("warming=put_off reason=%r", str(wrong).strip())  # built at the first report instead
    finally:
        connections.close_all()
