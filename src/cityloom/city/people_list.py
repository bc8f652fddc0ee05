"""The list of people of another system (staff, directory): a CSV with the attributes of SCIM 2.0, read and judged.

Columns are called as in RFC 7643, sections 3.1 and 4.1: `userName`, `active`, `displayName`, `externalId`, `emails`,
`groups`. A row that cannot be used is told with its line and field and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cityloom.city.logins import LONGEST, is_login
from cityloom.city.problems import ERROR, Problem
from cityloom.city.sheets import ITEMS, Column, Notes, SheetRow, read_sheet

NAME_CHARS = 150  # of an account's name
COLUMNS = (
    Column("userName", needed=True, longest=LONGEST),
    Column("active", words=("true", "false")),
    Column("displayName", longest=NAME_CHARS),
    Column("externalId", longest=100),
    Column("emails", longest=254),
    Column("groups", ITEMS),
)
OF_THE_FILE = frozenset({"file_unreadable", "column_missing", "column_unknown", "column_twice"})
_MAIL = re.compile(r"[^@\s;]+@[^@\s;]+\.[^@\s;]+")


@dataclass(frozen=True)
class ListedPerson:
    """One person of the list. A text is blank where the list says nothing of it, and then stays as it was."""

    line: int
    login: str
    active: bool = True
    name: str = ""
    external_id: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class PeopleList:
    """What a file says: `persons` of the rows that can be used, and all that is wrong with the others.

    `whole`: every row could be used, so that who is not on the list is known to be absent.
    """

    persons: tuple[ListedPerson, ...]
    problems: tuple[Problem, ...]

    @property
    def whole(self) -> bool:
        return not any(problem.level == ERROR for problem in self.problems)

    @property
    def unreadable(self) -> bool:
        """Whether the file itself cannot be read, so that nothing of it is used."""
        return any(problem.code in OF_THE_FILE for problem in self.problems)


def read_people_list(path: Path, groups_in_use: Collection[str]) -> PeopleList:
    """The list in a file; groups that give no post are told and otherwise passed over."""
    notes = Notes(path.name)
    rows = read_sheet(path, COLUMNS, notes)
    persons: list[ListedPerson] = []
    lines: dict[tuple[str, str], int] = {}
    for row in rows:
        if _is_good(row, lines, notes):
            persons.append(_person(row, groups_in_use, notes))
    return PeopleList(tuple(persons), tuple(sorted(notes.problems, key=lambda p: p.place.line or 0)))


def _is_good(row: SheetRow, lines: dict[tuple[str, str], int], notes: Notes) -> bool:
    login, email = row.text("userName"), row.text("emails")
    faults = len(notes.problems)
    if not is_login(login):
        notes.at_line("people_login", row.line, "userName", value=login[:LONGEST])
    if email and not _MAIL.fullmatch(email):
        notes.at_line("value_form", row.line, "emails", key="emails", value=email, form="name@city.example")
    for field in ("userName", "externalId"):
        value = row.text(field)
        if value and (first := lines.setdefault((field, value), row.line)) != row.line:
            notes.at_line("people_twice", row.line, field, key=field, value=value, line=first)
    return len(notes.problems) == faults


def _person(row: SheetRow, groups_in_use: Collection[str], notes: Notes) -> ListedPerson:
    groups: tuple[str, ...] = tuple(dict.fromkeys(row.cells["groups"]))
    unused = [group for group in groups if group not in groups_in_use]
    if unused:
        notes.at_line("people_group", row.line, "groups", groups=unused)
    return ListedPerson(
        line=row.line,
        login=row.text("userName"),
        active=row.cells["active"] != "false",
        name=row.text("displayName"),
        external_id=row.text("externalId"),
        email=row.text("emails"),
        groups=tuple(group for group in groups if group in groups_in_use),
    )
