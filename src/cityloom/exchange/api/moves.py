"""Moving: what is open to the caller, one move, the verdict on a request, many moves at once."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from ninja import Router

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, render
from cityloom.cases.actions.decide_request import decide_request
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.actions.move_task import move_task
from cityloom.cases.deciding import open_steps
from cityloom.cases.errors import NotAllowed, StaleVersion
from cityloom.cases.keeping import get_file, list_entries
from cityloom.cases.offers import open_report_steps, open_task_steps, open_verdicts
from cityloom.cases.permissions import may_see
from cityloom.cases.photos import Picture
from cityloom.cases.reasons import REASONS_OF
from cityloom.cases.values import CaseFile, Details
from cityloom.cases.working_city import city_of_case
from cityloom.city.paths import CASE_MOVES, NEEDS, REPORT_MOVES, REQUEST_MOVES, TASK_MOVES, Step
from cityloom.city.values import Name, Post
from cityloom.exchange.api import schemas
from cityloom.exchange.api.bodies import Body, body_of, pictures_of, said
from cityloom.exchange.api.calls import Call, call_of
from cityloom.exchange.api.cases import etag, seen_file
from cityloom.exchange.api.details import details_of, version_of
from cityloom.exchange.api.errors import Changed, language, problem_of
from cityloom.exchange.api.formats import json_answer
from cityloom.exchange.api.idempotency import done_once, key_of
from cityloom.exchange.api.shapes import entry_shape

router = Router(tags=["moves"])
bulk_router = Router(tags=["moves"])
_NO_MOVES = frozenset({"clock", "relay", "people"})  # entries that leave a version good, see refuse_stale


@router.get("/{number}/moves", response=schemas.OpenMoves, operation_id="listOpenMoves")
def open_moves(request: HttpRequest, number: str) -> HttpResponse:
    """What the token's post may do with the case now: each move with what it needs and the reasons to choose from."""
    call = call_of(request)
    post = call.needs("cases:read")
    file = seen_file(call, post, number)
    answer = json_answer({"version": file.case.version, "items": _open(call, file, post)})
    answer.headers["ETag"] = etag(file)
    return answer


@router.post("/{number}/moves", response=schemas.Moved, operation_id="moveCase")
def move(request: HttpRequest, number: str) -> HttpResponse:
    """Make one move on the case. If-Match names the version that was seen; photos come as multipart.

    A move that a second person must agree to is asked for: the state stays until the verdict.
    """
    call, post, body = _begun(request)
    told = said(body, schemas.MoveIn)
    version = version_of(request, told.version)

    def do() -> CaseFile:
        pictures = pictures_of(body, call.city)
        return _move(call, post, number, told, version, pictures)

    return _answered(request, call, post, number, body, version, do)


@router.post("/{number}/tasks/{task_id}/moves", response=schemas.Moved, operation_id="moveTask")
def task_move(request: HttpRequest, number: str, task_id: int) -> HttpResponse:
    """Move the task of an assisting or whistled unit; the case stays where it is."""
    call, post, body = _begun(request)
    told = said(body, schemas.MoveIn)
    version = version_of(request, told.version)
    return _answered(
        request, call, post, number, body, version, lambda: _move(call, post, number, told, version, task=task_id)
    )


@router.post("/{number}/reports/{report_id}/moves", response=schemas.Moved, operation_id="moveReport")
def report_move(request: HttpRequest, number: str, report_id: int) -> HttpResponse:
    """Move one report: its callback, an exemption."""
    call, post, body = _begun(request)
    told = said(body, schemas.MoveIn)
    version = version_of(request, told.version)
    return _answered(
        request, call, post, number, body, version, lambda: _move(call, post, number, told, version, report=report_id)
    )


@router.post("/{number}/requests/{request_id}/verdict", response=schemas.Moved, operation_id="decideRequest")
def verdict(request: HttpRequest, number: str, request_id: int) -> HttpResponse:
    """Grant or refuse what somebody asked for, or take one's own request back. What is granted is carried out."""
    call, post, body = _begun(request)
    told = said(body, schemas.VerdictIn)
    version = version_of(request, told.version)
    ruling = Details(note=told.note, unit=told.unit or None)

    def do() -> CaseFile:
        return decide_request(
            call.city, number, request_id, told.verdict, post, ruling, call.clock, version=version
        )  # fmt: skip

    return _answered(request, call, post, number, body, version, do)


@bulk_router.post("/moves", response=schemas.BulkResults, operation_id="moveMany")
def bulk(request: HttpRequest) -> HttpResponse:
    """Up to 100 moves, each done or refused by itself; the answer is 200 and tells the result of every one.

    Each names the version it saw. Under an Idempotency-Key those that were done are not done again.
    """
    call, post, body = _begun(request)
    told = said(body, schemas.BulkIn)
    key = key_of(request, must=False)
    results = [_one(call, post, n, each, f"{key}:{n}" if key else "", body) for n, each in enumerate(told.moves)]
    refused = sum(r["status"] != HTTPStatus.OK for r in results)
    return json_answer({"done": len(results) - refused, "refused": refused, "items": results})


