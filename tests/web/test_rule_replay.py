"""The page on rule replay: whoever proposes rules uploads them, sees what would change, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.cases.life import Life
from tests.cases.test_rule_replay import NOISE_TO_DISTRICT, SHORTER
from tests.web.test_staff import BY_ROLE

from cityloom.cases.rule_replay import PROPOSERS
from cityloom.city.snapshot import list_versions
from cityloom.city.values import Role
from cityloom.web import rule_replay

Browsers = Callable[..., Client]


@pytest.fixture
def upload(small_city_folder: Path) -> Callable[..., SimpleUploadedFile]:
    """A table of the small city with a change, as a browser sends it."""

    def make(name: str, old: str = "", new: str = "") -> SimpleUploadedFile:
        text = (small_city_folder / name).read_text(encoding="utf-8")
        assert old in text
        return SimpleUploadedFile(name, text.replace(old, new).encode(), "text/csv")

    return make


def run(client: Client, *files: SimpleUploadedFile, **typed: str) -> Any:
    return client.post("/rules/replay/", {**{f.name: f for f in files}, "since": "365", "as_of": "", **typed})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_changed_duties_show_leads_load_and_examples_in_both_languages(
    site: Life, browser_of: Browsers, upload: Callable[..., SimpleUploadedFile], language: str
):
    site.report()
    answer = run(browser_of("steward", language), upload("duties.csv", *NOISE_TO_DISTRICT))
    assert answer.status_code == 200
    found = answer.context["page"].result
    assert (found.cases, found.leads) == (1, 1)
    assert f"/case/{site.number}/" in answer.content.decode()
    widths = {bar.unit: (bar.width_before, bar.width_after) for bar in found.bars}
    assert sorted(widths.values()) == [(0.0, 100.0), (100.0, 0.0)]


def test_duties_and_limits_are_tried_together(site: Life, browser_of: Browsers, upload: Any):
    site.report()
    answer = run(
        browser_of("supervisor"), upload("duties.csv", *NOISE_TO_DISTRICT), upload("standards.csv", *SHORTER)
    )
    assert "1 with another limit" in " ".join(answer.context["page"].result.clocks)


def test_unchanged_tables_say_that_nothing_would_change(site: Life, browser_of: Browsers, upload: Any):
    site.report()
    html = run(browser_of("leader"), upload("duties.csv"), upload("standards.csv")).content.decode()
    assert "Nothing would change" in html


def test_errors_of_a_table_are_told_with_their_line_and_nothing_runs(site: Life, browser_of: Browsers, upload: Any):
    answer = run(browser_of("steward"), upload("duties.csv", "*,water_co,lead", "*,water,lead"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "duties.csv, line 2 (gb2013:0103): unit names water, which does not exist; write water_co" in html
    assert answer.context["page"].result is None


@pytest.mark.parametrize(
    ("files", "typed", "shown", "because"),
    [
        ((), {}, "choose a changed duties.csv", "no file came"),
        ((b"",), {}, "duties.csv", "the file is empty"),
        ((b"\xff\xfe\x00nonsense",), {}, "duties.csv", "it is no text"),
        ((b"a,b\n1,2\n",), {}, "column", "it is another table"),
        ((b"x" * 5_000_001,), {}, "larger than 5 MB", "it is too large"),
        ((b"x",), {"since": "soon"}, "a whole number from 1", "the span is no number"),
        ((b"x",), {"since": "0"}, "a whole number from 1", "the span is empty"),
        ((b"x",), {"as_of": "tomorrow"}, "write the day as", "the day is none"),
    ],
)
def test_what_cannot_be_replayed_is_told(site: Life, browser_of: Browsers, files, typed, shown, because):
    uploads = [SimpleUploadedFile("duties.csv", content, "text/csv") for content in files]
    answer = run(browser_of("steward"), *uploads, **typed)
    assert answer.status_code == 422, because
    assert shown in answer.content.decode(), because


@pytest.mark.parametrize("role", BY_ROLE, ids=lambda role: role.value)
def test_the_page_is_for_those_who_propose_rules(site: Life, browser_of: Browsers, role: Role):
    client = browser_of(BY_ROLE[role])
    assert client.get("/rules/replay/").status_code == (200 if role in PROPOSERS else 403)
    linked = 'href="/rules/replay/"' in client.get("/queue/").content.decode()
    assert linked is (role in PROPOSERS)


def test_only_so_many_of_the_newest_cases_run_in_a_page(
    site: Life, browser_of: Browsers, upload: Any, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(3):
        site.report()
        site.clock.advance(hours=1)
    monkeypatch.setattr(rule_replay, "MOST_CASES", 2)
    answer = run(browser_of("steward"), upload("duties.csv"))
    assert answer.context["page"].result.cases == 2
    assert "the newest 2 cases" in answer.content.decode()


def test_a_replay_makes_no_version(site: Life, browser_of: Browsers, upload: Any):
    site.report()
    run(browser_of("steward"), upload("duties.csv", *NOISE_TO_DISTRICT))
    assert [v.number for v in list_versions(site.city.code)] == [site.city.version]
