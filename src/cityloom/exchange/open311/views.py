"""The views of Open311 GeoReport v2: each reads, asks, and answers with a document in the form asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cityloom.base.crypto import tracking_hash
from cityloom.base.errors import CityloomError
from cityloom.base.rate_limits import TooOften
from cityloom.base.reasons import Reason, register, render
from cityloom.cases.actions.receive_report import Received, receive_report
from cityloom.cases.errors import NoSuchReport
from cityloom.cases.keeping import get_file_by_id, get_report
from cityloom.cases.reporters import plain_phone
from cityloom.cases.values import Case
from cityloom.city.snapshot import NoSuchCity
from cityloom.city.snapshot_values import City
from cityloom.exchange.open311 import callers, publishing
from cityloom.exchange.open311.asking import asked_of, moment, numbers_of, page_of, span_of
from cityloom.exchange.open311.attributes import definition
from cityloom.exchange.open311.documents import CONTENT_TYPES, JSON, XML, Document, errors
from cityloom.exchange.open311.errors import BadRequest, NoKey, NotFound, WrongMethod
from cityloom.exchange.open311.general import GENERAL, general_definition, proposals
from cityloom.exchange.open311.mapping import is_public_class
from cityloom.exchange.open311.openapi import openapi
from cityloom.exchange.open311.queries import RequestRow, find_request, list_requests, list_updates, shows_words
from cityloom.exchange.open311.reading import Sent, read_form, read_query
from cityloom.exchange.open311.receiving import key_of, matter_of, parts_of, pictures_of, report_of, today
from cityloom.exchange.open311.updating import receive_update, update_of

register(
    {
        "open311.notice": (
            "已收到。凭此链接查看进展并补充：{link}",
            "Received. Follow it and add to it here: {link}",
        ),
        "open311.notice_mail": (
            "电子邮箱不会保存；如需回访请留电话",
            "the e-mail address is not kept; leave a phone to be called",
        ),
        "open311.notice_test": (
            "测试接口：一切均已检查，但未保存",
            "the test endpoint: all was checked, nothing is kept",
        ),
        "open311.notice_words": (
            "您的描述会公开，请勿写入个人信息",
            "your description is shown in public: leave out what is personal",
        ),
    }
)
Answer = Callable[..., Document]
READ, BOTH = ("GET", "HEAD"), ("GET", "HEAD", "POST")
TEST = "test"
_STATUS = {422: 400}  # the specification knows no other word for what cannot be understood


def door(*allowed: str) -> Callable[[Answer], Callable[..., HttpResponse]]:
    """The view gets the request, what was sent and the city, and gives a document; a refusal becomes one too."""

    def wrap(view: Answer) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, form: str | None = None, **more: Any) -> HttpResponse:
            chosen = _form_of(request, form)
            try:
                if form is not None and form.lower() not in CONTENT_TYPES:
                    raise NotFound("open311.no_format", format=form[:20])
                if request.method == "OPTIONS":
                    return _preflight(allowed)
                if request.method not in allowed:
                    raise WrongMethod(allowed)
                sent = read_form(request) if request.method == "POST" else read_query(request)
                if chosen == JSON and sent.fields.keys() & {"callback", "jsonp", "jsonCallback"}:
                    raise BadRequest("open311.no_jsonp")
                city = callers.city_of(sent.text("jurisdiction_id", 100))
                return _answer(view(request, sent, city, **more), chosen)
            except CityloomError as refusal:
                return _refusal(refusal, chosen)
            except NoSuchCity as none:
                return _answer(errors([(503, str(none))]), chosen, 503)

        return answered

    return wrap


def _form_of(request: HttpRequest, form: str | None) -> str:
    """What the address ends with; without an ending JSON where it is asked for before XML, else XML."""
    if form is not None:
        return JSON if form.lower() == JSON else XML
    accept = request.headers.get("Accept", "").lower()
    json_at, xml_at = accept.find("json"), accept.find("xml")
    return JSON if json_at >= 0 and (xml_at < 0 or json_at < xml_at) else XML


def _answer(document: Document, form: str, status: int = 200) -> HttpResponse:
    answer = HttpResponse(document.as_bytes(form), status=status, content_type=CONTENT_TYPES[form])
    answer.headers["Access-Control-Allow-Origin"] = "*"  # all of it is public, and no cookie opens more
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer


def _refusal(refusal: CityloomError, form: str) -> HttpResponse:
    status = _STATUS.get(refusal.status, refusal.status)
    answer = _answer(errors([(status, refusal.in_language(callers.language()))]), form, status)
    if isinstance(refusal, TooOften):
        answer.headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(refusal, WrongMethod):
        answer.headers["Allow"] = ", ".join(refusal.allowed)
    return answer


def _preflight(allowed: tuple[str, ...]) -> HttpResponse:
    """A browser asks whether a page from elsewhere may call."""
    answer = HttpResponse(status=204)
    answer.headers["Allow"] = ", ".join((*allowed, "OPTIONS"))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Allow-Methods"] = ", ".join(allowed)
    answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
    return answer


# --- what there is ----------------------------------------------------------------------------------------------


@door(*READ)
def discovery(request: HttpRequest, sent: Sent, city: City, **more: Any) -> Document:
    """Where the endpoints are, in which formats, and whom to ask."""
    return Document("discovery", publishing.discovery(city, _base(request), callers.language()))


@door(*READ)
def described(request: HttpRequest, sent: Sent, city: City, **more: Any) -> Document:
    """What this door takes and answers, as OpenAPI 3.1."""
    return Document("openapi", openapi(city, _base(request)))


def _base(request: HttpRequest) -> str:
    return f"{request.build_absolute_uri(request.path).split('/open311/')[0]}/open311"


@door(*READ)
def services(request: HttpRequest, sent: Sent, city: City, **more: Any) -> Document:
    """What the public may report."""
    return Document("services", publishing.services(city, today(city, callers.clock().now()), callers.language()))


@door(*READ)
def service(request: HttpRequest, sent: Sent, city: City, code: str, **more: Any) -> Document:
    """What is asked about one service."""
    on = today(city, callers.clock().now())
    if code == GENERAL:
        return Document("service_definition", general_definition())
    return Document("service_definition", definition(city, matter_of(city, code, on), on, callers.language()))


# --- requests ---------------------------------------------------------------------------------------------------


@door(*BOTH)
def requests(request: HttpRequest, sent: Sent, city: City, mode: str = "") -> Document:
    """The list of public requests, or one more request."""
    if request.method == "POST":
        return _received(request, sent, city, mode)
    asked = asked_of(sent.fields, city, callers.clock().now())
    with connection.cursor() as cursor:
        rows = list_requests(cursor, city, asked)
    return Document("service_requests", [publishing.request(city, row, callers.language()) for row in rows])


def _received(request: HttpRequest, sent: Sent, city: City, mode: str) -> Document:
    clock, language = callers.clock(), callers.language()
    at, api_key = clock.now(), sent.text("api_key", 200)
    callers.needs_key(request, city, api_key)
    post = callers.post_behind(request, city, api_key, at)
    parts = parts_of(city, sent, today(city, at))
    is_test = mode == TEST
    held = False
    if post is None and not is_test:
        phone = plain_phone(parts.phone)[:40]
        held = callers.knock_with_report(request, city, parts.description, phone, at)
    pictures = pictures_of(sent.files, city)
    key = key_of(request.headers.get("Idempotency-Key", ""), post.login if post else "")
    new = report_of(parts, () if is_test else pictures, held, language, key)
    by = post or callers.RESIDENT
    if is_test:
        with transaction.atomic():
            received = receive_report(city, new, by, clock)
            transaction.set_rollback(True)
    else:
        received = receive_report(city, new, by, clock)
    is_public = parts.matter is not None and is_public_class(city, parts.matter)
    told = _told(request, city, received, is_public, sent, is_test, language)
    if parts.matter is None:
        report = next(r for r in received.file.reports if r.id == received.report_id)
        told["extended_attributes"] = proposals(city, report, received.file.case.class_code, language)
    return Document("service_requests", [told])


def _told(
    request: HttpRequest, city: City, received: Received, is_public: bool, sent: Sent, is_test: bool, language: str
) -> dict[str, Any]:
    """The id of a request that can be looked up; a token for one that only its sender may follow."""
    link = f"{settings.CITYLOOM_SITE_URL or request.build_absolute_uri('/').rstrip('/')}/t/{received.tracking_code}/"
    notices = [Reason("open311.notice_test")] if is_test else [Reason("open311.notice", {"link": link})]
    if sent.text("email"):
        notices.append(Reason("open311.notice_mail"))
    if is_public and shows_words(city):
        notices.append(Reason("open311.notice_words"))
    key = {"service_request_id": received.number} if is_public else {"token": received.tracking_code}
    return {
        **key,
        "service_notice": " ".join(render(notice, language) for notice in notices),
        "account_id": sent.text("account_id", 100) or None,
    }


@door(*READ)
def one_request(request: HttpRequest, sent: Sent, city: City, number: str, **more: Any) -> Document:
    """One request by its id; by its token also one that the public does not see, without its place."""
    language = callers.language()
    with connection.cursor() as cursor:
        row = find_request(cursor, city, number)
    if row is not None:
        return Document("service_requests", [publishing.request(city, row, language)])
    case = _case_of_token(request, city, number)
    if case is None:
        raise NotFound("open311.no_request", number=number[:40])
    return Document("service_requests", [publishing.request(city, _row(case), language, whole=False)])


@door(*READ)
def token(request: HttpRequest, sent: Sent, city: City, token: str, **more: Any) -> Document:
    """The id of the request behind a token."""
    case = _case_of_token(request, city, token)
    if case is None:
        raise NotFound("open311.no_token")
    return Document("service_requests", [{"service_request_id": case.number, "token": token}])


def _case_of_token(request: HttpRequest, city: City, token: str) -> Case | None:
    """The case of the report that a tracking code opens; None for a text that opens none."""
    callers.knock_to_follow(request, city, callers.clock().now())
    with connection.cursor() as cursor:
        try:
            report = get_report(cursor, tracking_hash(token))
        except NoSuchReport:
            return None
        case = get_file_by_id(cursor, report.case_id).case
    return case if case.city_id == city.id else None


def _row(case: Case) -> RequestRow:
    return RequestRow(
        id=case.id,
        number=case.number,
        class_code=case.class_code,
        standard_code=case.standard_code,
        state=case.state,
        area=None,
        lead_unit=case.lead_unit,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        promise_due_at=case.promise_due_at,
        lon=None,
        lat=None,
        updated_at=case.state_since or case.opened_at,
        words=None,
    )


# --- updates ----------------------------------------------------------------------------------------------------


@door(*BOTH)
def updates(request: HttpRequest, sent: Sent, city: City, mode: str = "") -> Document:
    """What has become of public requests; or an update from a system that has a key."""
    now = callers.clock().now()
    if request.method == "POST":
        return _updated(request, sent, city, mode)
    span = span_of(moment(sent.fields, "start_date"), moment(sent.fields, "end_date"), now)
    with connection.cursor() as cursor:
        rows = list_updates(cursor, city, numbers_of(sent.fields), span, page_of(sent.fields))
    return Document("service_request_updates", [publishing.update(city, row, callers.language()) for row in rows])


def _updated(request: HttpRequest, sent: Sent, city: City, mode: str) -> Document:
    clock = callers.clock()
    post = callers.post_behind(request, city, sent.text("api_key", 200), clock.now())
    if post is None:
        raise NoKey("open311.key_needed")
    update = update_of(sent)
    with transaction.atomic():
        kept = receive_update(city, update, post, clock)
        if mode == TEST:
            transaction.set_rollback(True)
    return Document("service_request_updates", [{"update_id": str(kept)}])


@door(*BOTH)
def nothing(request: HttpRequest, sent: Sent, city: City, **more: Any) -> Document:
    """An address that is none, told as the specification tells errors."""
    raise NotFound("open311.no_such_address", example="/open311/v2/services.xml")
