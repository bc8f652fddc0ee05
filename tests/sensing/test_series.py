"""A series is found again wherever it lies, each reading once and with its peaks."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from cityloom.base.clock import GivenClock
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.archiving import archive_days, index_closed_parts, roll_up_days
from cityloom.sensing.day_files import BadDayFile, check_day, file_of
from cityloom.sensing.downsampling import keep_peaks
from cityloom.sensing.keeping import Keeper, keep_late, list_partitions
from cityloom.sensing.models import Archive, RollUp
from cityloom.sensing.series import history
from cityloom.sensing.values import Readings, readings_of
from cityloom.sensing.watermarks import Watermarks

DAY = datetime(2026, 6, 1, tzinfo=UTC)
T = round(DAY.timestamp() * 1000)
MINUTE = 60_000


def keep(readings: Readings, late: Readings | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        Keeper(1, Watermarks()).keep(cursor, readings, T + 86_400_000)
        if late is not None:
            keep_late(cursor, late, 0, judged=True)


def said(stream: int = 5, days: float = 1) -> list[tuple[int, float]]:
    found = history(stream, DAY, DAY + timedelta(days=days))
    return [((ms - T) // MINUTE, value) for ms, value in zip(found.at_ms.tolist(), found.value.tolist(), strict=True)]


def test_a_closed_day_moves_into_a_file_and_is_found_as_before(small_city, settings, tmp_path):
    load_devices(small_city)
    settings.CITYLOOM_ARCHIVE = str(tmp_path)
    clock = GivenClock(DAY + timedelta(days=40))
    keep(readings_of([5, 5, 6], [T, T + 2 * MINUTE, T], [1.0, 3.0, 9.0]), readings_of([5], [T + MINUTE], [2.0]))
    before = said()
    assert before == [(0, 1.0), (1, 2.0), (2, 3.0)]
    early = GivenClock(DAY + timedelta(hours=2, minutes=9))
    assert (index_closed_parts(early), index_closed_parts(early)) == (0, 0), "readings of the first hours still come"
    late = GivenClock(DAY + timedelta(hours=4, minutes=10))
    assert (index_closed_parts(late), index_closed_parts(late)) == (2, 0)
    assert index_closed_parts(clock) == 10
    assert archive_days(clock, 50) == 0, "not yet"
    assert archive_days(clock, 35) == 4
    assert said() == before
    with connection.cursor() as cursor:
        assert list_partitions(cursor) == []
        assert (
            keep_late(cursor, readings_of([5, 5, 7], [T, T + 9 * MINUTE, T], [99.0, 4.0, 5.0]), 0, judged=True) == 3
        )
    after = [*before, (9, 4.0)]
    assert said() == after, "what was said first stands, also beside a file"
    assert archive_days(clock, 35) == 6
    assert (said(), said(7)) == (after, [(0, 5.0)])
    assert archive_days(clock, 35) == 0, "nothing is left to do"

    assert roll_up_days(clock, 38) == 1
    hour = RollUp.objects.get(pk=(5, DAY))
    assert (hour.count, hour.low, hour.high, hour.total, hour.last) == (4, 1.0, 4.0, 10.0, 4.0)
    assert (said(), Archive.objects.count(), list(tmp_path.rglob("*.parquet"))) == ([], 0, [])


def test_a_file_that_was_damaged_is_told_and_nothing_is_dropped(small_city, settings, tmp_path, monkeypatch):
    settings.CITYLOOM_ARCHIVE = str(tmp_path)
    keep(readings_of([5], [T], [1.0]))
    monkeypatch.setattr(
        "cityloom.sensing.archiving.check_day", lambda path, n, digest: check_day(path, n + 1, digest)
    )
    with pytest.raises(BadDayFile):
        archive_days(GivenClock(DAY + timedelta(days=40)), 35)
    assert said() == [(0, 1.0)]
    assert Archive.objects.count() == 0


def test_the_disk_may_be_full_while_a_day_is_written(small_city, settings, tmp_path, monkeypatch):
    settings.CITYLOOM_ARCHIVE = str(tmp_path)
    keep(readings_of([5], [T], [1.0]))

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cityloom.sensing.day_files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        archive_days(GivenClock(DAY + timedelta(days=40)), 35)
    assert said() == [(0, 1.0)]
    assert not file_of(tmp_path, DAY.date()).exists()
    assert list(tmp_path.rglob("*.draft")) == [], "the half-written file is gone"


@limits(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=400),
    st.integers(5, 120),
)
def test_fewer_points_keep_the_ends_and_every_peak(values, points):
    series = readings_of([1] * len(values), range(len(values)), [np.nan if v is None else v for v in values])
    found = keep_peaks(series, 0, len(values), points)
    assert len(found.stream) <= max(points, 4)
    assert (found.at_ms[0], found.at_ms[-1]) == (0, len(values) - 1)
    assert list(found.at_ms) == sorted(set(found.at_ms.tolist()))
    told = [v for v in values if v is not None]
    if told:
        assert (np.nanmin(found.value), np.nanmax(found.value)) == (min(told), max(told))
