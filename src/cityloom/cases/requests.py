"""Moves that a second person agrees to: asked for, then granted, refused, taken back, or lapsed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.errors import ImpossibleMove, NotAllowed
from cityloom.cases.permissions import may_see
from cityloom.cases.promises import start_for, stopped
from cityloom.cases.values import CaseFile, Details, Place, Request
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

VERDICTS = ("grant", "refuse", "take_back")
OBJECTION = "object"  # its request never stops the work, and its ruling becomes a precedent
_KEPT = frozenset(f.name for f in fields(Details)) - {"reason", "note", "outcome", "photos", "occurred_at"}


def ask(
    file: CaseFile,
    step: Step,
    by: Post,
    details: Details,
    at: datetime,
    city: City,
    new_id: Callable[[], int],
) -> tuple[CaseFile, Draft]:
    """The file with the move asked for, and its entry; raises ImpossibleMove when it is asked for already."""
    if any(r.is_open and r.move == step.move for r in file.requests):
        raise ImpossibleMove("error.asked_already", move=step.move)
    request = Request(
        id=new_id(),
        city_id=file.case.city_id,
        case_id=file.case.id,
        move=step.move,
        state="asked",
        asked_by=by.login,
        asked_role=by.role.value,
        asked_at=at,
        asked_unit=by.unit or "",
        asked_for=by.for_login,
        reason=details.reason.as_json() if details.reason else {},
        asked=as_asked(details),
        note=details.note,
    )
    after = file.with_requests(request)
    if step.move == OBJECTION and file.lead is not None:
        after = after.with_tasks(replace(file.lead, objected_at=at))
    if not after.clocks_of(("approval",), "running"):
        owed_by = min(role.value for role in step.approved_by)
        after = start_for(after, "approval", owed_by, at, city, new_id)
    return after, _draft(file, after, request, step.move, by, details.reason, details.note, at)


def row_asked(rows: Sequence[Step], request: Request) -> Step | None:
    """Of the rows of a move, the one that was asked for: its asker's role may take it, a second person agrees."""
    asked = (s for s in rows if s.approved_by and request.asked_role in s.by)
    return next(asked, rows[0] if rows else None)


def require_decider(file: CaseFile, request: Request, verdict: str, step: Step | None, by: Post) -> None:
    """Raise unless this post may say this of the request: a second person whose role the row names, or its asker."""
    if not request.is_open or verdict not in VERDICTS:
        possible = list(VERDICTS) if request.is_open else []
        raise ImpossibleMove(
            "error.impossible_move", what="request", state=request.state, move=verdict, possible=possible
        )
    mine = bool(by.persons & {request.asked_by, request.asked_for})
    if verdict == "take_back":
        if not mine:
            raise NotAllowed("error.not_your_request")
        return
    if mine:
        raise NotAllowed("error.own_request")
    allowed = step.approved_by if step is not None else frozenset({Role.SHIFT_LEAD, Role.SUPERVISOR})
    if by.role not in allowed:
        raise NotAllowed("error.not_allowed", role=by.role.value, move=verdict, roles=sorted(allowed))
    if (refusal := may_see(by, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)


def decided(
    file: CaseFile, request: Request, verdict: str, by: Post, ruling: Details, at: datetime
) -> tuple[CaseFile, Draft]:
    """The file with the request decided, and the entry of the verdict; what was granted is carried out after it."""
    state = {"grant": "granted", "refuse": "refused", "take_back": "taken_back"}[verdict]
    after = file.with_requests(
        replace(request, state=state, decided_by=by.login, decided_role=by.role.value, decided_at=at)
    )
    if request.move == OBJECTION and verdict == "refuse" and file.lead is not None:
        after = after.with_tasks(replace(file.lead, ruled="ours"))
    after = _stop_waiting(after, at)
    return after, _draft(file, after, request, verdict, by, ruling.reason, ruling.note, at)


def lapse_requests(file: CaseFile, at: datetime, city: City) -> CaseFile:
    """The file with those requests lapsed that no row of its state could carry out any more."""
    open_ones = [r for r in file.requests if r.is_open]
    if not open_ones:
        return file
    moves = {s.move for s in city.paths.paths[file.case.path].steps_from(file.case.state)}
    gone = [replace(r, state="lapsed", decided_at=at) for r in open_ones if r.move not in moves]
    return _stop_waiting(file.with_requests(*gone), at)


def _stop_waiting(file: CaseFile, at: datetime) -> CaseFile:
    if any(r.is_open for r in file.requests):
        return file
    return file.with_clocks(*(stopped(c, at) for c in file.clocks_of(("approval",), "running")))


def _draft(
    before: CaseFile,
    after: CaseFile,
    request: Request,
    move: str,
    by: Post,
    reason: Reason | None,
    note: str,
    at: datetime,
) -> Draft:
    state = next(r.state for r in after.requests if r.id == request.id)
    return Draft(
        subject="request",
        subject_id=request.id,
        move=move,
        from_state="" if state == "asked" else request.state,
        to_state=state,
        by=by,
        reason=reason,
        text=note,
        occurred_at=at,
        changes={**changes_between(before, after), "asked": {"move": request.move, **request.asked}},
    )


# --- what was asked, as JSON and back ---------------------------------------------------------------------------


def as_asked(details: Details) -> dict[str, Any]:
    """What came with the move, without words: those have a column that can be erased."""
    bare = Details()
    told: dict[str, Any] = {}
    for name in sorted(_KEPT):
        value = getattr(details, name)
        if value != getattr(bare, name):
            told[name] = _plain(value)
    return told


def as_details(request: Request, ruling: Details) -> Details:
    """The details of the move that was asked for; what the ruling names itself stands above it."""
    given: dict[str, Any] = {name: _back(name, value) for name, value in request.asked.items()}
    asked = Details(reason=Reason.from_json(request.reason) if request.reason else None, note=request.note, **given)
    return replace(asked, unit=ruling.unit or asked.unit)


def asker(request: Request) -> Post:
    """The post that asked."""
    return Post(request.asked_by, Role(request.asked_role), unit=request.asked_unit or None)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Place):
        return {name: _plain(getattr(value, name)) for name in (f.name for f in fields(Place))}
    return list(value) if isinstance(value, tuple) else value


def _back(name: str, value: Any) -> Any:
    if name == "until":
        return datetime.fromisoformat(value)
    if name == "place":
        place: Mapping[str, Any] = value
        return Place(**{**place, "areas": tuple(place["areas"])})
    return tuple(value) if isinstance(value, list) else value
