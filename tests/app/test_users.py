"""People get passwords on the command line, and a demo's shared one never in production."""

import base64

import pytest
from axes.models import AccessAttempt
from click.testing import CliRunner
from django.contrib.auth import get_user_model
from django_otp.oath import TOTP

from cityloom.app.commands.users import command
from cityloom.app.ready import DATABASE_URL
from cityloom.base.clock import RealClock
from cityloom.city.passwords import password_is_due, set_password, user_of_reset
from cityloom.city.second_factor import begin, confirm, has_factor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(monkeypatch, database_url):
    """Calls the command on the test's own database."""
    monkeypatch.setenv(DATABASE_URL, database_url)
    return lambda *words, **more: CliRunner().invoke(command, words, **more)


@pytest.fixture
def agent():
    user = get_user_model().objects.create(username="agent", first_name="周敏")
    user.set_unusable_password()
    user.save()
    return user


def test_a_person_of_the_folder_gets_a_password(run, agent):
    assert "no password" in run("list").output
    done = run("password", "agent", input="weft-and-warp-9\nweft-and-warp-9\n")
    assert done.exit_code == 0, done.output
    agent.refresh_from_db()
    assert agent.check_password("weft-and-warp-9")
    assert not agent.is_superuser
    assert "can sign in" in run("list").output


def test_a_weak_password_is_refused_with_the_reason(run, agent):
    done = run("password", "agent", input="1234\n1234\n")
    assert done.exit_code == 1
    agent.refresh_from_db()
    assert not agent.has_usable_password()


def test_an_unknown_login_is_pointed_to_the_folder(run):
    done = run("password", "nobody", "--password", "weft-and-warp-9")
    assert done.exit_code == 1
    assert "people.csv" in done.output


def test_an_administrator_is_made_when_asked_for(run):
    assert run("password", "root", "--admin", "--password", "weft-and-warp-9").exit_code == 0
    root = get_user_model().objects.get(username="root")
    assert root.is_superuser
    assert root.is_staff


def test_the_demo_password_goes_only_to_those_without_one(run, agent, settings):
    keeper = get_user_model().objects.create_user("keeper", password="weft-and-warp-9")
    assert run("demo-passwords").output.startswith("1 people")
    agent.refresh_from_db()
    keeper.refresh_from_db()
    assert agent.check_password(settings.CITYLOOM_DEMO_PASSWORD)
    assert keeper.check_password("weft-and-warp-9")


def test_production_has_no_shared_password(run, agent, settings):
    settings.PRODUCTION = True
    assert run("demo-passwords").exit_code == 1
    agent.refresh_from_db()
    assert not agent.has_usable_password()


# --- links, locks, second factors -----------------------------------------------------------------------------------


def test_a_link_is_printed_that_sets_a_password_once(run, agent, client):
    done = run("reset", "agent", "--site", "https://city.example/")
    assert done.exit_code == 0, done.output
    address = done.output.splitlines()[0]
    assert address.startswith("https://city.example/signin/reset/")
    uid, token = address.rstrip("/").split("/")[-2:]
    assert user_of_reset(uid, token) == agent
    set_password(agent, "Weft-and-warp-9", "agent", RealClock().now())
    assert user_of_reset(uid, token) is None


def test_who_left_gets_no_link(run, agent):
    agent.is_active = False
    agent.save()
    done = run("reset", "agent")
    assert done.exit_code == 1
    assert "people.csv" in done.output
    assert "signin/reset" not in done.output


@pytest.mark.parametrize("words", [["reset"], ["unlock"], ["second-factor"], ["events"], ["mail", "-"]])
def test_a_login_that_nobody_has_is_told(run, words):
    done = run(words[0], "nobody", *words[1:])
    assert done.exit_code == 1
    assert "users list" in done.output


def test_a_mail_address_is_kept_checked_and_forgotten(run, agent):
    assert run("mail", "agent", "zhou@city.example").exit_code == 0
    assert run("mail", "agent", "no address").exit_code == 1
    agent.refresh_from_db()
    assert agent.email == "zhou@city.example"
    assert run("mail", "agent", "-").exit_code == 0
    agent.refresh_from_db()
    assert agent.email == ""


def test_a_lock_is_lifted_and_what_happened_is_listed(run, agent):
    AccessAttempt.objects.create(username="agent", ip_address="192.0.2.1", user_agent="x", failures_since_start=5)
    assert "can try again" in run("unlock", "agent").output
    assert "was not locked" in run("unlock", "agent").output
    assert "unlocked             by command" in run("events", "agent").output


def test_a_second_factor_is_reset_so_that_the_person_enrols_again(run, agent):
    at = RealClock().now()
    assert "no second factor" in run("second-factor", "agent").output
    secret = begin("agent", at)
    generator = TOTP(base64.b32decode(secret))
    assert confirm("agent", f"{generator.token():06d}", at, at.timestamp())
    assert "10 recovery codes left" in run("second-factor", "agent").output
    assert "second factor" in run("list").output
    assert "enrols again" in run("second-factor", "agent", "--reset").output
    assert not has_factor("agent")
    assert "had no" in run("second-factor", "agent", "--reset").output


def test_a_password_given_by_somebody_else_can_be_made_due(run, agent):
    assert run("password", "agent", "--must-change", "--password", "weft-and-warp-9").exit_code == 0
    assert password_is_due("agent", RealClock().now(), 0)
