"""A list of people: every difference is shown, nothing twice, a brake before too many leave, and nobody deleted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from tests.cases.life import Life, at
from tests.city.services import make_service
from tests.city.small_city import write_small_city

from cityloom.city.account_events import list_events
from cityloom.city.account_sessions import note_session
from cityloom.city.actions.load_city import load_city
from cityloom.city.actions.name_deputy import name_deputy
from cityloom.city.actions.sync_people import ListUnreadable, SyncResult, TooManyLeave, sync_people
from cityloom.city.deputy_rows import list_deputies
from cityloom.city.held_posts import posts_held, posts_of_everybody
from cityloom.city.models import GroupMember, PersonIdentity
from cityloom.city.people_differences import AccountState, Kind, differences
from cityloom.city.people_list import ListedPerson, read_people_list
from cityloom.city.snapshot import current_city
from cityloom.city.values import Role

HEAD = "userName,active,displayName,externalId,emails,groups\n"
GROUPS = (
    "group,role,unit,area,from,until\n"
    "lamps,handler,lighting_co,,,\n"
    "streets,checker,centre,,,\n"
    "past,checker,centre,,,2026-01-31\n"
    "it,admin,centre,,,\n"
    "watch,auditor,centre,,,\n"
)
TODAY = at(6, 1).date()


@pytest.fixture
def city(life: Life, tmp_path: Path) -> Life:
    """The small city with a table of groups."""
    folder = write_small_city(tmp_path / "city")
    (folder / "groups.csv").write_text(GROUPS, encoding="utf-8")
    load_city(folder, "test", at(6, 1))
    return replace(life, city=current_city("990100"))


def listed(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return file


def sync(tmp_path: Path, *rows: str, **more: object) -> SyncResult:
    return sync_people(listed(tmp_path, *rows), at(6, 1, 10), **more)


def told(result: SyncResult) -> list[tuple[str, str, str, str]]:
    return [(d.login, d.kind.value, d.before, d.after) for d in result.differences]


MANY = [f"p{i:02},true,员工{i},{100 + i},," for i in range(20)]


def test_new_people_get_accounts_without_a_password_and_the_posts_of_their_groups(city, tmp_path):
    done = sync(tmp_path, "newcomer,true,牛来,4711,niu@city.example,lamps;streets")
    assert told(done) == [
        ("newcomer", "made", "", "牛来"),
        ("newcomer", "external_id", "", "4711"),
        ("newcomer", "email", "", "niu@city.example"),
        ("newcomer", "joined", "", "lamps"),
        ("newcomer", "joined", "", "streets"),
    ]
    user = User.objects.get(username="newcomer")
    assert (user.first_name, user.email, user.is_active) == ("牛来", "niu@city.example", True)
    assert not user.has_usable_password()
    held = posts_held(city.city, "newcomer", TODAY)
    assert [(p.role, p.unit, p.group, p.name) for p in held] == [
        (Role.HANDLER, "lighting_co", "lamps", "牛来"),
        (Role.CHECKER, "centre", "streets", "牛来"),
    ]
    assert [e.kind for e in list_events("newcomer")] == ["posts_given", "made"]


def test_the_same_list_again_changes_nothing(city, tmp_path):
    rows = ["newcomer,true,牛来,4711,,lamps", "dispatcher,true,改名,77,,streets", *MANY]
    assert sync(tmp_path, *rows).differences
    assert sync(tmp_path, *rows).differences == ()


def test_a_dry_run_shows_the_same_and_does_nothing(city, tmp_path):
    rows = ["newcomer,true,牛来,4711,,lamps", "dispatcher,true,,,,streets"]
    tried = sync(tmp_path, *rows, dry_run=True)
    assert not tried.applied
    assert not User.objects.filter(username="newcomer").exists()
    assert not GroupMember.objects.exists()
    assert sync(tmp_path, *rows).differences == tried.differences


def test_posts_and_names_of_people_csv_stay_beside_those_of_groups(city, tmp_path):
    sync(tmp_path, "dispatcher,true,别的名字,,,lamps")
    assert User.objects.get(username="dispatcher").first_name == "邓派"
    held = posts_held(city.city, "dispatcher", TODAY)
    assert [(p.role, p.group) for p in held] == [(Role.DISPATCHER, ""), (Role.HANDLER, "lamps")]
    sync(tmp_path, "dispatcher,true,,,,")
    assert [p.role for p in posts_held(city.city, "dispatcher", TODAY)] == [Role.DISPATCHER]
    row = GroupMember.objects.get()
    assert (row.joined_by, row.left_by, row.joined_at, row.left_at) == ("list", "list", at(6, 1, 10), at(6, 1, 10))


def test_a_post_of_a_group_that_is_held_by_hand_or_is_past_is_not_given_twice_or_late(city, tmp_path):
    sync(tmp_path, "checker,true,,,,streets;past")
    assert [(p.role, p.group) for p in posts_held(city.city, "checker", TODAY)] == [(Role.CHECKER, "")]


@pytest.mark.parametrize(
    ("login", "groups", "given", "because"),
    [
        ("newcomer", "it;watch", [], "one person would administer and audit"),
        ("newcomer", "it;lamps", ["it", "lamps"], "nothing is mixed"),
        ("auditor", "it;lamps", ["", "lamps"], "who audits by hand does not administer by a group"),
    ],
)
def test_groups_never_bring_administrator_steward_and_auditor_into_one_hand(
    city, tmp_path, login, groups, given, because
):
    sync(tmp_path, f"{login},true,牛来,,,{groups}")
    assert [p.group for p in posts_held(city.city, login, TODAY)] == given, because


def test_everybody_who_holds_a_post_is_found_with_it(city, tmp_path):
    sync(tmp_path, "newcomer,true,牛来,,,lamps", "dispatcher,true,,,,streets")
    everybody = posts_of_everybody(city.city, TODAY)
    assert {login: held for login, held in everybody.items()} == {
        login: posts_held(city.city, login, TODAY) for login in everybody
    }
    assert {"newcomer", "dispatcher", "leader"} <= everybody.keys()


def test_who_is_on_the_list_no_more_can_no_longer_sign_in_and_nothing_is_deleted(city, tmp_path):
    sync(tmp_path, *MANY, "newcomer,true,牛来,4711,,lamps")
    client = Client()
    client.force_login(User.objects.get(username="newcomer"), "django.contrib.auth.backends.ModelBackend")
    key = client.session.session_key or ""
    note_session("newcomer", key, "127.0.0.1", "", 3, at(6, 1))
    done = sync(tmp_path, *MANY)
    assert told(done) == [("newcomer", "put_to_sleep", "", ""), ("newcomer", "left", "lamps", "")]
    assert not User.objects.get(username="newcomer").is_active
    assert posts_held(city.city, "newcomer", TODAY) == ()
    assert client.get("/account/").status_code == 302
    assert not Session.objects.filter(session_key=key).exists()
    back = sync(tmp_path, *MANY, "newcomer,true,牛来,4711,,lamps")
    assert [d.kind for d in back.differences] == [Kind.WOKEN, Kind.JOINED]
    assert GroupMember.objects.filter(login="newcomer").count() == 2, "both times are history"


def test_people_whom_no_list_ever_held_are_left_alone(city, tmp_path):
    sync(tmp_path, *MANY)
    assert User.objects.filter(username="leader", is_active=True).exists()
    assert not PersonIdentity.objects.filter(login="leader").exists()


def test_who_leaves_is_nobodys_deputy_and_is_stood_in_for_by_nobody(city, tmp_path):
    post = city.post("supervisor")
    name_deputy(city.city, post, post, "checker", TODAY, TODAY, city.clock)
    sync(tmp_path, *MANY, "supervisor,true,,,,")
    make_service(city, "lamps")
    done = sync(tmp_path, *MANY, "supervisor,false,,,,")
    assert list_deputies(city.city, ["supervisor", "checker"], TODAY) == []
    assert [each.name for each in done.without_person] == ["lamps"]
    assert [(p.code, p.place.name) for p in done.problems] == [("people_by_hand", "supervisor")]


@pytest.mark.parametrize(("force", "most"), [(False, 10), (False, 4.9), (True, 10)])
def test_a_list_that_locks_out_more_than_usual_is_refused_unless_somebody_insists(city, tmp_path, force, most):
    sync(tmp_path, *MANY)
    rest = MANY[:10] if most == 10 else MANY[:19]
    if not force:
        with pytest.raises(TooManyLeave) as refused:
            sync(tmp_path, *rest, most_leaving_percent=most)
        assert all("--force" in refused.value.in_language(lang) for lang in ("zh", "en"))
        assert User.objects.filter(username__startswith="p", is_active=True).count() == 20
    else:
        sync(tmp_path, *rest, force=True)
        assert User.objects.filter(username__startswith="p", is_active=True).count() == 10


def test_an_empty_list_is_refused_by_the_brake(city, tmp_path):
    sync(tmp_path, *MANY)
    with pytest.raises(TooManyLeave, match="20 of 20"):
        sync(tmp_path)


def test_a_row_that_cannot_be_used_changes_nothing_and_nobody_counts_as_absent(city, tmp_path):
    sync(tmp_path, *MANY)
    done = sync(tmp_path, *MANY[:19], "p19,maybe,,,,")
    assert told(done) == []
    (problem,) = done.problems
    assert (problem.file, problem.where("en"), problem.code) == ("people.csv", "line 21 (active)", "value_unknown")
    assert User.objects.get(username="p19").is_active


@pytest.mark.parametrize(
    ("row", "where", "code"),
    [
        (",true,,,,", "line 3 (userName)", "value_empty"),
        ("system,true,,,,", "line 3 (userName)", "people_login"),
        ("service:x,true,,,,", "line 3 (userName)", "people_login"),
        ("p00,true,,,,", "line 3 (userName)", "people_twice"),
        ("x,true,,100,,", "line 3 (externalId)", "people_twice"),
        ("x,true,,7,,", "line 3 (externalId)", "people_external_id"),
        ("x,true,,,no mail,", "line 3 (emails)", "value_form"),
        ("x,yes,,,,", "line 3 (active)", "value_unknown"),
        ("x" * 151 + ",true,,,,", "line 3 (userName)", "too_long"),
        ("x,true", "line 3", "cells_count"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_line_and_field(city, tmp_path, row, where, code):
    PersonIdentity.objects.create(login="checker", external_id="7")
    done = sync(tmp_path, MANY[0], row)
    errors = [p for p in done.problems if p.level == "error"]
    assert [(p.where("en"), p.code) for p in errors] == [(where, code)]
    for sentence in (p for e in errors for lang in ("zh", "en") for p in (e.wrong(lang), e.right(lang))):
        assert "…" not in sentence or code == "value_unknown"
    assert User.objects.filter(username="p00").exists(), "the good row counts"


def test_groups_that_give_no_post_are_told_and_not_kept(city, tmp_path):
    done = sync(tmp_path, "newcomer,true,牛来,,,lamps;canteen")
    assert [(p.level, p.code, p.params["groups"]) for p in done.problems] == [
        ("warning", "people_group", ["canteen"])
    ]
    assert GroupMember.objects.get().group == "lamps"


@pytest.mark.parametrize("head", ["login,active\n", "userName,userName\n", "userName,colour\n", ""])
def test_a_file_of_other_columns_is_refused_whole(city, tmp_path, head):
    file = listed(tmp_path, head=head)
    with pytest.raises(ListUnreadable) as refused:
        sync_people(file, at(6, 1))
    assert refused.value.problems


def test_two_people_may_exchange_their_numbers(city, tmp_path):
    sync(tmp_path, "a,true,,1,,", "b,true,,2,,")
    sync(tmp_path, "a,true,,2,,", "b,true,,1,,")
    assert dict(PersonIdentity.objects.values_list("login", "external_id")) == {"a": "2", "b": "1"}


def test_whom_an_administrator_put_to_sleep_the_list_does_not_wake(city, tmp_path):
    sync(tmp_path, *MANY)
    User.objects.filter(username="p00").update(is_active=False)
    done = sync(tmp_path, *MANY)
    assert told(done) == []
    assert [(p.code, p.place.name) for p in done.problems] == [("people_asleep_by_hand", "p00")]


def test_a_city_that_is_loaded_again_neither_wakes_nor_drops_whom_the_list_manages(city, tmp_path):
    sync(tmp_path, *MANY, "checker,true,,,,lamps", "leader,true,,,,")
    sync(tmp_path, *MANY, "checker,true,,,,lamps", "leader,false,,,,")
    folder = write_small_city(tmp_path / "other")
    (folder / "groups.csv").write_text(GROUPS, encoding="utf-8")
    people = folder / "people.csv"
    kept = [line for line in people.read_text(encoding="utf-8").splitlines() if not line.startswith("checker,")]
    people.write_text("\n".join([*kept, "leader,李领,supervisor,centre,,,"]) + "\n", encoding="utf-8")
    load_city(folder, "test", at(6, 2))
    assert User.objects.get(username="checker").is_active, "the list still holds him"
    assert not User.objects.get(username="leader").is_active, "the list says that he left"
    assert [p.group for p in posts_held(current_city("990100"), "checker", TODAY)] == ["lamps"]


def test_a_group_that_leaves_groups_csv_gives_nothing_at_once(city, tmp_path):
    sync(tmp_path, "newcomer,true,牛来,,,lamps;streets")
    folder = write_small_city(tmp_path / "other")
    (folder / "groups.csv").write_text("group,role,unit\nstreets,checker,centre\n", encoding="utf-8")
    load_city(folder, "test", at(6, 2))
    assert [p.group for p in posts_held(current_city("990100"), "newcomer", TODAY)] == ["streets"]


def test_a_city_without_groups_asks_nothing_more_and_one_with_them_one_statement(
    life, city, django_assert_num_queries
):
    with django_assert_num_queries(0):
        posts_held(life.city, "dispatcher", TODAY)
    with django_assert_num_queries(1):
        posts_held(city.city, "dispatcher", TODAY)


# --- the arithmetic alone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "state", "kinds", "because"),
    [
        (ListedPerson(2, "a", active=False), None, [], "nobody gets an account to be put to sleep"),
        (ListedPerson(2, "a"), AccountState("a", True, "x"), ["listed"], "a blank name says nothing"),
        (ListedPerson(2, "a", name="y"), AccountState("a", True, "x", listed=True), ["named"], "another name"),
        (
            ListedPerson(2, "a", name="y"),
            AccountState("a", True, "x", listed=True, by_hand=True),
            [],
            "people.csv has the name",
        ),
        (
            ListedPerson(2, "a", active=False, groups=("g",)),
            AccountState("a", True, "x", groups=frozenset({"h"}), listed=True),
            ["put_to_sleep", "left"],
            "who leaves joins nothing",
        ),
        (
            ListedPerson(2, "a", groups=("g",)),
            AccountState("a", False, "x", listed=True, asleep_by_list=True),
            ["woken", "joined"],
            "who comes back joins again",
        ),
    ],
)
def test_a_row_and_an_account_differ_in(person, state, kinds, because):
    states = {"a": state} if state else {}
    assert [d.kind.value for d in differences([person], states, whole=True)] == kinds, because


def test_a_list_is_whole_only_when_every_row_was_read(tmp_path):
    assert read_people_list(listed(tmp_path, "a,true,,,,"), ()).whole
    assert not read_people_list(listed(tmp_path, "a,perhaps,,,,"), ()).whole
