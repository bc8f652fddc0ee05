"""The walk of the day: in which order, done once whatever the line does, and patrols that belong to who walks."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from tests.cases.life import DRAIN, LAMP, NOISE, REFUSE, SOUTHWEST, Life, at, photo
from tests.cases.tampered_log import each_is_named, tamperings_of

from cityloom.cases import models
from cityloom.cases.actions.apply_retention import apply_retention
from cityloom.cases.actions.end_patrol import end_patrol
from cityloom.cases.actions.record_visit import NoSuchResult, Visit, record_visit
from cityloom.cases.actions.sign_root import sign_root
from cityloom.cases.actions.start_patrol import start_patrol
from cityloom.cases.actions.track_patrol import track_patrol
from cityloom.cases.actions.withdraw_patrol import withdraw_patrol
from cityloom.cases.errors import NotAllowed, StaleVersion
from cityloom.cases.field_sendings import KeyOfAnother, Sending, forget_sendings, moment_of_phone
from cityloom.cases.field_stops import Stop, order_stops, step_of
from cityloom.cases.patrol_rows import list_walks, open_line, walks_of
from cityloom.cases.patrols import CONSENT, BadPoints, NoConsent, NoPatrol, NotYourPatrol, Point, points_of
from cityloom.cases.queries import list_photos
from cityloom.cases.queries_field import list_case_stops
from cityloom.cases.read_log import ReadFilter, list_reads

NOW = at(6, 1, 9)


def stop(key: str, hours: float | None, lon: float | None = 110.0) -> Stop:
    due = None if hours is None else NOW + timedelta(hours=hours)
    return Stop(key, "verify", None, "", "", None, lon, 30.0 if lon else None, due, "1")


@pytest.mark.parametrize(
    ("stops", "here", "wanted", "because"),
    [
        ([stop("late", 30), stop("soon", 5)], None, "soon late", "what is due sooner comes first"),
        ([stop("over", -2, 110.9), stop("near", 1, 110.0)], (110.0, 30.0), "over near", "overdue before near"),
        (
            [stop("a", 3, 110.00), stop("c", 4, 110.02), stop("b", 7, 110.01)],
            None,
            "a b c",
            "equally urgent: begun with the first due, then the nearest",
        ),
        (
            [stop("a", 3, 110.00), stop("b", 7, 110.01), stop("c", 4, 110.02)],
            (110.03, 30.0),
            "c b a",
            "equally urgent: the nearest to where one stands",
        ),
        (
            [stop("a", 1, 110.02), stop("b", 3, 110.00), stop("c", 4, 110.021)],
            None,
            "a c b",
            "the next step goes on from where the one before ended",
        ),
        ([stop("open", None), stop("day", 20)], None, "day open", "without a moment last"),
        ([stop("nowhere", 3, None), stop("b", 4)], (110.0, 30.0), "b nowhere", "without a place after its equals"),
        ([], None, "", "nothing to do"),
    ],
)
def test_a_walk_goes_by_time_left_and_then_by_the_way(stops, here, wanted, because):
    assert " ".join(s.key for s in order_stops(stops, NOW, here)) == wanted, because


def test_urgency_has_five_steps():
    assert [step_of(NOW + timedelta(hours=h), NOW) for h in (-1, 0, 1, 2, 3, 8, 9, 24, 25)] == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
    ]


def stops_of(life: Life, login: str = "collector") -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        return [(s.kind, s.key) for s in list_case_stops(cursor, life.city, life.post(login), life.clock.now())]


def visit(life: Life, result: str, key: str = "", by: str = "collector", version: int | None = None, **more):
    seen = life.file.case.version if version is None else version
    sending = Sending(key or str(uuid.uuid4()), "case", life.number)
    said = Visit(
        result,
        str(more.pop("note", "现场属实")),
        seen,
        more.pop("class_code", None),
        state=more.pop("state", ""),
        seen_class=DRAIN,
        occurred_at=more.pop("at", None),
    )
    return record_visit(life.city, sending, said, life.post(by), life.clock, **more)


def test_a_public_report_is_a_stop_until_somebody_looked_and_a_second_try_does_nothing(
    life: Life, django_assert_max_num_queries
):
    life.report(class_code=DRAIN)
    with django_assert_max_num_queries(6):
        assert stops_of(life) == [("verify", life.number)]
    assert stops_of(life, "collector2") == [], "another street's"
    key, seen = str(uuid.uuid4()), life.file.case.version
    done = at(6, 1, 9, 5)
    life.clock.advance(minutes=30)
    first = visit(life, "real", key, version=seen, at=done, pictures=[photo()])
    assert (first.again, first.answer["state"]) == (False, life.state)
    assert visit(life, "real", key, version=seen, pictures=[photo("red")]).again
    verified = [e for e in life.entries if e.move == "verify"]
    assert [(e.occurred_at, e.recorded_at) for e in verified] == [(done, life.clock.now())], "as the phone says it"
    with connection.cursor() as cursor:
        assert [p.kind for p in list_photos(cursor, life.file.case.id)] == ["check"]
    with pytest.raises(KeyOfAnother):
        visit(life, "real", key, by="checker")
    assert stops_of(life) == []
    assert life.broken() == []


def test_a_visit_that_comes_too_late_is_refused_and_its_key_is_free(life: Life):
    life.report(class_code=DRAIN)
    seen = life.file.case.version
    life.move("supplement", "checker", note="又有人说起")
    visit(life, "real", by="checker", version=seen, state="reported")  # a word that was added changes nothing of it
    for state in ("", "reported"):
        with pytest.raises(StaleVersion):
            visit(life, "real", version=seen, state=state)
    assert models.FieldSending.objects.count() == 1
    life.clock.advance(days=61)
    assert forget_sendings(life.clock.now() - timedelta(days=60)) == 1


def test_another_class_is_said_by_who_stands_there(life: Life):
    life.report(class_code=DRAIN)
    with pytest.raises(NoSuchResult):
        visit(life, "other_class")
    visit(life, "other_class", class_code=LAMP)
    assert life.file.case.class_code == LAMP


def test_nothing_there_is_asked_for_and_a_shift_lead_ends_it(life: Life):
    life.report(class_code=REFUSE)
    visit(life, "not_found", note="现场没有发现", pictures=[photo()])
    assert life.state == "reported"
    assert stops_of(life) == [], "it waits for a second person"
    with pytest.raises(NotAllowed):
        life.decide("grant", "dispatcher")
    life.decide("grant", "shift")
    assert life.state == "not_accepted"
    assert life.entries[-2].changes["asked"]["move"] == "not_accept"
    with connection.cursor() as cursor:
        assert [p.kind for p in list_photos(cursor, life.file.case.id)] == ["check"]
    assert life.broken() == []


def test_work_is_checked_or_sent_back(life: Life):
    life.report("grid_worker", "collector", class_code=LAMP)
    for move in ("sign", "handle"):
        life.move(move, "handler_lighting", note="已修", pictures=[photo()] if move == "handle" else ())
    assert stops_of(life) == [("check", life.number)]
    visit(life, "not_done", note="仍不亮")
    assert life.state == "signed"
    life.move("handle", "handler_lighting", note="已修", pictures=[photo()])
    visit(life, "passed", pictures=[photo()], before_pictures=[photo("red")])
    assert "pass_check" in life.moves
    with connection.cursor() as cursor:
        assert [p.kind for p in list_photos(cursor, life.file.case.id)] == ["after", "after", "before", "check"]


@pytest.mark.parametrize(
    ("told", "wanted", "because"),
    [
        ("2026-06-01T08:30:00+08:00", at(6, 1, 8, 30), "half an hour ago"),
        ("2026-06-01T01:01:00Z", NOW, "a clock a minute ahead"),
        ("2026-06-01T10:00:00+08:00", None, "an hour ahead"),
        ("2026-05-01T08:30:00+08:00", None, "a month ago"),
        ("2026-06-01T08:30:00", None, "no zone"),
        ("", None, "none"),
    ],
)
def test_a_phone_is_believed_within_measure(told, wanted, because):
    assert moment_of_phone(told, NOW) == wanted, because


# --- patrols ----------------------------------------------------------------------------------------------------


def point(life: Life, minutes: int, lon: float = 110.0011, lat: float = 30.0011, accuracy: int = 10) -> Point:
    return Point(life.clock.now() + timedelta(minutes=minutes), lon, lat, accuracy)


def test_a_patrol_needs_consent_is_kept_once_and_seen_by_few_who_leave_a_trace_nobody_can_change(life: Life):
    collector, supervisor = life.post("collector"), life.post("supervisor")
    with pytest.raises(NoConsent):
        start_patrol(life.city, "", collector, life.clock)
    with pytest.raises(NotYourPatrol):
        start_patrol(life.city, CONSENT, life.post("dispatcher"), life.clock)
    patrol = start_patrol(life.city, CONSENT, collector, life.clock)
    assert start_patrol(life.city, CONSENT, collector, life.clock) == patrol, "one at a time"
    batch = [
        point(life, 1),
        point(life, 2, accuracy=900),
        point(life, -5),
        point(life, 3, 0.0, 0.0),
        point(life, 4, *SOUTHWEST),
    ]
    life.clock.advance(minutes=10)
    assert track_patrol(life.city, patrol, batch, collector, life.clock) == 2
    assert track_patrol(life.city, patrol, batch, collector, life.clock) == 2
    assert models.PatrolPoint.objects.count() == 2, "once, though it came twice"
    assert end_patrol(life.city, collector, life.clock)
    assert not end_patrol(life.city, collector, life.clock)
    (walk,) = walks_of(life.city, "collector", life.clock.now().date())
    assert walk.touched == 1, "the second point lies beyond the person's own street"
    assert walk.share == pytest.approx(1 / walk.whole)

    with pytest.raises(NotYourPatrol):
        open_line(life.city, patrol, life.post("collector2"), life.clock.now())
    assert len(open_line(life.city, patrol, collector, life.clock.now()).points) == 2
    assert list_reads(life.city, ReadFilter(person="supervisor")) == []
    assert [w.id for w in list_walks(life.city, supervisor, walk.day)] == [patrol]
    open_line(life.city, patrol, supervisor, life.clock.now())
    (read,) = list_reads(life.city, ReadFilter(person="supervisor"))
    assert (read.log, read.what) == ("patrol_read", "collector")
    assert sign_root(life.city, life.clock).logs == 1
    table = "cases_patrol_read"
    each_is_named(life.city, "patrol_read", table, tamperings_of(table, "city_id, patrol_id, login, by_role"))


def test_taking_consent_back_deletes_the_days_points(life: Life):
    collector = life.post("collector")
    patrol = start_patrol(life.city, CONSENT, collector, life.clock)
    life.clock.advance(minutes=10)
    track_patrol(life.city, patrol, [point(life, -5)], collector, life.clock)
    assert withdraw_patrol(life.city, life.clock.now().date(), collector, life.clock) == 1
    assert models.PatrolPoint.objects.count() == 0
    with pytest.raises(NoPatrol):
        track_patrol(life.city, patrol, [point(life, -4)], collector, life.clock)
    (walk,) = walks_of(life.city, "collector", life.clock.now().date())
    assert (walk.withdrawn, walk.touched) == (True, 0)


def test_points_go_when_they_were_kept_long_enough(life: Life):
    collector = life.post("collector")
    patrol = start_patrol(life.city, CONSENT, collector, life.clock)
    life.clock.advance(minutes=10)
    track_patrol(life.city, patrol, [point(life, -5)], collector, life.clock)
    end_patrol(life.city, collector, life.clock)
    life.clock.advance(days=31)
    done = {a.kind: a.done for a in apply_retention(life.city, life.clock)}
    assert done["patrols"] == 1
    (walk,) = walks_of(life.city, "collector", at(6, 1).date())
    assert walk.touched == 1, "how much was walked stays, where does not"


@pytest.mark.parametrize("told", [{}, [1], [{"at": "x"}],
                                  [{"at": "2026-06-01", "lon": 1, "lat": 1, "accuracy": 1}],
                                  [{"at": "2026-06-01T08:00Z", "lon": "nan", "lat": 1, "accuracy": 1}]])  # fmt: skip
def test_a_batch_that_is_none_is_refused_whole(told):
    with pytest.raises(BadPoints):
        points_of(told)


def test_no_noise_of_the_hotline_is_a_stop(life: Life):
    life.report("hotline", "agent", class_code=NOISE)
    assert stops_of(life) == []
