"""Pages by key: each ends with a mark from which the next begins, told in a Link header and in the body."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from cityloom.cases.queries import Mark
from cityloom.exchange.api.errors import BadRequest

DEFAULT_LIMIT = 50
MOST = 200
_LARGEST_ID = 2**63 - 1


def mark_of(after: str) -> Mark | None:
    """The mark that a page of cases ended with; None for the first page. Raises BadRequest for anything else."""
    if not after:
        return None
    mark = Mark.from_text(after)
    if mark is None or not 0 <= mark.id <= _LARGEST_ID:
        raise BadRequest("api.bad_mark")
    if mark.moment is not None and not 1900 <= mark.moment.year <= 2200:
        raise BadRequest("api.bad_mark")
    return mark


def id_mark_of(after: str) -> int | None:
    """The id that a page ended with; None for the first page. Raises BadRequest for anything else."""
    if not after:
        return None
    if not (after.isascii() and after.isdigit()) or int(after[:30]) > _LARGEST_ID:
        raise BadRequest("api.bad_mark")
    return int(after)


def slice_after(codes: list[str], after: str, limit: int) -> tuple[list[str], str]:
    """The codes behind the mark, and the mark of the next page (empty: there is none). Codes are sorted here."""
    ordered = sorted(codes)
    begin = next((n for n, code in enumerate(ordered) if code > after), len(ordered)) if after else 0
    page = ordered[begin : begin + limit]
    return page, page[-1] if begin + limit < len(ordered) else ""


def linked(answer: HttpResponse, request: HttpRequest, mark: str) -> HttpResponse:
    """The answer with the address of the next page in its Link header (RFC 8288), if there is one."""
    if mark:
        answer.headers["Link"] = f'<{next_address(request, mark)}>; rel="next"'
    return answer


def next_address(request: HttpRequest, mark: str) -> str:
    """This request's address with the mark in it."""
    words: dict[str, Any] = {name: value for name, value in request.GET.items() if name != "after"}
    return f"{request.path}?{urlencode({**words, 'after': mark})}"
