"""Bring accounts and memberships in line with a list of people: all of it or nothing, and nothing the second time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User
from django.db import connection, transaction

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city import models
from cityloom.city.accounts import make_account
from cityloom.city.actions.put_to_sleep import put_to_sleep, wake
from cityloom.city.actions.set_groups import groups_in_use, set_groups
from cityloom.city.logins import LIST
from cityloom.city.people_differences import AccountState, Difference, Kind, differences, share_leaving
from cityloom.city.people_list import ListedPerson, PeopleList, read_people_list
from cityloom.city.problems import Place, Problem
from cityloom.city.service_accounts import ServiceAccount, accounts_without_person
from cityloom.city.staff_names import forget_names

_LOCK = 0x50656F70  # "Peop": two lists at once wait for each other
MOST_LEAVING_PERCENT = 10

register(
    {
        "people.unreadable": (
            "{file}读不了，未作任何改动；请按列出的问题改正后再同步",
            "{file} cannot be read and nothing was changed; mend what is listed and sync again",
        ),
        "people.too_many_leave": (
            "名单会停用{count}人，占{of}人的{percent}%，超过{most}%，未作任何改动。"
            "请先核对名单（--dry-run 列出全部差异）；确实无误时加 --force",
            "the list would put {count} of {of} people to sleep, {percent} %, more than {most} %; nothing was "
            "changed. Look at it first (--dry-run lists every difference); if it is right, say --force",
        ),
    }
)


class ListUnreadable(CityloomError):
    """The file itself is wrong; `problems` say where."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("people.unreadable", file=file)


class TooManyLeave(CityloomError):
    """The safety brake: a list that would lock out more people than a list usually does."""

    status = 409


@dataclass(frozen=True)
class SyncResult:
    """What a list changed, or would change; what is wrong with its rows; machines' accounts without a person."""

    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]
    persons: int
    applied: bool
    without_person: tuple[ServiceAccount, ...] = ()


def sync_people(
    path: Path,
    at: datetime,
    *,
    dry_run: bool = False,
    force: bool = False,
    most_leaving_percent: float = MOST_LEAVING_PERCENT,
) -> SyncResult:
    """Make accounts say what the list says. Rows that cannot be used are told and change nothing.

    The list is whole: who was on it before and is no more can no longer sign in, unless some row of it could not be
    read. Raises ListUnreadable, and TooManyLeave unless `force`; both change nothing.
    """
    told = read_people_list(path, groups_in_use())
    if told.unreadable:
        raise ListUnreadable(path.name, told.problems)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
        states = account_states()
        persons, problems = _without_conflicts(told, path.name, states)
        whole = told.whole and len(persons) == len(told.persons)
        found = differences(persons, states, whole=whole)
        count, of = share_leaving(found, states)
        if count and not force and 100 * count > most_leaving_percent * of:
            told_of = {"count": count, "of": of, "percent": round(100 * count / of, 1), "most": most_leaving_percent}
            raise TooManyLeave("people.too_many_leave", **told_of)
        problems += _left_by_hand(found, persons, states, path.name) + _asleep_by_hand(persons, states, path.name)
        if not dry_run:
            _apply(found, {person.login: person for person in persons}, at)
        return SyncResult(tuple(found), problems, len(persons), not dry_run, tuple(accounts_without_person()))


def account_states() -> dict[str, AccountState]:
    """Every account of this installation as it is, by login; four statements."""
    identities = {row.login: row for row in models.PersonIdentity.objects.all()}
    by_hand = set(models.Post.objects.filter(version_to=None).values_list("login", flat=True))
    groups: dict[str, set[str]] = {}
    for login, group in models.GroupMember.objects.filter(left_at=None).values_list("login", "group"):
        groups.setdefault(login, set()).add(group)
    states = {}
    for login, active, name, email in User.objects.values_list("username", "is_active", "first_name", "email"):
        row = identities.get(login)
        states[login] = AccountState(
            login, active, name, row.external_id if row else "", email, frozenset(groups.get(login, ())),
            listed=row is not None and row.listed_at is not None, by_hand=login in by_hand,
            asleep_by_list=row is not None and row.asleep_at is not None,
        )  # fmt: skip
    return states


def _without_conflicts(
    told: PeopleList, file: str, states: dict[str, AccountState]
) -> tuple[list[ListedPerson], tuple[Problem, ...]]:
    """The persons without those whose external id is that of somebody else who keeps it."""
    changing = {p.login: p.external_id for p in told.persons if p.external_id}
    owners = {s.external_id: s.login for s in states.values() if s.external_id and s.login not in changing}
    good, problems = [], list(told.problems)
    for person in told.persons:
        owner = owners.get(person.external_id)
        if owner is not None:
            params = {"key": "externalId", "value": person.external_id, "login": owner}
            problems.append(Problem("people_external_id", file, Place(line=person.line, name="externalId"), params))
        else:
            good.append(person)
    return good, tuple(problems)


def _left_by_hand(
    found: list[Difference], persons: list[ListedPerson], states: dict[str, AccountState], file: str
) -> tuple[Problem, ...]:
    """Who leaves by the list and still stands in `people.csv`, which only the city's folder changes."""
    lines = {person.login: person.line for person in persons}
    return tuple(
        Problem("people_by_hand", file, Place(line=lines.get(each.login), name=each.login), {"login": each.login})
        for each in found
        if each.kind is Kind.PUT_TO_SLEEP and states[each.login].by_hand
    )


def _asleep_by_hand(persons: list[ListedPerson], states: dict[str, AccountState], file: str) -> tuple[Problem, ...]:
    """Who is on the list and may not sign in because somebody decided so here."""
    return tuple(
        Problem("people_asleep_by_hand", file, Place(line=p.line, name=p.login), {"login": p.login})
        for p in persons
        if p.active and p.login in states and states[p.login].asleep_by_hand
    )


def _apply(found: list[Difference], persons: dict[str, ListedPerson], at: datetime) -> None:
    changed: dict[str, dict[Kind, Difference]] = {}
    for each in found:
        changed.setdefault(each.login, {})[each.kind] = each
    freed = [login for login, kinds in changed.items() if Kind.EXTERNAL_ID in kinds]
    models.PersonIdentity.objects.filter(login__in=freed).update(external_id="")  # two people may exchange theirs
    for login, kinds in changed.items():
        _apply_to(login, kinds, persons.get(login), at)
    forget_names()


def _apply_to(login: str, kinds: dict[Kind, Difference], person: ListedPerson | None, at: datetime) -> None:
    if Kind.MADE in kinds:
        make_account(login, kinds[Kind.MADE].after, LIST, at)
    if Kind.MADE in kinds or Kind.LISTED in kinds:
        models.PersonIdentity.objects.update_or_create(login=login, defaults={"listed_at": at})
    if Kind.NAMED in kinds:
        User.objects.filter(username=login).update(first_name=kinds[Kind.NAMED].after)
    if Kind.EMAIL in kinds:
        User.objects.filter(username=login).update(email=kinds[Kind.EMAIL].after)
    if Kind.EXTERNAL_ID in kinds:
        models.PersonIdentity.objects.filter(login=login).update(external_id=kinds[Kind.EXTERNAL_ID].after)
    if Kind.PUT_TO_SLEEP in kinds:
        put_to_sleep(login, LIST, at)
    elif Kind.WOKEN in kinds:
        wake(login, LIST, at)
    if person is not None and person.active and (Kind.JOINED in kinds or Kind.LEFT in kinds):
        set_groups(login, person.groups, LIST, at)
