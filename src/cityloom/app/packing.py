"""Packs scripts and styles on their way to browsers that unpack them; each file once per process, kept in memory.

Pages themselves stay as they are: they hold form tokens beside what visitors typed.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

KINDS = ("text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml")
LEAST = 600  # bytes; less is not worth it
MOST_KEPT = 400  # files


class PackStatic:
    """Answers of WhiteNoise, packed by gzip; must stand before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._kept: dict[tuple[str, str], bytes] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(settings.STATIC_URL):
            return self.get_response(request)
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").partition(";")[0] not in KINDS:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if response.status_code != 200 or response.has_header("Content-Encoding") or request.method != "GET":
            return response
        if "gzip" not in request.headers.get("Accept-Encoding", "") or "Range" in request.headers:
            return response
        return self._packed(request.path, response)

    def _packed(self, path: str, response: HttpResponseBase) -> HttpResponseBase:
        """The same answer with a packed body; the file's own tag stands for both, as it names the file's moment."""
        if int(response.headers.get("Content-Length", "0")) < LEAST:
            return response
        key = (path, response.headers.get("ETag", "") or response.headers.get("Last-Modified", ""))
        body = self._kept.get(key)
        if body is None:
            plain = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
            body = gzip.compress(plain, 6, mtime=0)
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = body
        if (file := getattr(response, "file_to_stream", None)) is not None:
            file.close()  # not the answer itself: that would tell Django that the request has ended
        packed = HttpResponse(body, headers={**response.headers, "Content-Length": str(len(body))})
        packed.headers["Content-Encoding"] = "gzip"
        return packed
