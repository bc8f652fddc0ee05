"""The client library of Fraunhofer against a live server: what it can say, it says, and reads back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import frost_sta_client as fsc
import pytest
import requests
from frost_sta_client.model.ext.data_array_document import DataArrayDocument
from frost_sta_client.model.ext.data_array_value import DataArrayValue
from frost_sta_client.model.ext.unitofmeasurement import UnitOfMeasurement
from geojson import Point
from requests.auth import AuthBase
from tests.cases.life import Life
from tests.city.services import kept_service
from tests.exchange.sensorthings.conftest import ALL, NOW, ROOT

from cityloom.exchange.api.tokens import issue_token

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 6, 1, tzinfo=UTC)
GEO = "application/geo+json"


class Bearer(AuthBase):
    """Sends the token, as the library's own class knows passwords only."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class Auth(fsc.AuthHandler):
    """The library's way to an authorization."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token

    def add_auth_header(self) -> AuthBase:
        return Bearer(self.token)


@pytest.fixture
def service(city_of_things: Life, live_server: Any, settings: Any) -> fsc.SensorThingsService:
    """The service on a port of its own, for the lighting company's machine."""
    settings.CITYLOOM_SITE_URL = live_server.url
    account = kept_service(city_of_things, "things of lighting_co", "handler", unit="lighting_co")
    token = issue_token(city_of_things.city, account.post, "test", ALL, 30, "test", NOW)[1]
    return fsc.SensorThingsService(f"{live_server.url}{ROOT}", auth_handler=Auth(token))


def test_the_published_client_tells_a_device_its_whole_life(service: fsc.SensorThingsService) -> None:
    # Every kind of entity is created, whole or linked.
    place = fsc.Location(
        name="square", description="the middle", location=Point((110.001, 30.001)), encoding_type=GEO
    )
    lamp = fsc.Thing(name="lamp 1", description="a lamp", properties={"power": 40})
    lamp.locations = [place]
    service.create(lamp)
    sensor = fsc.Sensor(name="cell", description="a photocell", encoding_type="text/plain", metadata="none")
    service.create(sensor)
    seen = fsc.ObservedProperty(name="Illuminance", definition="urn:lux", description="light")
    service.create(seen)
    lux = UnitOfMeasurement(name="lux", symbol="lx", definition="urn:lx")
    kind = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
    stream = fsc.Datastream(
        name="brightness", description="how bright", observation_type=kind, unit_of_measurement=lux
    )
    stream.thing, stream.sensor, stream.observed_property = lamp, sensor, seen
    service.create(stream)
    room = fsc.FeatureOfInterest(
        name="hall", description="inside", encoding_type=GEO, feature=Point((110.002, 30.002))
    )
    service.create(room)
    for hour in range(7):
        when = AT.replace(hour=hour).isoformat()
        own = fsc.Observation(phenomenon_time=when, result=hour * 1.5, datastream=stream)
        if hour == 6:
            own.feature_of_interest = room
        service.create(own)
    earlier = fsc.HistoricalLocation(
        time="2026-05-01T00:00:00Z", thing=lamp, locations=[service.locations().query().list().get(0)]
    )
    service.create(earlier)
    assert len(service.historical_locations().query().list().entities) == 2

    # It finds, orders, expands and counts.
    bright = stream.get_observations().query().filter("result gt 3").orderby("phenomenonTime", "ASC").count().list()
    assert [o.result for o in bright] == [4.5, 6, 7.5, 9]
    assert bright.count == 4
    things = (
        service.things()
        .query()
        .filter("properties/power eq 40")
        .expand("Datastreams($expand=Sensor),Locations")
        .list()
    )
    found = things.get(0)
    assert found.name == "lamp 1"
    assert found.datastreams.get(0).sensor.name == "cell"
    assert found.locations.get(0).location["coordinates"] == [110.001, 30.001]
    by_link = (
        service.observations()
        .query()
        .filter("Datastream/ObservedProperty/name eq 'Illuminance' and FeatureOfInterest/name eq 'hall'")
        .list()
    )
    assert [o.result for o in by_link] == [9]

    # Its iterator follows the pages to the end.
    pages = service.observations().query().top(2).orderby("result", "ASC").list()
    assert [o.result for o in pages] == [0, 1.5, 3, 4.5, 6, 7.5, 9]

    # It corrects by JSON Patch and by PUT, and what it reads back is what it said.
    service.patch(lamp, [{"op": "replace", "path": "/description", "value": "a brighter lamp"}])
    assert service.things().find(lamp.id).description == "a brighter lamp"
    again = service.sensors().find(sensor.id)
    again.description = "a newer cell"
    service.update(again)
    assert service.sensors().find(sensor.id).description == "a newer cell"
    last = service.observations().find(by_link.get(0).id)
    service.patch(last, [{"op": "replace", "path": "/result", "value": 99}])
    assert service.observations().find(last.id).result == 99

    # Arrays of observations go in at once.
    array = DataArrayValue()
    array.components = {array.Property.PHENOMENON_TIME, array.Property.RESULT}
    array.datastream = stream
    for hour in (8, 9):
        array.add_observation(
            fsc.Observation(phenomenon_time=AT.replace(hour=hour).isoformat(), result=hour, datastream=stream)
        )
    document = DataArrayDocument()
    document.add_data_array_value(array)
    service.observations().create(document)
    assert [o.result for o in stream.get_observations().query().filter("result eq 8 or result eq 9").list()] == [8, 9]

    # What is refused is told, and what is deleted is gone with what hung on it.
    with pytest.raises(requests.exceptions.HTTPError, match="400"):
        service.things().query().filter("nothing eq 1").list()
    service.delete(last)
    with pytest.raises(requests.exceptions.HTTPError, match="404"):
        service.observations().find(last.id)
    service.delete(lamp)
    assert service.datastreams().query().list().entities == []
    assert service.observations().query().list().entities == []
