"""The documents: JSON by schemas from the field tables, XML with the same content, and the words for codes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

import jsonschema_rs
import pytest
from defusedxml import ElementTree
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.life import DRAIN, LAMP, REFUSE, Life
from tests.exchange.open311 import schemas

from cityloom.exchange.open311.documents import ITEMS, Document, as_json, as_xml
from cityloom.exchange.open311.mapping import IN_THE_STREET, class_code_of, moment_of, service_code_of
from cityloom.exchange.open311.receiving import name_of
from cityloom.web import map_data

FORM = "application/x-www-form-urlencoded"
ASKED = [
    ("discovery", schemas.DISCOVERY),
    ("v2/services", schemas.SERVICES),
    ("v2/services/gb2013-0137", schemas.DEFINITION),
    ("v2/services/gb2013-0103", schemas.DEFINITION),
    ("v2/services/hotline-0101", schemas.DEFINITION),
    ("v2/requests", schemas.REQUESTS),
    ("v2/requests/{number}", schemas.REQUESTS),
    ("v2/requests/{token}", schemas.REQUESTS),
    ("v2/tokens/{token}", schemas.TOKENS),
    ("v2/servicerequestupdates", schemas.UPDATES),
    ("v2/nothing", schemas.ERRORS),
]


@pytest.fixture
def at_hand(city_door: Life) -> dict[str, str]:
    """A lived city: the number of a case and the token of a report that nobody else may see."""
    for class_code in (LAMP, DRAIN, REFUSE):
        city_door.report(class_code=class_code)
    number = city_door.report("grid_worker", by="collector", class_code=REFUSE).number
    city_door.move("sign", "handler_east")
    return {"number": number, "token": city_door.report().tracking_code}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "schema"), ASKED, ids=[a[0] for a in ASKED])
def test_an_answer_has_the_fields_of_the_specification_in_json_and_the_same_in_xml(at_hand, path, schema):
    path = path.format(**at_hand)
    found = json.loads(Client().get(f"/open311/{path}.json").content)
    jsonschema_rs.validate(schema, found)
    in_xml = Client().get(f"/open311/{path}.xml").content
    assert plain(ElementTree.fromstring(in_xml)) == in_words(found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("service", ["gb2013-E0110", "hotline-0101"])
def test_a_posted_request_is_answered_with_an_id_or_a_token_never_both(city_door, service):
    fields = {"service_code": service, "lat": "30.0011", "long": "110.0011", "description": "看一下"}
    told = Client().post("/open311/v2/requests.json", urlencode(fields), FORM)
    jsonschema_rs.validate(schemas.POSTED, json.loads(told.content))


@pytest.mark.django_db(transaction=True)
def test_a_posted_update_is_answered_with_its_id(city_door, key_of):
    number = city_door.report(class_code=REFUSE).number
    fields = {"service_request_id": number, "update_id": "1", "description": "看过", "api_key": key_of("dispatcher")}
    told = Client().post("/open311/v2/servicerequestupdates.json", urlencode(fields), FORM)
    jsonschema_rs.validate(schemas.UPDATED, json.loads(told.content))


def plain(element: Element) -> Any:
    """An XML document as the JSON of the same answer would say it, all values in words."""
    if element.tag in ITEMS:
        return [plain(inner) for inner in element]
    if len(element):
        return {inner.tag: plain(inner) for inner in element}
    return element.text or ""


def in_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: in_words(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [in_words(inner) for inner in value]
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# --- writing ----------------------------------------------------------------------------------------------------


@given(st.text())
def test_any_text_can_be_written_and_read_again(text):
    document = Document("services", [{"description": text}])
    written = as_xml(document)
    assert ElementTree.fromstring(written).tag == "services"
    assert json.loads(as_json(Document("services", [{"description": text.encode(errors="ignore").decode()}])))


def test_signs_of_markup_stay_words():
    written = as_xml(Document("services", [{"description": "<b>&amp;]]>\x00\x0b￾"}]))
    assert ElementTree.fromstring(written).findtext("service/description") == "<b>&amp;]]>"


# --- words for codes --------------------------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=30).filter(lambda t: t.encode(errors="ignore").decode() == t))
def test_every_class_code_has_a_service_code_that_leads_back(code):
    service_code = service_code_of(code)
    assert service_code.isascii()
    assert not set(service_code) & set(":/?#[]@!$&'()*+,;=%. ")
    assert class_code_of(service_code) == code


NO_CODES = [
    ("gb2013:0137", "a sign that no service code has"),
    ("", "nothing"),
    ("a_zz", "no hexadecimal digits"),
    ("a_ff", "no UTF-8"),
    ("a_41", "a letter needs no escape"),
    ("a_2D", "capitals would be a second writing"),
]


@pytest.mark.parametrize(("text", "because"), NO_CODES, ids=[n[1] for n in NO_CODES])
def test_a_text_that_no_class_code_becomes_is_none(text, because):
    assert class_code_of(text) is None, because


MOMENTS = [
    ("2026-06-01T09:00:00+08:00", True, "with an offset"),
    ("2026-06-01T01:00:00Z", True, "in UTC"),
    ("2026-06-01T01:00:00.5z", True, "with parts of a second"),
    ("2026-06-01T09:00:00 08:00", True, "a plus that became a blank"),
    ("2026-06-01T09:00:00", False, "without zone"),
    ("2026-06-01", False, "a day"),
    ("0001-01-01T00:00:00+23:59", False, "before the calendar"),
    ("9999-12-31T23:59:59-23:59", False, "after it"),
    ("soon", False, "no moment"),
]


@pytest.mark.parametrize(("text", "is_one", "because"), MOMENTS, ids=[m[2] for m in MOMENTS])
def test_a_moment_has_a_zone_and_lies_in_the_calendar(text, is_one, because):
    assert (moment_of(text) is not None) is is_one, because


def test_the_public_sees_the_same_kinds_of_case_here_and_on_the_map():
    assert IN_THE_STREET == map_data.IN_THE_STREET


@pytest.mark.parametrize(
    ("first", "last", "said"), [("晓梅", "秦", "秦晓梅"), ("Ann", "Fox", "Ann Fox"), ("", "Fox", "Fox"), ("", "", "")]
)
def test_a_name_is_said_as_its_language_says_it(first, last, said):
    assert name_of(first, last) == said
