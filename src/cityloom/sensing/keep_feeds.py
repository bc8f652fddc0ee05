"""The registry of feeds in the database: who brings what, when last, how much of it, and since when one is stale."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from cityloom.base.reasons import Reason
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.sensing.feeds import DEVICES, FeedState, expected_in_hour, stale_since
from cityloom.sensing.vital_rows import StreamsOfCity


class FeedRow(NamedTuple):
    """A feed as it stands, with what it brought and was expected to bring in the last day."""

    id: int
    state: FeedState
    name: Name
    owner: str
    last_error: Mapping[str, Any] | None
    last_error_at: datetime | None
    day_received: int
    day_expected: int | None
    day_refused: int


def note_feed(
    cursor: CursorWrapper,
    city_id: int,
    code: str,
    kind: str,
    at: datetime,
    *,
    received: int = 0,
    refused: int = 0,
    error: Reason | None = None,
    name: Name | None = None,
    expected_s: float | None = None,
    owner: str = "",
) -> None:
    """That a feed brought something, or failed; the feed is registered at its first word. One statement.

    A failure alone does not count as having heard from it.
    """
    heard = at if received else None
    said: dict[str, Any] = {
        "city": city_id, "code": code, "kind": kind, "at": at, "heard": heard, "owner": owner,
        "zh": name.zh if name else "", "en": name.en if name else "", "expected": expected_s,
        "received": received, "refused": refused, "error": Jsonb(error.as_json()) if error else None,
        "failed": at if error else None,
    }  # fmt: skip
    cursor.execute(
        "WITH feed AS (INSERT INTO sensing_feed (city_id, code, kind, name_zh, name_en, owner, expected_s, made_at, "
        "last_at, received, refused, last_error, last_error_at) "
        "VALUES (%(city)s, %(code)s, %(kind)s, %(zh)s, %(en)s, %(owner)s, %(expected)s, %(at)s, %(heard)s, "
        "%(received)s, %(refused)s, %(error)s, %(failed)s) "
        "ON CONFLICT (city_id, code) DO UPDATE SET "
        "last_at = greatest(sensing_feed.last_at, EXCLUDED.last_at), "
        "received = sensing_feed.received + EXCLUDED.received, refused = sensing_feed.refused + EXCLUDED.refused, "
        "name_zh = coalesce(nullif(EXCLUDED.name_zh, ''), sensing_feed.name_zh), "
        "name_en = coalesce(nullif(EXCLUDED.name_en, ''), sensing_feed.name_en), "
        "expected_s = coalesce(EXCLUDED.expected_s, sensing_feed.expected_s), "
        "last_error = coalesce(EXCLUDED.last_error, sensing_feed.last_error), "
        "last_error_at = coalesce(EXCLUDED.last_error_at, sensing_feed.last_error_at), ended_at = NULL RETURNING id) "
        "INSERT INTO sensing_feed_hour (feed_id, at, received, refused) "
        "SELECT id, date_trunc('hour', %(at)s::timestamptz), %(received)s, %(refused)s FROM feed "
        "ON CONFLICT (feed_id, at) DO UPDATE SET received = sensing_feed_hour.received + EXCLUDED.received, "
        "refused = sensing_feed_hour.refused + EXCLUDED.refused",
        said,
    )


def keep_feed_hours(
    cursor: CursorWrapper, city: City, hour: datetime, streams: StreamsOfCity, said: NDArray[np.int64]
) -> None:
    """What the devices of each type said in an hour that ended, against what their intervals promise."""
    types = np.array(streams.types)
    for each in sorted(set(streams.types)):
        of_type = types == each
        intervals = [i for i, mine in zip(streams.intervals_s, of_type, strict=True) if mine]
        cursor.execute(
            "INSERT INTO sensing_feed_hour (feed_id, at, expected, received, refused) "
            "SELECT id, %s, %s, %s, 0 FROM sensing_feed WHERE city_id = %s AND code = %s "
            "ON CONFLICT (feed_id, at) DO UPDATE SET expected = EXCLUDED.expected, received = EXCLUDED.received",
            [hour, expected_in_hour(intervals), int(said[of_type].sum()), city.id, DEVICES + each],
        )


def register_device_feeds(cursor: CursorWrapper, city_id: int, now: datetime) -> None:
    """One feed for each type of device in use: heard when any of its devices was; one statement."""
    cursor.execute(
        "INSERT INTO sensing_feed (city_id, code, kind, name_zh, name_en, owner, expected_s, made_at, last_at, "
        "received, refused) "
        "SELECT d.city_id, %(before)s || d.type, 'devices', '', '', '', "
        "max(i.interval_s), %(now)s, max(d.last_seen), "
        "sum(d.readings), sum(d.errors) FROM sensing_device d "
        "LEFT JOIN LATERAL (SELECT max(s.interval_s) AS interval_s FROM sensing_stream s WHERE s.device_id = d.id) i "
        "ON true WHERE d.city_id = %(city)s AND d.state <> 'retired' AND d.type <> '' GROUP BY d.city_id, d.type "
        "ON CONFLICT (city_id, code) DO UPDATE SET last_at = EXCLUDED.last_at, received = EXCLUDED.received, "
        "refused = EXCLUDED.refused, expected_s = EXCLUDED.expected_s, ended_at = NULL",
        {"before": DEVICES, "now": now, "city": city_id},
    )


def list_feeds(cursor: CursorWrapper, city_id: int, now: datetime) -> list[FeedRow]:
    """The feeds of a city that have not ended, the stale ones first; one statement."""
    cursor.execute(
        "SELECT f.id, f.code, f.kind, f.expected_s, f.made_at, f.last_at, f.received, f.refused, f.stale_at, "
        "f.name_zh, f.name_en, f.owner, f.last_error, f.last_error_at, coalesce(h.received, 0), h.expected, "
        "coalesce(h.refused, 0) FROM sensing_feed f LEFT JOIN LATERAL ("
        "SELECT sum(received)::bigint AS received, sum(expected)::bigint AS expected, "
        "sum(refused)::bigint AS refused "
        "FROM sensing_feed_hour WHERE feed_id = f.id AND at >= %s::timestamptz - interval '24 hours' AND at < %s) h "
        "ON true WHERE f.city_id = %s AND f.ended_at IS NULL ORDER BY f.stale_at IS NULL, f.stale_at, f.kind, f.code",
        [now, now, city_id],
    )
    return [
        FeedRow(
            row[0], FeedState(row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]), Name(row[9], row[10]),
            row[11], json.loads(row[12]) if isinstance(row[12], str) else row[12], row[13], row[14], row[15], row[16],
        )
        for row in cursor.fetchall()
    ]  # fmt: skip


def mark_stale(cursor: CursorWrapper, feed: FeedRow, now: datetime) -> int:
    """Note that a feed became stale, or speaks again; 1 where something changed."""
    since = stale_since(feed.state, now)
    if (since is None) == (feed.state.stale_at is None):
        return 0
    cursor.execute(
        "UPDATE sensing_feed SET stale_at = %s WHERE id = %s AND (stale_at IS NULL) = %s",
        [since, feed.id, since is not None],
    )
    if not cursor.rowcount:  # another worker was faster
        return 0
    if since is not None:
        cursor.execute(
            "INSERT INTO sensing_feed_silence (feed_id, began_at, noticed_at) VALUES (%s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [feed.id, feed.state.last_at or feed.state.made_at, now],
        )
    else:
        cursor.execute(
            "UPDATE sensing_feed_silence SET ended_at = %s WHERE feed_id = %s AND ended_at IS NULL", [now, feed.id]
        )
    return 1


def count_silent(cursor: CursorWrapper, city_id: int, now: datetime) -> int:
    """How many feeds of a city are silent; those that became so after `now` do not count yet."""
    cursor.execute(
        "SELECT count(*) FROM sensing_feed WHERE city_id = %s AND stale_at <= %s AND ended_at IS NULL", [city_id, now]
    )
    return int(cursor.fetchone()[0])


def is_turn(
    cursor: CursorWrapper, city_id: int, code: str, kind: str, now: datetime, every_s: float, name: Name
) -> bool:
    """Whether a feed that is pulled is due; the turn is taken with the answer, so that one worker pulls it."""
    cursor.execute(
        "INSERT INTO sensing_feed (city_id, code, kind, name_zh, name_en, owner, expected_s, made_at, asked_at) "
        "VALUES (%(city)s, %(code)s, %(kind)s, %(zh)s, %(en)s, '', %(every)s, %(now)s, %(now)s) "
        "ON CONFLICT (city_id, code) DO UPDATE SET asked_at = EXCLUDED.asked_at, ended_at = NULL "
        "WHERE sensing_feed.asked_at IS NULL OR sensing_feed.asked_at <= %(now)s - make_interval(secs => %(every)s)",
        {"city": city_id, "code": code, "kind": kind, "now": now, "every": every_s, "zh": name.zh, "en": name.en},
    )
    return bool(cursor.rowcount)
