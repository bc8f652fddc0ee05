"""Cases through the interface: the lists of the pages, one case whole, and nobody who reported."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cases.life import LAMP, NOISE, NORTHEAST, PARKING, Life


@pytest.fixture
def three(site: Life) -> list[str]:
    """Three cases of two streets; the numbers."""
    numbers = [site.report("hotline", by="agent").number]
    numbers.append(site.report("hotline", by="agent", class_code=PARKING, place=NORTHEAST).number)
    numbers.append(site.report("grid_worker", by="collector", class_code=LAMP, words="=HYPERLINK(1)").number)
    return numbers


def numbers_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["items"]]


def test_a_post_lists_what_its_page_lists(three: list[str], caller_of: Any):
    assert set(numbers_of(caller_of("supervisor").get("/cases?view=open"))) == set(three)
    assert numbers_of(caller_of("handler_e1").get("/cases?view=open")) == three[:1]
    assert numbers_of(caller_of("supervisor").get("/cases?view=all&class=hotline:01&unit=street_e2")) == three[1:2]
    assert numbers_of(caller_of("supervisor").get("/cases?view=all&source=grid_worker")) == three[2:]


def test_words_come_for_the_scope_alone(three: list[str], caller_of: Any):
    assert "夜里施工" in caller_of("handler_e1").get("/cases?view=open").content.decode()
    bare = caller_of("handler_e1", "cases:read")
    for path in (
        "/cases?view=open",
        f"/cases/{three[0]}",
        f"/cases/{three[0]}/entries",
        f"/cases/{three[0]}/reports",
    ):
        answer = bare.get(path)
        assert answer.status_code == 200
        assert "夜里施工" not in answer.content.decode(), path


def test_pages_follow_each_other_by_their_link(three: list[str], caller_of: Any):
    for view in ("open", "all"):
        path, seen = f"/cases?view={view}&limit=1", []
        while path:
            answer = caller_of("supervisor").get(path)
            seen += numbers_of(answer)
            link = answer.headers.get("Link", "")
            path = link[1 : link.index(">")].removeprefix("/api/v1") if link else ""
        assert sorted(seen) == sorted(three), view


def test_fields_are_thinned_and_an_unknown_one_is_told(three: list[str], caller_of: Any):
    caller = caller_of("supervisor")
    rows = caller.get("/cases?view=open&fields=number,state").json()["items"]
    assert all(set(row) == {"number", "state"} for row in rows)
    assert set(caller.get(f"/cases/{three[0]}?fields=version").json()) == {"version"}
    wrong = caller.get("/cases?fields=number,phone")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "api.unknown_field")


def test_a_list_comes_as_geojson_and_as_csv_that_no_spreadsheet_runs(three: list[str], caller_of: Any):
    caller = caller_of("supervisor")
    shapes = caller.get("/cases?view=open", accept="application/geo+json")
    assert shapes.headers["Content-Type"] == "application/geo+json"
    points = {f["properties"]["number"]: f["geometry"]["coordinates"] for f in json.loads(shapes.content)["features"]}
    assert points[three[1]] == [NORTHEAST[0], NORTHEAST[1]]
    table = caller.get("/cases?view=open&fields=number,words", accept="text/html;q=0.9, text/csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert rows[0] == ["number", "words"]
    assert dict(rows[1:])[three[2]] == "'=HYPERLINK(1)"


def test_no_format_that_is_not_made_is_pretended(three: list[str], caller_of: Any):
    answer = caller_of("supervisor").get("/cases", accept="application/xml, */*;q=0")
    assert (answer.status_code, answer.json()["code"]) == (406, "api.not_acceptable")


def test_a_case_is_whole_has_its_version_as_etag_and_is_not_sent_twice(three: list[str], caller_of: Any):
    caller = caller_of("handler_e1")
    answer = caller.get(f"/cases/{three[0]}")
    it = answer.json()
    assert (it["number"], it["unit"], it["class"]) == (three[0], "street_e1", NOISE)
    assert [t["unit"] for t in it["tasks"]] == ["street_e1"]
    assert {c["kind"] for c in it["clocks"]} >= {"promise"}
    assert answer.headers["ETag"] == f'"{it["version"]}"'
    again = caller.get(f"/cases/{three[0]}", If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_the_history_is_told_line_by_line_in_both_languages(site: Life, three: list[str], caller_of: Any):
    site.number = three[0]
    site.move("sign", "handler_e1")
    path = f"/cases/{three[0]}/entries"
    english = caller_of("handler_e1").get(path).json()["items"]
    chinese = caller_of("handler_e1", language="zh").get(path).json()["items"]
    assert [e["move"] for e in english] == [e.move for e in site.entries]
    assert english[0]["hash"] == site.entries[0].hash.hex()
    assert english[0]["sentence"] != chinese[0]["sentence"]
    rest = caller_of("handler_e1").get(f"{path}?limit=1&after={english[0]['seq']}").json()
    assert rest["items"] == english[1:2]


@pytest.mark.parametrize(
    ("login", "because"),
    [("handler_e2", "it is another unit's"), ("collector2", "it lies in another area"), ("app", "it saw no code")],
)
def test_who_may_not_see_a_case_reads_nothing_of_it(site: Life, three: list[str], caller_of: Any, login, because):
    caller = caller_of(login)
    for part in ("", "/entries", "/tasks", "/requests", "/reports", "/moves"):
        assert caller.get(f"/cases/{three[0]}{part}").status_code == 403, (part, because)
    assert three[0] not in caller.get("/cases?view=all").content.decode()
    assert three[0] not in caller.get("/reports").content.decode()


def test_without_a_token_and_without_the_scope_there_is_no_list(three: list[str], caller_of: Any):
    answer = caller_of().get("/cases")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.needed")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    answer = caller_of("supervisor", "master:read").get("/cases")
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")


@pytest.mark.parametrize(
    ("path", "status", "code", "because"),
    [
        ("/cases?state=nonsense", 400, "api.unknown_word", "no such state"),
        ("/cases?after=x", 400, "api.bad_mark", "no mark"),
        ("/cases?view=all&after=~99999999999999999999", 400, "api.bad_mark", "an id no table holds"),
        ("/cases?view=all&after=0001-01-01T00:00:00%2B14:00~1", 400, "api.bad_mark", "a moment no city has"),
        ("/cases?limit=0", 422, "api.bad_input", "a page of nothing"),
        ("/cases?limit=9999", 422, "api.bad_input", "too long a page"),
        ("/cases/no-such", 404, "error.no_case", "no such number"),
        ("/cases/%00", 404, "api.no_route", "a sign no text holds"),
        ("/cases?number=%00", 200, "", "a NUL is dropped"),
        ("/nothing/here", 404, "api.no_route", "no such address"),
        ("/cases/1/2/3", 404, "api.no_route", "no such address below one there is"),
    ],
)
def test_what_cannot_be_read_is_told_as_a_problem(three: list[str], caller_of: Any, path, status, code, because):
    answer = caller_of("supervisor").get(path)
    assert answer.status_code == status, because
    if code:
        assert answer.headers["Content-Type"] == "application/problem+json", because
        assert answer.json()["code"] == code, because


def test_a_problem_speaks_the_language_asked_for_and_its_type_can_be_read(three: list[str], caller_of: Any):
    english = caller_of("supervisor").get("/cases/no-such").json()
    chinese = caller_of("supervisor", language="zh").get("/cases/no-such").json()
    assert english["detail"] != chinese["detail"]
    assert english["params"] == {"number": "no-such"}
    told = caller_of().get(english["type"].removeprefix("/api/v1")).json()
    assert told["code"] == english["code"]
    assert caller_of().get("/problems/no.such").status_code == 404


def test_another_method_is_refused_with_those_that_are_taken(caller_of: Any):
    answer = caller_of("supervisor").post("/cases/1/entries", {})
    assert (answer.status_code, answer.json()["code"], answer.headers["Allow"]) == (405, "api.no_method", "GET")


def test_a_list_costs_five_statements_with_its_token_and_its_limit(three: list[str], caller_of: Any):
    for login in ("supervisor", "handler_e1"):
        caller = caller_of(login)
        caller.get("/cases?view=open")
        for path in ("/cases?view=open", "/cases?view=waiting", "/reports"):
            with CaptureQueriesContext(
                connection,
            ) as counted:
                assert caller.get(path).status_code == 200
            assert len(counted) <= 5, [q["sql"][:90] for q in counted.captured_queries]


def test_the_limit_is_told_and_then_refused_with_the_moment_to_come_back(
    site: Life, three: list[str], caller_of: Any, settings: Any
):
    from cityloom.base.limits import parse_limit

    settings.CITYLOOM_LIMITS = settings.CITYLOOM_LIMITS | {"api": parse_limit("3/min")}
    caller = caller_of("supervisor")
    left = [caller.get("/paths").headers["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    over = caller.get("/paths")
    assert (over.status_code, over.json()["code"], over.headers["Retry-After"]) == (429, "rate.too_often", "20")
    site.clock.advance(seconds=20)
    assert caller.get("/paths").status_code == 200


def test_a_token_that_opens_nothing_spends_the_limit_of_its_address(site: Life, caller_of: Any, settings: Any):
    from cityloom.base.limits import parse_limit

    settings.CITYLOOM_LIMITS = settings.CITYLOOM_LIMITS | {"api_public": parse_limit("2/h")}
    wrong = caller_of()
    wrong.token = "clm_22222222_" + "A" * 43
    assert [wrong.get("/paths").status_code for _ in range(3)] == [401, 401, 429]
