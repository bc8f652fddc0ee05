"""Whose turn an open case of a unit is: read off the city's paths, and said again as a condition for lists."""

from __future__ import annotations

from cityloom.cases.filters import Condition
from cityloom.cases.waiting import Guards, next_step, places_rows
from cityloom.city.paths import END_STATES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

TURNS = ("sign", "contact", "handle", "reply", "assist", "put_off", "others")  # in the order of the work
NOT_WAITING = ("put_off", "others")  # nothing that the unit has to do now
_PUT_OFF = ("deferred", "listed")

# For each turn: the paths and states it is the next step in, with the guards of that step.
Turns = dict[str, list[tuple[Guards, str, str]]]


def turns_of(city: City) -> Turns:
    """Where a unit has the next step, as the city's paths say; a step that is none of `TURNS` counts as handling."""
    found: Turns = {}
    for name, path in city.paths.paths.items():
        for state in path.states():
            step = next_step(path, state, Role.HANDLER)
            if step is None or state in END_STATES or state in _PUT_OFF:
                continue
            turn = step.move if step.move in TURNS else "handle"
            rows = (s for s in path.steps_from(state) if s.move == step.move)
            found.setdefault(turn, []).extend((row.when, name, state) for row in rows)
    return found


def turn_condition(city: City, post: Post) -> Condition:
    """The turn of a row `c` (path, state, class_code, lead_unit) as an SQL expression with its parameters."""
    turns = {turn: places_rows(places, post, city) for turn, places in turns_of(city).items()}
    whens = " ".join(f"WHEN {sql} THEN '{turn}'" for turn, (sql, _) in turns.items())
    return Condition(
        "CASE WHEN c.lead_unit IS NULL OR c.lead_unit <> ALL(%s) THEN 'assist' "
        f"WHEN c.state = ANY(%s) THEN 'put_off' {whens} ELSE 'others' END",
        (list(post.units), list(_PUT_OFF), *(value for _, params in turns.values() for value in params)),
    )
