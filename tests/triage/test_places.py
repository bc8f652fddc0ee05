"""Which place a text is about: on a small gazetteer by rule, on two hundred annotated messages by figure."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.triage.jinchuan import jinchuan

from cityloom.base.reasons import render
from cityloom.city.values import Area, Name
from cityloom.triage.gazetteer import Gazetteer, NamedPlace, build_gazetteer
from cityloom.triage.places import MOST, read_places
from cityloom.triage.places_mentions import find_mentions
from cityloom.triage.places_scoring import Share, parse_annotated, score_places

SOUTH, NORTH = "01", "02"  # two districts of the city 0, parted at latitude 30.005
CHAINS = {"0": ("0",), SOUTH: ("0", SOUTH), NORTH: ("0", NORTH)}


def small() -> Gazetteer:
    def area_of(lon, lat):
        return [SOUTH if y < 30.005 else NORTH for y in lat]

    def road(code, zh, en, *points):
        return NamedPlace("road", (code,), Name(zh, en), points)

    return build_gazetteer(
        [
            road("R1", "人民路", "Renmin Road", (110.0, 30.0), (110.0, 30.004)),
            road("R2", "人民路", "Renmin Road", (110.0, 30.004), (110.0, 30.009)),
            road("R3", "解放路", "Jiefang Road", (109.99, 30.004), (110.0, 30.004), (110.01, 30.004)),
            road("R4", "新华路", "Xinhua Road", (110.05, 30.0), (110.05, 30.001)),
            NamedPlace("estate", ("H1",), Name("阳光小区", "Sunshine Estate"), ((110.001, 30.002),), (), 80.0),
            NamedPlace("estate", ("H2",), Name("阳关小区", "Yangguan Estate"), ((110.04, 30.002),), (), 80.0),
            NamedPlace("facility", ("F1",), Name("育才小学", "Yucai Primary School"), ((110.0, 30.008),), (), 0.0),
            NamedPlace("facility", ("F2",), Name("育才小学分校", "Yucai Branch"), ((110.05, 30.008),), (), 0.0),
        ],
        [
            Area("0", None, "city", Name("甲市", "Jia")),
            Area(SOUTH, "0", "district", Name("A3区", "South District")),
            Area(NORTH, "0", "district", Name("北区", "North District")),
        ],
        {"0": (110.0, 30.005), SOUTH: (110.0, 30.002), NORTH: (110.0, 30.008)},
        area_of,
        CHAINS,
    )


GAZETTEER = small()


@pytest.mark.parametrize(
    ("text", "kind", "name", "area", "because"),
    [
        ("人民路88号门口", "address", "人民路", None, "a road and a number"),
        ("人民路与解放路交叉口", "crossing", "人民路 / 解放路", SOUTH, "two roads that meet"),
        ("人民路（近解放路）", "crossing", "人民路 / 解放路", SOUTH, "the second one in brackets"),
        ("corner of Renmin Road and Jiefang Road", "crossing", "人民路 / 解放路", SOUTH, "in English"),
        ("人民路阳光小区对面", "between", "人民路 / 阳光小区", SOUTH, "the road where it passes the estate"),
        ("阳光小区3栋", "building", "阳光小区", SOUTH, "a building"),
        ("育才小学旁边", "facility", "育才小学", NORTH, "beside a school"),
        ("育才小学分校", "facility", "育才小学分校", NORTH, "the longest name wins"),
        ("A3区人民路", "road", "人民路", SOUTH, "the part of the road in the area that is named"),
        ("北区人民路12号", "address", "人民路", NORTH, "another part of it"),
        ("A3区的垃圾没人收", "area", "A3区", SOUTH, "a masked name that is the city's own"),
        ("家住阳关小区，新华路没有路灯", "road", "新华路", SOUTH, "not where somebody lives"),
        (
            "我是阳光小区业主，电梯坏了",
            "estate",
            "阳光小区",
            SOUTH,
            "where somebody lives when nothing else is named",
        ),
        ("人民路１２号", "address", "人民路", None, "full-width figures"),
    ],
)
def test_what_is_named_is_found(text: str, kind: str, name: str, area: str | None, because: str) -> None:
    best = read_places(text, GAZETTEER)[0]
    assert (best.value["kind"], best.value["name_zh"]) == (kind, name), because
    if area:
        assert best.value["area"] == area, because


@pytest.mark.parametrize(
    ("text", "reason", "because"),
    [
        ("路灯不亮", "triage.no_place", "nothing is named"),
        ("", "triage.no_place", "nothing is said"),
        ("B2县的班车停了", "triage.place_unknown", "a masked name that the city does not have"),
        ("幸福大厦三楼", "triage.place_unknown", "a name that the maps do not hold"),
    ],
)
def test_what_is_not_named_or_not_known_is_said_so(text: str, reason: str, because: str) -> None:
    (only,) = read_places(text, GAZETTEER)
    assert not only.is_known
    assert only.reason.code == reason, because


def test_a_crossing_is_where_both_roads_have_a_corner() -> None:
    best = read_places("人民路与解放路交叉口", GAZETTEER)[0]
    assert (best.value["lon"], best.value["lat"], best.value["radius_m"]) == (110.0, 30.004, 30)
    assert best.words == ("人民路", "解放路")
    assert render(best.reason, "zh") == "提到人民路、解放路，两路在此相交"


def test_roads_that_do_not_meet_are_no_crossing() -> None:
    assert [p.value["kind"] for p in read_places("人民路、新华路都没有路灯", GAZETTEER)] == ["road", "road"]


def test_a_wrong_character_leaves_a_short_list_with_less_confidence() -> None:
    sure = read_places("阳光小区停水", GAZETTEER)[0]
    unsure = read_places("阳广小区停水", GAZETTEER)
    assert {p.value["name_zh"] for p in unsure} == {"阳光小区", "阳关小区"}
    assert all(p.confidence < 0.5 < sure.confidence for p in unsure)
    assert read_places("Sunshin Estate", GAZETTEER)[0].value["name_zh"] == "阳光小区"


def test_house_and_building_are_kept() -> None:
    assert read_places("人民路88号", GAZETTEER)[0].value["house"] == "88"
    assert read_places("阳光小区3号楼", GAZETTEER)[0].value["building"] == "3"
    assert read_places("building 4 of Sunshine Estate", GAZETTEER)[0].value["building"] == "4"


def annotated():
    return parse_annotated((Path(__file__).parent / "places_annotated.txt").read_text(encoding="utf-8").splitlines())


def test_the_annotated_messages_are_as_many_as_promised_and_quote_themselves() -> None:
    messages = annotated()
    assert len(messages) >= 200
    assert len({m.text for m in messages}) == len(messages)
    assert sum(not m.places for m in messages) >= 20
    for message in messages:
        assert all(name in message.text for name in message.mentions), message.text


def test_places_are_found_as_well_as_the_documentation_says() -> None:
    score = score_places(annotated(), jinchuan())
    for share, least in ((score.precision, 0.96), (score.recall, 0.95), (score.in_list, 0.97)):
        assert share.share is not None
        assert share.share >= least, score.wrong
    assert score.name_precision.share > 0.95
    assert score.name_recall.share > 0.95
    assert score.silent.share == 1.0


def test_a_share_of_nothing_is_none() -> None:
    assert Share(0, 0).share is None
    assert score_places((), GAZETTEER).recall.share is None


@given(
    st.text(alphabet=st.one_of(st.characters(), st.sampled_from("人民路解放与88号小区栋A3区 near阳光")), max_size=150)
)
def test_any_text_is_read(text: str) -> None:
    proposals = read_places(text, GAZETTEER)
    assert 1 <= len(proposals) <= MOST
    for mention in find_mentions(text, GAZETTEER):
        assert text[mention.start : mention.end] == mention.said


@pytest.mark.parametrize(
    "unit", ["人民路", "人民路与", "号", "Renmin Road ", "A3区", "🙂", "\u202e", "<b>", "小区", "啊"]
)
def test_a_megabyte_is_read(unit: str) -> None:
    assert read_places(unit * (1_000_000 // len(unit)), jinchuan())
