"""The Open311 server from outside: what is listed, taken, followed, updated and refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cases.life import DRAIN, LAMP, NOISE, REFUSE, SOUTHEAST, Life, at, photo

from cityloom.base.limits import parse_limit
from cityloom.cases.understanding import warm_readers

pytestmark = pytest.mark.django_db(transaction=True)
LAMP_CODE, NOISE_CODE = "gb2013-0137", "hotline-0101"
LON, LAT = SOUTHEAST
REPORT = {"service_code": "gb2013-E0110", "lat": LAT, "long": LON, "description": "垃圾堆了两天"}


@pytest.fixture
def client(city_door: Life) -> Client:
    return Client(headers={"accept-language": "en"})


def got(client: Client, path: str, expect: int = 200, **query: Any) -> Any:
    """The JSON of an address of the production endpoint."""
    answer = client.get(f"/open311/v2/{path}.json", query)
    assert answer.status_code == expect, answer.content
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(answer.content)


def got_xml(client: Client, path: str, expect: int = 200, **query: Any) -> Element:
    answer = client.get(f"/open311/{path}", query)
    assert answer.status_code == expect, answer.content
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    return ElementTree.fromstring(answer.content)


def posted(client: Client, path: str = "requests", expect: int = 200, files: Any = None, **fields: Any) -> Any:
    form = {**fields, **({"media": files} if files else {})}
    sending = (
        {"data": form} if files else {"data": urlencode(fields), "content_type": "application/x-www-form-urlencoded"}
    )
    answer = client.post(f"/open311/v2/{path}.json", **sending)
    assert answer.status_code == expect, answer.content
    return json.loads(answer.content)


# --- what there is ----------------------------------------------------------------------------------------------


def test_discovery_names_a_production_and_a_test_endpoint_in_both_forms(client):
    root = got_xml(client, "discovery.xml")
    assert [e.findtext("type") for e in root.findall("endpoints/endpoint")] == ["production", "test"]
    assert [f.text for f in root.findall("endpoints/endpoint[1]/formats/format")] == ["text/xml", "application/json"]
    found = json.loads(client.get("/open311/discovery.json").content)
    assert [e["url"] for e in found["endpoints"]] == [
        "http://testserver/open311/v2",
        "http://testserver/open311/test/v2",
    ]
    assert found["contact"].startswith("Small City")
    for endpoint in found["endpoints"]:
        path = endpoint["url"].removeprefix("http://testserver")
        assert client.get(f"{path}/services.xml").status_code == 200


def test_services_are_the_leaf_classes_that_the_public_may_report(client):
    found = {s["service_code"]: s for s in got(client, "services")}
    assert LAMP_CODE in found
    assert "gb2013-01" not in found, "a class with classes below it cannot be reported"
    assert "hotline-0904" not in found, "nobody reports an own unlawful demand"
    lamp = found[LAMP_CODE]
    assert lamp["service_name"] == "Street lamp"
    assert lamp["group"] == "Public facilities"
    assert lamp["metadata"] is True
    assert lamp["type"] == "realtime"
    assert "路灯" in lamp["keywords"].split(",")
    assert found[NOISE_CODE]["type"] == "batch", "what homes call about gets a token"
    assert found[NOISE_CODE]["metadata"] is False


def test_a_definition_asks_for_the_condition_and_for_the_number_of_a_component(client):
    lamp = got(client, f"services/{LAMP_CODE}")
    assert lamp["service_code"] == LAMP_CODE
    condition, component = lamp["attributes"]
    assert condition["datatype"] == "singlevaluelist"
    assert {"key": "lamp-leak", "name": "live metal"} in condition["values"]
    assert (component["code"], component["datatype"], component["order"]) == ("component", "string", 2)
    assert "values" not in component
    root = got_xml(client, f"v2/service/{LAMP_CODE}.xml")
    assert root.tag == "service_definition"
    assert "lamp-leak" in [v.text for v in root.iterfind("attributes/attribute/values/value/key")]
    assert root.findtext("attributes/attribute/variable") == "true"


def test_names_come_in_the_language_that_is_asked_for(client):
    zh = Client(headers={"accept-language": "zh-hans"})
    assert {s["service_name"] for s in got(zh, "services")} >= {"路灯", "噪声扰民"}


# --- reporting --------------------------------------------------------------------------------------------------


def test_a_posted_request_becomes_a_case_that_can_be_looked_up_at_once(client, city_door):
    (told,) = posted(client, **REPORT, first_name="晓梅", last_name="秦", phone="13800138000", account_id="app-7")
    assert told.keys() == {"service_request_id", "service_notice", "account_id"}
    assert told["account_id"] == "app-7"
    assert "https://small.example/t/" in told["service_notice"]
    city_door.number = told["service_request_id"]
    file = city_door.file
    assert (file.case.source, file.case.class_code, file.case.path) == ("open311", REFUSE, "street_public")
    assert file.reports[0].words == "垃圾堆了两天"
    assert file.reports[0].reporter_id is not None
    (shown,) = got(client, f"requests/{city_door.number}")
    assert shown["status"] == "open"
    assert shown["service_code"] == "gb2013-E0110"
    assert (shown["lat"], shown["long"]) == (LAT, LON)
    assert shown["requested_datetime"] == "2026-06-01T09:00:00+08:00"
    assert city_door.broken() == []


def test_the_answers_about_a_service_choose_its_standard_and_its_component(client, city_door):
    lamp = next(c for c in city_door.city.components.values() if c.class_code == LAMP)
    fields = {"attribute[condition]": "lamp-leak", "attribute[component]": lamp.code}
    (told,) = posted(client, service_code=LAMP_CODE, description="漏电", **fields)
    city_door.number = told["service_request_id"]
    case = city_door.file.case
    assert (case.standard_code, case.urgency, case.component_code) == ("lamp-leak", "urgent", lamp.code)
    assert (case.lon, case.lat) == (lamp.lon, lamp.lat), "the component says where"


def test_what_homes_call_about_gives_a_token_that_only_its_sender_has(client, city_door):
    (told,) = posted(client, service_code=NOISE_CODE, lat=LAT, long=LON, description="楼上装修", email="q@x.example")
    assert "service_request_id" not in told
    assert "e-mail" in told["service_notice"], "what is not kept is told"
    (found,) = got(client, f"tokens/{told['token']}")
    number = found["service_request_id"]
    assert got(client, f"requests/{number}", 404)[0]["code"] == 404
    assert [r["service_request_id"] for r in got(client, "requests")] == []
    (own,) = got(client, f"requests/{told['token']}")
    assert own["service_request_id"] == number
    assert own["lat"] is None
    assert got(client, "tokens/AAAA", 404)


def test_photos_come_along_and_are_cleaned(client, city_door):
    picture = SimpleUploadedFile("../../evil\n.jpg", photo().data, "image/jpeg")
    (told,) = posted(client, files=[picture], **REPORT)
    city_door.number = told["service_request_id"]
    from django.db import connection

    from cityloom.cases.queries import list_photos

    with connection.cursor() as cursor:
        (kept,) = list_photos(cursor, city_door.file.case.id)
    assert kept.kind == "report"
    refused = posted(client, expect=400, files=[SimpleUploadedFile("a.jpg", b"<svg/>")], **REPORT)
    assert refused[0]["code"] == 400


def test_a_picture_elsewhere_is_told_and_never_fetched(client, city_door):
    (told,) = posted(client, **REPORT, media_url="https://photos.example/1.jpg")
    city_door.number = told["service_request_id"]
    assert city_door.file.reports[0].words == "垃圾堆了两天\nhttps://photos.example/1.jpg"
    posted(client, expect=400, **REPORT, media_url="file:///etc/passwd")


def test_the_test_endpoint_checks_all_and_keeps_nothing(client, city_door):
    answer = client.post("/open311/test/v2/requests.json", urlencode(REPORT), "application/x-www-form-urlencoded")
    assert answer.status_code == 200
    (told,) = json.loads(answer.content)
    assert "nothing is kept" in told["service_notice"]
    assert got(client, f"requests/{told['service_request_id']}", 404)
    wrong = client.post("/open311/test/v2/requests.json", "lat=1", "application/x-www-form-urlencoded")
    assert wrong.status_code == 400


def test_sent_again_with_its_key_a_request_is_received_once(client):
    def send() -> str:
        answer = client.post(
            "/open311/v2/requests.json",
            urlencode(REPORT),
            "application/x-www-form-urlencoded",
            headers={"Idempotency-Key": "3f6c"},
        )
        return json.loads(answer.content)[0]["service_request_id"]

    assert send() == send()
    assert len(got(client, "requests")) == 1


def test_a_class_left_open_is_told_from_the_words_with_its_reason(client, life):
    warm_readers(life.city)
    assert [s["type"] for s in got(client, "services") if s["service_code"] == "general"] == ["batch"]
    assert got(client, "services/general")["attributes"] == []
    for code in ("general", ""):
        (told,) = posted(client, **REPORT | {"service_code": code, "description": "小区门口的路灯坏了三天"})
        assert "token" in told, "what it becomes may not be public"
        read = told["extended_attributes"]
        assert read["service_code"] == "", "the city set no confidence: a person decides"
        assert read["proposals"][0]["service_code"] == LAMP_CODE
        assert "路灯" in read["proposals"][0]["reason"]


WRONG_POSTS = [
    ({"service_code": "general", "attribute[condition]": "a"}, 400, "attribute[condition]", "nothing it asks"),
    ({"service_code": "gb2013-9999"}, 404, "service_code", "an unknown service"),
    ({"service_code": "gb2013-01"}, 404, "service_code", "no leaf"),
    ({"service_code": "hotline-0904"}, 404, "service_code", "not for the public"),
    ({"lat": "", "long": ""}, 400, "address_string", "no place"),
    ({"long": ""}, 400, "long", "half a place"),
    ({"lat": "nan"}, 400, "lat", "no number"),
    ({"lat": "north"}, 400, "lat", "no number"),
    ({"lat": "89"}, 400, "outside", "outside the city"),
    ({"lat": "1e300"}, 400, "", "far outside the earth"),
    ({"description": ""}, 400, "description", "nothing said"),
    ({"description": "长" * 2500}, 400, "2000", "too long"),
    ({"attribute[condition]": "flood-deep"}, 400, "condition", "the condition of another class"),
    ({"attribute[colour]": "red"}, 400, "attribute[colour]", "nothing this service asks"),
    ({"address_id": "nowhere"}, 400, "address_id", "an unknown area"),
    ({"jurisdiction_id": "other.example"}, 404, "jurisdiction_id", "another city"),
    ({"api_key": "clm_nonsense"}, 401, "token", "a key that opens nothing"),
    ({"media_url": "https://" + "x" * 600}, 400, "media_url", "an address too long"),
]


@pytest.mark.parametrize(("change", "status", "named", "because"), WRONG_POSTS, ids=[w[3] for w in WRONG_POSTS])
def test_a_wrong_post_is_told_what_would_be_right(client, change, status, named, because):
    (error,) = posted(client, expect=status, **{**REPORT, **change})
    assert error.keys() == {"code", "description"}
    assert error["code"] == status
    assert named in error["description"], because
    assert got(client, "requests") == []


def test_an_address_or_an_area_stands_in_for_a_point(client, city_door):
    (told,) = posted(client, service_code="gb2013-E0110", address_string="学府路口", description="垃圾")
    city_door.number = told["service_request_id"]
    assert city_door.file.case.area is None
    (told,) = posted(client, service_code="gb2013-E0110", address_id="990101001", description="垃圾又来了")
    city_door.number = told["service_request_id"]
    assert city_door.file.case.area == "990101001"


def test_an_address_may_report_so_often_and_not_more(client, settings):
    settings.CITYLOOM_LIMITS = {**settings.CITYLOOM_LIMITS, "report": parse_limit("2/h")}
    posted(client, **REPORT)
    posted(client, **REPORT)
    answer = client.post("/open311/v2/requests.xml", urlencode(REPORT), "application/x-www-form-urlencoded")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_who_has_a_key_reports_as_its_post_and_a_key_for_something_else_is_refused(client, city_door, key_of):
    (told,) = posted(client, **REPORT, api_key=key_of("agent"))
    city_door.number = told["service_request_id"]
    assert city_door.file.reports[0].received_by == "agent"
    posted(client, expect=403, **REPORT, api_key=key_of("agent", "master:read"))


# --- following --------------------------------------------------------------------------------------------------


def test_requests_are_found_by_every_filter(client, city_door):
    lamp = city_door.report(class_code=LAMP, place=SOUTHEAST).number
    city_door.clock.at = at(6, 2)
    heap = city_door.report(class_code=REFUSE, place=(110.0031, 30.0071), words="垃圾").number
    city_door.clock.at = at(6, 3)

    def numbers(**asked: Any) -> list[str]:
        return [r["service_request_id"] for r in got(client, "requests", **asked)]

    assert numbers() == [heap, lamp], "the newest first"
    assert numbers(service_code=LAMP_CODE) == [lamp]
    assert numbers(service_code=f"{LAMP_CODE},gb2013-E0110") == [heap, lamp]
    assert numbers(service_request_id=f"{lamp},nothing") == [lamp]
    assert numbers(start_date="2026-06-01T12:00:00Z") == [heap]
    assert numbers(end_date="2026-06-01T20:00:00+08:00") == [lamp]
    assert numbers(status="closed") == []
    assert numbers(status="open,closed") == [heap, lamp]
    assert numbers(updated_after="2026-06-02T00:00:00+08:00") == [heap]
    assert numbers(updated_before="2026-06-02T00:00:00+08:00") == [lamp]
    assert numbers(bbox="110.0,30.0,110.002,30.002") == [lamp]
    assert numbers(lat=LAT, long=LON, radius=100) == [lamp]
    assert numbers(lat=LAT, long=LON, radius=5000) == [heap, lamp]
    assert numbers(page=2, page_size=1) == [lamp]
    city_door.clock.at = at(12, 1)
    assert numbers() == [], "by default the last 90 days"
    assert numbers(service_request_id=lamp) == [lamp], "a number is found whenever it was"
    assert numbers(updated_after="2026-06-02T00:00:00+08:00") == [heap], "changes are found whenever they were"


WRONG_QUESTIONS = [
    ({"start_date": "2026-06-01"}, 400, "a day without zone"),
    ({"start_date": "2026-06-01T00:00:00"}, 400, "a moment without zone"),
    ({"start_date": "0001-01-01T00:00:00+14:00"}, 400, "before the calendar"),
    ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-12-01T00:00:00Z"}, 400, "more than 90 days"),
    ({"status": "lost"}, 400, "an unknown status"),
    ({"service_code": "nothing"}, 404, "an unknown service"),
    ({"bbox": "1,2,3"}, 400, "half a box"),
    ({"bbox": "110,30,109,31"}, 400, "west of east"),
    ({"lat": "30", "long": "110"}, 400, "no radius"),
    ({"lat": "30", "long": "110", "radius": "-1"}, 400, "a negative radius"),
    ({"lat": "91", "long": "110", "radius": "5"}, 400, "beyond the pole"),
    ({"page": "0"}, 400, "pages count from one"),
    ({"page": "９"}, 400, "another script's digits"),
    ({"page": "9" * 50}, 400, "an absurd page"),
    ({"page": "999999"}, 400, "too deep a page"),
    ({"page_size": "many"}, 400, "no number"),
    ({"callback": "show"}, 400, "JSONP"),
    ({"jurisdiction_id": "elsewhere"}, 404, "another city"),
]


@pytest.mark.parametrize(("asked", "status", "because"), WRONG_QUESTIONS, ids=[w[2] for w in WRONG_QUESTIONS])
def test_a_wrong_question_is_told_what_would_be_right(client, asked, status, because):
    (error,) = got(client, "requests", status, **asked)
    assert error["code"] == status, because
    root = got_xml(client, "v2/requests.xml", 200 if "callback" in asked else status, **asked)
    assert root.tag == ("service_requests" if "callback" in asked else "errors")


def test_a_plus_that_was_not_escaped_is_still_a_zone(client):
    assert got(client, "requests", start_date="2026-05-30T00:00:00 08:00") == []


def test_words_are_shown_only_where_the_city_publishes_them(client, city_door, monkeypatch):
    (told,) = posted(client, **{**REPORT, "description": "找我 138 0013 8000"})
    (shown,) = got(client, f"requests/{told['service_request_id']}")
    assert shown["description"] == "Exposed refuse: refuse in the open"
    from cityloom.exchange.open311 import queries, views

    for module in (queries, views):
        monkeypatch.setattr(module, "shows_words", lambda city: True)
    (shown,) = got(client, f"requests/{told['service_request_id']}")
    assert shown["description"] == "找我 ＊＊＊", "numbers of persons are left out"
    (told,) = posted(client, **REPORT)
    assert "shown in public" in told["service_notice"]


def test_nothing_confidential_and_no_complaint_about_a_unit_is_ever_shown(client, city_door):
    hidden = [
        city_door.report(class_code=REFUSE, confidential=True).number,
        city_door.report(class_code=REFUSE, complained_about=("east_urban",)).number,
        city_door.report(class_code=NOISE).number,
    ]
    assert got(client, "requests") == []
    assert got(client, "requests", service_request_id=",".join(hidden)) == []
    assert got(client, "servicerequestupdates", service_request_id=",".join(hidden)) == []
    for number in hidden:
        got(client, f"requests/{number}", 404)


def test_a_thousand_requests_take_three_statements_at_most(client, city_door, django_assert_max_num_queries):
    for words in ("一", "二", "三"):
        city_door.report(class_code=DRAIN, words=words)
    got(client, "requests")
    with django_assert_max_num_queries(3):
        assert len(got(client, "requests")) == 3


# --- updates ----------------------------------------------------------------------------------------------------


def test_the_public_moves_of_a_case_can_be_read_without_what_was_written(client, city_door):
    number = city_door.report("grid_worker", by="collector", class_code=REFUSE).number
    city_door.clock.at = at(6, 1, 10)
    city_door.move("sign", "handler_east")
    found = got(client, "servicerequestupdates", service_request_id=number)
    assert [u["service_request_id"] for u in found] == [number] * len(found)
    assert found[-1]["description"] == "signed for"
    assert found[-1]["updated_datetime"] == "2026-06-01T10:00:00+08:00"
    assert {u["status"] for u in found} == {"open"}
    later = got(client, "servicerequestupdates", start_date="2026-06-01T09:30:00+08:00")
    assert [u["update_id"] for u in later] == [found[-1]["update_id"]]
    root = got_xml(client, "v2/servicerequestupdates.xml")
    assert len(root.findall("request_update/update_id")) == len(found)


UPDATE = {"update_id": "u-1", "status": "OPEN", "description": "明天到场"}


def test_an_update_with_a_key_supplements_the_case_once(client, city_door, key_of):
    number = city_door.report(class_code=REFUSE).number
    key = key_of("dispatcher")
    first = posted(client, "servicerequestupdates", service_request_id=number, api_key=key, **UPDATE)
    again = posted(client, "servicerequestupdates", service_request_id=number, api_key=key, **UPDATE)
    assert first == again
    assert city_door.moves.count("supplement") == 1
    assert city_door.entries[-1].text == "明天到场"
    assert city_door.entries[-1].by_login == "dispatcher"
    assert city_door.broken() == []


@pytest.mark.parametrize(
    ("status", "state", "because"),
    [("CLOSED", "handled", "done there"), ("NOT_COUNCILS_RESPONSIBILITY", "dispatched", "not theirs")],
)
def test_a_partner_tells_by_an_update_what_became_of_a_case(client, city_door, key_of, status, state, because):
    number = city_door.report("grid_worker", by="collector", class_code=REFUSE).number
    city_door.move("hand_over", "dispatcher", reason="partner.their_duty", note="对岸", partner="990200")
    city_door.decide("grant", "supervisor")
    update = {**UPDATE, "service_request_id": number, "api_key": key_of("dispatcher")}
    posted(client, "servicerequestupdates", **update)
    assert city_door.state == "with_partner"
    last = {**update, "update_id": "u-2", "status": status}
    first = posted(client, "servicerequestupdates", **last)
    assert city_door.state == state, because
    assert posted(client, "servicerequestupdates", **last) == first
    assert city_door.broken() == []


WRONG_UPDATES = [
    ({"api_key": ""}, 401, "without a key"),
    ({"update_id": ""}, 400, "without an id"),
    ({"description": ""}, 400, "without words"),
    ({"service_request_id": ""}, 400, "of nothing"),
    ({"service_request_id": "260601-1"}, 404, "of no case"),
]


@pytest.mark.parametrize(("change", "status", "because"), WRONG_UPDATES, ids=[w[2] for w in WRONG_UPDATES])
def test_a_wrong_update_changes_nothing(client, city_door, key_of, change, status, because):
    number = city_door.report(class_code=REFUSE).number
    before = len(city_door.entries)
    update = {**UPDATE, "service_request_id": number, "api_key": key_of("dispatcher"), **change}
    (error,) = posted(client, "servicerequestupdates", status, **update)
    assert error["code"] == status, because
    assert len(city_door.entries) == before


def test_a_key_whose_post_may_not_see_the_case_cannot_update_it(client, city_door, key_of):
    number = city_door.report(class_code=REFUSE).number
    key = key_of("handler_west")
    posted(client, "servicerequestupdates", 403, service_request_id=number, api_key=key, **UPDATE)


# --- forms and manners ------------------------------------------------------------------------------------------


def test_the_form_is_what_the_address_ends_with_else_what_is_accepted_else_xml(client):
    def kind(path: str, accept: str = "") -> str:
        answer = client.get(f"/open311/v2/{path}", headers={"accept": accept} if accept else {})
        return answer.headers["Content-Type"].split(";")[0]

    assert kind("services.json", "text/xml") == "application/json"
    assert kind("services.xml", "application/json") == "text/xml"
    assert kind("services", "application/json") == "application/json"
    assert kind("services", "text/xml, application/json") == "text/xml"
    assert kind("services/") == "text/xml"
    assert client.get("/open311/v2/services.html").status_code == 404


def test_other_methods_and_addresses_are_refused_as_the_specification_tells_errors(client):
    answer = client.delete("/open311/v2/requests.json")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert json.loads(answer.content)[0]["code"] == 405
    assert client.get("/open311/v3/services.xml").status_code == 404
    assert json.loads(client.get("/open311/v3/services.json").content)[0]["code"] == 404
    assert client.options("/open311/v2/requests.json").status_code == 204
    assert client.head("/open311/v2/services.xml").status_code == 200


def test_a_page_from_elsewhere_may_read_what_is_public(client):
    assert client.get("/open311/v2/services.json").headers["Access-Control-Allow-Origin"] == "*"
