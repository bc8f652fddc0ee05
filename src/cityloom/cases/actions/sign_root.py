"""Sign one root over all chains of a city, and add it to the anchor outside the database."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import IntegrityError

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.anchors import add_to_anchor
from cityloom.cases.audit_keys import audit_key, trusted_keys
from cityloom.cases.audit_roots import Root, make_root
from cityloom.cases.root_rows import find_last_root, keep_root, list_grown, list_latest, list_roots, one_moment
from cityloom.city.snapshot_values import City

register(
    {
        "audit.being_made": (
            "另一个进程正在生成审计根，请稍后再试",
            "another process is making a root just now; try again in a moment",
        ),
    }
)
_LOCK = 0x526F6F74  # "Root": the first half of the advisory lock under which a root is made


class RootBeingMade(CityloomError):
    """Two processes wanted to make the next root; one of them does."""

    status = 409


def sign_root(city: City, clock: Clock, accepts_late: str = "") -> Root:
    """Sign how far every chain has come, as one moment of the database shows it.

    What commits later comes with the next root, whatever moment it says. `accepts_late`: why chains that say they
    are older than the root before may come with this one. Raises NoAuditKey, RootBeingMade.
    """
    key = audit_key()
    try:
        with one_moment() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, city.id % 2**31])
            if not cursor.fetchone()[0]:
                raise RootBeingMade("audit.being_made")
            at = clock.now()
            before, held = find_last_root(cursor, city.id), list_latest(cursor, city.id)
            new = list_grown(cursor, city.id)
            day = at.astimezone(city.calendar().tz).date()
            root = make_root(city.id, city.code, before, held, new, at, day, key, accepts_late)
            keep_root(cursor, root, new)
    except IntegrityError as other:
        raise RootBeingMade("audit.being_made") from other
    anchor_roots(city)
    return root


def anchor_roots(city: City) -> int:
    """Add to the anchor what it lacks, also of earlier times when it could not be written; how many lines."""
    if not settings.CITYLOOM_AUDIT_ANCHOR:
        return 0
    with one_moment(read_only=True) as cursor:
        roots = list_roots(cursor, city.id)
    return add_to_anchor(Path(settings.CITYLOOM_AUDIT_ANCHOR), city.code, roots, trusted_keys())


def is_root_due(city: City, clock: Clock) -> bool:
    """Whether a day of the city has ended since its last root, or since its folder was first loaded.

    Days without a root are never made up for.
    """
    tz = city.calendar().tz
    today = clock.now().astimezone(tz).date()
    with one_moment(read_only=True) as cursor:
        last = find_last_root(cursor, city.id)
        if last is not None:
            return last.day < today
        cursor.execute("SELECT min(loaded_at) FROM city_version WHERE city_id = %s", [city.id])
        (loaded_at,) = cursor.fetchone()
    return loaded_at is not None and bool(loaded_at.astimezone(tz).date() < today)
