"""Rounds with partners' servers: by their own rhythm, later each time while one is silent, and endings told there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from tests.cases.life import LAMP, Life
from tests.exchange.open311.make_believe import POTHOLE, MakeBelieve, make_believe

from cityloom.app import figures
from cityloom.app.health_checks import looks
from cityloom.cases.keeping import find_report_once, get_file_by_id
from cityloom.city.snapshot_values import City
from cityloom.city.values import PartnerDoor
from cityloom.exchange.actions.meet_partners import LEASE, LONGEST_WAIT, list_silent, meet_partners, wait_after
from cityloom.exchange.actions.pull_open311 import pull_open311
from cityloom.exchange.actions.tell_endings import MOST_TRIES, tell_endings
from cityloom.exchange.models import Open311Ending, Open311Round
from cityloom.exchange.open311.client import Open311Server, ServerAway

pytestmark = pytest.mark.django_db(transaction=True)
NEIGHBOUR = "990200"
AWAY = "http://127.0.0.1:9/v2"  # where nobody listens
REFUSED = b"<errors><error><code>403</code><description>no updates here</description></error></errors>"


def with_door(city: City, **door: object) -> City:
    doors = {NEIGHBOUR: replace(PartnerDoor("", "river.example", {"lamps": LAMP}, 15, True), **door)}  # type: ignore[arg-type]
    settings = replace(city.settings, partner_doors=doors)
    return replace(city, config=replace(city.config, settings=settings))


@pytest.fixture
def theirs(life: Life) -> Iterator[MakeBelieve]:
    """The neighbour's server, and the small city that speaks with it every quarter of an hour."""
    with make_believe() as server:
        life.city = with_door(life.city, open311=server.url)
        yield server


def client_of(theirs: MakeBelieve) -> Open311Server:
    return Open311Server(theirs.url, "river.example", "our-key", timeout_s=5)


def meet(life: Life):
    def server_of(partner: str, door: PartnerDoor) -> Open311Server:
        return Open311Server(door.open311, door.jurisdiction, "our-key", timeout_s=5)

    return list(meet_partners(life.city, server_of, life.clock))


def pulled(life: Life, theirs: MakeBelieve) -> None:
    """Their lamp is a case here, and at hand."""
    theirs.requests = [POTHOLE]
    pull_open311(life.city, NEIGHBOUR, client_of(theirs), life.clock)
    with connection.cursor() as cursor:
        report = find_report_once(cursor, life.city.id, None, f"open311:{NEIGHBOUR}:N-101")
        assert report is not None
        life.number = get_file_by_id(cursor, report.case_id).case.number


def tell(life: Life, theirs: MakeBelieve):
    return tell_endings(life.city, NEIGHBOUR, client_of(theirs), life.clock)


# --- endings ----------------------------------------------------------------------------------------------------


def test_what_was_pulled_and_has_ended_here_is_told_there_once(life, theirs):
    pulled(life, theirs)
    assert tell(life, theirs).told == 0, "it goes on"
    life.move("void", "shift", reason="voided.test", note="秦晓梅说不用了")
    assert tell(life, theirs).told == 1
    (update,) = theirs.updated
    assert update["service_request_id"] == "N-101"
    assert update["status"] == "CLOSED"
    assert update["api_key"] == "our-key"
    assert update["jurisdiction_id"] == "river.example"
    assert update["update_id"].startswith(life.number)
    assert "秦晓梅" not in "".join(update.values()), "what was written stays here"
    assert tell(life, theirs).told == 0
    assert len(theirs.updated) == 1


def test_what_ended_there_first_is_not_told_back(life, theirs):
    pulled(life, theirs)
    theirs.requests = [{**POTHOLE, "status": "closed", "status_notes": "lit again"}]
    pull_open311(life.city, NEIGHBOUR, client_of(theirs), life.clock)
    life.move("void", "shift", reason="voided.test", note="那边已办结")
    assert tell(life, theirs).told == 0


def test_what_a_resident_reported_here_is_told_to_nobody(life, theirs):
    life.report(class_code=LAMP)
    life.move("void", "shift", reason="voided.test", note="测试")
    assert tell(life, theirs).told == 0


def test_a_refused_telling_is_tried_later_each_time_and_given_up_at_last(life, theirs):
    pulled(life, theirs)
    life.move("void", "shift", reason="voided.test", note="测试")
    theirs.answers["servicerequestupdates.xml"] = (403, REFUSED)
    assert tell(life, theirs).refused == {"N-101": "open311.server_refused"}
    assert tell(life, theirs).refused == {}, "not at once again"
    tries = 1
    for _ in range(20):
        life.clock.advance(days=3)
        tries += len(tell(life, theirs).refused)
    assert tries == MOST_TRIES
    row = Open311Ending.objects.get()
    assert (row.told_at, row.next_at, row.reason) == (None, None, "open311.server_refused")


