"""Machines' accounts: owned by a unit, answered for by a person; they rest by themselves when that person leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from tests.cases.life import Life
from tests.city.services import make_service

from cityloom.base.errors import CityloomError
from cityloom.city.account_events import list_events
from cityloom.city.actions.disable_service_account import disable_service_account
from cityloom.city.actions.hand_over_service_account import hand_over_service_account
from cityloom.city.actions.put_to_sleep import put_to_sleep
from cityloom.city.service_accounts import (
    CannotKeepService,
    NoSuchService,
    ServiceState,
    accounts_without_person,
    find_service_account,
    list_service_accounts,
)


def test_it_has_an_owner_a_person_a_purpose_and_a_post_and_no_way_to_sign_in(life: Life):
    account = make_service(life, "排水对接", "handler", "water_co", purpose="sends readings", owner="water_co")
    assert (account.login, account.owner, account.responsible) == ("service:排水对接", "water_co", "supervisor")
    assert (account.post.role, account.post.unit, account.post.name) == ("handler", "water_co", "排水对接")
    assert account.state(life.clock.now()) is ServiceState.GOOD
    assert not User.objects.filter(username=account.login).exists()


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"name": ""}, "it has no name"),
        ({"name": "x" * 101}, "its name is too long"),
        ({"name": "two\nlines"}, "its name is no line"),
        ({"purpose": "  "}, "it is for nothing"),
        ({"owner": ""}, "nobody owns it"),
        ({"owner": "moon_co"}, "no such unit"),
        ({"owner": "old_lighting"}, "the unit has ended"),
        ({"responsible": "nobody"}, "no such person"),
        ({"role": "king"}, "no such role"),
        ({"role": "system"}, "the system is no machine"),
        ({"unit": "moon_co"}, "no such unit of the post"),
        ({"area": "1"}, "no such area"),
        ({"days": 0}, "never good"),
        ({"days": 5000}, "good for too long"),
    ],
)
def test_what_the_city_does_not_know_is_refused_in_both_languages(life: Life, wrong, because):
    told = {"name": "x", "role": "handler", **wrong}
    with pytest.raises(CannotKeepService) as refused:
        make_service(life, **told)
    assert all("…" not in refused.value.in_language(lang) for lang in ("zh", "en")), because
    assert list_service_accounts(life.city) == []


def test_a_name_is_given_once(life: Life):
    make_service(life, "lamps")
    with pytest.raises(CannotKeepService, match="already"):
        make_service(life, "lamps")


def test_it_rests_when_its_person_leaves_and_wakes_with_another_one(life: Life):
    make_service(life, "lamps")
    put_to_sleep("supervisor", "list", life.clock.now())
    assert [each.name for each in accounts_without_person()] == ["lamps"]
    assert find_service_account(life.city, "lamps").state(life.clock.now()) is ServiceState.WITHOUT_PERSON
    with pytest.raises(CannotKeepService):
        hand_over_service_account(life.city, "lamps", "supervisor", "admin", life.clock.now())
    account = hand_over_service_account(life.city, "lamps", "shift", "admin", life.clock.now())
    assert account.state(life.clock.now()) is ServiceState.GOOD
    assert accounts_without_person() == []


def test_its_day_comes_and_more_days_are_given_by_name(life: Life):
    make_service(life, "lamps", days=30)
    later = life.clock.now() + timedelta(days=30)
    assert find_service_account(life.city, "lamps").state(later) is ServiceState.EXPIRED
    account = hand_over_service_account(life.city, "lamps", "shift", "admin", later, days=10)
    assert account.expires_at == later + timedelta(days=10)


def test_disabling_is_for_good_and_told_once(life: Life):
    make_service(life, "lamps")
    for _ in range(2):
        account = disable_service_account(life.city, "lamps", "admin", life.clock.now())
    assert account.state(life.clock.now()) is ServiceState.DISABLED
    assert [(e.kind, e.by_login) for e in list_events(account.login)] == [("put_to_sleep", "admin"), ("made", "test")]


@pytest.mark.parametrize("do", [disable_service_account, find_service_account])
def test_an_unknown_name_is_told_with_the_command_that_lists_them(life: Life, do):
    with pytest.raises(NoSuchService, match="cityloom services list") as refused:
        do(life.city, "x", *(("admin", life.clock.now()) if do is disable_service_account else ()))
    assert isinstance(refused.value, CityloomError)
