"""Say what an alarm of fire watch was, and open a building's contacts: each by whom it concerns, each kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.sensing.actions.move_alarm import move_alarm
from cityloom.sensing.fire import CAUSES, VERDICTS
from cityloom.sensing.fire_rows import (
    AlarmRow,
    Contact,
    Site,
    keep_verdict,
    list_fire_alarms,
    list_sites,
    open_contacts,
)
from cityloom.sensing.sight import is_area_seen, owners_seen

SEES_FIRE = frozenset({Role.SUPERVISOR, Role.LEADER, Role.DISPATCHER, Role.SHIFT_LEAD, Role.SENSOR_OWNER})
CALLS = frozenset({Role.DISPATCHER, Role.SHIFT_LEAD, Role.SENSOR_OWNER})  # may open contacts
WHY = ("alarm", "drill", "inspection")
NOTE_CHARS = 300

register(
    {
        "fire.not_yours": (
            "消防监测供指挥、督导、领导和设备权属单位查看",
            "fire watch is for those who dispatch, supervise, lead or own the devices",
        ),
        "fire.no_contacts": (
            "您的岗位不能查看联系人；可由{roles}查看",
            "your post may not open the contacts; {roles} may",
        ),
        "fire.no_site": (
            "没有代码为 {site} 的楼宇，或不在您的范围内",
            "there is no building {site}, or it lies outside your post",
        ),
        "fire.unknown_word": ("“{value}”不在可选项中：{known}", "“{value}” is not one of {known}"),
    }
)


class NotYourFireWatch(CityloomError):
    """A post that fire watch does not concern."""

    status = 403


class NoSuchSite(CityloomError):
    """A building that is not watched, or not by this post."""

    status = 404


class UnknownWord(CityloomError):
    """A verdict, cause or reason that there is not."""


def require_fire(by: Post) -> None:
    """Raises NotYourFireWatch for a post that may not look."""
    if by.role not in SEES_FIRE:
        raise NotYourFireWatch("fire.not_yours")


def sites_seen(city: City, by: Post) -> list[Site]:
    """The buildings that the post may see: of its units for an owner, of its area."""
    require_fire(by)
    areas = None if by.area is None else [code for code in city.areas if city.is_within(code, by.area)]
    with connection.cursor() as cursor:
        return list_sites(cursor, city.id, owners_seen(by), areas)


def site_seen(city: City, code: str, by: Post) -> Site:
    """The building; raises NoSuchSite also for one that the post may not see."""
    found = next((site for site in sites_seen(city, by) if site.code == code), None)
    if found is None:
        raise NoSuchSite("fire.no_site", site=code[:40])
    return found


def fire_alarms_seen(city: City, by: Post, since: datetime) -> list[AlarmRow]:
    """The alarms of fire watch raised since then that the post may see: of its units for an owner, of its area."""
    require_fire(by)
    rules, owners = city.config.scenarios.fire, owners_seen(by)
    kinds = dict.fromkeys(rules.smoke, "smoke") | dict.fromkeys(rules.electrical, "electrical")
    with connection.cursor() as cursor:
        rows = list_fire_alarms(cursor, city.id, kinds, since)
    return [row for row in rows if (owners is None or row.owner in owners) and is_area_seen(city, by, row.area)]


def judge_fire(
    city: City, alarm_id: int, verdict: str, cause: str, note: str, by: Post, clock: Clock, version: int | None = None
) -> None:
    """Keep the verdict and tell the alarm: fire is a true one, false and test are not; unclear tells it nothing.

    Raises NotYourFireWatch, UnknownWord, and what `move_alarm` refuses; then nothing has changed.
    """
    require_fire(by)
    _among(verdict, VERDICTS)
    _among(cause, CAUSES)
    move = {"fire": "mark_true", "false": "mark_false", "test": "mark_false"}.get(verdict)
    said = note.strip()[:NOTE_CHARS]
    with transaction.atomic(), connection.cursor() as cursor:
        if move is not None:
            move_alarm(city, alarm_id, move, by, clock, version=version, note=said or cause or verdict)
        else:
            move_alarm(city, alarm_id, "note", by, clock, version=version, note=said or verdict)
        keep_verdict(cursor, city.id, alarm_id, verdict, cause, said, by, clock.now())


def look_at_contacts(city: City, code: str, why: str, by: Post, clock: Clock) -> list[Contact]:
    """Whom to call about a building; the look is kept with its reason."""
    if by.role not in CALLS:
        raise NotYourFireWatch("fire.no_contacts", roles=sorted(CALLS))
    _among(why, WHY)
    site = site_seen(city, code, by)
    with transaction.atomic(), connection.cursor() as cursor:
        return open_contacts(cursor, city.id, site, by, why, clock.now())


def _among(value: str, known: Collection[str]) -> None:
    if value not in known:
        raise UnknownWord("fire.unknown_word", value=value[:40], known=[each for each in known if each])
