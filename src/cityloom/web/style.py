"""The living page of what every page is made of: tokens and parts, on paper and on ink beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.city.snapshot_values import City
from cityloom.web.doors import for_everybody
from cityloom.web.shown import show

COLOURS = ("ground", "surface", "line", "text", "soft", "accent", "on-time", "due-soon", "overdue", "closed")
MAP_COLOURS = ("map-water", "map-park", "map-road", "map-built", "map-area")
SIZES = (64, 40, 32, 28, 24, 20, 18, 16, 14, 12)
SPACES = (4, 8, 12, 16, 24, 32, 48, 64)
BANDS = (("on-time", 35), ("due-soon", 82), ("overdue", 100), ("paused", 50), ("closed", 100))


@dataclass(frozen=True)
class StylePage:
    """What the page shows: names of tokens; their values stand in tokens.css alone."""

    template: ClassVar[str] = "cityloom/style.html"
    themes: Annotated[Sequence[tuple[str, str]], "each theme with its words"] = (
        ("paper", "look.paper"),
        ("ink", "look.ink"),
    )
    colours: Annotated[Sequence[str], "the colours of surfaces, texts and states"] = COLOURS
    map_colours: Annotated[Sequence[str], "the colours of the map's cloth"] = MAP_COLOURS
    sizes: Annotated[Sequence[int], "the type scale, in pixels at the usual size"] = SIZES
    spaces: Annotated[Sequence[int], "the steps of space, in pixels"] = SPACES
    bands: Annotated[Sequence[tuple[str, int]], "states of a promise with how much of it is gone, in percent"] = BANDS


@require_safe
@for_everybody
def style(request: HttpRequest, _city: City) -> HttpResponse:
    """What every page is made of, to look at."""
    return show(request, StylePage())
