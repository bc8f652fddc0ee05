"""Each reading is kept once, whichever door it came by."""

import json
import re
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, transaction

from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.keeping import (
    DAY_MS,
    UNSUMMARIZED,
    Keeper,
    ensure_partition,
    keep_readings,
    list_partitions,
    moment,
)
from cityloom.sensing.registry import flush_latest, load_registry
from cityloom.sensing.values import readings_of
from cityloom.sensing.watermarks import Watermarks

T = 1_790_000_000_000


def stored() -> list[tuple[int, int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stream, (extract(epoch FROM at) * 1000)::bigint - %s, value FROM "
            "(SELECT stream, at, value FROM sensing_reading UNION ALL SELECT stream, at, value FROM sensing_late) r "
            "ORDER BY 1, 2",
            [T],
        )
        return cursor.fetchall()


def batch(*said: tuple[int, int, float]):
    return readings_of(*zip(*[(s, T + t, v) for s, t, v in said], strict=True))


def keep(keeper: Keeper, *said: tuple[int, int, float], now_ms: int = T + 10_000):
    with transaction.atomic(), connection.cursor() as cursor:
        done = keeper.keep(cursor, batch(*said), now_ms)
    keeper.committed(done)
    return done


@pytest.fixture
def keeper(small_city) -> Keeper:
    load_devices(small_city)
    return Keeper(small_city.id, Watermarks())


def test_repeated_late_and_early_readings_are_told_apart_and_none_is_kept_twice(keeper):
    assert keep(keeper, (1, 0, 1.0), (2, 0, 5.0), (1, 1000, 2.0)).kept[:3] == (3, 0, 0)
    assert keep(keeper, (1, 1000, 9.0), (1, 0, 9.0)).kept[:3] == (0, 2, 0), "the first one said stands"
    assert keep(keeper, (1, 500, 1.5)).kept[:3] == (1, 0, 1)
    told = keep(keeper, (1, 500, 9.0), (1, 10_000_000, 9.0)).kept
    assert (*told[:3], told.early.at_ms.tolist()) == (0, 1, 0, [T + 10_000_000])
    assert stored() == [(1, 0, 1.0), (1, 500, 1.5), (1, 1000, 2.0), (2, 0, 5.0)]


def test_a_week_old_first_reading_makes_no_partition(keeper):
    keep(keeper, (1, 0, 1.0), (2, -30 * DAY_MS, 1.0))
    with connection.cursor() as cursor:
        assert [str(day) for day in list_partitions(cursor)] == [str(moment(T).date())]
        ensure_partition(cursor, moment(T).date())
    assert len(stored()) == 2


def test_many_late_ones_are_looked_up_in_one_pass(keeper):
    said = [(1, t, float(t)) for t in range(0, 600, 2)]
    keep(keeper, *said)
    assert keep(keeper, *said, *[(1, t, float(t)) for t in range(1, 400, 2)]).kept[:3] == (200, 300, 200)


def test_doors_and_ingest_know_of_each_other(keeper, small_city):
    def door(*said, judged=False):
        with transaction.atomic(), connection.cursor() as cursor:
            return keep_readings(cursor, small_city.id, batch(*said), moment(T + 10_000), judged=judged)

    stream = load_registry(small_city.id).stream_columns.id.tolist()[0]
    keep(keeper, (stream, 0, 1.0))
    assert door((stream, 0, 9.0), (stream, 2000, 2.0), (stream, 2000, 9.0))[:2] == (1, 2)
    assert door((stream, 2000, 9.0))[:2] == (0, 1)
    told = keep(keeper, (stream, 2000, 9.0), (stream, 1500, 1.5), (stream, 3000, 3.0))
    assert told.kept[:3] == (2, 1, 1), "what a door wrote is known before the batch"
    assert told.fresh.value.tolist() == [2.0, 3.0], "rules judge what doors brought, in its place"
    door((stream, 4000, 4.0), judged=True)
    assert keep(keeper, (stream, 4000, 9.0), (stream, 5000, 5.0)).fresh.value.tolist() == [5.0]
    assert [row[1:] for row in stored()] == [
        (0, 1.0),
        (1500, 1.5),
        (2000, 2.0),
        (3000, 3.0),
        (4000, 4.0),
        (5000, 5.0),
    ]


def test_the_register_follows_the_folder_and_its_newest_readings_are_found_again(keeper, small_city):
    registry = load_registry(small_city.id)
    assert set(registry.devices) == set(small_city.things)
    again = load_devices(small_city)
    assert again == (0, 0, 0, 0), "doing it again changes nothing"
    stream = next(iter(registry.devices.values())).streams.popitem()[1].id
    keep(keeper, (stream, 0, 1.25))
    assert flush_latest(keeper.marks, batch((stream, 0, 0.0)).stream, moment(T) + timedelta(seconds=1)) == 1
    found = load_registry(small_city.id).marks
    assert (found.at_ms[stream], found.value[stream]) == (T, 1.25)


def test_block_ranges_tell_streams_apart_as_soon_as_much_lies_there(keeper):
    """So that a chart of the part of the day that has no index yet reads a few pages of it."""
    streams, each = 200, UNSUMMARIZED // 200
    said = readings_of(
        np.repeat(np.arange(1, streams + 1), each),
        np.tile(T + np.arange(each) * 1000, streams),
        [1.0] * streams * each,
    )
    with transaction.atomic(), connection.cursor() as cursor:
        done = keeper.keep(cursor, said, T + DAY_MS)
    keeper.committed(done)
    pages = read_of_one_stream()
    keeper.summarize()
    assert read_of_one_stream() < pages / 10


def read_of_one_stream() -> int:
    """The pages that are read for the readings of one stream, as the planner would have it without a whole scan."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM sensing_reading WHERE stream = 7 AND at >= %s", [moment(T)]
        )
        (said,) = cursor.fetchone()
        cursor.execute("RESET enable_seqscan")
    told = said if isinstance(said, str) else json.dumps(said)
    return sum(int(blocks) for blocks in re.findall(r'"Lossy Heap Blocks": (\d+)', told))
