"""What names a row that has no code of its own: posts, posts of groups, duties, days."""

from __future__ import annotations

from datetime import date

from cityloom.city.folder_values import CalendarDay
from cityloom.city.values import ClassWords, Duty, GroupPost, Post


def post_key(post: Post) -> str:
    """One role of one person, in a unit and an area, from a day on."""
    return "|".join((post.login, post.role, post.unit or "", post.area or "", _day(post.valid.start)))


def group_key(each: GroupPost) -> str:
    """One role of the members of a group, in a unit and an area, from a day on."""
    return "|".join((each.group, each.role, each.unit or "", each.area or "", _day(each.valid.start)))


def duty_key(duty: Duty) -> str:
    """One unit's part in a class and an area, under the same limitation, from a day on."""
    parts = (duty.class_pattern, duty.area, duty.unit, duty.role, duty.source, duty.hours)
    return "|".join((*parts, _day(duty.valid.start)))


def words_key(each: ClassWords) -> str:
    """The words of one class that weigh alike."""
    return f"{each.class_code}|{each.weight:g}"


def day_key(each: CalendarDay) -> str:
    """One day of one calendar."""
    return f"{each.calendar}|{each.day.isoformat()}"


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
