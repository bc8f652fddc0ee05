"""What the standard requires, class by class: the model, addresses, query options, writing, batches, data arrays.

Each test follows requirements of OGC 18-088 in words of our own; the classes are those that the root document names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.exchange.sensorthings.conftest import SITE, Door, datastream, number_in, place, thing
from tests.exchange.sensorthings.small_world import RESULTS, at, make_world

from cityloom.exchange.sensorthings.schema import KINDS
from cityloom.sensing.models import Stream

PROPERTIES = {
    "Things": {"name", "description", "properties"},
    "Locations": {"name", "description", "encodingType", "location", "properties"},
    "HistoricalLocations": {"time"},
    "Datastreams": {"name", "description", "observationType", "unitOfMeasurement", "phenomenonTime", "properties"},
    "Sensors": {"name", "description", "encodingType", "metadata"},
    "ObservedProperties": {"name", "definition", "description"},
    "Observations": {"phenomenonTime", "result", "resultTime"},
    "FeaturesOfInterest": {"name", "description", "encodingType", "feature"},
}


# --- datamodel, resource-path, request-data -------------------------------------------------------------------------


def test_the_root_lists_every_collection_and_what_the_service_conforms_to(
    door_of: Callable[..., Door], settings: Any
) -> None:
    root = door_of().get("")
    assert [each["name"] for each in root["value"]] == [
        "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations",
        "FeaturesOfInterest",
    ]  # fmt: skip
    assert {each["url"] for each in root["value"]} == {f"{SITE}/sta/v1.1/{each['name']}" for each in root["value"]}
    conformance = root["serverSettings"]["conformance"]
    assert "http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel" in conformance
    assert all(url.startswith("http") for url in conformance)
    assert not any("mqtt" in url for url in conformance), "nobody has said where the broker is"
    settings.CITYLOOM_MQTT_ADDRESS = "mqtts://small.example:8883"
    told = door_of().get("")["serverSettings"]
    updates = next(url for url in told["conformance"] if "receive-updates-via-mqtt" in url)
    assert told[updates] == {"endpoints": ["mqtts://small.example:8883"]}


def test_each_entity_tells_its_properties_its_number_and_its_links_and_each_link_leads_somewhere(
    door: Door, door_of: Callable[..., Door]
) -> None:
    world = make_world(door)
    public = door_of()
    for kind in KINDS.values():
        entity = public.values(f"{kind.plural}?$top=1&$orderby=id desc" if kind.name == "Thing" else kind.plural)[0]
        told = {name for name in entity if "@" not in name}
        assert PROPERTIES[kind.plural] - {"properties"} <= told | {"phenomenonTime", "properties"}, kind.name
        assert isinstance(entity["@iot.id"], int)
        assert entity["@iot.selfLink"] == f"{SITE}/sta/v1.1/{kind.plural}({entity['@iot.id']})"
        assert public.get(entity["@iot.selfLink"]) == entity
        links = {name.partition("@")[0] for name in entity if name.endswith("@iot.navigationLink")}
        assert links == set(kind.links)
        for name in links:
            found = public.get(entity[f"{name}@iot.navigationLink"])
            assert ("value" in found) == kind.links[name].is_many
    assert world.lamp != world.pump


def test_an_address_leads_over_links_to_properties_bare_values_and_references(door: Door) -> None:
    world = make_world(door)
    lamp, stream = world.lamp, world.brightness
    one = door.values(f"Datastreams({stream})/Observations")[2]["@iot.id"]
    table = [
        (f"Things({lamp})/name", {"name": "lamp 1"}, "a property under its name"),
        (f"Things({lamp})/name/$value", "lamp 1", "its bare value"),
        (f"Things({lamp})/@iot.id", {"@iot.id": lamp}, "the number"),
        (f"Things({lamp})/properties/maker/name", {"name": "明光"}, "within a property"),
        (f"Things({lamp})/properties/power/$value", "40", "a bare number"),
        (f"Datastreams({stream})/unitOfMeasurement/symbol/$value", "lx", "within the unit"),
        (f"Observations({one})/Datastream/Thing/name/$value", "lamp 1", "over two links"),
        (f"Things({lamp})/Datastreams({stream})/Observations({one})/result", {"result": 30.5}, "by key at each step"),
        (f"Datastreams({stream})/Thing/$ref", {"@iot.selfLink": f"{SITE}/sta/v1.1/Things({lamp})"}, "one reference"),
        (f"Datastreams({stream})/Observations/$count", "5", "how many there are"),
        ("Things/$ref?$top=1", {"value": [{"@iot.selfLink": f"{SITE}/sta/v1.1/Things({lamp})"}]}, "references"),
    ]
    for path, expected, because in table:
        found = door.get(path)
        if because == "references":
            assert "Things/$ref?" in found.pop("@iot.nextLink")
        assert found == expected, because
    assert door.ask("GET", f"Observations({one})/resultTime").status_code == 204, "a property without a value"
    missing = [
        "Nothing", "Things(999)", "Things(abc)", "Things(1.5)", f"Things({lamp})/nothing", f"Things({lamp})/Sensors",
        f"Things({world.pump})/Datastreams({stream})", f"Datastreams({stream})/Thing({lamp})", "Things/name",
        f"Things({lamp})/properties/none", "Observations(1)", f"Things({2**70})", f"Datastreams({stream})/$value",
        "Things(1)(2)", "Datastreams(1)/Observations(9999999999999999999)",
    ]  # fmt: skip
    for path in missing:
        told = door.get(path, 404)
        assert told["code"] == 404, path
    assert door.get("MultiDatastreams", 501)["reason"] == "sta.not_offered"
    assert door.get("MultiDatastreams(1)/Observations", 501)["code"] == 501


def test_each_query_option_does_what_it_says_and_they_work_together(door: Door) -> None:
    world = make_world(door)
    observations = f"Datastreams({world.brightness})/Observations"

    def results(options: str) -> list[object]:
        return [each["result"] for each in door.values(f"{observations}?{options}")]

    assert results("") == list(RESULTS), "without an order in that of time"
    assert results("$orderby=result") == [-4, 0, 10, 20, 30.5]
    assert results("$orderby=result desc") == [30.5, 20, 10, 0, -4]
    assert results("$orderby=result mod 10 desc,phenomenonTime") == [30.5, 10, 20, 0, -4]
    assert results("$orderby=phenomenonTime desc&$top=2") == [0, -4]
    assert results("$top=2&$skip=1") == [20, 30.5]
    assert results("$top=0") == []
    assert results("$filter=result gt 0&$orderby=result desc&$top=1&$skip=1") == [20]
    assert results(f"$filter={quote('result gt 100')}") == []
    counted = door.get(f"{observations}?$count=true&$top=1&$filter=result gt 0")
    assert counted["@iot.count"] == 3, "the count is that of the filter, not of the page"
    assert "@iot.count" not in door.get(f"{observations}?$count=false")
    assert "@iot.nextLink" not in door.get(f"{observations}?$top=5"), "five of five"

    assert door.values(f"{observations}?$select=result,phenomenonTime&$top=1") == [
        {"phenomenonTime": at(0), "result": 10}
    ]
    only = door.values("Things?$select=id,Datastreams&$top=1")[0]
    assert set(only) == {"@iot.id", "@iot.selfLink", "Datastreams@iot.navigationLink"}


def test_pages_follow_each_other_without_gap_or_repetition_in_any_order(door: Door) -> None:
    world = make_world(door)
    orders = [
        ("Observations", "", 12), ("Observations", "$orderby=result", 12),
        ("Observations", "$orderby=result desc", 12),
        ("Observations", "$orderby=resultTime desc,result", 12), ("Observations", "$orderby=phenomenonTime desc", 12),
        ("Observations", "$orderby=parameters/depth", 12), ("Observations", "$orderby=Datastream/name desc", 12),
        ("Things", "$orderby=properties/tested", 2), ("Datastreams", "$orderby=phenomenonTime desc", 4),
        ("Locations", "$orderby=geo.distance(location,geography'POINT(110 30)') desc", 2),
        ("Observations", "$orderby=id desc", 12), ("Observations", "$skip=2&$orderby=validTime", 10),
    ]  # fmt: skip
    for path, order, count in orders:
        seen: list[int] = []
        link = f"{path}?$top=1&{order}" if count < 5 else f"{path}?$top=5&{order}"
        while link:
            page = door.get(link)
            seen += [each["@iot.id"] for each in page["value"]]
            link = page.get("@iot.nextLink", "")
        whole = [each["@iot.id"] for each in door.values(f"{path}?$top=100&{order}")]
        assert seen == whole, (path, order)
        assert len(set(seen)) == count, (path, order)
    assert door.get("Things?$skiptoken=abc", 400)["reason"] == "sta.bad_token"
    assert door.get("Things?$skip=100001", 400)["reason"] == "sta.skip_too_deep"
    assert world.voltage


def test_expand_tells_what_is_linked_level_by_level_each_with_options_of_its_own(door: Door) -> None:
    world = make_world(door)
    asked = (
        "Things?$orderby=name&$expand=Locations($select=name),Datastreams($orderby=name desc;$count=true;$expand="
        "ObservedProperty($select=name),Observations($filter=result gt 0;$orderby=result desc;$top=1;$count=true))"
    )
    with CaptureQueriesContext(connection) as statements:
        lamp, pump = door.values(asked)
    told = [q["sql"] for q in statements.captured_queries if "sensing_" in q["sql"]]
    mine = [text for text in told if " sensing_archive " not in text]  # which is asked once, whatever the question
    assert len(mine) <= 8, "a statement for each link and count, whatever the number of rows"
    assert lamp["Locations"] == [{"name": "corner"}]
    assert [d["name"] for d in lamp["Datastreams"]] == ["voltage", "brightness"]
    assert lamp["Datastreams@iot.count"] == 2
    brightness = lamp["Datastreams"][1]
    assert brightness["ObservedProperty"] == {"name": "Illuminance"}
    assert [o["result"] for o in brightness["Observations"]] == [30.5]
    assert brightness["Observations@iot.count"] == 3
    following = door.get(brightness["Observations@iot.nextLink"])
    assert [o["result"] for o in following["value"]] == [20], "the next page keeps filter and order"
    assert lamp["Datastreams"][0]["Observations"] == []
    assert [d["name"] for d in pump["Datastreams"]] == ["words", "level"]
    latest = door.values("Datastreams?$orderby=id&$expand=Observations($orderby=phenomenonTime desc;$top=1)")
    assert [[o["result"] for o in d["Observations"]] for d in latest] == [[0], [], [2.5], [{"code": 7}]]
    by_path = door.get(f"Datastreams({world.level})?$expand=Thing/Locations,Thing/HistoricalLocations,Sensor")
    assert by_path["Thing"]["Locations"][0]["name"] == "well"
    assert "HistoricalLocations" in by_path["Thing"]
    assert by_path["Sensor"]["name"] == "photocell"
    feature = door.values("Observations?$expand=FeatureOfInterest,Datastream/Thing&$top=1")[0]
    assert feature["FeatureOfInterest"]["name"] == "corner"
    assert feature["Datastream"]["Thing"]["name"] == "lamp 1"
    back = door.values("FeaturesOfInterest?$orderby=id&$expand=Observations($count=true;$top=0)")
    assert [each["Observations@iot.count"] for each in back] == [5, 7]


def test_the_newest_of_each_stream_is_what_its_row_knows_unless_it_was_corrected_or_deleted(door: Door) -> None:
    world = make_world(door)
    asked = "Datastreams?$orderby=id&$expand=Observations($orderby=phenomenonTime desc;$top=1{})"

    def newest(more: str = "") -> list[list[object]]:
        return [[o["result"] for o in d["Observations"]] for d in door.values(asked.format(more))]

    hours = {hour: datetime.fromisoformat(at(hour)) for hour in (1, 4)}
    Stream.objects.filter(id=world.voltage).update(first_at=hours[1], last_at=hours[4], last_value=231)
    Stream.objects.filter(id=world.brightness).update(first_at=hours[1], last_at=hours[4], last_value=0)
    with CaptureQueriesContext(connection) as statements:
        assert newest() == [[0], [231], [2.5], [{"code": 7}]]
    assert not [q for q in statements.captured_queries if "FROM sensing_reading" in q["sql"]], "no partition is read"
    assert newest(f";$filter=phenomenonTime ge {at(5)}") == [[], [], [2.5], []]
    last = door.values(f"Datastreams({world.brightness})/Observations?$orderby=phenomenonTime desc&$top=1")[0]
    assert door.ask("PATCH", last["@iot.selfLink"], {"result": 1}).status_code == 200
    assert newest()[0] == [1]
    assert door.ask("DELETE", last["@iot.selfLink"]).status_code == 200
    assert newest()[0] == [-4]
    assert newest(f";$filter=phenomenonTime ge {at(1)}")[0] == [-4]


def test_an_option_that_cannot_be_understood_is_refused_and_says_what_would_be_right(door: Door) -> None:
    table = [
        ("Things?$top=-1", "sta.bad_option"),
        ("Things?$top=ten", "sta.bad_option"),
        ("Things?$count=maybe", "sta.bad_option"),
        ("Things?$serch=x", "sta.unknown_option"),
        ("Things?$top=1&$top=2", "sta.option_twice"),
        ("Things?$select=nothing", "sta.no_property"),
        ("Things?$expand=Sensors", "sta.no_link"),
        ("Things?$expand=Datastreams($top=1", "sta.bad_option"),
        ("Things?$expand=Datastreams($what=1)", "sta.unknown_option"),
        ("Things?$orderby=Datastreams/name", "sta.wrong_kind"),
        ("Things?$orderby=nothing", "sta.no_property"),
        ("Things?$resultFormat=xml", "sta.bad_option"),
        ("Sensors?$resultFormat=GeoJSON", "sta.not_geo"),
        ("Things?$expand=" + "Datastreams/Thing/" * 5 + "Datastreams", "sta.expand_too_deep"),
    ]
    for path, reason in table:
        told = door.get(path, 400)
        assert (told["reason"], told["code"]) == (reason, 400), path
    assert door.get("Things(1)?$top=1", 400)["reason"] == "sta.option_not_here"
    chinese = Door(door.token, "zh-hans").get("Things?$top=ten", 400)
    assert "查询选项" in chinese["message"]


# --- create-update-delete -------------------------------------------------------------------------------------------


def test_each_entity_is_created_linked_or_whole_and_is_then_at_the_address_that_is_told(door: Door) -> None:
    answer = door.ask("POST", "Things", thing(Datastreams=[datastream(Observations=[{"result": 7}])]))
    lamp = number_in(answer)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{SITE}/sta/v1.1/Things({lamp})"
    assert answer.json() == door.get(f"Things({lamp})")
    stream = door.values(f"Things({lamp})/Datastreams")[0]["@iot.id"]
    assert door.values(f"Datastreams({stream})/Observations")[0]["result"] == 7, "three levels in one body"
    sensor = number_in(door.ask("POST", "Sensors", datastream()["Sensor"]))
    observed = number_in(door.ask("POST", "ObservedProperties", datastream()["ObservedProperty"]))
    linked = {"Thing": {"@iot.id": lamp}, "Sensor": {"@iot.id": sensor}, "ObservedProperty": {"@iot.id": observed}}
    second = number_in(door.ask("POST", "Datastreams", datastream("second", **linked)))
    assert door.get(f"Datastreams({second})/Sensor")["@iot.id"] == sensor
    third = number_in(door.ask("POST", f"Sensors({sensor})/Datastreams", datastream(
        "third", Thing={"@iot.id": lamp}, ObservedProperty={"@iot.id": observed}, Sensor=None)))  # fmt: skip
    assert door.names(f"Sensors({sensor})/Datastreams") == ["second", "third"]
    feature = {
        "name": "room",
        "description": "",
        "encodingType": "application/geo+json",
        "feature": place()["location"],
    }
    body = {"result": 1, "phenomenonTime": at(1), "FeatureOfInterest": feature}
    seen = number_in(door.ask("POST", f"Datastreams({third})/Observations", body))
    assert door.get(f"Observations({seen})/FeatureOfInterest")["name"] == "room"
    body = {"result": 2, "phenomenonTime": at(2), "Datastream": {"@iot.id": third}}
    other = number_in(door.ask("POST", "Observations", body))
    assert door.get(f"Observations({other})/FeatureOfInterest")["name"] == "corner", "made of the Thing's place"
    now = number_in(door.ask("POST", f"Datastreams({third})/Observations", {"result": 3}))
    assert door.get(f"Observations({now})")["phenomenonTime"] == "2026-06-01T12:00:00Z", "without a time it is now"


def test_what_lacks_something_is_refused_and_nothing_of_it_is_made(door: Door) -> None:
    lamp = number_in(door.ask("POST", "Things", thing(Datastreams=[])))
    table = [
        ("Things", {"description": "no name"}, "sta.missing"),
        ("Things", {"name": "x", "description": "y", "colour": "red"}, "sta.unknown_name"),
        ("Things", {"name": 5, "description": "y"}, "sta.bad_value"),
        ("Things", [1], "sta.bad_json"),
        ("Things", "{not json", "sta.bad_json"),
        ("Things", {"name": "half\ud800", "description": "y"}, "sta.bad_json"),
        ("Things", {"name": "x", "description": "y", "Locations": [{"@iot.id": 999}]}, "sta.no_such_link"),
        ("Things", thing(Datastreams=[datastream(), {"name": "lacks all"}]), "sta.missing"),
        ("Datastreams", datastream(), "sta.missing"),
        ("Locations", place() | {"location": {"type": "Point", "coordinates": ["a", "b"]}}, "sta.bad_value"),
        (f"Things({lamp})/HistoricalLocations", {"time": "yesterday", "Locations": [place()]}, "sta.bad_value"),
        ("Observations", {"result": 5}, "sta.missing"),
        ("HistoricalLocations", {"time": at(1), "Thing": {"@iot.id": lamp}}, "sta.missing"),
    ]
    for path, body, reason in table:
        assert door.post(path, body, 400)["reason"] == reason, (path, reason)
    assert door.names("Things") == ["lamp 1"]
    assert door.names("Locations") == ["corner"]
    assert door.ask("POST", "Things", "<thing/>", Content_Type="text/xml").status_code == 415
    stream = number_in(door.ask("POST", f"Things({lamp})/Datastreams", datastream()))
    observations = f"Datastreams({stream})/Observations"
    times = [
        ({"result": 1, "phenomenonTime": "2026-06-01T13:00:00Z"}, "sta.time_out_of_range"),
        ({"result": 1, "phenomenonTime": "1999-06-01T13:00:00Z"}, "sta.time_out_of_range"),
        ({"result": 1, "phenomenonTime": f"{at(5)}/{at(4)}"}, "sta.bad_value"),
        ({"phenomenonTime": at(1)}, "sta.missing"),
        ({"result": 1, "wrong": 2}, "sta.unknown_name"),
    ]
    for body, reason in times:
        assert door.post(observations, body, 400)["reason"] == reason, body
    assert door.post(f"Things({lamp})/Datastreams", datastream(), 409)["reason"] == "sta.name_taken"


def test_each_entity_is_changed_by_patch_put_and_json_patch(door: Door) -> None:
    world = make_world(door)
    table = [
        (f"Things({world.lamp})", {"name": "lamp one"}, "name"),
        (f"Things({world.lamp})", {"properties": {"power": 60}}, "properties"),
        (f"Datastreams({world.voltage})", {"unitOfMeasurement": {"name": "kV", "symbol": "kV", "definition": "x"}},
         "unitOfMeasurement"),
        (f"Datastreams({world.level})/ObservedProperty", {"description": "of the water"}, "description"),
        (f"Datastreams({world.level})/Sensor", {"metadata": {"any": ["json"]}}, "metadata"),
        (f"Things({world.pump})/Locations", {"location": place(lon=110.002)["location"]}, "location"),
        (f"Things({world.lamp})/HistoricalLocations", {"time": at(6)}, "time"),
    ]  # fmt: skip
    for path, body, name in table:
        entity = door.get(path)
        entity = entity["value"][0] if "value" in entity else entity
        link = entity["@iot.selfLink"]
        answer = door.ask("PATCH", link, body)
        assert answer.status_code == 200, (path, answer.content.decode())
        after = door.get(link)
        assert after[name] == body[name], path
        assert {k: v for k, v in after.items() if k != name} == {k: v for k, v in entity.items() if k != name}, path
    lamp = f"Things({world.lamp})"
    patch = [
        {"op": "replace", "path": "/properties/power", "value": 80},
        {"op": "test", "path": "/name", "value": "lamp one"},
    ]
    kind = "application/json-patch+json"
    assert door.ask("PATCH", lamp, patch, Content_Type=kind).status_code == 200
    assert door.get(lamp)["properties"] == {"power": 80}
    wrong = [{"op": "test", "path": "/name", "value": "other"}]
    assert door.ask("PATCH", lamp, wrong, Content_Type=kind).json()["reason"] == "sta.bad_patch"
    assert door.ask("PUT", lamp, {"name": "whole", "description": "new"}).status_code == 200
    assert "properties" not in door.get(lamp) or door.get(lamp)["properties"] == {}, "what was not said is gone"
    assert door.ask("PUT", lamp, {"name": "whole"}).status_code == 400
    assert door.ask("PATCH", lamp, {"Datastreams": [datastream("new")]}).status_code == 400, "nothing new within"
    assert door.ask("PATCH", f"Datastreams({world.level})", {"Sensor": {"@iot.id": 999}}).status_code == 400
    assert door.ask("PATCH", "Things(999)", {"name": "x"}).status_code == 404


def test_an_observation_is_corrected_in_its_place(door: Door) -> None:
    world = make_world(door)
    path = f"Datastreams({world.brightness})/Observations"
    first, second = door.values(path)[:2]
    assert (
        door.ask("PATCH", first["@iot.selfLink"], {"result": 11.5, "parameters": {"why": "read wrongly"}}).status_code
        == 200
    )
    after = door.get(first["@iot.selfLink"])
    assert (after["result"], after["parameters"]) == (11.5, {"why": "read wrongly"})
    assert door.ask("PATCH", first["@iot.selfLink"], {"resultTime": at(2)}).json()["result"] == 11.5
    assert door.ask("PATCH", first["@iot.selfLink"], {"result": "broken"}).json()["result"] == "broken"
    assert door.ask("DELETE", second["@iot.selfLink"]).status_code == 200
    assert [each["result"] for each in door.values(path)] == ["broken", 30.5, -4, 0]
    again = {"result": 30.5, "phenomenonTime": at(2)}
    assert number_in(door.ask("POST", path, again)) == door.values(path)[1]["@iot.id"], "said again, it is the same"
    assert door.post(path, again | {"result": 31}, 409)["reason"] == "sta.same_time"
    assert door.get(f"{path}/$count") == "4"


def test_an_observation_of_another_time_or_stream_is_another_one_in_the_place_of_the_first(door: Door) -> None:
    world = make_world(door)
    path = f"Datastreams({world.brightness})/Observations"
    third = door.values(path)[2]
    Stream.objects.filter(id=world.brightness).update(factor=10)
    moved = door.ask("PATCH", third["@iot.selfLink"], {"phenomenonTime": at(9), "parameters": {"clock": "mended"}})
    assert moved.status_code == 200, moved.content
    told = moved.json()
    assert (told["phenomenonTime"], told["result"], told["parameters"]) == (at(9), 30.5, {"clock": "mended"})
    assert moved.headers["Location"] == told["@iot.selfLink"] != third["@iot.selfLink"]
    door.get(third["@iot.selfLink"], 404)
    assert [o["result"] for o in door.values(path)] == [10, 20, -4, 0, 30.5], "kept as it stood, not calibrated again"
    taken = door.ask("PATCH", told["@iot.selfLink"], {"phenomenonTime": at(1)})
    assert (taken.status_code, taken.json()["reason"]) == (409, "sta.same_time")
    early = door.ask("PATCH", told["@iot.selfLink"], {"phenomenonTime": "2026-06-02T00:00:00Z"})
    assert (early.status_code, early.json()["reason"]) == (400, "sta.time_out_of_range")
    assert door.get(told["@iot.selfLink"]) == told, "nothing of it was done"
    other = door.ask("PATCH", told["@iot.selfLink"], {"Datastream": {"@iot.id": world.voltage}, "result": 7}).json()
    assert door.values(f"Datastreams({world.voltage})/Observations")[0]["@iot.id"] == other["@iot.id"]
    assert door.get(f"{path}/$count") == "4"
    nowhere = door.ask("PATCH", other["@iot.selfLink"], {"Datastream": {"@iot.id": 99999}})
    assert nowhere.json()["reason"] == "sta.no_such_link"


def test_results_that_are_no_finite_number_come_back_as_they_were_said(door: Door) -> None:
    world = make_world(door)
    path = f"Datastreams({world.voltage})/Observations"
    said = [("INF", "INF"), ("-INF", "-INF"), ("NaN", None), (None, None), ("text", "text"), (False, False),
            ([1, {"a": "二"}], [1, {"a": "二"}]), (27, 27), (2**60 + 1, 2**60 + 1), (0.1, 0.1)]  # fmt: skip
    for hour, (result, expected) in enumerate(said):
        told = door.post(path, {"result": result, "phenomenonTime": at(hour)})
        assert told["result"] == expected, result
    assert len(door.values(f"{path}?$filter=result gt 1e300")) == 1, "only what is infinite"
    assert door.ask("POST", path, '{"result": NaN}').status_code == 400, "a bare NaN is no JSON"


def test_deleting_takes_along_what_cannot_be_without_it(door: Door) -> None:
    world = make_world(door)
    assert door.ask("DELETE", f"Datastreams({world.brightness})").status_code == 200
    assert door.get(f"Datastreams({world.brightness})", 404)["code"] == 404
    assert door.get("Observations/$count") == "7", "the stream's observations are gone"
    assert door.ask("DELETE", f"Things({world.lamp})").status_code == 200
    assert door.names("Datastreams") == ["level", "words"], "a Thing's streams too"
    assert door.names("Locations") == ["corner", "well"], "places stay"
    assert len(door.values("HistoricalLocations")) == 1
    depth = door.values("ObservedProperties?$filter=name eq 'Depth'")[0]
    assert door.ask("DELETE", depth["@iot.selfLink"]).status_code == 200
    assert door.names("Datastreams") == ["words"], "with what is observed the streams of it"
    well = door.values("FeaturesOfInterest?$filter=name eq 'well'")[0]
    assert door.ask("DELETE", well["@iot.selfLink"]).status_code == 200
    assert door.get("Observations/$count") == "0", "with a feature the observations of it"
    place_of_pump = door.values("Locations?$filter=name eq 'well'")[0]
    assert door.ask("DELETE", place_of_pump["@iot.selfLink"]).status_code == 200
    assert door.values("HistoricalLocations") == []
    assert door.ask("DELETE", "Sensors(999)").status_code == 404
    assert door.ask("DELETE", "Things").status_code == 405
    assert door.ask("PATCH", "Things", {}).headers["Allow"] == "GET, HEAD, POST"


def test_a_thing_that_moves_gets_a_history_and_its_observations_keep_their_feature(
    door: Door, city_of_things
) -> None:
    world = make_world(door)
    lamp = f"Things({world.lamp})"
    city_of_things.clock.at = datetime(2026, 6, 1, 14, tzinfo=UTC)
    door.post(f"{lamp}/Locations", place("square", 110.004, 30.004))
    assert door.names(f"{lamp}/Locations") == ["square"]
    history = door.values(f"{lamp}/HistoricalLocations?$expand=Locations&$orderby=time desc")
    assert [h["Locations"][0]["name"] for h in history] == ["square", "corner"]
    assert history[0]["time"] == "2026-06-01T14:00:00Z"
    stream = f"Datastreams({world.brightness})/Observations"
    door.post(stream, {"result": 99})
    told = door.values(f"{stream}?$expand=FeatureOfInterest($select=name)&$orderby=phenomenonTime desc&$top=2")
    assert [each["FeatureOfInterest"]["name"] for each in told] == ["square", "corner"]
    back = {"time": "2026-06-01T13:30:00Z", "Locations": [{"@iot.id": history[1]["Locations"][0]["@iot.id"]}]}
    door.post(f"{lamp}/HistoricalLocations", back)
    assert door.names(f"{lamp}/Locations") == ["square"], "an earlier place is history only"


# --- batch-request, data-array, other formats -----------------------------------------------------------------------


def test_a_batch_is_answered_request_by_request_and_a_group_is_made_wholly_or_not_at_all(door: Door) -> None:
    world = make_world(door)
    sensor = datastream()["Sensor"]
    made = {
        "requests": [
            {"id": "s", "atomicityGroup": "g", "method": "post", "url": "Sensors", "body": sensor},
            {"id": "d", "atomicityGroup": "g", "method": "post", "url": f"Things({world.lamp})/Datastreams",
             "body": datastream("of a batch", Sensor={"@iot.id": "$s"})},
            {"id": "o", "atomicityGroup": "g", "method": "post", "url": "Datastreams($d)/Observations",
             "body": {"result": 1}},
            {"id": "read", "method": "get", "url": "Datastreams?$filter=name eq 'of a batch'&$select=name"},
            {"id": "none", "method": "get", "url": "Things(999)"},
            {"id": "after", "method": "delete", "url": f"Things({world.pump})", "dependsOn": ["none"]},
            {"id": "b1", "atomicityGroup": "h", "method": "post", "url": "Sensors",
             "body": {**sensor, "name": "lost"}},
            {"id": "b2", "atomicityGroup": "h", "method": "post", "url": "Sensors", "body": {}},
        ]
    }  # fmt: skip
    answers = {each["id"]: each for each in door.post("$batch", made, 200)["responses"]}
    assert [answers[i]["status"] for i in ("s", "d", "o", "read", "none", "after", "b1", "b2")] == [
        201, 201, 201, 200, 404, 409, 409, 400,
    ]  # fmt: skip
    assert answers["read"]["body"]["value"] == [{"name": "of a batch"}]
    assert answers["s"]["headers"]["Location"].endswith(")")
    assert answers["b2"]["body"]["reason"] == "sta.missing"
    assert "lost" not in door.names("Sensors"), "nothing of the group that failed"
    assert door.names("Things") == ["lamp 1", "pump 2"]
    for body, status in (({}, 400), ({"requests": [{"method": "TRACE", "url": "Things"}]}, 400),
                         ({"requests": [{"method": "GET", "url": "Things"}] * 1001}, 413)):  # fmt: skip
        assert door.post("$batch", body, status)["code"] == status


def test_a_batch_of_parts_is_answered_in_parts_and_a_change_set_by_one_where_it_failed(door: Door) -> None:
    world = make_world(door)
    site, sensor = f"{SITE}/sta/v1.1", json.dumps({**datastream()["Sensor"], "name": "探头"}, ensure_ascii=False)
    stream = json.dumps(datastream("of parts", Sensor={"@iot.id": "$s"}))

    def part(line: str, body: str = "", id: str = "") -> str:
        head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        told = f"Content-Type: application/json\r\n\r\n{body}\r\n" if body else "\r\n"
        return f"{head}{f'Content-ID: {id}' if id else 'X-Nothing: 1'}\r\n\r\n{line} HTTP/1.1\r\nHost: x\r\n{told}"

    def mixed(boundary: str, *parts: str) -> str:
        return "".join(f"--{boundary}\r\n{each}\r\n" for each in parts) + f"--{boundary}--\r\n"

    def change_set(*parts: str) -> str:
        return f"Content-Type: multipart/mixed; boundary=c\r\n\r\n{mixed('c', *parts)}"

    body = mixed(
        "b",
        part(f"GET /sta/v1.1/Things({world.lamp})?$select=name"),
        change_set(
            part("POST Sensors", sensor, "s"), part(f"POST {site}/Things({world.lamp})/Datastreams", stream, "d"),
            part("POST $d/Observations", '{"result": 5}', "o"),
        ),
        change_set(part("POST Sensors", sensor.replace("探头", "lost"), "x"), part("POST Sensors", "{}", "y")),
        part("GET Datastreams?$filter=name%20eq%20'of%20parts'&$expand=Sensor"),
        part(f"DELETE Datastreams({world.words})"), part("GET Things(999)"),
    )  # fmt: skip
    answer = door.ask("POST", "$batch", body.encode(), Content_Type="multipart/mixed; boundary=b")
    assert answer.status_code == 200, answer.content
    told = message_from_bytes(f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode() + answer.content)
    parts: Any = told.get_payload()
    assert [p.get_content_type() for p in parts] == ["application/http", "multipart/mixed", *["application/http"] * 4]

    def read(part: Any) -> tuple[int, str, Any]:
        line, _, rest = part.get_payload(decode=True).partition(b"\r\n")
        inner = message_from_bytes(rest)
        said = inner.get_payload(decode=True)
        return int(line.split()[1]), inner.get("Location", ""), json.loads(said) if said else None

    created = [(part["Content-ID"], *read(part)) for part in parts[1].get_payload()]
    assert [(id, status) for id, status, _, _ in created] == [("s", 201), ("d", 201), ("o", 201)]
    assert door.get(created[2][2])["result"] == 5
    first, lost, found, deleted, missing = (read(parts[i]) for i in (0, 2, 3, 4, 5))
    assert first == (200, "", {"name": "lamp 1"})
    assert (lost[0], lost[2]["reason"]) == (400, "sta.missing"), "why the change set was taken back"
    assert found[2]["value"][0]["Sensor"]["name"] == "探头"
    assert (deleted, missing[0], missing[2]["code"]) == ((200, "", None), 404, 404)
    assert "lost" not in door.names("Sensors")
    wrong = [
        (b"--b\r\n", "b"), (b"", "b"), (body.encode(), "other"),
        (mixed("b", "Content-Type: text/plain\r\n\r\nx").encode(), "b"),
        (mixed("b", part("TRACE Things")).encode(), "b"), (mixed("b", part("POST Things", "{")).encode(), "b"),
        (mixed("b", change_set(part("GET Things"))).encode(), "b"),
        (mixed("b", part("GET Things", id="1"), part("GET Things", id="1")).encode(), "b"),
    ]  # fmt: skip
    for said, boundary in wrong:
        refused = door.ask("POST", "$batch", said, Content_Type=f"multipart/mixed; boundary={boundary}")
        assert refused.status_code == 400, said
    many = mixed("b", *[part("GET Things(1)")] * 1001).encode()
    assert door.ask("POST", "$batch", many, Content_Type="multipart/mixed; boundary=b").status_code == 413


def test_observations_come_and_go_as_data_arrays(door: Door) -> None:
    world = make_world(door)
    groups = [
        {"Datastream": {"@iot.id": world.voltage}, "components": ["phenomenonTime", "result", "parameters"],
         "dataArray@iot.count": 3, "dataArray": [[at(1), 230.5, None], [at(2), 231, {"p": 1}], ["never", 1, None]]},
        {"Datastream": {"@iot.id": world.level}, "components": ["result", "phenomenonTime"],
         "dataArray": [[9, at(9)], [1.5, at(1)], [8, at(1)]]},
    ]  # fmt: skip
    made = door.post("CreateObservations", groups)
    assert [each == "error" for each in made] == [False, False, True, False, False, True], "what was refused says so"
    assert door.get(made[1])["parameters"] == {"p": 1}
    asked = f"Datastreams({world.voltage})/Observations?$resultFormat=dataArray&$count=true&$top=1"
    told = door.get(asked)
    assert told["@iot.count"] == 2
    assert told["value"] == [{
        "Datastream@iot.navigationLink": f"{SITE}/sta/v1.1/Datastreams({world.voltage})",
        "components": ["id", "phenomenonTime", "result", "resultTime"],
        "dataArray@iot.count": 1,
        "dataArray": [[int(made[0].rpartition("(")[2][:-1]), at(1), 230.5, None]],
    }]  # fmt: skip
    assert "$resultFormat=dataArray" in told["@iot.nextLink"]
    chosen = door.get("Observations?$resultFormat=dataArray&$select=result&$filter=Datastream/name eq 'voltage'")
    assert chosen["value"][0]["dataArray"] == [[230.5], [231]]
    wrong = [([{"Datastream": {"@iot.id": 1}}], 400), ({"a": 1}, 400),
             ([{"Datastream": {"@iot.id": 1}, "components": ["hue", "result"], "dataArray": []}], 400)]  # fmt: skip
    for body, status in wrong:
        assert door.post("CreateObservations", body, status)["code"] == status


def test_places_are_told_as_geojson_with_what_was_expanded_made_flat(door: Door) -> None:
    make_world(door)
    told = door.get(
        "Things?$resultFormat=GeoJSON&$expand=Locations,Datastreams($select=name)&$orderby=name&$count=true"
    )
    assert told["type"] == "FeatureCollection"
    assert told["@iot.count"] == 2
    lamp = told["features"][0]
    assert lamp["geometry"] == {"type": "Point", "coordinates": [110.001, 30.001]}
    assert lamp["properties"]["Datastreams/0/name"] == "brightness"
    assert lamp["properties"]["properties/maker/name"] == "明光"
    plain = door.get("Locations?$resultFormat=GeoJSON&$top=1")["features"][0]
    assert plain["properties"]["name"] == "corner"
