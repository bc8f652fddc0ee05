"""What a code is called in the reader's language: states, moves, roles, units, areas, classes, and reasons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, render
from cityloom.cases.order_values import ORDER_MOVES, ORDER_STATES
from cityloom.cases.reasons import REASONS
from cityloom.city.logins import SERVICE
from cityloom.city.micro_grids import micro_grids_in
from cityloom.city.paths import (
    CASE_MOVES,
    CASE_STATES,
    GUARDS,
    NEEDS,
    REPORT_MOVES,
    REPORT_STATES,
    REQUEST_MOVES,
    REQUEST_STATES,
    TASK_MOVES,
    TASK_STATES,
)
from cityloom.city.snapshot_values import City
from cityloom.city.staff_names import staff_name
from cityloom.city.values import Name, Post, Role
from cityloom.web.context import language
from cityloom.web.words import WORDS, say

_STATES: dict[str, Mapping[str, Name]] = {
    "case": CASE_STATES,
    "task": TASK_STATES,
    "report": REPORT_STATES,
    "request": REQUEST_STATES,
}
_ALL_STATES = {**REQUEST_STATES, **TASK_STATES, **REPORT_STATES, **CASE_STATES}
_ALL_MOVES = {**REQUEST_MOVES, **TASK_MOVES, **REPORT_MOVES, **CASE_MOVES}


@dataclass(frozen=True)
class Names:
    """The names of a city's codes in one language; a code nobody knows is shown as it is."""

    city: City | None
    lang: str

    def _of(self, table: Mapping[str, Any], code: str | None) -> str:
        if not code:
            return ""
        found = table.get(code)
        name = getattr(found, "name", found)
        return name.in_language(self.lang) if isinstance(name, Name) else code

    def unit(self, code: str | None) -> str:
        return self._of(self.city.units, code) if self.city else code or ""

    def area(self, code: str | None) -> str:
        return self._of(self.city.areas, code) if self.city else code or ""

    def place(self, code: str | None) -> str:
        """The area with what holds it, without the city itself and without unit grids: where people say they are."""
        return self._joined(self._spoken(code))

    def _spoken(self, code: str | None) -> tuple[str, ...]:
        if not code or self.city is None or code not in self.city.areas:
            return (code,) if code else ()
        return self.city.ancestors(code)[1:4] or (code,)

    def _joined(self, codes: tuple[str, ...]) -> str:
        names = [self.area(c) for c in codes]
        return " ".join(names) if self.lang == "zh" else ", ".join(reversed(names))

    def matter(self, code: str | None) -> str:
        if not code:
            return say("matter.open")
        return self._of(self.city.classes, code) if self.city else code

    def device_type(self, code: str | None) -> str:
        """What a type of device is called; its code where the city does not name it."""
        return (self._of(self.city.device_types, code) or code or "") if self.city else code or ""

    def micro_grid(self, code: str) -> str:
        """A micro-grid as its neighbours call it."""
        found = micro_grids_in(self.city).by_code.get(code) if self.city else None
        return found.name.in_language(self.lang) or code if found else code

    def role(self, code: str) -> str:
        return _word(f"role.{code}", code)

    def owner(self, code: str) -> str:
        """Who owes a clock: a unit or a role."""
        if code in {r.value for r in Role}:
            return self.role(code)
        return _word(f"owner.{code}", self.partner(code) if self._is_partner(code) else self.unit(code))

    def _is_partner(self, code: str) -> bool:
        return self.city is not None and code in self.city.settings.partners

    def person(self, login: str) -> str:
        """The name of a person, or of a machine's account as such; the login where no name is known."""
        if login.startswith(SERVICE):
            return say("person.service", name=login.removeprefix(SERVICE))
        posts = self.city.posts.get(login, ()) if self.city else ()
        return next((p.name for p in posts if p.name), "") or staff_name(login) or login

    def near_place(self, code: str | None) -> str:
        """The two smallest areas people speak of: street and community."""
        return self._joined(self._spoken(code)[-2:])

    def state(self, code: str, subject: str = "case") -> str:
        return self._of(_STATES.get(subject, _ALL_STATES), code)

    def move(self, code: str, subject: str = "") -> str:
        table = {"case": CASE_MOVES, "task": TASK_MOVES, "report": REPORT_MOVES}.get(subject, _ALL_MOVES)
        return self._of(table, code) if code in table else _word(f"move.{code}", code)

    def partner(self, code: str | None) -> str:
        """A partner city as city.toml names it."""
        return self._of(self.city.settings.partners, code) if self.city else code or ""

    def clock(self, code: str) -> str:
        rule = self.city.paths.clocks.get(code) if self.city else None
        return rule.title.in_language(self.lang) if rule else code

    def path(self, code: str) -> str:
        path = self.city.paths.paths.get(code) if self.city else None
        return path.title.in_language(self.lang) if path else code

    def guard(self, code: str) -> str:
        return self._of(GUARDS, code)

    def need(self, code: str) -> str:
        return self._of(NEEDS, code)

    def order_state(self, code: str) -> str:
        return self._of(ORDER_STATES, code)

    def order_move(self, code: str) -> str:
        return self._of(ORDER_MOVES, code)

    def order_need(self, code: str) -> str:
        return _word(f"order_need.{code}", code)

    def clock_unit(self, code: str) -> str:
        return _word(f"clock_unit.{code}", code)

    def source(self, code: str) -> str:
        return _word(f"source.{code}", code)

    def nature(self, code: str) -> str:
        return _word(f"nature.{code}", code)

    def post(self, post: Post) -> str:
        """A post as its holder knows it: role, unit, area."""
        area = self.city.areas.get(post.area or "") if self.city else None
        whole = area is None or area.parent is None
        parts = [self.role(post.role.value), self.unit(post.unit), "" if whole else self.area(post.area)]
        held = " · ".join(p for p in parts if p)
        return say("post.for", who=self.person(post.for_login), post=held) if post.for_login else held

    def reason(self, reason: Reason | Mapping[str, Any] | None) -> str:
        """The sentence of a reason with every code in it named; empty for none."""
        if not reason:
            return ""
        plain = reason if isinstance(reason, Reason) else Reason.from_json(reason)
        params = {name: self._param(name, value) for name, value in plain.params.items()}
        return render(Reason(plain.code, params), self.lang)

    def _param(self, name: str, value: Any) -> Any:
        if isinstance(value, list | tuple | set | frozenset):
            return [self._param(name, each) for each in value]
        naming = self._namings().get(name)
        return naming(value) if naming and isinstance(value, str) else value

    def _namings(self) -> dict[str, Callable[[str], str]]:
        return {
            "move": self.move,
            "possible": self.move,
            "role": self.role,
            "roles": self.role,
            "state": self.state,
            "needs": self.need,
            "guard": self.guard,
            "unit": self.unit,
            "units": self.unit,
            "candidates": self.unit,
            "from": self.unit,
            "owed_by": self.owner,
            "class": self.matter,
            "area": self.area,
            "micro_grid": self.micro_grid,
            "kind": self.clock,
            "source": self.source,
            "for": self.person,
            "channel": lambda code: _word(f"channel.{code}", code),
            "partner": self.partner,
            "known": lambda code: render(Reason(code), self.lang) if code in REASONS else code,
            "reading": lambda code: self.reason(Reason(f"read.{code}")),
            "readings": lambda code: self.reason(Reason(f"read.{code}")),
            "what": self._what,
            "order_state": self.order_state,
            "order_move": self.order_move,
            "order_moves": self.order_move,
            "order_needs": self.order_need,
            "limit_unit": self.clock_unit,
            "alarm_state": lambda code: _word(f"alarm_state.{code}", code),
            "alarm_move": lambda code: _word(f"alarm_move.{code}", code),
            "alarm_moves": lambda code: _word(f"alarm_move.{code}", code),
        }

    def _what(self, value: str) -> str:
        """A subject, a move with the login of who made it, or fields of a form."""
        if value in _STATES:
            return _word(f"subject.{value}", value)
        move, _, login = value.partition(" (")
        return f"{self.move(move)} ({login}" if login else value


def names(city: City | None) -> Names:
    """The names in the language of this request."""
    return Names(city, language())


def said_by(refusal: CityloomError, city: City | None) -> str:
    """A refusal's sentence in the language of this request, with every code in it named."""
    return names(city).reason(refusal.reason)


def _word(key: str, otherwise: str) -> str:
    return say(key) if key in WORDS else otherwise
