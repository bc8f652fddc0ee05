"""What a list of people changes: each difference between the list and the accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cityloom.city.people_list import ListedPerson


class Kind(StrEnum):
    """What can differ."""

    MADE = "made"
    LISTED = "listed"
    WOKEN = "woken"
    PUT_TO_SLEEP = "put_to_sleep"
    NAMED = "named"
    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True)
class AccountState:
    """An account as it is. `listed`: the list managed it before; `by_hand`: `people.csv` has posts and the name."""

    login: str
    active: bool
    name: str
    external_id: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()
    listed: bool = False
    by_hand: bool = False
    asleep_by_list: bool = False

    @property
    def asleep_by_hand(self) -> bool:
        """Whether somebody put a person of the list to sleep here; the list does not undo that."""
        return self.listed and not self.active and not self.asleep_by_list


@dataclass(frozen=True)
class Difference:
    """One thing that the list says otherwise: of whom, what, as it is and as it will be."""

    login: str
    kind: Kind
    before: str = ""
    after: str = ""


def differences(
    persons: Iterable[ListedPerson], states: Mapping[str, AccountState], *, whole: bool
) -> list[Difference]:
    """Every difference, by login. Whom the list held before and holds no more leaves, if the list is `whole`.

    Accounts that no list ever held are left alone, as are the posts and names of `people.csv`.
    """
    found: list[Difference] = []
    on_list = set()
    for person in persons:
        on_list.add(person.login)
        found += _of(person, states.get(person.login))
    if whole:
        for login, state in states.items():
            if state.listed and state.active and login not in on_list:
                found += _leaves(state)
    return sorted(found, key=lambda each: each.login)


def share_leaving(found: Iterable[Difference], states: Mapping[str, AccountState]) -> tuple[int, int]:
    """How many of the list's people stop signing in, and how many of them could until now."""
    leaving = {each.login for each in found if each.kind is Kind.PUT_TO_SLEEP}
    could = {login for login, state in states.items() if state.active and (state.listed or login in leaving)}
    return len(leaving), len(could)


def _of(person: ListedPerson, state: AccountState | None) -> Iterator[Difference]:
    login = person.login
    if state is None:
        if not person.active:
            return  # who never had an account does not get one to be put to sleep
        yield Difference(login, Kind.MADE, "", person.name)
        state = AccountState(login, True, person.name, listed=True)
    elif not state.listed:
        yield Difference(login, Kind.LISTED)
    if state.active and not person.active:
        yield from _leaves(state)
    elif not state.active and person.active and not state.asleep_by_hand:
        yield Difference(login, Kind.WOKEN)
    texts = (
        (Kind.NAMED, "" if state.by_hand else person.name, state.name),
        (Kind.EXTERNAL_ID, person.external_id, state.external_id),
        (Kind.EMAIL, person.email, state.email),
    )
    for kind, told, now in texts:
        if told and told != now:
            yield Difference(login, kind, now, told)
    if person.active and not state.asleep_by_hand:
        for group in sorted(set(person.groups) - state.groups):
            yield Difference(login, Kind.JOINED, "", group)
        for group in sorted(state.groups - set(person.groups)):
            yield Difference(login, Kind.LEFT, group)


def _leaves(state: AccountState) -> Iterator[Difference]:
    yield Difference(state.login, Kind.PUT_TO_SLEEP)
    for group in sorted(state.groups):
        yield Difference(state.login, Kind.LEFT, group)
