"""Whose turn an open case of a unit is: read off the city's paths, and said again as a condition for lists."""

from __future__ import annotations

from typing import Any

from cityloom.cases.filters import Condition, next_step
from cityloom.city.paths import END_STATES, Path
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

TURNS = ("sign", "contact", "handle", "reply", "assist", "put_off", "others")  # in the order of the work
NOT_WAITING = ("put_off", "others")  # nothing that the unit has to do now
_PUT_OFF = ("deferred", "listed")
_CHECKS = {"asks_check": True, "asks_no_check": False}

# For each step: the paths and states it is the next in, of matters that ask a check, that ask none, of all (None).
Turns = dict[str, dict[bool | None, list[tuple[str, str]]]]


def turns_of(city: City) -> Turns:
    """Where a unit has the next step, as the city's paths say; a step that is none of `TURNS` counts as handling."""
    found: Turns = {}
    for name, path in city.paths.paths.items():
        for state in path.states():
            step = next_step(path, state, Role.HANDLER)
            if step is None or state in END_STATES or state in _PUT_OFF:
                continue
            turn = step.move if step.move in TURNS else "handle"
            found.setdefault(turn, {}).setdefault(_asks_check(path, state, step.move), []).append((name, state))
    return found


def _asks_check(path: Path, state: str, move: str) -> bool | None:
    """Whether the step is for matters that ask a check (True), that ask none (False), or for all (None)."""
    asked = {_CHECKS.get(w) for s in path.steps_from(state) if s.move == move for w in s.when or ("",)} - {None}
    return asked.pop() if len(asked) == 1 else None


def turn_condition(city: City, post: Post) -> Condition:
    """The turn of a row `c` (path, state, class_code, lead_unit) as an SQL expression with its parameters."""
    whens: list[str] = []
    params: list[Any] = []
    checked = sorted(code for code, matter in city.classes.items() if matter.check)
    for turn, pairs in turns_of(city).items():
        for asks_check, places in pairs.items():
            sql = "(c.path || '/' || c.state) = ANY(%s)"
            params.append([f"{path}/{state}" for path, state in places])
            if asks_check is not None:
                sql += f" AND {'' if asks_check else 'NOT '}coalesce(c.class_code = ANY(%s), FALSE)"
                params.append(checked)
            whens.append(f"WHEN {sql} THEN '{turn}'")
    return Condition(
        "CASE WHEN c.lead_unit IS NULL OR c.lead_unit <> ALL(%s) THEN 'assist' "
        f"WHEN c.state = ANY(%s) THEN 'put_off' {' '.join(whens)} ELSE 'others' END",
        (list(post.units), list(_PUT_OFF), *params),
    )
