"""The report page as an app of the phone: its manifest, its icon, its service worker, its token, names of places."""

from __future__ import annotations

import io
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from PIL import Image, ImageDraw

from cityloom.city.place_names import find_places
from cityloom.city.snapshot_values import City
from cityloom.web import context
from cityloom.web.doors import for_everybody
from cityloom.web.public_limits import knock_at
from cityloom.web.service_workers import send_worker
from cityloom.web.words import WORDS, say

SIZES = (180, 192, 512)  # pixels: Apple's home screen, and the two that Android asks for
_GROUND, _WARP, _WEFT = "#0b6e63", "#6fa59e", "#ffffff"
_LONGEST = 80


@require_safe
@for_everybody
def manifest(request: HttpRequest, city: City) -> HttpResponse:
    """What a phone needs to put the report page on its home screen."""
    icons = [
        {"src": reverse("app_icon", args=[size]), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in SIZES[1:]
        for purpose in ("any", "maskable")
    ]
    told = {
        "name": city.name.in_language(context.language()),
        "short_name": city.name.in_language(context.language()),
        "description": say("start.lead"),
        "lang": "zh-Hans" if context.language() == "zh" else "en",
        "id": "/",
        "start_url": reverse("report"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf8f4",
        "theme_color": "#faf8f4",
        "icons": [*icons, {"src": static("cityloom/icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
        "shortcuts": [
            {"name": say("nav.report"), "url": reverse("report")},
            {"name": say("nav.track"), "url": reverse("track")},
        ],
    }
    answer = JsonResponse(told, content_type="application/manifest+json")
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


@require_safe
def app_icon(request: HttpRequest, size: int) -> HttpResponse:
    """The mark as a PNG of one of the sizes that phones ask for."""
    if size not in SIZES:
        raise Http404
    answer = HttpResponse(draw_icon(size), content_type="image/png")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@never_cache
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the address whose pages it may serve: those of reporting, no others."""
    return send_worker("sw.js")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Whether the server can be reached, and the token that a form has to bring."""
    return JsonResponse({"token": get_token(request)})


@never_cache
@require_safe
@for_everybody
def places(request: HttpRequest, city: City) -> HttpResponse:
    """Places of the city whose names hold what was typed into the address."""
    knock_at(request, city, places="")
    lang = context.language()
    found = find_places(city, context.typed_of(request.GET, "q")["q"][:_LONGEST], lang)
    told = [
        {"name": p.name.in_language(lang), "kind": _kind(p.kind), "lon": round(p.lon, 6), "lat": round(p.lat, 6)}
        for p in found
    ]
    return JsonResponse({"places": told})


def _kind(kind: str) -> str:
    """What a kind of place is called; nothing for a kind that the city named itself."""
    key = f"placekind.{kind}"
    return say(key) if key in WORDS else ""


@lru_cache(maxsize=len(SIZES))
def draw_icon(size: int) -> bytes:
    """Four warp threads and one bright weft thread over and under them, drawn large and made small."""
    side = size * 4
    unit = side / 24
    image = Image.new("RGB", (side, side), _GROUND)
    pen = ImageDraw.Draw(image)
    for x in (7.5, 10.5, 13.5, 16.5):
        pen.rectangle(((x - 0.45) * unit, 6 * unit, (x + 0.45) * unit, 18 * unit), fill=_WARP)
    for start, end in ((5, 6.6), (8.4, 12.6), (14.4, 19)):
        pen.rectangle((start * unit, 10.9 * unit, end * unit, 13.1 * unit), fill=_WEFT)
    out = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()
