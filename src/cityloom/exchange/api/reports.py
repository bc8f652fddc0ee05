"""Reports: sent by another system or without a token, listed for posts, followed by their code."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from cityloom.base.crypto import tracking_hash
from cityloom.base.reasons import render
from cityloom.cases.actions.receive_report import NewReport, Received, find_received, receive_report
from cityloom.cases.errors import BadReport, NotAllowed
from cityloom.cases.guards import PUBLIC
from cityloom.cases.keeping import get_file_by_id, get_report, list_entries
from cityloom.cases.permissions import visible_to
from cityloom.cases.places import locate
from cityloom.cases.promises import promise_of
from cityloom.cases.reporters import plain_phone
from cityloom.cases.screening import suspicions
from cityloom.cases.telling import ToldStep, told_steps
from cityloom.cases.twins import list_twins
from cityloom.cases.working_city import city_of_case
from cityloom.city.paths import CASE_MOVES, CASE_STATES, REPORT_MOVES
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role, Source
from cityloom.exchange.api import schemas
from cityloom.exchange.api.bodies import Body, body_of, pictures_of, said
from cityloom.exchange.api.calls import Call, call_of, knock_report, knock_tracking
from cityloom.exchange.api.errors import BadRequest, language
from cityloom.exchange.api.formats import CSV, GEOJSON, JSON, collection, csv_answer, feature, format_of, json_answer
from cityloom.exchange.api.formats import point as point_of
from cityloom.exchange.api.idempotency import done_once, key_of
from cityloom.exchange.api.pages import DEFAULT_LIMIT, MOST, id_mark_of, linked
from cityloom.exchange.api.shapes import moment

router = Router(tags=["reports"])
RESIDENT = Post(login="resident", role=Role.RESIDENT)
# What a post's reports are: others send none.
SOURCE_OF: dict[Role, Source] = {
    Role.RESIDENT: Source.RESIDENT,
    Role.HOTLINE_AGENT: Source.HOTLINE,
    Role.SHIFT_LEAD: Source.HOTLINE,
    Role.GRID_WORKER: Source.GRID_WORKER,
    Role.WARDEN: Source.WARDEN,
    Role.CHECKER: Source.INSPECTION,
    Role.SUPERVISOR: Source.INSPECTION,
    Role.LEADER: Source.LEADER,
}
_FIELDS = (
    "id", "case", "source", "state", "class", "language", "address", "area", "lon", "lat", "occurred_at",
    "received_at", "confidential", "callback_attempts", "solved", "satisfied", "exempt_reason", "words",
)  # fmt: skip
_COLUMNS = (
    "r.id, c.number, r.source, r.state, r.class_code, r.language, r.address, r.area, r.lon, r.lat, r.occurred_at, "
    "r.received_at, r.confidential OR c.confidential, r.callback_attempts, r.solved, r.satisfied, r.exempt_reason, "
    "CASE WHEN r.confidential OR c.confidential THEN '' ELSE r.words END"
)


@router.get("", response=schemas.ReportPage, operation_id="listReports")
def reports(
    request: HttpRequest,
    case: str = Query("", description="of this case only"),
    state: str = Query("", description="a state of reports"),
    source: str = Query("", description="who gave the sign of trouble"),
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MOST),
    after: str = Query("", description="the mark that the page before ended with"),
) -> HttpResponse:
    """The reports of cases that the post may see, the newest first, never with their persons.

    The words of confidential reports stay out of lists; they stand at the case itself.
    """
    call = call_of(request)
    post = call.needs("reports:read")
    kind = format_of(request, JSON, GEOJSON, CSV)
    if source and source not in {s.value for s in Source}:
        raise BadRequest("api.unknown_word", name="source", value=source[:40])
    fields = _FIELDS if call.has("cases:words") else _FIELDS[:-1]
    given = {"c.number": case, "r.state": state, "r.source": source}
    rows = _rows(call, post, {k: v.replace("\x00", "") for k, v in given.items() if v}, id_mark_of(after), limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    mark = str(rows[-1]["id"]) if more else ""
    shown = [{name: row[name] for name in fields} for row in rows]
    if kind == CSV:
        return linked(csv_answer(shown, fields, "reports"), request, mark)
    if kind == GEOJSON:
        made = [feature(s, point_of(s["lon"], s["lat"])) for s in shown]
        return linked(json_answer(collection(made), kind=GEOJSON), request, mark)
    return linked(json_answer({"items": shown, "next": mark or None}), request, mark)


def _rows(call: Call, post: Post, given: dict[str, str], after: int | None, limit: int) -> list[dict[str, Any]]:
    seen, params = visible_to(post)
    parts = ["r.city_id = %s", f"({seen})", *(f"{column} = %s" for column in given)]
    values: list[Any] = [call.city.id, *params, *given.values()]
    if after is not None:
        parts.append("r.id < %s")
        values.append(after)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM cases_report r JOIN cases_case c ON c.id = r.case_id "  # noqa: S608
            f"WHERE {' AND '.join(parts)} ORDER BY r.id DESC LIMIT %s",
            [*values, limit],
        )
        rows = [dict(zip(_FIELDS, row, strict=True)) for row in cursor.fetchall()]
    return [
        {**r, "occurred_at": moment(r["occurred_at"], call.city), "received_at": moment(r["received_at"], call.city)}
        for r in rows
    ]


@router.post("", response={201: schemas.Received, 200: schemas.Received}, operation_id="receiveReport")
def receive(request: HttpRequest) -> HttpResponse:
    """Send a report: with a token as its post (Idempotency-Key required), without one as a resident.

    The same key gives the same answer as the first time, with status 200. Photos come as multipart.
    """
    call = call_of(request)
    post = call.needs("reports:write") if call.caller is not None else RESIDENT
    if post.role not in SOURCE_OF:
        roles = sorted(r.value for r in SOURCE_OF)
        raise NotAllowed("error.not_allowed", role=post.role.value, move="receive", roles=roles)
    key = key_of(request, must=call.caller is not None)
    body = body_of(request)
    told = said(body, schemas.ReportIn)
    owner = call.caller.token.prefix if call.caller else "public"
    scoped = f"api:{owner}:{key}" if key else None
    made: list[Received] = []

    def do() -> dict[str, Any]:
        made.append(receive_report(call.city, _new(request, call, post, told, body, scoped), post, call.clock))
        return {"number": made[0].number}

    result = done_once(owner, key, body.digest, call.at, do)
    if result.again and scoped is not None and (before := find_received(call.city, scoped)) is not None:
        made = [before]
    received = made[0]
    replayed = result.again or received.again
    answer = json_answer(_received(received, call.city, replayed), status=200 if replayed else 201)
    answer.headers["Location"] = f"/api/v1/cases/{received.number}"
    return answer


def _new(
    request: HttpRequest, call: Call, post: Post, told: schemas.ReportIn, body: Body, key: str | None
) -> NewReport:
    in_public = post.role is Role.RESIDENT
    phone = plain_phone(told.phone)[:40]
    same_words = knock_report(request, call, told.words, phone) if call.caller is None else False
    pictures = pictures_of(body, call.city)
    held = suspicions(told.words, same_words=same_words, has_photos=bool(pictures)) if in_public else ()
    if told.same_as and told.same_as not in _near(call, told):
        raise BadReport("api.not_near", number=told.same_as)
    return NewReport(
        source=SOURCE_OF[post.role].value,
        words=told.words,
        class_code=told.class_code or None,
        nature=told.nature,
        lon=told.lon,
        lat=told.lat,
        area=told.area or None,
        address=told.address,
        name=told.name,
        phone=told.phone,
        language=told.language,
        confidential=told.confidential,
        complained_about=tuple(told.complained_about) if not in_public else (),
        consents=tuple(told.consents),
        external_id=f"{call.caller.token.prefix}:{told.external_id}" if told.external_id and call.caller else None,
        idempotency_key=key,
        photos=pictures,
        same_as=None if held else told.same_as or None,
        suspicions=held,
    )


def _near(call: Call, told: schemas.ReportIn) -> set[str]:
    """The open matters near the place: only one of these can be joined, or anybody could follow any case."""
    place = locate(call.city, told.lon, told.lat, told.address, told.area)
    with connection.cursor() as cursor:
        found = list_twins(cursor, call.city, place, told.class_code or None, call.at, words=told.words)
        return {t.number for t in found}


def _received(received: Received, city: City, replayed: bool) -> dict[str, Any]:
    promise, it = promise_of(received.file), received.file.case
    report = next(r for r in received.file.reports if r.id == received.report_id)
    return {
        "number": received.number,
        "report_id": received.report_id,
        "tracking_code": received.tracking_code if report.source in PUBLIC else None,
        "state": it.state,
        "unit": it.lead_unit,
        "promise_due_at": moment(promise.due_at, city) if promise else None,
        "joined": received.file.reports[0].id != received.report_id,
        "replayed": replayed,
        "twins": [t.number for t in received.twins],
    }


@router.get("/{code}", response=schemas.Tracked, operation_id="trackReport")
def track(request: HttpRequest, code: str) -> HttpResponse:
    """Follow a report by its tracking code, as on the tracking page; no token is asked for."""
    call = call_of(request)
    knock_tracking(request, call)
    with connection.cursor() as cursor:
        report = get_report(cursor, tracking_hash(code))
        file = get_file_by_id(cursor, report.case_id)
        entries = list_entries(cursor, report.case_id)
    city, it, lang = city_of_case(call.city, file.case.city_version), file.case, language()
    running = it.promise_due_at is not None and not it.has_ended
    matter, unit = city.classes.get(it.class_code or ""), city.units.get(it.lead_unit or "")
    return json_answer(
        {
            "number": it.number, "class": it.class_code,
            "class_name": matter.name.in_language(lang) if matter else "",
            "words": report.words, "address": report.address, "area": report.area,
            "received_at": moment(report.received_at, city), "report_state": report.state, "state": it.state,
            "state_name": CASE_STATES[it.state].in_language(lang), "has_ended": it.has_ended, "unit": it.lead_unit,
            "unit_name": unit.name.in_language(lang) if unit else "",
            "promise_due_at": moment(it.promise_due_at, city) if running else None,
            "provisional": it.promise_provisional,
            "overdue": running and it.promise_due_at is not None and call.at > it.promise_due_at,
            "steps": [_step(s, city) for s in told_steps(entries, report, len(file.reports) == 1)],
        }
    )  # fmt: skip


def _step(step: ToldStep, city: City) -> dict[str, Any]:
    lang = language()
    name = CASE_MOVES.get(step.move) or REPORT_MOVES.get(step.move)
    return {
        "move": step.move,
        "name": name.in_language(lang) if name else step.move,
        "at": moment(step.at, city),
        "unit": step.unit,
        "reason": render(step.reason, lang) if step.reason else "",
        "note": step.note,
    }
