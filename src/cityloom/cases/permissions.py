"""Who may do what with which case: one table for the single question and for the list.

`may` answers for one step and one case; `visible_to` makes the same table a condition for lists. Every door asks
both; nothing else decides about permission.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.conflicts import refusal_of
from cityloom.cases.values import CaseFile
from cityloom.city.paths import Step
from cityloom.city.values import Post, Role, Source


class Scope(Enum):
    """How far a role reaches: all of its area, the cases of its unit, what is its own, or everything."""

    AREA = "area"
    UNIT = "unit"
    OWN = "own"
    ALL = "all"
    WARDENS = "wardens"  # of an area, what its wardens found: neighbours do not read what neighbours reported


SCOPE: dict[Role, Scope] = {
    Role.RESIDENT: Scope.OWN,
    Role.HOTLINE_AGENT: Scope.AREA,
    Role.SHIFT_LEAD: Scope.AREA,
    Role.GRID_WORKER: Scope.AREA,
    Role.WARDEN: Scope.WARDENS,
    Role.DISPATCHER: Scope.AREA,
    Role.HANDLER: Scope.UNIT,
    Role.CHECKER: Scope.AREA,
    Role.CALLBACK_AGENT: Scope.AREA,
    Role.SUPERVISOR: Scope.AREA,
    Role.LEADER: Scope.AREA,
    Role.AUDITOR: Scope.AREA,
    Role.DATA_STEWARD: Scope.AREA,
    Role.SENSOR_OWNER: Scope.UNIT,
    Role.ADMIN: Scope.AREA,
    Role.SYSTEM: Scope.ALL,
}
SYSTEM = Post(login="system", role=Role.SYSTEM)  # the post by which the system acts

# Who sees names and phone numbers: those who call back, nobody else.
SEES_REPORTER = frozenset({Role.CALLBACK_AGENT})


def may(post: Post, step: Step, file: CaseFile, owns: bool = False) -> Reason | None:
    """None when this post may take this step on this case, else the reason why not.

    `owns`: a resident has shown the tracking code of one of the case's reports.
    """
    if post.role not in step.by:
        roles = sorted(step.by)
        return Reason("error.not_allowed", {"role": post.role.value, "move": step.move, "roles": roles})
    if (conflict := refusal_of(post, file)) is not None:
        return conflict
    if post.role is Role.HANDLER:
        unit = _unit_to_move(file, post)
        if unit is None or unit not in post.units:
            return Reason("error.not_your_unit", {"unit": unit or "", "move": step.move})
        return None
    return may_see(post, file, owns)


def may_see(post: Post, file: CaseFile, owns: bool = False) -> Reason | None:
    """None when this post may look at this case; nobody of a unit that the complaint is about does."""
    if (conflict := refusal_of(post, file)) is not None:
        return conflict
    match SCOPE[post.role]:
        case Scope.ALL:
            return None
        case Scope.OWN:
            return None if owns else Reason("error.not_yours")
        case Scope.UNIT:
            had_it = any(t.unit in post.units for t in file.tasks)
            return None if had_it else Reason("error.not_your_unit", {"unit": "", "move": "see"})
        case Scope.AREA:
            inside = post.area is None or post.area in file.case.areas
            return None if inside else Reason("error.not_your_area")
        case Scope.WARDENS:
            theirs = file.case.source == Source.WARDEN and (post.area is None or post.area in file.case.areas)
            return None if theirs else Reason("error.not_wardens")


def visible_to(post: Post) -> tuple[str, list[Any]]:
    """The same as `may_see` for lists: an SQL condition over `cases_case c` with its parameters."""
    sql, params = _in_reach(post)
    near, kept = not_about(post)
    return (f"({sql}) AND {near}", [*params, *kept]) if kept else (sql, params)


def not_about(post: Post) -> tuple[str, list[Any]]:
    """What a complaint keeps away from the staff of the unit it is about, as a condition; the second half of
    `visible_to`, for lists of what a unit works on itself."""
    if post.unit is None:
        return "TRUE", []
    return "NOT c.complained_about && %s::varchar[]", [[*post.units, *post.above]]


def _in_reach(post: Post) -> tuple[str, list[Any]]:
    match SCOPE[post.role]:
        case Scope.ALL:
            return "TRUE", []
        case Scope.OWN:
            return "FALSE", []
        case Scope.UNIT:
            condition = "EXISTS (SELECT 1 FROM cases_task t WHERE t.case_id = c.id AND t.unit = ANY(%s))"
            return condition, [list(post.units)]
        case Scope.AREA:
            return ("TRUE", []) if post.area is None else ("c.areas @> ARRAY[%s]::varchar[]", [post.area])
        case Scope.WARDENS:
            inside = "TRUE" if post.area is None else "c.areas @> ARRAY[%s]::varchar[]"
            return f"(c.source = %s AND {inside})", [Source.WARDEN.value, *([post.area] if post.area else [])]


def _unit_to_move(file: CaseFile, post: Post) -> str | None:
    """The unit that holds the lead; for a post of an assisting unit still the lead, who alone moves the case."""
    return file.lead.unit if file.lead else None
