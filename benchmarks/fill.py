"""A city with a million stored cases to measure in: the demo city, filled by a few large statements.

The rows are plausible, not lived: places, classes, units and standards come from the city's own tables, dates run
over two years, about one case in eighty is open. Their history is not chained; nothing here verifies it.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg import Connection

    from cityloom.app.postgres import RunningPostgres
    from cityloom.city.snapshot_values import City

SPOTS = 30_000
HISTORY_DAYS = 730
ID_STEP = 32  # ids that one case takes, so that every row of it has its own
SOURCES = {"grid_worker": 45, "hotline": 30, "resident": 20, "sensor": 3, "open311": 2}
CLOCK_HOURS = {"emergency_hour": 1.0, "work_hour": 3.0, "work_day": 30.0, "natural_day": 24.0}
Say = Callable[[str], None]


@dataclass(frozen=True)
class Stand:
    """A running, filled installation: its folder, its server, its city and the number of stored cases."""

    var: Path
    server: RunningPostgres
    city: City
    cases: int


@contextlib.contextmanager
def stand(cases: int, keep_in: Path | None, say: Say) -> Iterator[Stand]:
    """The installation in a folder of its own, gone afterwards unless `keep_in` names where it stays."""
    var = keep_in or Path(tempfile.mkdtemp(prefix="cityloom-bench-"))
    var.mkdir(parents=True, exist_ok=True)
    var.chmod(0o755)
    os.environ["CITYLOOM_VAR"] = str(var)
    os.environ["CITYLOOM_ENV"] = "demo"
    from cityloom.app.postgres import start_postgres

    server = start_postgres(var, settings={"shared_preload_libraries": "pg_stat_statements"})
    try:
        os.environ["CITYLOOM_DATABASE_URL"] = server.url
        from cityloom.app.ready import set_up_django

        set_up_django()
        yield Stand(var, server, _filled(var, server, cases, say), cases)
    finally:
        server.stop()
        if keep_in is None:
            shutil.rmtree(var, ignore_errors=True)


def _filled(var: Path, server: RunningPostgres, cases: int, say: Say) -> City:
    from django.core.management import call_command

    from cityloom.cases.cells import recount_cells
    from cityloom.city.snapshot import current_city, list_cities

    mark = var / f"filled-{cases}"
    call_command("migrate", verbosity=0, interactive=False)
    if not list_cities():
        load_demo_city(var, say)
    city = current_city(list_cities()[0].code)
    if not mark.exists():
        fill(server.url_of("cityloom", "postgres"), city, cases, say)
        recount_cells()  # the rows were stored with the triggers off
        mark.touch()
    return city


def load_demo_city(var: Path, say: Say) -> None:
    """Make the demo city in a folder of `var` and load it."""
    from cityloom.city.actions.load_city import load_city
    from cityloom.exchange.demo.make import make_city

    began = time.monotonic()
    now = datetime.now(UTC)
    make_city(var / "jinchuan", 7, now.date(), 100, lambda step, share: None)
    load_city(var / "jinchuan", "benchmark", now)
    say(f"the demo city is made and loaded ({time.monotonic() - began:.0f} s)")


def fill(superuser_url: str, city: City, cases: int, say: Say, spot_count: int = SPOTS) -> None:
    """Store so many cases with their reports, tasks, clocks and entries, at so many places."""
    import psycopg

    began = time.monotonic()
    now = datetime.now(UTC)
    with psycopg.connect(superuser_url, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")  # the rows fit; no key needs looking up
        db.execute("SET synchronous_commit = off")
        db.execute("SET maintenance_work_mem = '512MB'")
        _store_spots(db, city, spot_count, now)
        indexes = _drop_indexes(db)
        for table, statement in _statements(spot_count).items():
            count = db.execute(statement, {"cases": cases, "now": now, "city": city.id}).rowcount
            say(f"{count:,} rows in {table} ({time.monotonic() - began:.0f} s)")
        for definition in indexes:
            db.execute(definition)
        top = (cases + 1) * ID_STEP
        db.execute("SELECT setval('base_ids', %s)", [top - top % 1000 + 1000])
        db.execute("DROP TABLE bench_spot, bench_case")
        db.execute("VACUUM (FREEZE, ANALYZE)")
        db.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        db.execute("CHECKPOINT")
    say(f"{cases:,} cases are stored and indexed ({time.monotonic() - began:.0f} s)")


def _drop_indexes(db: Connection) -> list[str]:
    """Take away the secondary indexes, which are quicker built over whole tables; how to make them again."""
    rows = db.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'cases_%%' AND indexname NOT IN "
        "(SELECT conname FROM pg_constraint)"
    ).fetchall()
    for name, _ in rows:
        db.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in rows]


# --- where and what ---------------------------------------------------------------------------------------------


def _store_spots(db: Connection, city: City, count: int, now: datetime) -> None:
    """Places with a matter and the unit that owes it, as the city's own tables say, to draw cases from."""
    db.execute("DROP TABLE IF EXISTS bench_spot, bench_case")
    db.execute(
        "CREATE UNLOGGED TABLE bench_spot (n int PRIMARY KEY, lon float8, lat float8, area text, areas varchar[], "
        "cell int8, class_code text, standard_code text, urgency text, source text, nature text, path text, "
        "lead text, hours float8, ends text, opens text[], words text)"
    )
    with db.cursor().copy("COPY bench_spot FROM STDIN") as copy:
        for row in spots(city, count, now):
            copy.write_row(row)
    db.execute("ANALYZE bench_spot")


