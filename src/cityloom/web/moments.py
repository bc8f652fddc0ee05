"""Times as a person says them. Pure: the present moment and the zone are arguments."""

from __future__ import annotations

from datetime import datetime, tzinfo

_DAYS_ZH = "一二三四五六日"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def say_moment(at: datetime, now: datetime, tz: tzinfo, lang: str) -> str:
    """`today 16:00`, `Tue 18 Nov 16:00`, with the year when it is another one."""
    local, present = at.astimezone(tz), now.astimezone(tz)
    days = (local.date() - present.date()).days
    clock = f"{local:%H:%M}"
    near = {-1: ("昨天", "yesterday"), 0: ("今天", "today"), 1: ("明天", "tomorrow")}.get(days)
    if near:
        return f"{near[0] if lang == 'zh' else near[1]} {clock}"
    other_year = local.year != present.year
    if lang == "zh":
        year = f"{local.year}年" if other_year else ""
        return f"{year}{local.month}月{local.day}日 周{_DAYS_ZH[local.weekday()]} {clock}"
    year = f" {local.year}" if other_year else ""
    return f"{_DAYS_EN[local.weekday()]} {local.day} {_MONTHS_EN[local.month - 1]}{year} {clock}"


def exact_moment(at: datetime, tz: tzinfo) -> str:
    """The whole moment with its zone, for whoever hovers over it."""
    return f"{at.astimezone(tz):%Y-%m-%d %H:%M:%S %z}"


def say_span(seconds: float, lang: str) -> str:
    """A length of time by its two largest parts: `2 d 3 h`, `3 h 20 min`, `5 min`."""
    minutes = int(abs(seconds) // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "天", "d"), (hours, "小时", "h"), (minutes, "分", "min")]
    told = [p for p in parts if p[0]][:2] or [(0, "分", "min")]
    if days >= 10:
        told = [(days, "天", "d")]
    if lang == "zh":
        return "".join(f"{n}{zh}" for n, zh, _ in told)
    return " ".join(f"{n} {en}" for n, _, en in told)


def share_gone(started_at: datetime, due_at: datetime, now: datetime) -> float:
    """How much of a span has passed, from 0 to 1; 1 once it is over or when it had no length."""
    whole = (due_at - started_at).total_seconds()
    gone = (now - started_at).total_seconds()
    return 1.0 if whole <= 0 else min(1.0, max(0.0, gone / whole))


def percent_gone(started_at: datetime, due_at: datetime | None, now: datetime) -> int:
    """The same in whole percent, for a bar; 0 without a due moment."""
    return round(100 * share_gone(started_at, due_at, now)) if due_at else 0


def band_of(started_at: datetime | None, due_at: datetime | None, now: datetime) -> str:
    """`overdue`, `due-soon` (four fifths gone), `on-time`, or `none` without a due moment."""
    if due_at is None:
        return "none"
    if now > due_at:
        return "overdue"
    return "due-soon" if share_gone(started_at or now, due_at, now) >= 0.8 else "on-time"