def _one(call: Call, post: Post, index: int, told: schemas.BulkMove, key: str, body: Body) -> dict[str, Any]:
    version = told.version

    def do() -> dict[str, Any]:
        file = _move(call, post, told.number, told, version or 0, task=told.task_id, report=told.report_id)
        return _moved(file)

    try:
        done = _done(call, post, told.number, key, body, version or 0, do)
    except CityloomError as refusal:
        return {"index": index, "case": told.number, "status": refusal.status, "problem": problem_of(refusal)}
    return {
        "index": index, "case": told.number, "status": 200, "version": done["version"], "state": done["state"]
    }  # fmt: skip


# --- doing it ---------------------------------------------------------------------------------------------------


def _begun(request: HttpRequest) -> tuple[Call, Post, Body]:
    call = call_of(request)
    return call, call.needs("cases:move"), body_of(request)


def _move(
    call: Call,
    post: Post,
    number: str,
    told: schemas.MoveIn,
    version: int,
    pictures: tuple[Picture, ...] = (),
    task: int | None = None,
    report: int | None = None,
) -> CaseFile:
    city, now = call.city, call.clock
    details = details_of(told, city, post)
    if task is not None:
        return move_task(city, number, task, told.move, post, details, now, version=version)
    if report is not None:
        return move_report(city, number, report, told.move, post, details, now, version=version)
    return move_case(city, number, told.move, post, details, now, version=version, pictures=pictures)


def _answered(
    request: HttpRequest, call: Call, post: Post, number: str, body: Body, version: int, do: Callable[[], CaseFile]
) -> HttpResponse:
    done = _done(call, post, number, key_of(request, must=False), body, version, lambda: _moved(do()))
    answer = json_answer(done)
    answer.headers["ETag"] = f'"{done["version"]}"'
    return answer


def _done(
    call: Call, post: Post, number: str, key: str, body: Body, version: int, do: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What came of it; raises Changed where somebody else moved the case first."""
    owner = call.caller.token.prefix if call.caller else ""
    try:
        result = done_once(owner, key, body.digest, call.at, do)
    except StaleVersion as stale:
        raise _changed(call, post, number, version, stale) from stale
    return {**result.answer, "replayed": result.again}


def _moved(file: CaseFile) -> dict[str, Any]:
    it = file.case
    return {"number": it.number, "version": it.version, "state": it.state, "unit": it.lead_unit}


def _changed(call: Call, post: Post, number: str, version: int, stale: StaleVersion) -> CityloomError:
    """The refusal with what others did since; only for a post that may see the case."""
    with connection.cursor() as cursor:
        file = get_file(cursor, call.city.id, number)
        if (refusal := may_see(post, file)) is not None:
            return NotAllowed(refusal.code, **refusal.params)
        entries = [e for e in list_entries(cursor, file.case.id) if e.version > version]
    shown = [entry_shape(e, call.city, call.has("cases:words")) for e in entries if e.subject not in _NO_MOVES]
    return Changed(stale.reason, file.case.version, shown)


# --- what is open -----------------------------------------------------------------------------------------------


def _open(call: Call, file: CaseFile, post: Post) -> list[dict[str, Any]]:
    city, at = city_of_case(call.city, file.case.city_version), call.at
    found = [_offer("case", None, s, CASE_MOVES, file.case.state) for s in open_steps(file, post, at, city)]
    for report in file.reports:
        steps = open_report_steps(file, report, post, city)
        found += [_offer("report", report.id, s, REPORT_MOVES, report.state) for s in steps]
    for task in (t for t in file.tasks if t.role != "lead"):
        steps = open_task_steps(file, task, post, at, city)
        found += [_offer("task", task.id, s, TASK_MOVES, task.state) for s in steps]
    for asked in (r for r in file.requests if r.is_open):
        found += [_verdict_offer(asked.id, v) for v in open_verdicts(file, asked, post, city)]
    return [f for f in found if f["move"] != "join"]


def _offer(subject: str, subject_id: int | None, step: Step, names: dict[str, Name], state: str) -> dict[str, Any]:
    lang = language()
    return {
        "subject": subject, "subject_id": subject_id, "move": step.move,
        "name": names[step.move].in_language(lang), "to_state": step.next_state(state),
        "needs": [{"code": n, "name": NEEDS[n].in_language(lang)} for n in step.needs],
        "reasons": [{"code": c, "name": render(Reason(c), lang)} for c in REASONS_OF.get(step.move, ())],
        "approved_by": sorted(r.value for r in step.approved_by),
    }  # fmt: skip


def _verdict_offer(request_id: int, verdict: str) -> dict[str, Any]:
    lang = language()
    needs = [] if verdict == "take_back" else [{"code": "note", "name": NEEDS["note"].in_language(lang)}]
    return {
        "subject": "request", "subject_id": request_id, "move": verdict,
        "name": REQUEST_MOVES[verdict].in_language(lang), "to_state": "", "needs": needs, "reasons": [],
        "approved_by": [],
    }  # fmt: skip
