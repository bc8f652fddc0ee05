"""What is measured, how it is read, and that it tells of no person."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from tests.cases.life import Life, at

from cityloom import __version__
from cityloom.app import health, metrics
from cityloom.app.counters import drop_dead, share_counters
from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.figures import StoredFigures, look
from cityloom.app.places import project_root
from cityloom.app.processes import free_port
from cityloom.app.watch_settings import networks
from cityloom.base.clock import GivenClock
from cityloom.base.errors import CityloomError
from cityloom.base.tallies import stop_listening
from cityloom.cases.errors import UnknownWord


@pytest.fixture(autouse=True)
def fresh_figures(monkeypatch) -> None:
    """Each test asks the database itself."""
    monkeypatch.setattr(health, "_stored", StoredFigures(lambda: GivenClock(at(6, 2)), kept_s=0))


@pytest.fixture
def counting() -> Iterator[None]:
    """What the lower folders tell is counted while the test runs."""
    metrics.start_counting()
    yield
    stop_listening(metrics._count)


def values(text: str) -> dict[tuple[str, frozenset], float]:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(text)
    return {(s.name, frozenset(s.labels.items())): s.value for f in families for s in f.samples}


def value(text: str, name: str, **labels: str) -> float:
    return values(text).get((name, frozenset(labels.items())), 0.0)


def kept(name: str, **labels: str) -> float:
    return metrics.KEPT.get_sample_value(name, labels) or 0.0


def test_prometheus_reads_what_is_told(client, small_city):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert value(answer.text, "cityloom_database_up") == 1
    build = next(dict(labels) for name, labels in values(answer.text) if name == "cityloom_build_info")
    assert build["version"] == __version__


def test_open_cases_are_told_by_city_and_state(client, life: Life):
    life.report()
    life.report()
    life.move("sign", "handler_e1")
    text = client.get("/metrics").text
    assert value(text, "cityloom_open_cases", city="990100", state="signed") == 1
    waiting = sum(v for (name, _), v in values(text).items() if name == "cityloom_open_cases")
    assert waiting == 2


def test_the_lag_of_the_outbox_is_told_with_the_age_of_the_oldest(client, life: Life):
    life.report()
    life.clock.at = at(6, 1, 12)
    life.report(words="另一件")
    text = client.get("/metrics").text
    assert value(text, "cityloom_outbox_waiting") == 2
    assert value(text, "cityloom_outbox_oldest_seconds") == timedelta(days=1).total_seconds()


def test_due_moments_that_no_worker_told_are_seen(client, life: Life):
    life.report()
    assert value(client.get("/metrics").text, "cityloom_late_clocks_waiting") > 0
    life.fire(at(6, 2))
    assert value(client.get("/metrics").text, "cityloom_late_clocks_waiting") == 0


def test_a_database_that_is_away_is_told_and_the_counters_still_are(client, small_city, monkeypatch):
    from django.db import OperationalError

    def silent():
        raise OperationalError("no")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", silent)
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert value(answer.text, "cityloom_database_up") == 0
    assert "cityloom_requests_total" in answer.text
    assert "cityloom_open_cases" not in answer.text, "a figure that is not known is not told as 0"


def test_many_scrapes_ask_the_database_once(life: Life):
    stored = StoredFigures(lambda: life.clock)
    with CaptureQueriesContext(connection) as said:
        for _ in range(20):
            stored.figures()
    assert len(said) == 6


@pytest.mark.parametrize("table", ["cases_case", "base_outbox", "cases_clock", "exchange_webhook_delivery"])
def test_each_statement_walks_an_index_of_what_is_open_not_the_whole_history(life: Life, table: str):
    with CaptureQueriesContext(connection) as said:
        look(life.clock.now())
    (statement,) = [q["sql"] for q in said if f"FROM {table}" in q["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"Seq Scan on {table}" not in plan, plan


@pytest.mark.django_db(transaction=True)
def test_moves_and_reports_are_counted_once_they_are_committed(life: Life, counting):
    before = (
        kept("cityloom_moves_total", move="receive", role="resident"),
        kept("cityloom_reports_total", source="resident"),
    )
    first = life.report().number
    life.report(same_as=first, words="我家也听得到")
    life.move("sign", "handler_e1")
    assert kept("cityloom_moves_total", move="receive", role="resident") == before[0] + 1
    assert kept("cityloom_reports_total", source="resident") == before[1] + 2
    assert kept("cityloom_moves_total", move="sign", role="handler") >= 1


@pytest.mark.django_db(transaction=True)
def test_a_move_that_is_rolled_back_is_not_counted(life: Life, counting):
    from django.db import transaction

    before = kept("cityloom_reports_total", source="resident")
    with transaction.atomic():
        life.report()
        transaction.set_rollback(True)
    assert kept("cityloom_reports_total", source="resident") == before


def test_refusals_are_counted_by_their_code_and_nothing_they_quote(counting):
    before = kept("cityloom_refused_total", code="error.unknown_unit")
    with pytest.raises(CityloomError):
        raise UnknownWord("error.unknown_unit", unit="秦晓梅 13800138000")
    assert kept("cityloom_refused_total", code="error.unknown_unit") == before + 1


@pytest.mark.django_db(transaction=True)
def test_nothing_a_person_said_stands_in_a_label(client, life: Life, counting):
    life.report(words="夜里施工很吵", address="东街1号")
    client.get(f"/t/{life.received.tracking_code}/")
    text = client.get("/metrics").text
    assert life.received.tracking_code, "there is something to hide"
    for personal in ("秦晓梅", "13800138000", "夜里施工很吵", "东街1号", life.received.tracking_code, life.number):
        assert personal not in text
    names = {name for _, labels in values(text) for name, _ in labels}
    assert names <= {"method", "route", "status", "le", "move", "role", "source", "code", "result", "what", "city",
                     "state", "version", "python"}  # fmt: skip


# --- who may read it ---


@pytest.mark.parametrize(
    ("address", "headers", "allowed", "status", "because"),
    [
        ("127.0.0.1", {}, "127.0.0.1,::1", 200, "this machine, as it ships"),
        ("::1", {}, "127.0.0.1,::1", 200, "and by its other name"),
        ("192.0.2.9", {}, "127.0.0.1,::1", 403, "another machine"),
        ("192.0.2.9", {}, "192.0.2.0/24", 200, "a network that is named"),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 403, "a proxy here serves the whole world"),
        ("127.0.0.1", {"Via": "1.1 proxy"}, "127.0.0.1", 403, "so does one that says it otherwise"),
        ("192.0.2.9", {"Authorization": "Bearer a-token"}, "127.0.0.1", 200, "with the token"),
        ("192.0.2.9", {"Authorization": "Bearer another"}, "127.0.0.1", 403, "with a wrong one"),
        ("192.0.2.9", {"Authorization": "Basic a-token"}, "127.0.0.1", 403, "in a wrong way"),
    ],
)
def test_metrics_are_for_named_addresses_or_the_token(client, db, address, headers, allowed, status, because):
    named = networks(Environment({"CITYLOOM_METRICS_FROM": allowed}), "CITYLOOM_METRICS_FROM")
    with override_settings(CITYLOOM_METRICS_FROM=named, CITYLOOM_METRICS_TOKEN="a-token"):
        assert client.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == status, because


def test_behind_a_proxy_that_is_believed_the_address_is_what_it_saw(client, db):
    named = networks(Environment({"CITYLOOM_METRICS_FROM": "192.0.2.0/24"}), "CITYLOOM_METRICS_FROM")
    with override_settings(CITYLOOM_METRICS_FROM=named, CITYLOOM_TRUSTED_PROXIES=1):
        for seen, status in (("192.0.2.9", 200), ("198.51.100.1", 403), ("192.0.2.9, 198.51.100.1", 403)):
            assert client.get("/metrics", headers={"X-Forwarded-For": seen}).status_code == status


def test_no_token_set_is_no_token_that_could_be_sent(client, db):
    answer = client.get("/metrics", REMOTE_ADDR="192.0.2.9", headers={"Authorization": "Bearer "})
    assert answer.status_code == 403
    assert "CITYLOOM_METRICS_FROM" in answer.text


def test_a_network_that_is_none_is_refused():
    with pytest.raises(SettingNotUnderstood, match="CITYLOOM_METRICS_FROM"):
        networks(Environment({"CITYLOOM_METRICS_FROM": "everybody"}), "CITYLOOM_METRICS_FROM")


# --- many processes ---


def test_counters_of_ended_processes_are_dropped_and_those_of_living_ones_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (
        f"counter_{ended.pid}.db",
        f"gauge_livesum_{ended.pid}.db",
        f"counter_{os.getpid()}.db",
        "notes.txt",
    ):
        (tmp_path / name).touch()
    drop_dead(tmp_path, "gauge_live")
    assert (tmp_path / f"counter_{ended.pid}.db").exists(), "a scrape drops only what tells of the moment"
    share_counters(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([f"counter_{os.getpid()}.db", "notes.txt"])


@pytest.mark.django_db(transaction=True)
def test_one_scrape_of_one_process_tells_of_all_of_them(database_url, small_city, var_folder):
    port = free_port()
    env = dict(os.environ) | {
        "CITYLOOM_DATABASE_URL": database_url,
        "CITYLOOM_VAR": str(var_folder),
        "CITYLOOM_LOG_FORMAT": "json",
    }
    env.pop("PROMETHEUS_MULTIPROC_DIR", None)
    log = var_folder / "web.log"
    with log.open("wb") as out:
        web = subprocess.Popen(
            [sys.executable, "-m", "cityloom", "web", "--port", str(port), "--workers", "2"],
            env=env, stdout=out, stderr=out, cwd=project_root(),
        )  # fmt: skip
    try:
        _wait_for(port, web)
        before = _scraped(port, "cityloom_requests_total", method="GET", route="start", status="200")
        for _ in range(12):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).close()
        told = _scraped(port, "cityloom_requests_total", method="GET", route="start", status="200")
    finally:
        web.terminate()
        web.wait(30)
    assert told - before == 12, "whichever worker answered"
    assert '"route": "start"' in log.read_text(encoding="utf-8")


def _scraped(port: int, name: str, **labels: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return value(answer.read().decode(), name, **labels)


def _wait_for(port: int, process: subprocess.Popen) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError("the pages did not start")
