"""A record goes through the real actions at its own times, and only once."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from tests.exchange.records_of_small_city import mapping, row, write_rows

from cityloom.cases.keeping import chain_seed, find_report_once, get_file_by_id, list_entries
from cityloom.cases.verifying import verify_chain
from cityloom.exchange.actions import replay_records as replaying
from cityloom.exchange.actions.import_cases import import_cases
from cityloom.exchange.actions.replay_records import replay_records

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def play(small_city, tmp_path):
    """Replay rows in the small city."""

    def run(rows, **window):
        return replay_records(small_city, write_rows(tmp_path / "old.csv", rows), mapping(), **window)

    return run


def stored(city, source_id="1"):
    with connection.cursor() as cursor:
        report = find_report_once(cursor, city.id, None, f"old-hotline:{source_id}")
        assert report is not None
        return get_file_by_id(cursor, report.case_id), list_entries(cursor, report.case_id)


def lived(entries):
    return [
        (e.move, e.to_state, e.occurred_at.astimezone(UTC).isoformat()[:16]) for e in entries if e.subject == "case"
    ]


def test_a_record_lives_through_its_path_at_its_own_times(small_city, play):
    done = play([row(ok="是", phone="13800138000")])
    file, entries = stored(small_city)
    assert lived(entries) == [
        ("receive", "registered", "2025-06-03T01:10"),
        ("dispatch", "dispatched", "2025-06-03T01:10"),
        ("sign", "signed", "2025-06-03T02:10"),
        ("contact", "contacted", "2025-06-03T02:10"),
        ("handle", "handled", "2025-06-05T07:00"),
        ("reply", "replied", "2025-06-05T07:00"),
        ("close", "closed", "2025-06-05T07:00"),
    ]
    assert file.reports[0].solved == "yes"
    assert (done.received, done.closed, done.lead_agrees, done.overdue_agrees) == (1, 1, 1, 1)
    assert verify_chain(file, entries, chain_seed(small_city.code, file.case.number)) == []


@pytest.mark.parametrize(
    ("changes", "moves", "counted", "because"),
    [
        ({}, ["dispatch", "sign", "contact"], {"dispatched_by_duty": 1, "lead_agrees": 1}, "the duty's unit had it"),
        (
            {"unit": "water_co"},
            ["dispatch", "return", "redispatch", "sign", "contact"],
            {"dispatched_by_duty": 1, "lead_agrees": 0},
            "another unit had it: the first returns it, the dispatcher sends it on",
        ),
        (
            {"x": "", "y": ""},
            ["queue", "dispatch", "sign", "contact"],
            {"dispatched_by_duty": 0, "queued_because": {"duty.place_open": 1}},
            "without a place the dispatcher chooses the recorded unit",
        ),
        (
            {"kind": "", "unit": ""},
            ["queue"],
            {"queued_because": {"duty.class_open": 1}, "still_open": 1},
            "without class and unit it waits for a person",
        ),
    ],
)
def test_the_recorded_unit_gets_the_case_by_moves_that_are_allowed(
    changes, moves, counted, because, small_city, play
):
    done = play([row(closed="", **changes)])
    file, entries = stored(small_city)
    assert [e.move for e in entries if e.subject == "case"] == ["receive", *moves], because
    assert {name: getattr(done, name) for name in counted} == counted, because
    assert file.case.lead_unit == (changes.get("unit", "street_e1") or None)


def test_clocks_fire_between_the_moves_at_their_own_moments(small_city, play):
    done = play([row(closed="2025-06-25 10:00:00"), row(id="2", opened="2025-06-24 10:00:00", closed="")])
    file, entries = stored(small_city)
    told = [(e.move, e.occurred_at) for e in entries if e.subject == "clock"]
    assert done.clocks_fired >= len(told) > 0
    assert [moment for _, moment in told] == sorted(moment for _, moment in told)
    assert {move for move, _ in told} == {"warn", "overdue", "due"}
    assert file.case.overdue_raw is True
    assert [e.recorded_at for e in entries] == sorted(e.recorded_at for e in entries)


def test_lateness_by_our_clocks_is_held_against_the_record(play):
    late, early = row(closed="2025-06-30 10:00:00"), row(id="2", due="2025-06-04 09:00:00")
    done = play([late, early])
    assert (done.overdue_compared, done.overdue_agrees) == (2, 1)


def test_a_second_replay_receives_nothing_again(small_city, play):
    rows = [row(), row(id="2", closed="")]
    play(rows)
    before = [stored(small_city, i) for i in ("1", "2")]
    again = play(rows)
    assert (again.received, again.known) == (0, 2)
    assert [stored(small_city, i) for i in ("1", "2")] == before


def test_a_replay_that_was_broken_off_takes_up_the_rest_of_each_course(small_city, play, monkeypatch):
    move_case, made = replaying.move_case, []

    def break_off(*args, **more):
        if len(made) == 1:
            raise ConnectionError("the machine lost its power")
        made.append(args)
        return move_case(*args, **more)

    monkeypatch.setattr(replaying, "move_case", break_off)
    with pytest.raises(ConnectionError):
        play([row()])
    assert stored(small_city)[0].case.state == "signed"
    monkeypatch.setattr(replaying, "move_case", move_case)
    done = play([row()])
    assert (done.received, done.known, done.closed) == (0, 1, 1)
    assert [move for move, _, _ in lived(stored(small_city)[1])][-3:] == ["handle", "reply", "close"]


def test_what_was_imported_is_not_replayed_and_the_other_way_round(small_city, play, tmp_path):
    file = write_rows(tmp_path / "imported.csv", [row()])
    clock = replaying.GivenClock(datetime(2026, 1, 1, tzinfo=UTC))
    import_cases(small_city, file, mapping(), clock)
    done = play([row(), row(id="2")])
    assert (done.received, done.known) == (1, 1)
    file = write_rows(tmp_path / "imported.csv", [row(id="2")])
    assert import_cases(small_city, file, mapping(), clock).known == 1


@pytest.mark.parametrize(
    ("first", "last", "received", "because"),
    [
        (date(2025, 6, 3), date(2025, 6, 3), 2, "both days count, by the city's midnight"),
        (date(2025, 6, 4), None, 1, "from that day on"),
        (None, date(2025, 6, 2), 0, "until that day"),
    ],
)
def test_only_the_days_asked_for_are_replayed(first, last, received, because, play):
    opened = ["2025-06-03 00:00:00", "2025-06-03 23:59:59", "2025-06-04 00:00:00"]
    done = play([row(id=str(i), opened=moment) for i, moment in enumerate(opened)], first=first, last=last)
    assert (done.received, done.skipped) == (received, 3 - received), because


def test_every_row_is_counted(play, tmp_path):
    rows = [row(), row(), row(id="2", kind="nonsense"), row(id="3", opened="2025-07-01 08:00:00", closed="")]
    done = play(rows, last=date(2025, 6, 30), rejects=tmp_path / "out.csv")
    assert done.rows == 4 == done.skipped + done.rejected + done.known + done.received + done.refused
    assert done.rejected_by == {"row.repeated": 1, "row.unknown_class": 1}


def test_a_step_that_needs_more_than_a_record_tells_is_counted_not_forced(small_city, play):
    done = play([row(kind="gb2013:E0110", via="电话", unit="east_urban")])
    assert stored(small_city)[0].case.state == "signed"
    assert dict(done.stuck_in) == {"signed": 1}
    assert list(done.refused_by) == ["handle: error.missing_need"]
