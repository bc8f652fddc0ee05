"""Observations of closed days are asked for as all others, and answered alike before and after a day is closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from tests.cases.life import Life
from tests.exchange.sensorthings.conftest import NOW, Door
from tests.exchange.sensorthings.small_world import World, at, make_world

from cityloom.base.clock import GivenClock
from cityloom.exchange.sensorthings import archived, asking, reading
from cityloom.sensing.archiving import archive_days
from cityloom.sensing.closed_days import read_pieces
from cityloom.sensing.keeping import Keeper, keep_late
from cityloom.sensing.models import Archive, Stream
from cityloom.sensing.registry import flush_latest
from cityloom.sensing.values import reading_id, readings_of
from cityloom.sensing.watermarks import Watermarks

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
HOURS = (0, 1, 5, 26, 30, 31, 47, 80)  # on 1, 2 and 4 May; nothing was said on the 3rd
VALUES = (4.0, 9.0, 1.0, 7.0, 7.0, 2.0, 8.0, 3.0)


def keep_may(life: Life, world: World) -> None:
    """The lamp's brightness and voltage in May, as devices said it; one reading late, one with more to say."""
    times = [_ms(hours) for hours in HOURS]
    both = (world.brightness, world.voltage)
    said = [(stream, ms, value) for stream in both for ms, value in zip(times, VALUES, strict=True)]
    marks = Watermarks()
    with transaction.atomic(), connection.cursor() as cursor:
        Keeper(life.city.id, marks).keep(cursor, readings_of(*zip(*said, strict=True)), times[0] + 86_400_000 * 4)
        keep_late(cursor, readings_of([world.brightness], [_ms(29)], [6.0]), 0, judged=True)
        cursor.execute(
            'INSERT INTO sensing_extra (stream, at, parameters) VALUES (%s, %s, \'{"by": "李工"}\')',
            [world.brightness, FIRST + timedelta(hours=5)],
        )
    marks.advance(readings_of(*zip(*said, strict=True)))
    with transaction.atomic():
        flush_latest(marks, readings_of(*zip(*said, strict=True)).stream, NOW)
    Stream.objects.filter(id__in=[world.brightness, world.voltage]).update(first_at=FIRST)


def _ms(hours: int) -> int:
    return round((FIRST + timedelta(hours=hours)).timestamp() * 1000)


def all_pages(door: Door, path: str) -> list[Any]:
    """A list to its end, and what was told beside it."""
    found: list[Any] = []
    following: str | None = path
    while following:
        told = door.get(following)
        found += told["value"]
        following = told.get("@iot.nextLink")
    return [found, told.get("@iot.count")]


def answers(door: Door, world: World) -> dict[str, Any]:
    """What is told to many questions, by the question."""
    stream = f"Datastreams({world.brightness})/Observations"
    one = reading_id(world.brightness, _ms(5))
    place = door.values("FeaturesOfInterest?$filter=name eq 'corner'")[0]["@iot.id"]
    lists = [
        f"{stream}?$top=6", f"{stream}?$orderby=phenomenonTime desc&$top=9&$count=true", f"{stream}?$skip=4&$top=7",
        f"{stream}?$filter=phenomenonTime ge 2026-05-02T03:00:00Z and phenomenonTime lt 2026-05-04T08:00:00Z",
        f"{stream}?$filter=result gt 5&$count=true&$top=6", f"{stream}?$orderby=result desc,phenomenonTime&$top=8",
        f"{stream}?$filter=parameters/by eq '%E6%9D%8E%E5%B7%A5'&$resultFormat=dataArray",
        f"Observations?$filter=Datastream/id eq {world.voltage} and phenomenonTime lt 2026-05-03T00:00:00Z&$top=6",
        "Observations?$top=20&$expand=Datastream($select=name)", f"FeaturesOfInterest({place})/Observations?$top=15",
    ]  # fmt: skip
    singles = [
        "Observations/$count", f"Observations({one})?$expand=FeatureOfInterest",
        f"Observations({one})/Datastream/name", f"Datastreams({world.brightness})/Observations({one})",
        f"FeaturesOfInterest({place})/Observations({one})/result/$value", f"Observations({one})/$ref",
        f"Observations({one})/FeatureOfInterest", f"Observations({one})/Datastream/Observations?$top=2",
        f"Observations({one})?$expand=Datastream($expand=Observations($top=2),Thing)",
        f"Observations?$filter=id eq {one}", "Datastreams?$filter=Observations/result eq 1",
        "Things?$filter=Datastreams/Observations/result eq 1&$count=true",
        "Datastreams?$filter=Observations/any(o: o/result eq 6 and o/phenomenonTime lt 2026-05-03T00:00:00Z)",
        "Datastreams?$filter=Observations/all(o: o/result ge 1)",
        "Datastreams?$filter=Observations/parameters/by ne null",
        "Datastreams?$orderby=id&$expand=Observations($top=3;$count=true)",
        "Datastreams?$orderby=id&$expand=Observations($orderby=phenomenonTime desc;$top=1)",
        "Datastreams?$orderby=id&$expand=Observations($orderby=phenomenonTime desc;$top=9)",
        "Datastreams?$orderby=id&$expand=Observations($filter=result gt 6;$orderby=result;$top=2)",
        f"FeaturesOfInterest({place})?$expand=Observations($count=true;$top=1)",
    ]  # fmt: skip
    return {path: all_pages(door, path) for path in lists} | {path: door.get(path) for path in singles}