def spots(city: City, count: int, now: datetime, seed: int = 11) -> Iterator[tuple[object, ...]]:
    """So many places inside the city, each with a class, a source and what follows from them."""
    from cityloom.cases.dispatching import choose_lead
    from cityloom.cases.places import locate
    from cityloom.city.paths import END_STATES

    chance = random.Random(seed)
    west, south, east, north = city.config.bounds
    day = now.astimezone(city.calendar().tz).date()
    classes = [c for c in city.leaves if city.classes[c].nature == "matter" and city.standard(c, day)]
    sources, weights = list(SOURCES), list(SOURCES.values())
    made = 0
    while made < count:
        lon, lat = round(chance.uniform(west, east), 6), round(chance.uniform(south, north), 6)
        if city.find_area(lon, lat) is None:
            continue
        place = locate(city, lon, lat)
        code, source = chance.choice(classes), chance.choices(sources, weights)[0]
        matter, standard = city.classes[code], city.standard(code, day)
        assert standard is not None
        path = city.paths.choose(source, matter.kind, matter.nature.value)
        route = choose_lead(city, code, place.area, None, source, now)
        opens = [s for s in path.states() if s not in END_STATES]
        yield (
            made, lon, lat, place.area, list(place.areas), place.cell, code, standard.code, standard.urgency.value,
            source, matter.nature.value, path.name, route.lead, _hours(standard.limit, standard.unit), "closed",
            opens,
            f"{matter.name.zh}：这里的情况已经有几天了，请派人来看看。",
        )  # fmt: skip
        made += 1


def _hours(limit: float | None, unit: str | None) -> float:
    return (limit or 5.0) * CLOCK_HOURS[unit or "work_day"]


# --- rows -------------------------------------------------------------------------------------------------------


