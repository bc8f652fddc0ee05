"""Addresses of the standard: `Things(1)/Datastreams(2)/Observations`, a property, its `$value`, links by `$ref`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cityloom.exchange.sensorthings.errors import BadQuery, NoResource
from cityloom.exchange.sensorthings.schema import BY_PLURAL, KINDS, EntityKind, Link

LONGEST = 2000
MOST_STEPS = 10
MOST_ID = 2**63 - 1
_STEP = re.compile(r"([^()]+)(?:\((.*)\))?", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One part of the way: the kind of entity it leads to, by which link (None: the first), and which one of many."""

    kind: EntityKind
    link: Link | None
    name: str
    id: int | None


@dataclass(frozen=True)
class Address:
    """Where an address leads: over steps to a collection, an entity, a property of it, its bare value, or references.

    `inside` is the rest of a path within a property, such as `name` of `unitOfMeasurement/name`.
    """

    steps: tuple[Step, ...]
    property_name: str = ""
    inside: tuple[str, ...] = ()
    is_value: bool = False
    is_ref: bool = False
    is_count: bool = False

    @property
    def kind(self) -> EntityKind:
        """The kind of entity at its end."""
        return self.steps[-1].kind

    @property
    def is_many(self) -> bool:
        """Whether it leads to a collection."""
        last = self.steps[-1]
        return last.id is None and (last.link is None or last.link.is_many)

    def text(self) -> str:
        """The steps as they are written in links."""
        return "/".join(s.name if s.id is None else f"{s.name}({s.id})" for s in self.steps)


def read_address(path: str) -> Address:
    """The address behind the version in a path; raises NoResource where it leads nowhere."""
    parts = path.strip("/").split("/")
    if len(path) > LONGEST or len(parts) > MOST_STEPS:
        raise NoResource("sta.no_resource", path=path[:60])
    steps: list[Step] = []
    rest = list(parts)
    while rest:
        step = _step(rest[0], steps[-1] if steps else None, path)
        if step is None:
            break
        steps.append(step)
        rest.pop(0)
    if not steps:
        raise NoResource("sta.no_resource", path=path[:60])
    return _ended(steps, rest, path)


def _ended(steps: list[Step], rest: list[str], path: str) -> Address:
    made = Address(tuple(steps))
    if rest == ["$ref"]:
        return Address(made.steps, is_ref=True)
    if rest == ["$count"] and made.is_many:
        return Address(made.steps, is_count=True)
    if not rest:
        return made
    name = "id" if rest[0] == "@iot.id" else rest[0]
    if made.is_many or name not in made.kind.properties:
        raise NoResource("sta.no_resource", path=path[:200])
    is_value = rest[-1] == "$value"
    inside = tuple(rest[1:-1] if is_value else rest[1:])
    return Address(made.steps, name, inside, is_value)


def _step(text: str, before: Step | None, path: str) -> Step | None:
    """The step that a part of a path is; None for the first part that is none."""
    found = _STEP.fullmatch(text)
    if found is None:
        return None
    name, key = found[1], found[2]
    if before is None:
        kind, link = BY_PLURAL.get(name), None
        if kind is None:
            return None
    else:
        is_one = before.id is not None or (before.link is not None and not before.link.is_many)
        link = before.kind.links.get(name) if is_one else None
        if link is None:
            return None
        kind = KINDS[link.target]
    if key is not None and link is not None and not link.is_many:
        raise NoResource("sta.no_resource", path=path[:200])
    return Step(kind, link, name, _id(key, path) if key is not None else None)


def _id(key: str, path: str) -> int:
    """The number in the parentheses; whatever is none, no entity has."""
    plain = key.strip().strip("'")
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 19 or int(plain) > MOST_ID:
        raise NoResource("sta.no_resource", path=path[:200])
    return int(plain)


def id_in_link(text: str) -> int:
    """The id at the end of a link such as `https://…/Things(5)`; raises BadQuery."""
    found = re.search(r"\((\d{1,19})\)/?$", text)
    if found is None or int(found[1]) > MOST_ID:
        raise BadQuery("sta.bad_path", path=text[:60])
    return int(found[1])
