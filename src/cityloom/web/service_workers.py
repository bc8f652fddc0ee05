"""A service worker of the pages, sent from an address of its own: its place decides which pages it may serve."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse


def send_worker(name: str) -> HttpResponse:
    """The built script of that name; Http404 where the pages' scripts were not built."""
    found = finders.find(f"cityloom/build/{name}")
    if not found:
        raise Http404
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript; charset=utf-8")
