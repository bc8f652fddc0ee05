"""The interface put together: routers, the refusals that the framework itself makes, and the document about it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from cityloom.base.errors import CityloomError
from cityloom.exchange.api import cases, master, moves, readings, reports, webhooks
from cityloom.exchange.api.bodies import faults
from cityloom.exchange.api.calls import failed, suspicious
from cityloom.exchange.api.errors import BadInput, BadRequest, NoRoute, answer_refusal
from cityloom.exchange.api.openapi import DESCRIPTION, described


class CityApi(NinjaAPI):
    """The interface; its document tells every status and header that an answer may have."""

    _document: Any = None

    def get_openapi_schema(self, **given: Any) -> Any:
        """The document: the same for everybody, so made once in a process."""
        if self._document is None:
            self._document = described(super().get_openapi_schema(**{**given, "path_prefix": "/api/v1/"}))
        return self._document


api = CityApi(
    title="Cityloom",
    version="1",
    description=DESCRIPTION,
    openapi_url="/openapi.json",
    docs_url=None,
    urls_namespace="api",
)
api.add_router("/cases", cases.router)
api.add_router("/cases", moves.router)
api.add_router("/reports", reports.router)
api.add_router("/readings", readings.router)
api.add_router("/webhooks", webhooks.router)
api.add_router("", moves.bulk_router)
api.add_router("", master.router)


@api.exception_handler(CityloomError)
def _refused(request: HttpRequest, refusal: CityloomError) -> HttpResponse:
    return answer_refusal(refusal)


@api.exception_handler(ValidationError)
def _bad_input(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    return answer_refusal(BadInput(faults(wrong.errors)))


@api.exception_handler(HttpError)
def _bad_request(request: HttpRequest, wrong: HttpError) -> HttpResponse:
    return answer_refusal(BadRequest("api.bad_json"))


@api.exception_handler(Http404)
def _nothing_there(request: HttpRequest, wrong: Http404) -> HttpResponse:
    return answer_refusal(NoRoute("api.no_route", path=request.path[:200]))


@api.exception_handler(SuspiciousOperation)
def _suspicious(request: HttpRequest, wrong: SuspiciousOperation) -> HttpResponse:
    return suspicious(wrong)


@api.exception_handler(Exception)
def _failed(request: HttpRequest, wrong: Exception) -> HttpResponse:
    return failed(wrong)
