"""The daily report: its numbers are those of the lists they lead to, in Word and PDF, in Chinese and English."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import docx
import pytest
from click.testing import CliRunner
from django.db import connection
from tests.cases.life import NOISE, NORTHEAST, PARKING, at

from cityloom.app.commands.report import command
from cityloom.cases.filters import FilterNotUnderstood, View, condition_of, days_of, parse_filter
from cityloom.city.values import Post, Role
from cityloom.exchange.daily_report import make_daily_report
from cityloom.exchange.daily_report_docx import as_docx
from cityloom.exchange.daily_report_pdf import as_pdf
from cityloom.exchange.daily_report_words import WORDS

LEADER = Post("leader", Role.LEADER)
BASE = "https://city.example"
DAY = date(2026, 6, 1)


@pytest.fixture
def busy(life):
    """A day: three reports, one of them closed in time and called back, one the day before."""
    life.clock.at = at(5, 31, 10)
    life.report(class_code=PARKING)
    life.clock.at = at(6, 1, 9)
    life.report(class_code=PARKING, place=NORTHEAST)
    life.report()
    life.report(class_code=NOISE, place=NORTHEAST)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_case ORDER BY id")
        first, second, third, fourth = [row[0] for row in cursor.fetchall()]
        # What the actions would leave behind, put down at once: this is about counting.
        for case_id, closed, late in ((second, at(6, 1, 17), False), (third, at(6, 1, 18), True)):
            cursor.execute(
                "UPDATE cases_case SET state = 'closed', closed_at = %s, overdue_raw = %s, "
                "promise_due_at = %s, next_due_at = NULL WHERE id = %s",
                [closed, late, at(6, 1, 17, 30), case_id],
            )
        cursor.execute("UPDATE cases_case SET next_due_at = %s WHERE id = %s", [at(6, 2, 9), fourth])
        cursor.execute("UPDATE cases_case SET state = 'listed', next_due_at = %s WHERE id = %s", [at(6, 1, 8), first])
        cursor.execute(
            "UPDATE cases_report SET state = 'called_back', callback_at = %s, solved = 'yes', "
            "satisfied = 'basically', contacted = 'yes' WHERE case_id = %s",
            [at(6, 1, 19), second],
        )
    life.clock.at = at(6, 1, 22)
    return life


def made(life, language="en", day=DAY):
    return make_daily_report(life.city, day, life.clock.now(), BASE, language)


def figures(report):
    return {section.name: [line.value for line in section.lines] for section in report.sections}


def test_the_numbers_are_those_of_the_day(busy):
    found = figures(made(busy))
    assert found["flow"] == [3, 2, 1, 1, 0.5]
    assert found["stock"] == [2, 1]
    assert found["classes"] == [2, 1]
    assert sum(found["areas"]) == 3
    assert found["rates"] == [1, 1.0, 1.0, 0.9]
    assert found["long_term"] == [1, None]
    assert found["orders"] == [0, 0]


def test_each_number_is_the_length_of_the_list_it_leads_to(busy):
    lists = 0
    for section in made(busy).sections:
        for line in section.lines:
            where = urlsplit(line.link)
            if where.path != "/queue/" or line.sample is not None or line.value is None:
                continue
            asked = parse_filter(dict(parse_qsl(where.query)), busy.city, LEADER)
            condition = condition_of(asked, busy.city, busy.clock.now())
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM cases_case c WHERE {condition.sql}", condition.params)
                assert cursor.fetchone() == (line.value,), line.label
            lists += 1
    assert lists >= 10


def test_a_day_of_nothing_has_no_rates_of_zero(busy):
    report = made(busy, day=date(2026, 5, 1))
    flow, rates = report.section("flow"), report.section("rates")
    assert [line.value for line in flow.lines] == [0, 0, 0, 0, None]
    assert [line.value for line in rates.lines] == [0, None, None, None]
    assert all("n/a" in line.told for line in (flow.lines[-1], *rates.lines[1:]))
    assert "样本为 0" in made(busy, "zh", date(2026, 5, 1)).section("rates").lines[1].told


def test_a_rate_tells_its_sample(busy):
    assert made(busy).section("rates").lines[3].told == "90.0 % (of 1)"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_word_has_every_figure_and_its_link(busy, language):
    report = made(busy, language)
    content = as_docx(report)
    page = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in page.tables for row in table.rows for cell in row.cells]
    told = [text for section in report.sections for line in section.lines for text in (line.label, line.told)]
    assert cells == told
    links = {rel.target_ref for rel in page.part.rels.values() if rel.is_external}
    assert links == {line.link for section in report.sections for line in section.lines if line.link}
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pdf_has_every_link(busy, language):
    report = made(busy, language)
    content = as_pdf(report)
    assert content.startswith(b"%PDF")
    found = {uri.replace(b"\\(", b"(").decode() for uri in re.findall(rb"/URI \((.*?)\) >>", content)}
    found |= {uri.decode() for uri in re.findall(rb"/URI \(([^)]*)\)", content)}
    assert found == {line.link for section in report.sections for line in section.lines if line.link}
    assert (b"STSong-Light" in content) == (language == "zh")


def test_nothing_of_a_person_stands_in_a_report(busy):
    told = json.dumps([str(made(busy, language)) for language in ("zh", "en")], ensure_ascii=False)
    assert [word for word in ("秦晓梅", "13800138000", "夜里施工很吵") if word in told] == []


def test_every_word_is_there_in_both_languages():
    assert all(zh and en for zh, en in WORDS.values())
    assert all(re.findall(r"{\w+}", zh) and set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en))
               for zh, en in WORDS.values() if "{" in zh + en)  # fmt: skip


@pytest.mark.parametrize(
    ("told", "because"),
    [("soon", "no day"), ("2026-06-31", "no such day"), ("2026-06-02..2026-06-01", "ends before it begins")],
)
def test_days_that_are_none_are_refused(small_city, told, because):
    with pytest.raises(FilterNotUnderstood):
        parse_filter({"opened": told}, small_city, LEADER)


def test_words_of_days_come_back_from_an_address(small_city):
    words = {"view": "all", "opened": "2026-06-01..2026-06-30", "closed": "2026-06-02", "overdue": "no"}
    asked = parse_filter(words, small_city, LEADER)
    assert dict(parse_qsl(asked.as_query())) == words
    assert days_of(asked.opened) == (date(2026, 6, 1), date(2026, 6, 30))
    assert parse_filter({"closed": "2026-06-02"}, small_city, LEADER).view is View.ALL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "more"), [("docx", ()), ("pdf", ()), ("report", ("--format", "pdf"))])
def test_the_command_writes_the_file_as_its_name_ends_or_as_asked(
    life, tmp_path, database_url, monkeypatch, kind, more
):
    monkeypatch.setenv("CITYLOOM_DATABASE_URL", database_url)
    life.report()
    file = tmp_path / f"day.{kind}"
    words = ["daily", "--city", "990100", "--day", "2026-06-01", *more, "--out", str(file), "--json"]
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output
    assert file.read_bytes()[:4] == (b"PK\x03\x04" if kind == "docx" else b"%PDF")
    assert json.loads(result.stdout)["sections"][0]["lines"][0]["value"] == 1
