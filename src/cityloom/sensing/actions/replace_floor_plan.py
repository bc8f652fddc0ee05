"""Puts the picture of a floor into a watched building, in the place of the one it had."""

from __future__ import annotations

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sensing.actions.judge_fire import site_seen
from cityloom.sensing.fire_drawing import BadSpot, floor_named, require_draw
from cityloom.sensing.fire_drawing_rows import keep_change, note_floor
from cityloom.sensing.fire_rows import Plan, keep_plan
from cityloom.sensing.plan_pictures import clean_plan


def replace_floor_plan(city: City, code: str, floor: str, raw: bytes, by: Post, clock: Clock) -> Plan:
    """Keep the picture, made safe; a floor that the building did not have is added, points on it stay.

    Raises NotYourFireWatch, NoSuchSite, NotYourBuilding, BadSpot or BadPlan; then nothing has changed.
    """
    site, now = site_seen(city, code, by), clock.now()
    require_draw(by, site.owner)
    named = floor_named(floor)
    if not raw:
        raise BadSpot("drawing.no_picture")
    picture = clean_plan(raw)
    plan = Plan(named, picture.width, picture.height, picture.digest)
    with transaction.atomic(), connection.cursor() as cursor:
        note_floor(cursor, site.id, named, now)
        keep_plan(cursor, site.id, plan, picture.form, picture.data, now)
        keep_change(cursor, city.id, site.id, named, by, now, digest=plan.digest)
    return plan
