"""Hangs a device in a watched building, or moves it to another spot of it."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.judge_fire import site_seen
from cityloom.sensing.fire_drawing import BadSpot, Spot, require_draw
from cityloom.sensing.fire_drawing_rows import find_device_to_hang, keep_change, note_floor
from cityloom.sensing.fire_rows import keep_point


def hang_device(city: City, code: str, device: str, spot: Spot, by: Post, clock: Clock) -> None:
    """From now on it hangs there; one that hung in another building of the same owner is taken from there.

    Raises NotYourFireWatch, NoSuchSite, NotYourBuilding or BadSpot; then nothing has changed.
    """
    site, now, rules = site_seen(city, code, by), clock.now(), city.config.scenarios.fire
    require_draw(by, site.owner)
    with transaction.atomic(), connection.cursor() as cursor:
        found = find_device_to_hang(cursor, city.id, device)
        if found is None or found.type not in (*rules.smoke, *rules.electrical):
            raise BadSpot("drawing.no_device", device=device[:60])
        require_draw(by, found.owner)
        if found.hangs_with:
            require_draw(by, found.hangs_with)
        kind = "smoke" if found.type in rules.smoke else "electrical"
        note_floor(cursor, site.id, spot.floor, now)
        keep_point(cursor, city.id, site.id, device, kind, spot.floor, spot.x, spot.y)
        keep_change(cursor, city.id, site.id, spot.floor, by, now, device=device, x=spot.x, y=spot.y)
