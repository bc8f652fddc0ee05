"""What waits for somebody: the next steps of the city's paths, and the cases in which one is open, as SQL.

A condition here is over `cases_case c`, with its parameters beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cityloom.cases.guard_rows import GUARD_ROWS, Rows
from cityloom.city.paths import CASE_STATES, END_STATES, Path, Paths, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

Guards = tuple[str, ...]
# Moves that correct or end a case beside its way; what a list names as the next thing to do is none of these.
BESIDE_THE_WAY = frozenset(
    {
        "join", "supplement", "reclassify", "relocate", "withdraw", "void", "reopen", "object", "assist", "return",
        "pass_on", "solve_on_spot", "urge", "merge", "unmerge", "take_in", "let_go", "split", "escalate", "whistle",
        "promise_date", "keep_promise", "extend", "ask_up", "defer", "list", "delist", "resume", "hand_over",
        "hand_back", "partner_done", "review",
    }
)  # fmt: skip


def waiting_states(paths: Paths, role: Role) -> tuple[str, ...]:
    """The states from which some path's next step is this role's, in the order of the vocabulary."""
    found = {state for path in paths.paths.values() for state in path.states() if next_step(path, state, role)}
    return tuple(state for state in CASE_STATES if state in found - END_STATES)


def next_step(path: Path, state: str, role: Role) -> Step | None:
    """The step on the path's way that this role may take from a state, guards and unit aside; None for others."""
    return next(iter(steps_on_the_way(path, state, role)), None)


def steps_on_the_way(path: Path, state: str, role: Role) -> list[Step]:
    """All rows of the path's way that this role may take from a state, guards and unit aside."""
    return [s for s in path.steps_from(state) if role in s.by and s.move not in BESIDE_THE_WAY]


def waiting_rows(post: Post, city: City) -> Rows:
    """Open cases on whose way the post has the next step now, guards and its unit included.

    The same as asking `deciding.open_steps` case by case; a unit's task beside the lead is its next step too.
    """
    found = [
        (step.when, name, state)
        for name, path in city.paths.paths.items()
        for state in path.states()
        if state not in END_STATES
        for step in steps_on_the_way(path, state, post.role)
    ]
    waits, params = places_rows(found, post, city)
    if post.role is not Role.HANDLER:
        return f"c.state = ANY(%s) AND {waits}", (list(waiting_states(city.paths, post.role)), *params)
    beside, theirs = living_task(post, city, "AND own.role <> 'lead'")
    return f"(c.lead_unit = ANY(%s) AND {waits} OR {beside})", (list(post.units), *params, *theirs)


def places_rows(places: Iterable[tuple[Guards, str, str]], post: Post, city: City) -> Rows:
    """Cases of one of these paths and states (guards, path, state) whose guards hold for this post."""
    by_guards: dict[Guards, set[str]] = {}
    for when, path, state in places:
        by_guards.setdefault(tuple(w for w in when if w in GUARD_ROWS), set()).add(f"{path}/{state}")
    arms: list[str] = []
    params: list[Any] = []
    for when, named in by_guards.items():
        rows: list[Rows] = [("(c.path || '/' || c.state) = ANY(%s)", (sorted(named),))]
        rows += [GUARD_ROWS[word](city, post) for word in when]
        arms.append(" AND ".join(sql for sql, _ in rows))
        params += [value for _, values in rows for value in values]
    return f"({' OR '.join(arms) or 'FALSE'})", tuple(params)


def living_task(post: Post, city: City, condition: str = "") -> Rows:
    """Cases on which the post's unit has a task that has not ended; `condition` is written by us."""
    sql = (
        "c.id = ANY(ARRAY(SELECT own.case_id FROM cases_task own "  # noqa: S608
        f"WHERE own.city_id = %s AND own.unit = ANY(%s) AND own.ended_at IS NULL {condition}))"
    )
    return sql, (city.id, list(post.units))
