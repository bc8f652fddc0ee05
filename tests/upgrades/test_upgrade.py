"""The database of an earlier release becomes this one's by `cityloom migrate`, and nothing is lost on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from django.db import connection
from django.test import override_settings
from tests.cases.life import Life, at
from tests.own_database import own_database
from tests.upgrades.make_dump import DATA_KEY, dumped

from cityloom.app.backup import count_rows
from cityloom.app.cli import main
from cityloom.cases.models import Case
from cityloom.cases.queries_audit import broken_in, list_strays, walk_cases
from cityloom.cases.reporters import open_contacts
from cityloom.city.snapshot import current_city

RELEASES = sorted(Path(__file__).parent.glob("*.sql"))
# Tables that name what a release knows of: the new one knows more.
GROWING = {"public.django_migrations", "public.django_content_type", "public.auth_permission"}


@dataclass(frozen=True)
class Upgraded:
    """What `cityloom migrate` said, the rows before and after it, and its tables beside those of a fresh database."""

    said: str
    exit_code: int
    before: dict[str, int]
    after: dict[str, int]
    tables: set[str]
    fresh_tables: set[str]


def described(url: str) -> set[str]:
    """Tables, constraints, indexes and guards of a database, line by line; without the days that came by themselves.
    How a list of words is cast is left out: PostgreSQL says it otherwise once it has read its own dump."""
    lines = dumped(url, "--schema-only", "--schema=public", "--exclude-table=sensing_reading_*").splitlines()
    return {re.sub(r"::(text|character varying)(\[])?|[()]", "", line) for line in lines}


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.stem)
def upgraded(request, postgres_url, django_db_setup, django_db_blocker) -> Iterator[Upgraded]:
    """The dump of a release in a database of its own, migrated; Django works on it while the module runs."""

    def fill(url: str) -> None:
        with psycopg.connect(url) as fresh:
            fresh.execute(request.param.read_text(encoding="utf-8"))

    fresh = described(postgres_url.replace("@/cityloom?", f"@/{connection.settings_dict['NAME']}?"))
    with (
        own_database(postgres_url, "upgraded", django_db_blocker, fill) as url,
        override_settings(CITYLOOM_DATA_KEYS=[DATA_KEY], CITYLOOM_DATA_KEY_FILE=None),
    ):
        before = count_rows(url)
        done = CliRunner().invoke(main, ["migrate"])
        yield Upgraded(done.output, done.exit_code, before, count_rows(url), described(url), fresh)


@pytest.fixture
def life(upgraded: Upgraded) -> Life:
    """The city of the release, a day after its last moment; what a test does stays, so each takes its own case."""
    life = Life(current_city("990100"))
    life.clock.at = at(6, 5, 9)
    return life


def a_case(**like) -> str:
    found = Case.objects.filter(**like).order_by("number").values_list("number", flat=True).first()
    assert found is not None, like
    return found


def all_broken(life: Life) -> list:
    strays = list_strays(life.city.id)
    return strays + [b for batch in walk_cases(life.city.id) for b in broken_in(life.city.code, batch)]


def test_there_is_a_release_to_come_from():
    assert [path.stem for path in RELEASES] == ["0.1.0"]


def test_migrating_succeeds_and_a_second_time_has_nothing_to_do(upgraded):
    assert upgraded.exit_code == 0, upgraded.said
    assert "up to date" in CliRunner().invoke(main, ["migrate", "--check"]).output


@pytest.mark.django_db  # so that the run has made its own database, which is fresh
def test_its_tables_are_those_of_a_fresh_database(upgraded):
    assert any("cases_entry_only_grows" in line for line in upgraded.tables)
    assert upgraded.tables ^ upgraded.fresh_tables == set()


def test_no_row_is_lost_and_none_invented(upgraded):
    kept = {table: rows for table, rows in upgraded.before.items() if table not in GROWING}
    assert upgraded.before["public.cases_case"] >= 12, "the dump is worth the name"
    assert {table: upgraded.after.get(table) for table in kept} == kept


def test_every_chain_of_the_old_release_verifies(life):
    assert all_broken(life) == []


def test_a_case_of_the_old_release_goes_on_to_its_close(life):
    life.number = a_case(state="signed", class_code="hotline:0101")
    who = "handler_e1"
    life.move("contact", who, note="已联系")
    life.move("handle", who, note="已劝止")
    life.move("reply", who, note="已答复")
    life.call_back()
    assert life.state == "closed"
    assert life.broken() == []


def test_a_returned_case_of_the_old_release_is_adjudicated_and_its_clocks_fire(life):
    life.number = a_case(state="returned")
    life.move("redispatch", "dispatcher", unit="water_co", reason="adjudicated.redispatched")
    assert life.file.case.lead_unit == "water_co"
    assert life.fire(at(7, 1)) > 0, "what is due in June is told by July"
    assert all_broken(life) == []


def test_a_new_case_is_received_beside_the_old_ones(life):
    before = Case.objects.count()
    life.report("hotline", by="agent", words="新版本的第一件")
    assert Case.objects.count() == before + 1
    assert life.broken() == []


def test_a_name_sealed_by_the_old_release_opens(life):
    life.number = a_case(state="closed", class_code="hotline:0101")
    (contact,) = open_contacts(life.file, life.post("callback"), "callback", life.clock)
    assert (contact.name, contact.phone) == ("秦晓梅", "13800138000")
