"""History comes in as it was, whole, once, and with everything that was not taken told."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from tests.exchange.records_of_small_city import MAPPING, mapping, row, write_rows

from cityloom.base.clock import GivenClock
from cityloom.cases.keeping import chain_seed, get_file_by_id, list_entries
from cityloom.cases.reporters import list_case_ids_by_phone
from cityloom.cases.verifying import verify_chain
from cityloom.exchange.actions import import_cases as importing
from cityloom.exchange.actions.import_cases import import_cases
from cityloom.exchange.tables import TableUnreadable

pytestmark = pytest.mark.django_db(transaction=True)
NOW = GivenClock(datetime(2026, 6, 1, tzinfo=UTC))
TABLES = ("cases_case", "cases_report", "cases_task", "cases_clock", "cases_entry", "cases_reporter")


@pytest.fixture
def bring_in(small_city, tmp_path):
    """Import rows into the small city; the counts and the path of the rejects."""

    def run(rows, batch=2, **tables):
        file = write_rows(tmp_path / "old.csv", rows)
        return import_cases(small_city, file, mapping(**tables), NOW, rejects=tmp_path / "out.csv", batch=batch)

    return run


def stored(small_city, source_id="1"):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_case WHERE import_key = %s", [f"old-hotline:{source_id}"])
        (case_id,) = cursor.fetchone()
        file = get_file_by_id(cursor, case_id)
        return file, list_entries(cursor, case_id)


def contents():
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id")
            found[table] = cursor.fetchall()
    return found


def test_a_finished_record_keeps_its_times_unit_and_outcome_with_one_entry(small_city, bring_in):
    assert (bring_in([row()]).new, bring_in([row()]).known) == (1, 1)
    file, entries = stored(small_city)
    case = file.case
    assert (case.state, case.path, case.source, case.imported) == ("closed", "hotline", "hotline", True)
    assert case.opened_at == datetime(2025, 6, 3, 1, 10, tzinfo=UTC)
    assert case.closed_at == datetime(2025, 6, 5, 7, 0, tzinfo=UTC)
    assert case.promise_due_at == datetime(2025, 6, 10, 1, 10, tzinfo=UTC)
    assert (case.overdue_raw, case.lead_unit, case.outcome) == (False, "street_e1", {"text": "已劝停"})
    assert case.areas[0] == "990100"
    assert case.cell is not None
    assert [(t.unit, t.state, t.ended_at) for t in file.tasks] == [("street_e1", "done", case.closed_at)]
    assert [(r.words, r.state, r.exempt_reason) for r in file.reports] == [
        ("夜里施工很吵", "exempt", "exempt.imported")
    ]
    assert file.clocks == ()
    assert [(e.move, e.to_state) for e in entries] == [("imported", "closed")]
    assert entries[0].changes["record"] == {"source": "old-hotline", "id": "1", "row": 2}


def test_the_history_of_an_imported_case_is_proved_like_any_other(small_city, bring_in):
    bring_in([row(said='tab\there, \\slash, "quote"\nand a new line', done="第一行\r\n第二行")])
    file, entries = stored(small_city)
    seed = chain_seed(small_city.code, file.case.number)
    assert verify_chain(file, entries, seed) == []
    assert file.reports[0].words == 'tab\there, \\slash, "quote"\nand a new line'
    assert file.case.outcome == {"text": "第一行\r\n第二行"}
    changed = file.with_reports(*(r.__class__(**{**_fields(r), "words": "other"}) for r in file.reports))
    assert [b.what for b in verify_chain(changed, entries, seed)] == ["text does not match its digest"]


def _fields(value):
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


@pytest.mark.parametrize(
    ("changes", "state", "task", "promise", "overdue", "because"),
    [
        (
            {"closed": ""},
            "dispatched",
            "sent",
            "running",
            True,
            "it waits at the unit's desk; its promise has passed",
        ),
        ({"closed": "", "unit": ""}, "registered", None, "running", True, "a dispatcher has to decide"),
        ({"closed": "", "due": ""}, "dispatched", "sent", None, False, "no promise was recorded, none is made up"),
        ({"closed": "", "due": "2027-01-04 09:00:00"}, "dispatched", "sent", "running", False, "still in time"),
        ({"closed": "2025-07-01 10:00:00"}, "closed", "done", None, True, "closed after the promise"),
    ],
)
def test_open_records_arrive_where_work_goes_on(
    changes, state, task, promise, overdue, because, small_city, bring_in
):
    bring_in([row(**changes)])
    file, _ = stored(small_city)
    assert (file.case.state, file.case.overdue_raw) == (state, overdue), because
    assert [t.state for t in file.tasks] == ([task] if task else []), because
    assert [c.state for c in file.clocks if c.kind == "promise"] == ([promise] if promise else []), because


def test_a_promise_that_still_runs_warns_and_falls_due_at_its_recorded_moment(small_city, bring_in):
    bring_in([row(closed="", opened="2026-05-29 09:00:00", due="2026-06-05 09:00:00")])
    file, _ = stored(small_city)
    (clock,) = file.clocks
    assert clock.due_at == datetime(2026, 6, 5, 1, 0, tzinfo=UTC)
    assert datetime.fromisoformat(clock.warn_at[-1]) == clock.due_at
    assert clock.fires_at is not None
    assert clock.fires_at > NOW.now()
    assert file.case.next_due_at == clock.due_at


def test_a_second_import_changes_nothing(small_city, bring_in):
    rows = [row(id=str(i)) for i in range(7)]
    first = bring_in(rows)
    before = contents()
    second = bring_in([*rows, row(id="8", kind="nonsense")])
    assert (first.new, second.new, second.known, second.rejected) == (7, 0, 7, 1)
    assert contents() == before


def test_an_import_that_was_broken_off_goes_on_where_it_stopped(small_city, bring_in, monkeypatch):
    rows = [row(id=str(i)) for i in range(10)]
    send, sent = importing._send, []

    def break_off(batch):
        if len(sent) == 2:
            raise ConnectionError("the machine lost its power")
        sent.append(batch)
        send(batch)

    monkeypatch.setattr(importing, "_send", break_off)
    with pytest.raises(ConnectionError):
        bring_in(rows)
    assert len(contents()["cases_case"]) == 4
    monkeypatch.setattr(importing, "_send", send)
    done = bring_in(rows)
    assert (done.new, done.known) == (6, 4)
    assert {case: len(found) for case, found in contents().items()} == dict.fromkeys(TABLES[:3], 10) | {
        "cases_clock": 0,
        "cases_entry": 10,
        "cases_reporter": 0,
    }


def test_a_batch_is_kept_whole_or_not_at_all(small_city, bring_in, monkeypatch):
    copy_in = importing.copy_in

    def fail_at_entries(cursor, kind, text):
        if kind is importing.Entry:
            raise ConnectionError("gone")
        copy_in(cursor, kind, text)

    monkeypatch.setattr(importing, "copy_in", fail_at_entries)
    with pytest.raises(ConnectionError):
        bring_in([row()])
    assert all(found == [] for found in contents().values())


@pytest.mark.parametrize(
    ("changes", "code", "because"),
    [
        ({"kind": "hotline:0109"}, "row.unknown_class", "not in the catalogue"),
        ({"kind": "hotline:01"}, "row.unknown_class", "a heading is not filed"),
        ({"unit": "street_e9"}, "row.unknown_unit", "no such unit"),
        ({"x": "30.0011", "y": "110.0011"}, "row.swapped_point", "longitude and latitude exchanged"),
        ({"closed": "2025-06-01 09:00:00"}, "row.closed_before_opened", "it ended before it began"),
        ({"opened": "soon"}, "row.bad_time", "no time"),
        ({"id": "0"}, "row.repeated", "the id stood in the row before"),
    ],
)
def test_what_is_not_taken_is_told_with_row_and_reason(changes, code, because, small_city, bring_in, tmp_path):
    done = bring_in([row(id="0"), row(**changes), row(id="2")])
    assert (done.rows, done.new, done.rejected, done.rejected_by) == (3, 2, 1, {code: 1}), because
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        (told,) = csv.DictReader(file)
    assert (told["row"], told["reason"], told["said"]) == ("3", code, "夜里施工很吵")
    assert told["reason_zh"]
    assert told["reason_en"]


def test_no_rejects_file_is_left_where_nothing_was_rejected(bring_in, tmp_path):
    assert bring_in([row()]).rejected == 0
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("x", "y", "count", "outcome", "because"),
    [
        ("110.0", "30.0", "place_default", {"default_point": True}, "the point that means no place"),
        ("111.5", "30.5", "place_outside", {"outside": [111.5, 30.5]}, "outside the city"),
        ("", "", "place_none", {}, "none told"),
    ],
)
def test_a_record_without_a_usable_place_is_kept_with_its_place_open(
    x, y, count, outcome, because, small_city, bring_in
):
    done = bring_in([row(x=x, y=y, done="")])
    assert (done.new, getattr(done, count)) == (1, 1), because
    case = stored(small_city)[0].case
    assert (case.area, case.lon, case.outcome) == (None, None, outcome), because


def test_name_and_phone_are_sealed_apart_and_found_by_the_number(small_city, bring_in):
    bring_in([row(name="秦晓梅", phone="138 0013 8000", ok="是")])
    file, entries = stored(small_city)
    assert list_case_ids_by_phone(small_city, "13800138000") == [file.case.id]
    assert file.reports[0].reporter_id is not None
    assert (file.reports[0].state, file.reports[0].solved) == ("called_back", "yes")
    told = json.dumps([e.changes for e in entries], ensure_ascii=False) + str(contents()["cases_reporter"])
    assert "秦晓梅" not in told
    assert "13800138000" not in told


def test_a_file_that_breaks_off_keeps_what_was_sent_and_says_where(small_city, tmp_path):
    file = tmp_path / "old.json"
    file.write_text(json.dumps([row(id=str(i)) for i in range(4)])[:-20], encoding="utf-8")
    by_json = mapping(source={**MAPPING["source"], "format": "json"})
    with pytest.raises(TableUnreadable, match="after row 3"):
        import_cases(small_city, file, by_json, NOW, batch=1)
    assert len(contents()["cases_case"]) == 3


@pytest.mark.parametrize(
    ("kind", "state", "because"),
    [
        ("hotline:0901", "closed", "an enquiry that was replied to"),
        ("hotline:0903", "noted", "praise ends noted"),
        ("hotline:0904", "explained", "an unlawful demand is explained"),
        ("gb2013:0137", "closed", "a lamp reported by phone ends like any street matter"),
    ],
)
def test_a_finished_record_stands_at_the_end_that_its_path_has(kind, state, because, small_city, bring_in):
    bring_in([row(kind=kind)])
    assert stored(small_city)[0].case.state == state, because


def test_the_counts_add_up(bring_in):
    rows = [row(id="1"), row(id="2", closed=""), row(id="3", opened=""), row(id="1"), row(id="4", unit="")]
    done = bring_in(rows, batch=3)
    assert done.rows == done.new + done.known + done.rejected == 5
    assert done.new == done.finished + done.open == 3
    assert done.with_unit == 2


def test_rows_are_not_held_in_memory(small_city, tmp_path, monkeypatch):
    """However long the file, only the batch at hand is asked of the reader."""
    file = write_rows(tmp_path / "old.csv", [row(id=str(i)) for i in range(9)])
    asked, stored_then = [], []
    read_table = importing.read_table

    def counted(path: Path, by):
        for each in read_table(path, by):
            asked.append(each.number)
            yield each

    monkeypatch.setattr(importing, "read_table", counted)
    import_cases(
        small_city, file, mapping(), NOW, batch=3, progress=lambda done: stored_then.append((done.rows, len(asked)))
    )
    assert stored_then == [(3, 3), (6, 6), (9, 9), (9, 9)]
