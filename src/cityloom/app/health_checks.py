"""What a process needs to serve, looked at one by one: each look takes little and names the next step."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error as DatabaseError
from django.db import connection

from cityloom.app.figures import Queue, outbox_queue, silences
from cityloom.app.ready import TablesOfNoRelease, waiting_migrations
from cityloom.app.relay import find_embedded
from cityloom.base.clock import clock_of_settings
from cityloom.base.crypto import NoKeyOpens
from cityloom.city.snapshot import list_cities

NATS_WAIT_S = 0.5
LAG_TOLD_S = 300.0  # an outbox older than this is worth a look


@dataclass(frozen=True)
class Look:
    """One thing looked at. `needed`: without it the process is not ready; the others are only told."""

    what: str
    ok: bool
    says: str
    next_step: str = ""
    needed: bool = True
    ms: float = 0.0

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        return {name: value for name, value in told.items() if value != "" or name == "says"}


def looks() -> list[Look]:
    """Every look with its milliseconds. Where the database is silent, what rests on it is not asked."""
    database = _timed(_database)
    rest: tuple[Callable[[], Look], ...] = (
        (_tables, _city, _keys, _outbox, _partners, _devices) if database.ok else ()
    )
    return [database, *(_timed(look) for look in (*rest, _storage, _messages))]


def is_ready(found: list[Look]) -> bool:
    """Whether everything that is needed is well."""
    return all(look.ok for look in found if look.needed)


def _timed(look: Callable[[], Look]) -> Look:
    began_s = time.perf_counter()
    try:
        found = look()
    except DatabaseError:
        found = Look(look.__name__.strip("_"), False, "the database gave no answer", "see its log")
    return Look(**{**asdict(found), "ms": round(1000 * (time.perf_counter() - began_s), 1)})


def _database() -> Look:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        step = "start it, see that CITYLOOM_DATABASE_URL is right; `cityloom check` tells more"
        return Look("database", False, "the database does not answer", step)
    return Look("database", True, "answers")


def _tables() -> Look:
    try:
        waiting = waiting_migrations()
    except TablesOfNoRelease as why:
        return Look("tables", False, "of a state between two releases", str(why))
    if waiting:
        step = "make a backup, then run `cityloom migrate`"
        return Look("tables", False, f"{len(waiting)} migrations wait", step)
    return Look("tables", True, "of this version")


def _city() -> Look:
    codes = [city.code for city in list_cities()]
    if not codes:
        return Look("city", False, "no city is loaded", "load its folder: `cityloom city load DIR`")
    named = settings.CITYLOOM_CITY
    if named and named not in codes:
        step = f"set CITYLOOM_CITY to one of {', '.join(codes)}, or load that city"
        return Look("city", False, "the city named is not loaded", step)
    return Look("city", True, f"{len(codes)} loaded")


def _keys() -> Look:
    """A text sealed now opens again, and the newest sealed row was sealed by a key that is still there."""
    from cityloom.cases.key_probe import opens_newest

    step = "give the keys that were in use: CITYLOOM_DATA_KEYS, or `secrets` of the running data"
    try:
        if not opens_newest():
            return Look("keys", False, "none of the keys opens the newest sealed row", step)
    except (NoKeyOpens, ValueError):
        return Look("keys", False, "the keys do not open what they seal", step)
    return Look("keys", True, "open")


def _storage() -> Look:
    step = "see CITYLOOM_MEDIA_ROOT, its owner and the free space"
    name = f"probe/{os.getpid()}-{uuid.uuid4().hex}"
    try:
        kept = default_storage.save(name, ContentFile(b"probe"))
        default_storage.delete(kept)
    except OSError as wrong:
        return Look("storage", False, f"photos cannot be written: {wrong.strerror or type(wrong).__name__}", step)
    return Look("storage", True, "can be written")


def _outbox() -> Look:
    queue = outbox_queue(clock_of_settings().now())
    ok = queue.oldest_s < LAG_TOLD_S
    return Look("outbox", ok, _lag(queue), "" if ok else "see that a worker and NATS run", needed=False)


def _partners() -> Look:
    silent = [f"{each.city} {each.partner} since {each.since.isoformat(timespec='minutes')}" for each in silences()]
    step = "see open311 under [partners] in city.toml and CITYLOOM_PARTNER_KEYS; `cityloom open311 pull` says more"
    says = f"silent: {'; '.join(silent)}" if silent else "none is silent"
    return Look("partners", not silent, says, step if silent else "", needed=False)


def _devices() -> Look:
    """Whether what devices say is written to the log and from there into the database."""
    from cityloom.app.device_lag import device_lag

    lag = device_lag(settings.CITYLOOM_NATS_URL or find_embedded(Path(settings.CITYLOOM_VAR)) or "",
                     clock_of_settings().now())  # fmt: skip
    return Look("devices", lag is None, lag.says if lag else "what they say is stored",
                lag.next_step if lag else "", needed=False)  # fmt: skip


def _lag(queue: Queue) -> str:
    return f"{queue.count} wait, the oldest for {queue.oldest_s:.0f} s" if queue.count else "nothing waits"


def _messages() -> Look:
    url = settings.CITYLOOM_NATS_URL or find_embedded(Path(settings.CITYLOOM_VAR)) or ""
    if not url:
        return Look("messages", False, "no message server is named", "set CITYLOOM_NATS_URL", needed=False)
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 4222), timeout=NATS_WAIT_S):
            return Look("messages", True, "NATS answers", needed=False)
    except OSError:
        return Look("messages", False, "NATS does not answer; what it is to hear waits", "start it", needed=False)
