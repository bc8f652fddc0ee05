"""The two calendars on which the clock handbook is read."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from cityloom.city.clock_values import WorkCalendar, WorkHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")

# Spring Festival and National Day of 2025 and 2026 as the State Council set them, cut to what the tables need.
CHINA = WorkCalendar(
    zone="Asia/Shanghai",
    profiles=(
        WorkHours.parse("08:00-12:00 14:00-18:00"),
        WorkHours.parse("09:00-12:00 13:00-18:00", name="window"),
        WorkHours.parse("00:00-24:00", name="round_the_clock", days=range(7)),
    ),
    first_year=2025,
    last_year=2026,
    holidays=frozenset(
        {date(2025, 1, 1)}
        | {date(2025, 1, day) for day in range(28, 32)}
        | {date(2025, 2, day) for day in range(1, 5)}
        | {date(2025, 10, day) for day in range(1, 9)}
    ),
    makeup_days=frozenset({date(2025, 1, 26), date(2025, 2, 8), date(2025, 9, 28), date(2025, 10, 11)}),
)

# A city on daylight saving: spring jump on 2025-03-09 at 02:00, autumn repeat on 2025-11-02 at 02:00.
HARBOUR = WorkCalendar(
    zone="America/New_York",
    profiles=(
        WorkHours.parse("08:30-17:00"),
        WorkHours.parse("00:00-24:00", name="round_the_clock", days=range(7)),
    ),
    first_year=2025,
    last_year=2026,
    holidays=frozenset({date(2025, 7, 4)}),
)


def china(text: str) -> datetime:
    """`2025-03-14 16:00` in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def harbour(text: str, fold: int = 0) -> datetime:
    """`2025-03-14 16:00` in New York; fold 1 is the second pass of the repeated hour."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK, fold=fold)
