"""Published clients against a live server: `georeport`, and the calls of clients of the first years."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from georeport import GeoReport
from tests.cases.life import LAMP, REFUSE, SOUTHEAST, Life, at

pytestmark = pytest.mark.django_db(transaction=True)
LON, LAT = SOUTHEAST


@pytest.fixture
def endpoint(city_door: Life, live_server: Any) -> str:
    """The production endpoint on a port of its own, with two cases."""
    city_door.report(class_code=LAMP, words="路灯不亮")
    city_door.clock.at = at(6, 2)
    city_door.report(class_code=REFUSE, words="垃圾没人收")
    return f"{live_server.url}/open311/v2"


# --- georeport --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_services_definitions_and_requests(endpoint, city_door, form):
    city = GeoReport(endpoint, jurisdiction=city_door.city.code, output_format=form)
    services = city.get_service_list()
    assert "gb2013-0137" in {s["service_code"] for s in services}
    lamp = city.get_service_definition("gb2013-0137")
    assert lamp["service_code"] == "gb2013-0137"
    requests = city.get_service_requests()
    assert [r["service_code"] for r in requests] == ["gb2013-E0110", "gb2013-0137"]
    one = city.get_service_request(requests[0]["service_request_id"])
    assert one["service_request_id"] == requests[0]["service_request_id"]
    assert one["status"] == "open"
    assert float(one["lat"]) == LAT


def test_georeport_narrows_by_each_of_its_parameters(endpoint):
    city = GeoReport(endpoint)
    both = [r["service_request_id"] for r in city.get_service_requests()]

    def ids(**asked: str) -> list[str]:
        return [r["service_request_id"] for r in city.get_service_requests(**asked)]

    assert ids(service_request_id=both[1]) == both[1:]
    assert ids(service_code="gb2013-0137") == both[1:]
    assert ids(start_date="2026-06-01T12:00:00Z", end_date="2026-06-30T00:00:00Z") == both[:1]
    assert ids(status="closed") == []


def test_georeport_of_another_jurisdiction_is_told_so(endpoint):
    with pytest.raises(Exception, match="404"):
        GeoReport(endpoint, jurisdiction="elsewhere").get_service_list()


# --- clients of the first years: XML alone, forms alone, no Accept ----------------------------------------------


class OldClient:
    """Sends what they sent, with nothing a newer library adds."""

    def __init__(self, endpoint: str) -> None:
        self.parts = urlsplit(endpoint)

    def get(self, path: str, **asked: str) -> Element:
        query = f"?{urlencode(asked)}" if asked else ""
        return self._sent("GET", f"{self.parts.path}/{path}{query}", None, {})

    def post(self, path: str, **fields: str) -> Element:
        body = urlencode(fields).encode()
        return self._sent("POST", f"{self.parts.path}/{path}", body, {"Content-Type": FORM})

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Element:
        connection = http.client.HTTPConnection(self.parts.hostname or "", self.parts.port, timeout=30)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        self.status, text = answer.status, answer.read()
        connection.close()
        assert answer.headers["Content-Type"].startswith("text/xml")
        return ElementTree.fromstring(text)


FORM = "application/x-www-form-urlencoded"


def test_an_old_client_lists_asks_reports_and_follows(endpoint, city_door):
    old = OldClient(endpoint)
    codes = [e.text for e in old.get("services.xml").iterfind("service/service_code")]
    assert "gb2013-E0110" in codes
    assert old.get("service/gb2013-0137.xml").findtext("service_code") == "gb2013-0137"
    told = old.post(
        "requests.xml",
        jurisdiction_id=city_door.city.code,
        api_key="",
        service_code="gb2013-E0110",
        lat=str(LAT),
        long=str(LON),
        description="title:  Refuse\n\ndetail: by the gate",
        first_name="Ann",
        last_name="Fox",
        email="ann@x.example",
        phone="13800138000",
    )
    assert old.status == 200
    number = told.findtext("request/service_request_id") or ""
    assert told.tag == "service_requests"
    assert old.get(f"requests/{number}.xml").findtext("request/status") == "open"
    assert old.get(f"request/{number}.xml").findtext("request/status") == "open"
    assert [e.text for e in old.get("requests.xml", service_request_id=number).iter("service_request_id")] == [number]


def test_an_old_client_turns_a_token_into_an_id(endpoint):
    old = OldClient(endpoint)
    told = old.post(
        "requests.xml", service_code="hotline-0101", lat=str(LAT), long=str(LON), description="noise next door"
    )
    token = told.findtext("request/token") or ""
    found = old.get(f"tokens/{token}.xml")
    assert found.findtext("request/token") == token
    assert found.findtext("request/service_request_id")


def test_an_old_client_posts_an_update_under_its_old_name(endpoint, city_door, key_of):
    old = OldClient(endpoint)
    told = old.post(
        "update.xml",
        api_key=key_of("dispatcher"),
        update_id_ext="77",
        updated_datetime="2026-06-02T10:00:00Z",
        service_request_id=city_door.number,
        status="OPEN",
        description="A neighbour says the same",
    )
    assert told.tag == "service_request_updates"
    assert told.findtext("request_update/update_id")
    assert "supplement" in city_door.moves


def test_an_old_client_is_told_errors_in_the_words_it_reads(endpoint):
    old = OldClient(endpoint)
    errors = old.post("requests.xml", service_code="none")
    assert (old.status, errors.tag, errors.findtext("error/code")) == (404, "errors", "404")
    assert errors.findtext("error/description")


def test_a_page_script_that_asks_by_accept_gets_json(endpoint):
    parts = urlsplit(endpoint)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("GET", f"{parts.path}/services", headers={"Accept": "application/json"})
    assert isinstance(json.loads(connection.getresponse().read()), list)
    connection.close()
