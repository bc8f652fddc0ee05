"""Holidays and make-up working days 2025 to 2027.

2025 and 2026 follow the national arrangement as announced; 2027 is a guess by the usual pattern and says so in its
names, to be replaced once the year's arrangement is announced.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

COLUMNS = ("date", "kind", "name_zh", "name_en")
YEARS = (2025, 2027)

NEW_YEAR, SPRING = ("元旦", "New Year"), ("春节", "Spring Festival")
QINGMING, LABOUR = ("清明节", "Qingming"), ("劳动节", "Labour Day")
DRAGON, AUTUMN, NATIONAL = ("端午节", "Dragon Boat"), ("中秋节", "Mid-Autumn"), ("国庆节", "National Day")
BOTH = ("国庆节、中秋节", "National Day and Mid-Autumn")

# first day, last day, name, make-up working days
HOLIDAYS = (
    ("2025-01-01", "2025-01-01", NEW_YEAR, ()),
    ("2025-01-28", "2025-02-04", SPRING, ("2025-01-26", "2025-02-08")),
    ("2025-04-04", "2025-04-06", QINGMING, ()),
    ("2025-05-01", "2025-05-05", LABOUR, ("2025-04-27",)),
    ("2025-05-31", "2025-06-02", DRAGON, ()),
    ("2025-10-01", "2025-10-08", BOTH, ("2025-09-28", "2025-10-11")),
    ("2026-01-01", "2026-01-03", NEW_YEAR, ("2026-01-04",)),
    ("2026-02-15", "2026-02-23", SPRING, ("2026-02-14", "2026-02-28")),
    ("2026-04-04", "2026-04-06", QINGMING, ()),
    ("2026-05-01", "2026-05-05", LABOUR, ("2026-05-09",)),
    ("2026-06-19", "2026-06-21", DRAGON, ()),
    ("2026-09-25", "2026-09-27", AUTUMN, ()),
    ("2026-10-01", "2026-10-07", NATIONAL, ("2026-09-20", "2026-10-10")),
    ("2027-01-01", "2027-01-03", NEW_YEAR, ()),
    ("2027-02-05", "2027-02-12", SPRING, ("2027-01-31", "2027-02-20")),
    ("2027-04-03", "2027-04-05", QINGMING, ()),
    ("2027-05-01", "2027-05-05", LABOUR, ("2027-04-25", "2027-05-08")),
    ("2027-06-09", "2027-06-09", DRAGON, ()),
    ("2027-09-15", "2027-09-15", AUTUMN, ()),
    ("2027-10-01", "2027-10-07", NATIONAL, ("2027-09-26", "2027-10-09")),
)
PROVISIONAL_FROM = date(2027, 1, 1)


def calendar_rows() -> Iterator[tuple[str, str, str, str]]:
    """Rows of `calendar.csv` in the order of days."""
    rows = []
    for first, last, (zh, en), make_up in HOLIDAYS:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            rows.append((day, "holiday", zh, en))
            day += timedelta(days=1)
        for extra in make_up:
            rows.append((date.fromisoformat(extra), "workday", f"{zh}调休上班", f"{en}, make-up working day"))
    for day, kind, zh, en in sorted(rows):
        guess_zh, guess_en = ("（预计）", " (provisional)") if day >= PROVISIONAL_FROM else ("", "")
        yield day.isoformat(), kind, zh + guess_zh, en + guess_en


def days_off_and_on() -> tuple[frozenset[date], frozenset[date]]:
    """The holidays, and the weekend days that are worked."""
    rows = list(calendar_rows())
    off = frozenset(date.fromisoformat(row[0]) for row in rows if row[1] == "holiday")
    return off, frozenset(date.fromisoformat(row[0]) for row in rows if row[1] == "workday")
