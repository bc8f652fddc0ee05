"""The city as a client of another Open311 server: what is pulled, pushed and taken back, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from click.testing import CliRunner
from django.db import connection
from tests.cases.life import LAMP, REFUSE, Life, at
from tests.exchange.open311.make_believe import POTHOLE, MakeBelieve, make_believe

from cityloom.base.errors import CityloomError
from cityloom.cases.keeping import find_report_once, get_file_by_id
from cityloom.cases.values import CaseFile
from cityloom.city.values import PartnerDoor
from cityloom.exchange.actions.pull_open311 import pull_open311
from cityloom.exchange.actions.push_open311 import push_open311
from cityloom.exchange.models import Open311Cursor
from cityloom.exchange.open311.client import Open311Server, ServerAway, ServerRefused

pytestmark = pytest.mark.django_db(transaction=True)
NEIGHBOUR = "990200"


@pytest.fixture
def theirs(life: Life) -> Iterator[MakeBelieve]:
    """The neighbour's server, and the small city that knows it."""
    with make_believe() as server:
        door = PartnerDoor(server.url, "river.example", {"lamps": LAMP})
        settings = replace(life.city.settings, partner_doors={NEIGHBOUR: door})
        life.city = replace(life.city, config=replace(life.city.config, settings=settings))
        yield server


def client_of(theirs: MakeBelieve) -> Open311Server:
    return Open311Server(theirs.url, "river.example", "our-key", timeout_s=5)


def pull(life: Life, theirs: MakeBelieve):
    return pull_open311(life.city, NEIGHBOUR, client_of(theirs), life.clock)


def push(life: Life, theirs: MakeBelieve):
    return push_open311(life.city, NEIGHBOUR, client_of(theirs), life.clock)


def pulled_file(life: Life, their_id: str) -> CaseFile:
    with connection.cursor() as cursor:
        report = find_report_once(cursor, life.city.id, None, f"open311:{NEIGHBOUR}:{their_id}")
        assert report is not None
        return get_file_by_id(cursor, report.case_id)


def case_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case")
        return cursor.fetchone()[0]


# --- pulling ----------------------------------------------------------------------------------------------------


def test_what_the_neighbour_was_told_becomes_a_case_here_once(life, theirs):
    theirs.requests = [POTHOLE]
    assert pull(life, theirs).received == 1
    file = pulled_file(life, "N-101")
    assert (file.case.source, file.case.class_code, file.case.lead_unit) == ("partner", LAMP, "lighting_co")
    assert file.reports[0].words.startswith("The lamp by the footbridge")
    assert file.reports[0].occurred_at == datetime.fromisoformat(POTHOLE["requested_datetime"])
    assert file.reports[0].reporter_id is None
    again = pull(life, theirs)
    assert (again.received, again.known) == (0, 1)
    assert case_count() == 1


def test_a_pull_asks_for_what_changed_since_the_last_change_it_saw(life, theirs):
    theirs.requests = [POTHOLE]
    pull(life, theirs)
    assert theirs.asked[0]["updated_after"] == "2026-03-03T01:00:00Z", "the first time the last 90 days"
    assert theirs.asked[0]["jurisdiction_id"] == "river.example"
    pull(life, theirs)
    assert theirs.asked[-1]["updated_after"] == "2026-05-31T12:15:00Z"
    cursor = Open311Cursor.objects.get()
    assert cursor.read_at == life.clock.now()


def test_a_moment_that_has_not_come_does_not_move_the_cursor(life, theirs):
    theirs.requests = [{**POTHOLE, "updated_datetime": "2199-01-01T00:00:00Z"}]
    pull(life, theirs)
    assert Open311Cursor.objects.get().updated_at < life.clock.now()


@pytest.mark.parametrize("knows_pages", [True, False])
def test_all_pages_are_read_also_of_a_server_that_knows_none(life, theirs, knows_pages):
    theirs.knows_pages = knows_pages
    count = 102 if knows_pages else 100
    theirs.requests = [{**POTHOLE, "service_request_id": f"N-{i}"} for i in range(count)]
    assert pull(life, theirs).received == count


