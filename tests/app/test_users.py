"""People get passwords on the command line, and a demo's shared one never in production."""

import pytest
from click.testing import CliRunner
from django.contrib.auth import get_user_model

from cityloom.app.commands.users import command
from cityloom.app.ready import DATABASE_URL

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
