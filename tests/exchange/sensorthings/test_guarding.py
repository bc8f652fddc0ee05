"""Who may read and write at the door, and what a stranger can never learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from tests.cases.life import Life
from tests.exchange.sensorthings.conftest import ALL, NOW, Door, datastream, place, thing
from tests.exchange.sensorthings.small_world import at, make_world

from cityloom.base.limits import parse_limit
from cityloom.exchange.api.tokens import issue_token
from cityloom.exchange.sensorthings import serving
from cityloom.exchange.sensorthings.schema import KINDS
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.models import Device


def test_reading_is_open_and_writing_is_for_the_service_account_of_the_unit(
    door: Door, door_of: Callable[..., Door], city_of_things: Life
) -> None:
    world = make_world(door)
    observations = f"Datastreams({world.brightness})/Observations"
    stranger, bureau = door_of(), door_of("urban_bureau")
    assert stranger.names("Things") == ["lamp 1", "pump 2"]
    assert stranger.post("Things", thing(), 401)["reason"] == "token.needed"
    assert Door("clm_aaaaaaaa_" + "x" * 43).get("Things", 401)["reason"] == "token.unknown"
    only_readings = door_of("lighting_co", "readings:write")
    assert only_readings.post("Things", thing(), 403)["reason"] == "token.scope"
    only_readings.post(observations, {"result": 1, "phenomenonTime": at(10)})
    for method, path, body in (
        ("POST", observations, {"result": 1, "phenomenonTime": at(11)}),
        ("PATCH", f"Things({world.lamp})", {"name": "ours now"}),
        ("DELETE", f"Things({world.lamp})", None),
        ("DELETE", f"Datastreams({world.level})", None),
        ("DELETE", f"Sensors({door.values('Sensors')[0]['@iot.id']})", None),
        ("POST", f"Things({world.lamp})/Datastreams", datastream("spy")),
        ("POST", f"Things({world.lamp})/Locations", place("elsewhere")),
        ("DELETE", door.values(observations)[0]["@iot.selfLink"], None),
    ):
        answer = bureau.ask(method, path, body)
        assert answer.status_code == 403, (method, path, answer.content)
    array = [{"Datastream": {"@iot.id": world.level}, "components": ["result"], "dataArray": [[1]]}]
    assert bureau.post("CreateObservations", array, 403)["reason"] == "sta.not_yours"
    person = issue_token(city_of_things.city, city_of_things.post("handler_lighting"), "p", ALL, 30, "test", NOW)[1]
    assert Door(person).post("Things", thing(), 403)["reason"] == "sta.service_only"


def test_a_private_device_is_seen_by_its_unit_alone_and_no_filter_or_link_betrays_it(
    door: Door, door_of: Callable[..., Door]
) -> None:
    world = make_world(door)
    Device.objects.filter(id=world.pump).update(is_private=True)
    stranger, bureau = door_of(), door_of("urban_bureau")
    for other in (stranger, bureau):
        assert other.names("Things") == ["lamp 1"]
        assert other.names("Locations") == ["corner"]
        assert other.names("Datastreams") == ["brightness", "voltage"]
        assert other.get("Observations/$count") == "5"
        assert other.names("FeaturesOfInterest") == ["corner"]
        other.get(f"Things({world.pump})", 404)
        other.get(f"Datastreams({world.level})/Observations", 404)
        assert len(other.values("HistoricalLocations")) == 1
        sensor = other.values("Sensors?$expand=Datastreams/Observations,Datastreams/Thing")[0]
        assert {d["name"] for d in sensor["Datastreams"]} == {"brightness", "voltage"}
        for condition in (
            "Datastreams/name eq 'level'",
            "Datastreams/Thing/name eq 'pump 2'",
            f"Datastreams/Observations/result gt 1.4 and Datastreams/any(d: d/Thing/id eq {world.pump})",
        ):
            path = f"ObservedProperties?$filter={quote(condition)}"
            assert other.values(path) == [], condition
            assert len(door.values(path)) >= 1, "its unit finds it"
        counted = other.get("ObservedProperties?$expand=Datastreams($count=true)&$orderby=id")
        assert [each["Datastreams@iot.count"] for each in counted["value"]] == [2, 0]
    assert door.names("Things") == ["lamp 1", "pump 2"]
    feature = {
        "name": "vault",
        "description": "",
        "encodingType": "application/geo+json",
        "feature": place()["location"],
    }
    told = {"result": 1, "phenomenonTime": at(11), "FeatureOfInterest": feature}
    door.post(f"Datastreams({world.level})/Observations", told)
    assert "vault" in door.names("FeaturesOfInterest")
    assert "vault" not in stranger.names("FeaturesOfInterest")


def test_a_city_may_ask_for_a_token_to_read(door: Door, door_of: Callable[..., Door], monkeypatch: Any) -> None:
    make_world(door)
    real = serving.viewer_of

    def strict(call: serving.Call) -> Any:
        limits = {**call.city.settings.limits, serving.NEEDS_TOKEN: 1.0}
        config = replace(call.city.config, settings=replace(call.city.config.settings, limits=limits))
        return real(replace(call, city=replace(call.city, config=config)))

    monkeypatch.setattr(serving, "viewer_of", strict)
    assert door_of().get("Things", 401)["reason"] == "sta.read_needs_token"
    assert door_of("lighting_co", "readings:write").get("Things", 403)["reason"] == "token.scope"
    assert door.names("Things") == ["lamp 1", "pump 2"]


def test_devices_of_the_folder_are_read_with_their_place_and_changed_in_the_folder_only(
    city_of_things: Life, door_of: Callable[..., Door]
) -> None:
    load_devices(city_of_things.city)
    stranger = door_of()
    things = stranger.values("Things?$expand=Locations,Datastreams/ObservedProperty")
    assert things
    first = things[0]
    assert {"code", "type"} <= set(first["properties"])
    assert first["Locations"][0]["location"]["type"] == "Point", "made of the register's place"
    assert first["Datastreams"][0]["ObservedProperty"]["name"]
    owner = Device.objects.get(id=first["@iot.id"]).owner
    own = door_of(owner)
    refused = own.ask("PATCH", first["@iot.selfLink"], {"name": "other"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "sta.of_folder")
    stream = first["Datastreams"][0]["@iot.selfLink"]
    made = own.post(f"{stream}/Observations", {"result": 2})
    assert own.get(f"{made['@iot.selfLink']}/FeatureOfInterest")["feature"]["type"] == "Point"


def test_the_door_counts_callers_answers_browsers_and_speaks_the_standard_s_errors(
    door_of: Callable[..., Door], settings: Any
) -> None:
    stranger = door_of()
    answer = stranger.ask("OPTIONS", "Things")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert stranger.ask("GET", "Things").headers["Access-Control-Allow-Origin"] == "*"
    assert stranger.ask("HEAD", "Things").status_code == 200
    assert stranger.ask("PUT", "Things", {}).status_code == 405
    assert stranger.ask("GET", "Things?$filter=name%20eq%20%00").status_code == 400
    assert stranger.ask("POST", "$batch", b"--x--", Content_Type="multipart/form-data;boundary=x").status_code == 415
    settings.CITYLOOM_LIMITS = settings.CITYLOOM_LIMITS | {"api_public": parse_limit("1/h")}
    answers = [stranger.ask("GET", "Things", X_Forwarded_For="9.9.9.9") for _ in range(3)]
    assert {a.status_code for a in answers} <= {200, 429}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_link_of_the_table_has_its_way_back(kind: str) -> None:
    for link in KINDS[kind].links.values():
        assert any(back.target == kind for back in KINDS[link.target].links.values())
