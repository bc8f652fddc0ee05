"""The content security policy: only our own files run, no inline script, nothing from other hosts."""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from cityloom.base.errors import CityloomError
from cityloom.city.this_city import this_city


@lru_cache(maxsize=16)
def policy_of(live_url: str, tiles_url: str = "") -> str:
    """The policy as a header's value; the live process and the city's picture tiles may be talked to."""
    tiles = "{0.scheme}://{0.netloc}".format(urlsplit(tiles_url)) if tiles_url else ""
    parts = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": " ".join(["'self' data: blob:", tiles]).strip(),
        "font-src": "'self'",
        "connect-src": " ".join(part for part in ("'self'", live_url, tiles) if part),
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "media-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


class ContentSecurityPolicy:
    """Adds the policy to every answer that does not bring its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind = response.headers.get("Content-Type", "")
        is_page = response.status_code < 500 and kind.startswith("text/html")
        policy = policy_of(settings.CITYLOOM_LIVE_URL, _tiles_url() if is_page else "")
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


def _tiles_url() -> str:
    """Where the city's picture tiles are; none while no city can be asked."""
    try:
        return this_city().config.map_tiles_url
    except (CityloomError, DatabaseError):
        return ""