ODD = [
    ({"lat": "31.5"}, "beyond the border: a person finds the place"),
    ({"lat": "nan"}, "a number that is none"),
    ({"lat": ""}, "no place"),
    ({"service_code": "unheard-of"}, "a service nobody mapped"),
    ({"requested_datetime": "yesterday"}, "a moment that is none"),
    ({"description": ""}, "no words but the service's name"),
]


@pytest.mark.parametrize(("change", "because"), ODD, ids=[o[1] for o in ODD])
def test_an_odd_request_is_kept_as_far_as_it_is_understood(life, theirs, change, because):
    theirs.requests = [{**POTHOLE, **change}]
    done = pull(life, theirs)
    assert (done.received, done.refused) == (1, {}), because


def test_what_cannot_be_kept_is_told_and_holds_nothing_up(life, theirs):
    theirs.requests = [{**POTHOLE, "description": "长" * 3000}, {**POTHOLE, "service_request_id": "N-102"}]
    done = pull(life, theirs)
    assert done.refused == {"N-101": "error.too_long"}
    assert done.received == 1


def test_what_ended_there_is_told_to_who_works_on_it_here_once(life, theirs):
    theirs.requests = [POTHOLE]
    pull(life, theirs)
    theirs.requests = [{**POTHOLE, "status": "closed", "status_notes": "The crew found it lit"}]
    assert pull(life, theirs).closed == 1
    assert pull(life, theirs).closed == 0
    life.number = pulled_file(life, "N-101").case.number
    assert life.moves.count("supplement") == 1
    assert life.entries[-1].text == "The crew found it lit"
    assert life.broken() == []


# --- pushing ----------------------------------------------------------------------------------------------------


def hand_over(life: Life) -> str:
    number = life.report("hotline", by="agent", class_code=REFUSE, words="我叫秦晓梅，垃圾没人管").number
    life.move("hand_over", "dispatcher", reason="partner.their_duty", note="对岸垃圾", partner=NEIGHBOUR)
    life.decide("grant", "supervisor")
    return number


def test_what_was_handed_over_is_posted_without_anything_of_the_resident(life, theirs):
    number = hand_over(life)
    assert push(life, theirs).sent == 1
    (sent,) = theirs.posted
    assert sent["description"] == "对岸垃圾"
    assert sent["service_code"] == "gb2013-E0110"
    assert (sent["api_key"], sent["account_id"], sent["jurisdiction_id"]) == ("our-key", number, "river.example")
    assert "秦晓梅" not in "".join(sent.values())
    assert life.file.case.partner_number == "S-1"
    assert push(life, theirs).sent == 0
    assert len(theirs.posted) == 1


def test_what_ended_there_is_done_here(life, theirs):
    hand_over(life)
    push(life, theirs)
    theirs.requests = [
        {**POTHOLE, "service_request_id": "S-1", "status": "closed", "status_notes": "Cleared at noon"}
    ]
    life.clock.at = at(6, 2)
    assert push(life, theirs).taken_back == 1
    assert life.state != "with_partner"
    assert "partner_done" in life.moves
    done = next(e for e in life.entries if e.move == "partner_done")
    assert done.text == "Cleared at noon"
    assert push(life, theirs).taken_back == 0
    assert life.broken() == []


def test_what_was_pushed_is_not_pulled_as_something_new(life, theirs):
    hand_over(life)
    push(life, theirs)
    theirs.requests = [{**POTHOLE, "service_request_id": "S-1"}]
    assert pull(life, theirs).received == 0
    assert case_count() == 1


def test_a_token_becomes_a_number_once_the_server_has_one(life, theirs):
    theirs.gives_token = True
    hand_over(life)
    push(life, theirs)
    assert life.file.case.partner_number == "token:S-1"
    assert push(life, theirs).numbered == 0
    theirs.tokens["S-1"] = "777"
    assert push(life, theirs).numbered == 1
    assert life.file.case.partner_number == "777"


