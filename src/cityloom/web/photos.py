"""Photos are served through these two doors only: to who may see the case, or to who has the report's code."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from cityloom.base.crypto import tracking_hash
from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import get_file_by_id, get_report
from cityloom.cases.permissions import may_see
from cityloom.cases.queries import PhotoRow, find_photo
from cityloom.cases.values import Report
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web.doors import for_everybody, for_staff

OF_THE_WORK = frozenset({"before", "after", "check"})


@require_safe
@for_staff
def photo(request: HttpRequest, city: City, post: Post, photo_id: int) -> HttpResponseBase:
    """A photo of a case that the post may see."""
    with connection.cursor() as cursor:
        found = find_photo(cursor, city, photo_id)
        if found is None:
            raise Http404
        refusal = may_see(post, get_file_by_id(cursor, found.case_id))
    if refusal is not None:
        raise NotAllowed(refusal.code, **refusal.params)
    return _file(found)


@require_safe
@for_everybody
def photo_by_code(request: HttpRequest, city: City, code: str, photo_id: int) -> HttpResponseBase:
    """A photo of one's own report, or of the work on it."""
    with connection.cursor() as cursor:
        report = get_report(cursor, tracking_hash(code))
        found = find_photo(cursor, city, photo_id)
    if found is None or not is_for(found, report):
        raise Http404
    answer = _file(found)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def is_for(photo: PhotoRow, report: Report) -> bool:
    """Whether whoever made the report may see the photo: his own, or one of the work; no other resident's."""
    own = photo.report_id == report.id
    of_the_work = photo.kind in OF_THE_WORK and photo.report_id is None
    return photo.case_id == report.case_id and (own or of_the_work)


def _file(found: PhotoRow) -> HttpResponseBase:
    if not default_storage.exists(found.file):
        raise Http404
    answer = FileResponse(default_storage.open(found.file), content_type="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
