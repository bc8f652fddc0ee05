"""A thread's connection to the database is let go, so that its next question opens a fresh one."""

from __future__ import annotations

import logging

from django.db import Error as DatabaseError
from django.db import connection


def drop_connection(log: logging.Logger) -> None:
    """Close this thread's connection; one that fails even to close (its server is gone) is forgotten, and logged."""
    try:
        connection.close()
    except DatabaseError as why:
        log.debug("closing the connection failed: %s", why)
        connection.connection = None