def test_errors_told_as_a_success_are_a_refusal_too(life, theirs):
    pulled(life, theirs)
    life.move("void", "shift", reason="voided.test", note="测试")
    theirs.answers["servicerequestupdates.xml"] = (200, REFUSED)
    assert tell(life, theirs).told == 0
    theirs.answers["servicerequestupdates.xml"] = (200, b"")
    life.clock.advance(hours=2)
    assert tell(life, theirs).told == 1, "an answer without words is one"


def test_a_silent_server_is_told_with_the_next_round(life, theirs):
    pulled(life, theirs)
    life.move("void", "shift", reason="voided.test", note="测试")
    theirs.answers["servicerequestupdates.xml"] = (503, b"")
    with pytest.raises(ServerAway):
        tell(life, theirs)
    theirs.answers.clear()
    assert tell(life, theirs).told == 1


# --- rounds -----------------------------------------------------------------------------------------------------


def test_a_round_pulls_pushes_and_tells_and_the_next_one_has_its_time(life, theirs):
    theirs.requests = [POTHOLE]
    (met,) = meet(life)
    assert (met.partner, met.failure) == (NEIGHBOUR, "")
    assert met.pulled is not None
    assert met.pulled.received == 1
    assert dict(met.counts())["received"] == 1
    assert meet(life) == [], "not yet"
    life.clock.advance(minutes=15)
    assert len(meet(life)) == 1


def test_endings_are_told_only_where_the_folder_says_so(life, theirs):
    pulled(life, theirs)
    life.move("void", "shift", reason="voided.test", note="测试")
    life.city = with_door(life.city, open311=theirs.url, tells_ends=False)
    assert meet(life)[0].told is None
    assert theirs.updated == []
    life.city = with_door(life.city, open311=theirs.url)
    life.clock.advance(minutes=15)
    assert meet(life)[0].told.told == 1


def test_a_partner_without_a_rhythm_waits_for_the_command(life, theirs):
    life.city = with_door(life.city, open311=theirs.url, every_min=0)
    assert meet(life) == []
    assert not Open311Round.objects.exists()


def test_a_silent_partner_is_asked_later_each_time_and_watched(life, monkeypatch):
    life.city = with_door(life.city, open311=AWAY)
    monkeypatch.setattr(figures, "current_city", lambda code: life.city)
    (first,) = meet(life)
    assert first.failure == "open311.server_away"
    since = life.clock.now()
    life.clock.advance(minutes=15)
    assert meet(life) == [], "a quarter of an hour is not enough after a failure"
    life.clock.advance(minutes=15)
    assert meet(life)[0].failure
    (silent,) = list_silent()
    assert (silent.city, silent.partner, silent.since, silent.failures) == ("990100", NEIGHBOUR, since, 2)
    look = next(each for each in looks() if each.what == "partners")
    assert (look.ok, look.needed) == (False, False)
    assert NEIGHBOUR in look.says
    stored = figures.look(life.clock.now())
    assert stored.silent_partners == (("990100", NEIGHBOUR, 1800.0),)
    told = figures.StoredFigures(lambda: life.clock).registry()
    labels = {"city": "990100", "partner": NEIGHBOUR}
    assert told.get_sample_value("cityloom_partner_silent_seconds", labels) == 1800.0
    monkeypatch.setattr(figures, "current_city", lambda code: with_door(life.city, every_min=0))
    assert figures.silences() == [], "the folder says that nobody waits for it any more"


def test_one_good_answer_ends_the_silence(life, theirs):
    life.city = with_door(life.city, open311=AWAY)
    meet(life)
    life.city = with_door(life.city, open311=theirs.url)
    life.clock.advance(minutes=30)
    assert meet(life)[0].failure == ""
    assert list_silent() == []
    row = Open311Round.objects.get()
    assert (row.failures, row.reason, row.answered_at) == (0, "", life.clock.now())


def test_a_round_is_taken_by_one_worker_and_again_once_that_one_is_gone(life, theirs, monkeypatch):
    from cityloom.exchange.actions import meet_partners as meeting

    def dies(*args: object) -> None:
        raise RuntimeError("the worker was killed")

    real = meeting.pull_open311
    monkeypatch.setattr(meeting, "pull_open311", dies)
    with pytest.raises(RuntimeError):
        meet(life)
    monkeypatch.setattr(meeting, "pull_open311", real)
    assert meet(life) == [], "it is still the other one's"
    life.clock.advance(seconds=LEASE.total_seconds())
    assert len(meet(life)) == 1


@pytest.mark.parametrize(
    ("failures", "minutes", "because"),
    [
        (1, 30, "twice as long after the first"),
        (2, 60, "and again"),
        (4, 240, "and again"),
        (5, 360, "six hours at most"),
        (1000, 360, "however often"),
    ],
)
def test_the_wait_grows_with_each_failure(failures: int, minutes: int, because: str):
    assert wait_after(timedelta(minutes=15), failures) == timedelta(minutes=minutes), because


def test_a_rhythm_slower_than_the_longest_wait_stays():
    assert wait_after(timedelta(days=1), 3) == timedelta(days=1) > LONGEST_WAIT
