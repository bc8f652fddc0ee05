"""The demo's day through the real doors: people at the pages of the small city, with sessions, tokens and forms."""

import random
import threading
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from tests.cases.life import Life, photo

from cityloom.base.clock import GivenClock
from cityloom.cases.models import Case, Entry, Report
from cityloom.city.values import Post, Role, Source
from cityloom.exchange.demo.doors import Answer, DoorShut, Person
from cityloom.exchange.demo.live import DoorPlayer, _report_fields
from cityloom.exchange.demo.sayings import Said

PASSWORD = "a-demo-password-of-four-words"


class ClientDoor:
    """A browser over Django's own test client, with its tokens checked."""

    def __init__(self):
        self._client = Client(enforce_csrf_checks=True)

    def get(self, path):
        return self._told(self._client.get(path, follow=True), path)

    def post(self, path, fields, files):
        from django.core.files.uploadedfile import SimpleUploadedFile

        kept = {name: SimpleUploadedFile(*file) for name, file in files.items()}
        return self._told(self._client.post(path, {**fields, **kept}, follow=True), path)

    @staticmethod
    def _told(answer, path):
        url = answer.redirect_chain[-1][0] if answer.redirect_chain else path
        return Answer(answer.status_code, answer.content.decode(), url)


@pytest.fixture
def people(small_city):
    for login in small_city.posts:
        user, _ = User.objects.get_or_create(username=login)
        user.set_password(PASSWORD)
        user.save()


@pytest.fixture
def living(small_city, people, settings, monkeypatch):
    clock = GivenClock(Life(small_city).clock.now())
    monkeypatch.setattr("cityloom.web.context.clock", lambda: clock)
    monkeypatch.setattr("cityloom.exchange.demo.live.draw_street", lambda seed, trouble: photo().data)
    said = []
    player = DoorPlayer(
        lambda: small_city, clock, threading.Event(), 600.0, 7, chance=random.Random(3),
        open_door=ClientDoor, password=PASSWORD, say=said.append,
    )  # fmt: skip
    return SimpleNamespace(player=player, clock=clock, said=said)


def test_residents_and_agents_report_on_their_pages_and_staff_moves_the_cases_by_their_forms(living):
    for _ in range(60):
        living.player._looked_at_s = None
        for _ in range(10):
            living.player.step()
        living.clock.advance(minutes=20)
    assert set(Report.objects.values_list("source", flat=True)) == {"resident", "hotline"}
    moves = set(Entry.objects.exclude(by_role="system").values_list("move", flat=True))
    assert {"receive", "sign"} <= moves
    assert Case.objects.exclude(closed_at=None).exists()
    assert any(" sign by " in line for line in living.said), "one line for each thing that happens"


def test_a_page_that_refuses_is_told_and_nothing_changes(living, small_city):
    said = Said(Source.RESIDENT, Post("resident", Role.RESIDENT), "", None, None, None, None, "")
    living.player._report(small_city, said)
    assert not Case.objects.exists()
    assert any("refused" in line for line in living.said)


def test_a_wrong_password_opens_no_door(living, small_city):
    living.player.password = "wrong"
    life = Life(small_city, living.clock)
    life.report()
    before = life.file.case.version
    living.player._looked_at_s = None
    living.clock.advance(hours=2)
    living.player.step()
    assert life.file.case.version == before


def test_a_server_that_is_away_is_waited_for(living):
    class Shut:
        def get(self, path):
            raise DoorShut("refused")

        post = get

    living.player.open_door = Shut
    living.player.stop.set()  # so that no wait is long
    for _ in range(3):
        living.player.step()
        living.clock.advance(minutes=10)
    assert any("away" in line for line in living.said)
    living.player.open_door = ClientDoor
    living.player.step()
    assert living.said[-1] != living.said[0]


def test_a_form_brings_what_was_said_and_the_token_of_its_page(people):
    said = Said(
        Source.RESIDENT, Post("resident", Role.RESIDENT), "路灯不亮", "gb2013:0137", None, 110.0011, 30.0011, "东"
    )
    fields = _report_fields(said)
    assert (fields["words"], fields["lon"]) == ("路灯不亮", "110.001100")
    person = Person(ClientDoor())
    assert person.send("/report/", fields).status == 200
    assert Case.objects.count() == 1
