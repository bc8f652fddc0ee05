"""What a filter finds: each row of the tables is a filter, what it finds, and because of what."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange.sensorthings.conftest import Door
from tests.exchange.sensorthings.small_world import make_world

THINGS = [
    ("name eq 'lamp 1'", ["lamp 1"], "a text is equal"),
    ("name ne 'lamp 1'", ["pump 2"], "or is not"),
    ("name gt 'lamp 9'", ["pump 2"], "texts have an order"),
    ("description eq 'a pump''s house'", ["pump 2"], "two quotes within quotes are one"),
    ("startswith(name,'la') or endswith(name,'2')", ["lamp 1", "pump 2"], "or"),
    ("startswith(name,'la') and endswith(name,'2')", [], "and"),
    ("not startswith(name,'la')", ["pump 2"], "not before a function"),
    ("not (name eq 'lamp 1')", ["pump 2"], "not before parentheses"),
    ("substringof('amp',name)", ["lamp 1"], "what is sought comes first in the standard's substringof"),
    ("contains(name,'amp')", ["lamp 1"], "and last in OData's contains"),
    ("contains(name,'%')", [], "a per cent sign is no wildcard"),
    ("length(name) eq 6", ["lamp 1", "pump 2"], "length"),
    ("indexof(name,'mp') eq 2", ["lamp 1", "pump 2"], "counted from nought"),
    ("substring(name,5) eq '1'", ["lamp 1"], "from a place on"),
    ("substring(name,0,4) eq 'pump'", ["pump 2"], "so many signs"),
    ("toupper(name) eq 'LAMP 1' and tolower('PUMP') eq 'pump'", ["lamp 1"], "both cases"),
    ("trim(concat(name,'  ')) eq 'lamp 1'", ["lamp 1"], "functions within functions"),
    ("properties/power gt 50", ["pump 2"], "a number inside of properties"),
    ("properties/tested eq true", ["pump 2"], "what has no such property does not count"),
    ("properties/tested ne true", ["lamp 1"], "nothing is not equal to true"),
    ("properties/tested eq null", ["lamp 1"], "nothing is null"),
    ("properties/maker/name eq '明光'", ["lamp 1"], "deep inside, in any script"),
    ("properties/power eq '40'", [], "a number there is no text"),
    ("Datastreams/name eq 'level'", ["pump 2"], "one of many fits"),
    ("Datastreams/name eq 'level' and Datastreams/name eq 'words'", ["pump 2"], "each condition by one of its own"),
    ("Datastreams/any(d: d/name eq 'level' and d/unitOfMeasurement/symbol eq 'm')", ["pump 2"], "one is both"),
    ("Datastreams/any(d: d/name eq 'level' and d/unitOfMeasurement/symbol eq 'V')", [], "no single one is both"),
    ("Datastreams/all(d: d/name ne 'level')", ["lamp 1"], "none of them is it"),
    ("Datastreams/ObservedProperty/name eq 'Depth'", ["pump 2"], "over many to one"),
    ("Datastreams/Observations/result lt 0", ["lamp 1"], "over many to many"),
    ("Datastreams/Observations/FeatureOfInterest/name eq 'well'", ["pump 2"], "and on to the feature"),
    ("st_within(Locations/location, geography'POLYGON((110 30,110.005 30,110.005 30.01,110 30.01,110 30))')",
     ["lamp 1"], "a place within an area"),
    ("geo.distance(Locations/location, geography'POINT(110.009 30.005)') lt 0.001", ["pump 2"], "in degrees"),
    ("HistoricalLocations/Locations/name eq 'well'", ["pump 2"], "where it was"),
    ("HistoricalLocations/time le now()", ["lamp 1", "pump 2"], "before now"),
]  # fmt: skip
POINT, AREA = (
    "geography'POINT(110.001 30.001)'",
    "geography'POLYGON((110 30,110.005 30,110.005 30.01,110 30.01,110 30))'",
)
LOCATIONS = [
    (f"st_equals(location, {POINT})", ["corner"], "the same place"),
    (f"st_disjoint(location, {POINT})", ["well"], "apart from it"),
    (f"st_intersects(location, {AREA})", ["corner"], "has a point in common"),
    (f"geo.intersects(location, {AREA})", ["corner"], "the same in OData's name"),
    (f"st_contains({AREA}, location)", ["corner"], "the area may come first"),
    (f"not st_within(location, {AREA})", ["well"], "not within"),
    (f"st_touches(location, {AREA})", [], "within is no touching"),
    (f"st_overlaps(location, {AREA}) or st_crosses(location, {AREA})", [], "a point neither overlaps nor crosses"),
    (f"st_relate(location, {AREA}, 'T*F**F***')", ["corner"], "within, said as a pattern"),
    (f"geo.distance(location, {POINT}) gt 0.005", ["well"], "distance"),
    ("geo.length(geography'LINESTRING(0 0,3 4)') eq 5", ["corner", "well"], "length in degrees"),
    ("location/type eq 'Point'", ["corner", "well"], "inside of a geometry"),
]
STREAMS = [
    ("unitOfMeasurement/symbol eq 'V'", ["voltage"], "inside of the unit"),
    ("Thing/name eq 'lamp 1'", ["brightness", "voltage"], "to one"),
    ("Thing/Locations/name eq 'well'", ["level", "words"], "to one, then many"),
    ("ObservedProperty/name eq 'Depth' and Sensor/name eq 'photocell'", ["level"], "two links"),
    ("properties/class eq 'A'", ["brightness"], "properties"),
    ("phenomenonTime eq null", ["voltage"], "nothing observed yet"),
    ("phenomenonTime gt 2026-06-01T00:30:00Z", ["level"], "an interval that begins after it"),
    ("phenomenonTime lt 2026-06-01T04:30:00Z", ["brightness", "words"], "an interval that has ended before it"),
    ("overlaps(phenomenonTime, 2026-06-01T04:30:00Z/2026-06-01T06:00:00Z)", ["level"], "in part"),
    ("during(phenomenonTime, 2026-06-01T00:00:00Z/2026-06-01T04:00:00Z)", ["brightness", "words"], "wholly"),
    ("name in ('level', 'voltage')", ["voltage", "level"], "one of a list"),
]
OBSERVATIONS = [  # of the lamp's brightness
    ("result gt 10", [20, 30.5], "more than"),
    ("result ge 10 and result le 20", [10, 20], "between"),
    ("result eq -4 or result eq 30.5", [30.5, -4], "whole and broken numbers"),
    ("result add 5 eq 15", [10], "plus"),
    ("result sub 5 eq -5", [0], "minus"),
    ("result mul 2 eq 61", [30.5], "times"),
    ("result div 2 eq 5", [10], "divided"),
    ("1 div result eq 0.1", [10], "division by nought is nothing, and no error"),
    ("result mod 15 eq 5", [20], "the rest"),
    ("-(result) eq 4", [-4], "the negative"),
    ("1 add 2 mul 5 eq result add 1", [10], "times before plus"),
    ("(1 add 2) mul 10 eq result sub 0.5", [30.5], "parentheses before all"),
    ("round(result) eq 31", [30.5], "half is rounded up"),
    ("floor(result) eq 30 or ceiling(result) eq -4", [30.5, -4], "down and up"),
    ("result gt '20'", [30.5], "against a text a number is written out: 30.5 comes after 20"),
    ("phenomenonTime eq 2026-06-01T01:00:00Z", [20], "at a moment"),
    ("phenomenonTime gt 2026-06-01T09:00:00+08:00", [30.5, -4, 0], "in another zone"),
    ("phenomenonTime gt 2026-06-01T09:00:00 08:00", [30.5, -4, 0], "with the plus that a query turned into a space"),
    ("phenomenonTime ge '2026-06-01T03:00:00Z'", [-4, 0], "a moment in quotes"),
    ("hour(phenomenonTime) eq 3 and day(phenomenonTime) eq 1", [-4], "parts of a moment"),
    ("year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 6 and minute(phenomenonTime) eq 0 "
     "and second(phenomenonTime) eq 0 and fractionalseconds(phenomenonTime) eq 0 and result eq 0", [0], "all parts"),
    ("date(phenomenonTime) eq 2026-06-01 and time(phenomenonTime) lt 01:30:00", [10, 20], "day and time of day"),
    ("phenomenonTime lt now() sub duration'PT8H30M'", [10, 20, 30.5, -4], "less than so long ago: it is twelve"),
    ("now() sub phenomenonTime gt duration'PT11H30M'", [10], "the time between"),
    ("phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime() and result eq 0", [0], "the ends of time"),
    ("totaloffsetminutes(phenomenonTime) eq 0 and result eq 0", [0], "all is told in UTC"),
    ("before(phenomenonTime, 2026-06-01T01:00:00Z)", [10], "before"),
    ("after(phenomenonTime, 2026-06-01T03:00:00Z)", [0], "after"),
    ("starts(phenomenonTime, 2026-06-01T03:00:00Z/2026-06-01T04:00:00Z)", [-4], "begins together"),
    ("finishes(phenomenonTime, 2026-06-01T03:00:00Z/2026-06-01T04:00:00Z)", [0], "ends together"),
    ("meets(phenomenonTime, 2026-06-01T03:00:00Z/2026-06-01T04:00:00Z)", [-4], "ends where the other begins"),
    ("Datastream/ObservedProperty/name eq 'Illuminance' and result lt 0", [-4], "over two links"),
    ("resultTime eq null and result eq 0", [0], "no time of the result"),
    ("FeatureOfInterest/name eq 'corner' and result gt 25", [30.5], "the feature of the place"),
    ("st_within(FeatureOfInterest/feature, geography'POINT(0 0)')", [], "the feature elsewhere"),
]  # fmt: skip
ELSEWHERE = [  # of the pump's level and words: what a number alone does not tell
    ("result eq 'open'", ["open"], "a result that is a text"),
    ("result eq true", [True], "or true"),
    ("result/code eq 7", [{"code": 7}], "or an object, inside of it"),
    ("result eq null", [None], "or nothing"),
    ("parameters/depth eq 2", [1.5], "parameters"),
    ("parameters/by eq '李工'", [1.5], "parameters in Chinese"),
    ("resultQuality/code eq 'good'", [1.5], "quality"),
    ("resultTime ge 2026-06-01T03:00:00Z", [1.5], "time of the result"),
    ("validTime gt 2026-06-01T04:00:00Z", [2.5], "valid from later on"),
    ("validTime eq 2026-06-01T05:00:00Z/2026-06-01T09:00:00Z", [2.5], "an interval"),
    ("phenomenonTime lt 2026-06-01T06:00:00Z and result gt 1", [1.5], "one that lasts until seven is not over"),
]
REFUSED = [
    ("name", "a text is no condition"),
    ("nme eq 'x'", "no such property"),
    ("Datastream/name eq 'x'", "no such link of a Thing"),
    ("name eq", "half a comparison"),
    ("name eq 'x", "a quote that is not closed"),
    ("name eq 5", "a text is no number"),
    ("id eq 'one'", "a number is no text"),
    ("unknown(name) eq 1", "no such function"),
    ("length(name,name) eq 1", "too many arguments"),
    ("st_within(name, geography'POINT(1 1)')", "a text is no geometry"),
    ("st_within(Locations/location, geography'POINT(1)')", "a broken geometry"),
    ("st_relate(Locations/location, geography'POINT(1 1)', 'XX')", "a broken pattern"),
    ("HistoricalLocations/time gt 2026-02-31T00:00:00Z", "31 February"),
    ("1e999 eq 1 and name gt now()", "a text is no moment"),
    ("(" * 70 + "true" + ")" * 70 + " eq name", "a condition is no text"),
    (" and ".join(["name eq 'x'"] * 500), "nested too deeply for one statement"),
    ("name eq '" + "x" * 9000 + "'", "too long"),
    ("@iot.count eq 1", "no such property"),
]


def found(door: Door, path: str, condition: str, name: str) -> list[object]:
    answer = door.ask("GET", f"{path}?$orderby=id&$filter={quote(condition)}").json()
    return [each[name] for each in answer["value"]] if "value" in answer else [answer["message"]]


def test_a_filter_finds_what_it_says(door: Door) -> None:
    world = make_world(door)
    tables = [
        ("Things", "name", THINGS),
        ("Locations", "name", LOCATIONS),
        ("Datastreams", "name", STREAMS),
        (f"Datastreams({world.brightness})/Observations", "result", OBSERVATIONS),
    ]
    wrong = [
        (condition, got, expected, because)
        for path, name, table in tables
        for condition, expected, because in table
        if (got := found(door, path, condition, name)) != expected
    ]
    others = f"Datastream/id ne {world.brightness} and "
    for condition, expected, because in ELSEWHERE:
        got = found(door, "Observations", f"{others}({condition})", "result")
        if sorted(map(str, got)) != sorted(map(str, expected)):
            wrong.append((condition, got, expected, because))
    assert wrong == []


def test_a_filter_that_means_nothing_is_refused_with_the_next_step(door: Door) -> None:
    for condition, because in REFUSED:
        answer = door.ask("GET", f"Things?$filter={quote(condition)}")
        assert answer.status_code == 400, (condition[:80], because, answer.content)
        told = answer.json()
        assert told["code"] == 400, because
        assert told["message"], because
        assert told["reason"].startswith("sta."), because


# --- what nobody should send ----------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "name",
        "id",
        "result",
        "phenomenonTime",
        "properties/a",
        "Datastreams/name",
        "Thing/name",
        "Locations/location",
        "Datastream/Thing/id",
        "eq",
        "ne",
        "gt",
        "lt",
        "and",
        "or",
        "not",
        "add",
        "div",
        "mod",
        "in",
        "(",
        ")",
        ",",
        "/",
        "'",
        "null",
        "true",
        "1",
        "-1",
        "1e308",
        "1e999",
        "9999999999999999999999",
        "'x'",
        "2026-06-01T00:00:00Z",
        "2026-13-01",
        "duration'PT1S'",
        "duration'P999999999D'",
        "geography'POINT(1_1)'",
        "now()",
        "year(",
        "date(",
        "substring(",
        "concat(",
        "length(",
        "st_within(",
        "geo.distance(",
        "any(",
        "all(",
        "d:",
        "d/name",
        ";",
        "--",
        "/*",
        "*/",
        "%",
        "%s",
        "{}",
        "{0}",
        "$1",
        "\\",
        '"',
        "=",
        "Observations/result",
        "Observations/id",
        "'a''b'",
        "名称",
        "@iot.id",
        "::int",
        "pg_sleep(9)",
        "union",
        "select",
        "drop",
    ]
)
ATTACKS = [
    "name eq 'x'; DROP TABLE sensing_device; --'",
    "name eq 'x'' OR 1=1 --'",
    "name eq 'x' or pg_sleep(30) eq 1",
    "id eq 1) OR (1=1",
    'name eq "x"',
    "properties/a'') eq 1",
    "substring(name, -1) eq '%s%s' or contains(name, '%(x)s')",
    "length(name) eq 2147483648 mul 2147483648 mul 1e300 mul 1e300",
    "substring(name, 1e300) eq 'x'",
    "HistoricalLocations/time add duration'P99999999D' gt now()",
    "round(1e308 mul 10) gt 1",
    "1 mod 0 eq 1 or 1 div 0 eq 1",
    "geo.distance(Locations/location, Locations/location) eq 0",
    "mod(1,2) eq 1",
]


def test_no_filter_breaks_the_server_or_reaches_the_database(door: Door, door_of: Callable[..., Door]) -> None:
    make_world(door)
    public = door_of()

    def check(condition: str) -> None:
        for path in ("Things", "Observations"):
            answer = public.ask("GET", f"{path}?$top=3&$filter={quote(condition)}")
            assert answer.status_code in (200, 400), (condition, answer.content)

    for attack in ATTACKS:
        check(attack)

    @settings(
        max_examples=50, deadline=None, derandomize=True, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )  # fmt: skip
    @given(st.lists(WORDS, min_size=1, max_size=12).map(" ".join) | st.text(max_size=40))
    def fuzz(condition: str) -> None:
        check(condition.encode("utf-8", "replace").decode())

    fuzz()
    assert len(public.values("Things")) == 2
