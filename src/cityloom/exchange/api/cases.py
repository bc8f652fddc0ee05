"""Cases: lists by the filters of the pages, one case whole, its history, its tasks, its requests."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from ninja import Router
from ninja.params.functions import Query

from cityloom.cases.errors import NotAllowed
from cityloom.cases.filters import FilterNotUnderstood, parse_filter
from cityloom.cases.keeping import get_file, list_entries
from cityloom.cases.permissions import may_see
from cityloom.cases.queries import CasePage, list_cases
from cityloom.cases.values import CaseFile
from cityloom.city.values import Post
from cityloom.exchange.api import schemas
from cityloom.exchange.api.calls import Call, call_of
from cityloom.exchange.api.errors import BadRequest
from cityloom.exchange.api.formats import (
    CSV,
    GEOJSON,
    JSON,
    chosen_fields,
    collection,
    csv_answer,
    feature,
    format_of,
    json_answer,
    point,
)
from cityloom.exchange.api.pages import DEFAULT_LIMIT, MOST, id_mark_of, linked, mark_of
from cityloom.exchange.api.shapes import ROW_FIELDS, case_shape, entry_shape, row_shape

router = Router(tags=["cases"])
FILTERS = ("view", "state", "class", "area", "unit", "source", "overdue", "number")


@router.get("", response=schemas.CasePage, operation_id="listCases")
def cases(
    request: HttpRequest,
    view: str = Query("", description="waiting (for the post), open, or all"),
    state: str = Query("", description="a state of the vocabulary"),
    class_: str = Query("", alias="class", description="a class; takes in all below it"),
    area: str = Query("", description="an area; takes in all inside it"),
    unit: str = Query("", description="the leading unit; - means none"),
    source: str = Query("", description="who gave the sign of trouble"),
    overdue: str = Query("", description="yes for what is late"),
    number: str = Query("", description="a whole number or its last part"),
    fields: str = Query("", description="only these fields, separated by commas"),
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MOST),
    after: str = Query("", description="the mark that the page before ended with"),
) -> HttpResponse:
    """The cases that the token's post may see, under the same filter as the pages; JSON, GeoJSON or CSV by Accept.

    Open work by what falls due first, history by what came last. The next page is in the Link header.
    """
    call = call_of(request)
    post = call.needs("cases:read")
    kind = format_of(request, JSON, GEOJSON, CSV)
    with_words = call.has("cases:words")
    known = [f for f in ROW_FIELDS if with_words or f != "words"]
    chosen = chosen_fields(fields, known)
    with connection.cursor() as cursor:
        page = _page(cursor, call, post, request, mark_of(after), limit)
        rows = [row_shape(r, call.city, call.at, with_words) for r in page.rows]
        places = _points(cursor, [r.id for r in page.rows]) if kind == GEOJSON else {}
    shown = [{name: row[name] for name in chosen} for row in rows]
    mark = page.next.as_text() if page.next else ""
    if kind == CSV:
        return linked(csv_answer(shown, chosen, "cases"), request, mark)
    if kind == GEOJSON:
        made = [feature(s, point(*places.get(r.id, (None, None)))) for s, r in zip(shown, page.rows, strict=True)]
        return linked(json_answer(collection(made), kind=GEOJSON), request, mark)
    return linked(json_answer({"items": shown, "next": mark or None}), request, mark)


def _page(cursor: CursorWrapper, call: Call, post: Post, request: HttpRequest, mark: Any, limit: int) -> CasePage:
    words = {name: request.GET.get(name, "").replace("\x00", "") for name in FILTERS}
    try:
        asked = parse_filter(words, call.city, post)
    except FilterNotUnderstood as refusal:
        raise BadRequest("api.unknown_word", **refusal.reason.params) from refusal
    return list_cases(cursor, call.city, post, asked, call.at, mark, limit)


def _points(cursor: CursorWrapper, ids: list[int]) -> dict[int, tuple[float | None, float | None]]:
    cursor.execute("SELECT id, lon, lat FROM cases_case WHERE id = ANY(%s)", [ids])
    return {i: (lon, lat) for i, lon, lat in cursor.fetchall()}


@router.get("/{number}", response=schemas.CaseOut, operation_id="getCase")
def case(
    request: HttpRequest,
    number: str,
    fields: str = Query("", description="only these fields, separated by commas"),
) -> HttpResponse:
    """One case whole, with its reports, tasks, clocks and requests; never who reported. Its ETag is its version."""
    call = call_of(request)
    kind = format_of(request, JSON, GEOJSON)
    file = seen_file(call, call.needs("cases:read"), number)
    if etag(file) in request.headers.get("If-None-Match", ""):
        same: HttpResponse = HttpResponseNotModified()
        same.headers["ETag"] = etag(file)
        return same
    shape = case_shape(file, call.city, call.at, call.has("cases:words"))
    shown = {name: shape[name] for name in chosen_fields(fields, list(shape))}
    if kind == GEOJSON:
        answer = json_answer(feature(shown, point(file.case.lon, file.case.lat)), kind=GEOJSON)
    else:
        answer = json_answer(shown)
    answer.headers["ETag"] = etag(file)
    return answer


@router.get("/{number}/entries", response=schemas.EntryPage, operation_id="listEntries")
def entries(
    request: HttpRequest,
    number: str,
    limit: int = Query(MOST, ge=1, le=1000),
    after: str = Query("", description="the seq that the page before ended with"),
) -> HttpResponse:
    """The history of a case in order; it only grows, each line chained to the one before."""
    call = call_of(request)
    post = call.needs("cases:read")
    since = id_mark_of(after) or 0
    file = seen_file(call, post, number)
    with connection.cursor() as cursor:
        found = list_entries(cursor, file.case.id, min(since, 2**31 - 1))
    page = found[:limit]
    mark = str(page[-1].seq) if len(found) > limit else ""
    shown = [entry_shape(e, call.city, call.has("cases:words")) for e in page]
    return linked(json_answer({"items": shown, "next": mark or None}), request, mark)


@router.get("/{number}/tasks", response=list[schemas.TaskOut], operation_id="listTasks")
def tasks(request: HttpRequest, number: str) -> HttpResponse:
    """What each unit owes the case, in the order it was sent."""
    return _part(request, number, "tasks")


@router.get("/{number}/requests", response=list[schemas.RequestOut], operation_id="listRequests")
def requests(request: HttpRequest, number: str) -> HttpResponse:
    """What was asked for on the case and what was said of it."""
    return _part(request, number, "requests")


@router.get("/{number}/reports", response=list[schemas.ReportOut], operation_id="listReportsOfCase")
def reports_of_case(request: HttpRequest, number: str) -> HttpResponse:
    """The reports of the case, without their persons."""
    return _part(request, number, "reports")


def _part(request: HttpRequest, number: str, name: str) -> HttpResponse:
    call = call_of(request)
    file = seen_file(call, call.needs("cases:read"), number)
    answer = json_answer(case_shape(file, call.city, call.at, call.has("cases:words"))[name])
    answer.headers["ETag"] = etag(file)
    return answer


def seen_file(call: Call, post: Post, number: str) -> CaseFile:
    """The case, for a post that may see it; raises NoSuchCase or NotAllowed."""
    with connection.cursor() as cursor:
        file = get_file(cursor, call.city.id, number)
    check_seen(post, file)
    return file


def check_seen(post: Post, file: CaseFile) -> None:
    """Raise NotAllowed for a post that may not see the case."""
    if (refusal := may_see(post, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)


def etag(file: CaseFile) -> str:
    """The version of a case as its ETag."""
    return f'"{file.case.version}"'