def test_a_sending_that_was_not_committed_is_sent_again_under_the_same_key(life, theirs, monkeypatch):
    from cityloom.exchange.actions import push_open311 as pushing

    hand_over(life)
    keep = pushing.keep_moves

    def dies(*args: object) -> None:
        raise RuntimeError("the power failed")

    monkeypatch.setattr(pushing, "keep_moves", dies)
    with pytest.raises(RuntimeError):
        push(life, theirs)
    monkeypatch.setattr(pushing, "keep_moves", keep)
    assert push(life, theirs).sent == 1
    assert len(theirs.posted) == 1, "the server knew the key"
    assert life.number not in theirs.posted[0]["key"], "a stranger who knows the number cannot take the key"


def test_a_refused_case_waits_and_is_told(life, theirs):
    number = hand_over(life)
    theirs.answers["requests.xml"] = (
        404,
        b"<errors><error><code>404</code><description>no such service</description></error></errors>",
    )
    assert push(life, theirs).refused == {number: "open311.server_refused"}
    with pytest.raises(ServerRefused, match="no such service"):
        client_of(theirs).post_request({}, "key")
    theirs.answers.clear()
    assert push(life, theirs).sent == 1
    assert life.file.case.number == number


# --- a server that cannot be trusted ----------------------------------------------------------------------------

BOMB = b"<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><service_requests>&b;</service_requests>"
BAD_ANSWERS = [
    (200, BOMB, "entities"),
    (200, b"<service_requests>", "torn off"),
    (200, b"\xff\xfe\x00", "no text"),
    (200, b"", "empty"),
    (200, b'<?xml version="1.0" encoding="ebcdic-xx"?><a/>', "an unknown encoding"),
    (200, b"<errors><error><description>no</description></error></errors>", "an error told as a success"),
    (500, b"", "broken"),
    (302, b"", "sends elsewhere"),
    (403, b"forbidden", "refuses in its own words"),
]


@pytest.mark.parametrize(("status", "body", "because"), BAD_ANSWERS, ids=[b[2] for b in BAD_ANSWERS])
def test_a_bad_answer_is_one_of_two_refusals(life, theirs, status, body, because):
    theirs.answers["requests.xml"] = (status, body)
    with pytest.raises((ServerAway, ServerRefused)) as told:
        pull(life, theirs)
    assert isinstance(told.value, CityloomError), because
    assert told.value.status == 502
    assert not Open311Cursor.objects.exists()


def test_a_silent_server_is_away(life):
    with pytest.raises(ServerAway):
        Open311Server("http://127.0.0.1:9/v2").list_by_id(["1"])


# --- the command ------------------------------------------------------------------------------------------------


def test_the_command_pulls_and_pushes_and_tells_what_it_did(life, theirs, monkeypatch):
    from cityloom.app import ready
    from cityloom.app.commands import open311
    from cityloom.base import clock

    monkeypatch.setattr(open311, "chosen_city", lambda code: life.city)
    monkeypatch.setattr(clock, "clock_of_settings", lambda: life.clock)
    monkeypatch.setattr(ready, "ready", _already)
    theirs.requests = [POTHOLE]
    told = CliRunner().invoke(open311.command, ["pull"])
    assert told.exit_code == 0, told.output
    assert "received 1" in told.output
    hand_over(life)
    told = CliRunner().invoke(open311.command, ["push", "--json"])
    assert '"sent": 1' in told.output
    assert CliRunner().invoke(open311.command, ["push", "--partner", "nobody"]).exit_code == 2
    theirs.requests = [{**POTHOLE, "service_request_id": "N-9", "description": "长" * 3000}]
    told = CliRunner().invoke(open311.command, ["pull"])
    assert told.exit_code == 1
    assert "N-9: error.too_long" in told.output


class _already:
    """The tests' database is ready already."""

    def __enter__(self) -> None: ...

    def __exit__(self, *wrong: object) -> None: ...
