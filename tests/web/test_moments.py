"""Times as a person says them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cityloom.web.moments import band_of, say_moment, say_span, share_gone

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("at", "zh", "en", "because"),
    [
        (NOW.replace(hour=16), "今天 16:00", "today 16:00", "the same day is today"),
        (NOW + timedelta(days=1), "明天 09:00", "tomorrow 09:00", "the next day has its word"),
        (NOW - timedelta(hours=10), "昨天 23:00", "yesterday 23:00", "midnight divides, not 24 hours"),
        (NOW + timedelta(days=7), "6月8日 周一 09:00", "Mon 8 Jun 09:00", "farther days have weekday and date"),
        (NOW.replace(year=2027), "2027年6月1日 周二 09:00", "Tue 1 Jun 2027 09:00", "another year is named"),
    ],
)
def test_a_moment_is_said_as_people_do(at: datetime, zh: str, en: str, because: str):
    assert say_moment(at, NOW, SHANGHAI, "zh") == zh, because
    assert say_moment(at, NOW, SHANGHAI, "en") == en, because


@pytest.mark.parametrize(
    ("seconds", "zh", "en", "because"),
    [
        (30, "0分", "0 min", "less than a minute is none"),
        (3 * 3600 + 20 * 60, "3小时20分", "3 h 20 min", "two parts at most"),
        (2 * 86400 + 3 * 3600 + 59, "2天3小时", "2 d 3 h", "the smallest part is left out"),
        (15 * 86400 + 3600, "15天", "15 d", "of long spans only the days matter"),
        (-90, "1分", "1 min", "a length has no sign"),
    ],
)
def test_a_span_is_said_by_its_largest_parts(seconds: float, zh: str, en: str, because: str):
    assert (say_span(seconds, "zh"), say_span(seconds, "en")) == (zh, en), because


@pytest.mark.parametrize(
    ("started_h", "due_h", "band", "because"),
    [
        (-1, 9, "on-time", "a tenth has gone"),
        (-8, 2, "due-soon", "four fifths have gone"),
        (-8, -1, "overdue", "the due moment has passed"),
        (-8, None, "none", "nothing is promised"),
    ],
)
def test_the_band_says_how_a_promise_stands(started_h: float, due_h: float | None, band: str, because: str):
    due = None if due_h is None else NOW + timedelta(hours=due_h)
    assert band_of(NOW + timedelta(hours=started_h), due, NOW) == band, because


def test_a_span_without_length_has_gone_whole():
    assert share_gone(NOW, NOW, NOW) == 1.0