def test_days_that_lie_in_files_are_read_written_beside_and_bounded(
    door: Door, city_of_things: Life, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    settings.CITYLOOM_ARCHIVE = str(tmp_path)
    world = make_world(door)
    keep_may(city_of_things, world)
    before = answers(door, world)
    counted = [len(found[0]) for path, found in before.items() if path.endswith("$top=6")]
    assert counted == [14, 8, 7], "five of June, eight of May and the late one; those above 5; those before 3 May"
    real, moved = reading.parts_of, []

    def moving(*asked: Any) -> Any:
        if not moved:  # the days are closed between the question which ones are and the reading of tables
            moved.append(archive_days(GivenClock(NOW), 20))
        return real(*asked)

    monkeypatch.setattr(reading, "parts_of", moving)
    first = next(iter(before))
    assert all_pages(door, first) == before[first], "a day that moves meanwhile is neither missed nor told twice"
    assert moved == [17]
    assert Archive.objects.count() == 3
    for path, told in answers(door, world).items():
        assert told == before[path], path

    stream = f"Datastreams({world.brightness})/Observations"
    monkeypatch.setattr(archived, "read_pieces", partial(read_pieces, most=2))  # as if days were longer
    in_time = [path for path in before if path.startswith(f"{stream}?") and "$orderby=result" not in path]
    assert [path for path in in_time if all_pages(door, path) != before[path]] == []
    monkeypatch.setattr(asking, "MOST", 5)
    refused = door.get("Datastreams?$filter=Observations/result lt 90", 400)
    assert refused["reason"] == "sta.too_much_archived", "what is asked at once over a link is bounded"
    assert door.names("Datastreams?$filter=Observations/any(o: o/result eq 1 and o/result lt 2)") == [
        "brightness",
        "voltage",
    ]
    for nowhere in (f"Datastreams({world.level})/Observations({reading_id(world.brightness, _ms(5))})",
                    f"Observations({reading_id(world.brightness, _ms(6))})/Datastream"):  # fmt: skip
        assert door.get(nowhere, 404)["reason"] == "sta.no_entity"

    same = {"result": 4, "phenomenonTime": "2026-05-01T00:00:00Z"}
    assert door.post(stream, same)["@iot.id"] == reading_id(world.brightness, _ms(0)), "said again it is the same"
    assert door.post(stream, same | {"result": 5}, 409)["reason"] == "sta.same_time"
    door.post(stream, {"result": 5.5, "phenomenonTime": "2026-05-01T00:30:00Z"})
    assert [o["result"] for o in door.values(f"{stream}?$top=3")] == [4, 5.5, 9], (
        "what comes later stands in its place"
    )
    one = f"{stream}({reading_id(world.brightness, _ms(0))})"
    for method, body in (("PATCH", {"result": 3}), ("PATCH", {"phenomenonTime": at(11)}), ("DELETE", None)):
        answer = door.ask(method, one, body)
        assert (answer.status_code, answer.json()["reason"]) == (409, "sta.archived"), body
    assert door.ask("PATCH", one, {"parameters": {"seen": 1}}).json()["result"] == 4, "what stands beside it changes"
    Stream.objects.filter(id=world.brightness).update(first_at=NOW)
    assert archive_days(GivenClock(NOW), 20) == 7
    told = door.get(f"Datastreams({world.brightness})")["phenomenonTime"]
    assert told.startswith("2026-05-01T00:30:00Z/"), "a stream goes on knowing how far it reaches back"