def _statements(spot_count: int) -> dict[str, str]:
    """One statement a table; all draw on `bench_case`, which gives each case its spot, its moment and its state."""
    dice = "abs(hashint8(i::int8 * 7919 + {}))"
    moment = (
        f"%(now)s - make_interval(days => {HISTORY_DAYS}) * (1 - i / %(cases)s::float8) "
        f"- make_interval(secs => {dice.format(1)} %% 36000)"
    )
    return {
        "bench_case": (
            "CREATE UNLOGGED TABLE bench_case AS SELECT g.*, "  # noqa: S608 (only our own constants)
            "CASE WHEN is_open THEN NULL ELSE opened_at + make_interval(secs => hours * 3600 * late) END closed_at, "
            "opened_at + make_interval(secs => hours * 3600) due_at, "
            "CASE WHEN is_open THEN opens[1 + pick %% cardinality(opens)] ELSE ends END state "
            "FROM (SELECT d.*, s.*, "
            "opened_at > %(now)s - make_interval(days => 5) AND luck < 600 "
            "OR opened_at > %(now)s - make_interval(days => 30) AND luck < 150 OR luck < 4 is_open "
            f"FROM (SELECT i, i * {ID_STEP}::int8 id, {moment} opened_at, {dice.format(2)} %% 1000 luck, "
            f"{dice.format(3)} %% 1000 pick, 0.2 + ({dice.format(4)} %% 1000) / 1100.0 late, "
            f"{dice.format(5)} %% {spot_count} spot FROM generate_series(1, %(cases)s) i) d "
            "JOIN bench_spot s ON s.n = d.spot) g"
        ),
        "cases_case": (
            "INSERT INTO cases_case (id, city_id, number, path, state, source, nature, opened_at, city_version, "
            "version, class_code, standard_code, urgency, title, lon, lat, area, areas, cell, address, lead_unit, "
            "state_since, closed_at, promise_due_at, promise_provisional, next_due_at, overdue_raw, "
            "overdue_assessed, report_count, return_count, rework_count, reopen_count, confidential, imported, "
            "outcome, seq, head, complained_about, escalation, extension_count, urge_count, trace) "
            "SELECT id, %(city)s, to_char(opened_at, 'YYMMDD') || '-' || id, path, state, "
            "source, nature, opened_at, 1, 5, class_code, standard_code, urgency, '', lon, lat, area, areas, cell, "
            "'人民路' || pick || '号', CASE WHEN state IN ('reported', 'registered', 'verified', 'filed') THEN NULL "
            "ELSE lead END, coalesce(closed_at, opened_at), closed_at, due_at, false, "
            "CASE WHEN is_open THEN due_at END, coalesce(closed_at, %(now)s) > due_at, "
            "coalesce(closed_at, %(now)s) > due_at, 1, 0, 0, 0, luck = 999, false, '{}', "
            "5, sha256(int8send(id)), '{}', 0, 0, 0, '' FROM bench_case"
        ),
        "cases_report": (
            "INSERT INTO cases_report (id, city_id, case_id, source, state, words, occurred_at, received_at, "
            "tracking_hash, language, class_code, lon, lat, area, address, received_by, confidential, "
            "callback_attempts, version, words_masked) SELECT id + 1, %(city)s, id, source, "
            "CASE WHEN is_open THEN 'accepted' ELSE 'exempt' END, words, opened_at, opened_at, "
            "CASE WHEN source IN ('resident', 'hotline', 'open311') THEN sha256(int8send(id + 1)) END, 'zh', "
            "class_code, lon, lat, area, '人民路' || pick || '号', 'benchmark', luck = 999, 0, 2, true "
            "FROM bench_case"
        ),
        "cases_task": (
            "INSERT INTO cases_task (id, city_id, case_id, unit, role, state, sent_at, hop, signed_at, ended_at, "
            "done_by, upheld, reason, ruled, caller) SELECT id + 2, %(city)s, id, lead, 'lead', "
            "CASE WHEN is_open THEN CASE WHEN state = 'dispatched' THEN 'sent' WHEN state IN ('signed', 'contacted') "
            "THEN 'signed' ELSE 'done' END ELSE 'done' END, opened_at, 1, opened_at, "
            "CASE WHEN is_open AND state IN ('dispatched', 'signed', 'contacted') THEN NULL "
            "ELSE coalesce(closed_at, opened_at) END, '', false, jsonb_build_object('code', 'duty.matched', "
            "'params', jsonb_build_object('unit', lead, 'class', class_code, 'area', area)), '', '' FROM bench_case "
            "WHERE lead IS NOT NULL AND state NOT IN ('reported', 'registered', 'verified', 'filed')"
        ),
        "cases_clock": (
            "INSERT INTO cases_clock (id, city_id, case_id, kind, owed_by, unit, amount, started_at, due_at, state, "
            "hours, after_hours, due_time, provisional, pauses, stopped_at, warn_at, fires_at) "
            "SELECT id + 4 + k, %(city)s, id, (ARRAY['promise', 'sign', 'handling'])[k], coalesce(lead, 'city'), "
            "'work_day', 5, opened_at, due_at, CASE WHEN is_open AND k = 1 THEN 'running' ELSE 'stopped' END, "
            "'', '', '', false, '[]', CASE WHEN is_open AND k = 1 THEN NULL ELSE coalesce(closed_at, opened_at) END, "
            "'[]', CASE WHEN is_open AND k = 1 AND due_at > %(now)s THEN due_at END "
            "FROM bench_case, generate_series(1, 3) k"
        ),
        "cases_entry": (
            "INSERT INTO cases_entry (id, city_id, case_id, seq, subject, subject_id, move, from_state, to_state, "
            "by_login, by_role, by_unit, reason, changes, occurred_at, recorded_at, previous, hash, version) "
            "SELECT id + 8 + k, %(city)s, id, k, 'case', id, "
            "(ARRAY['receive', 'file', 'dispatch', 'sign', 'close'])[k], '', state, 'system', 'system', '', "
            "jsonb_build_object('code', 'auto.received', 'params', jsonb_build_object('source', source)), "
            "jsonb_build_object('case', jsonb_build_object('state', jsonb_build_array('', state), 'class_code', "
            "jsonb_build_array(null, class_code), 'area', jsonb_build_array(null, area))), opened_at, opened_at, "
            "sha256(int8send(id + k)), sha256(int8send(id + k + 1)), 1 "
            "FROM bench_case, generate_series(1, 5) k WHERE NOT is_open OR k < 4"
        ),
    }
