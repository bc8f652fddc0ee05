"""The places of a warning as shapes for maps. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, radians, sin

from cityloom.sensing.cap_values import Alert, Circle, Point

CORNERS = 48
KM_PER_DEGREE = 111.32


def rings_of(alert: Alert) -> Iterator[tuple[Point, ...]]:
    """Every outline once, whatever the languages; a circle as a ring of 48 corners."""
    seen: set[tuple[Point, ...]] = set()
    for info in alert.infos:
        for area in info.areas:
            for ring in (*area.polygons, *(ring_of(circle) for circle in area.circles)):
                if ring not in seen:
                    seen.add(ring)
                    yield ring


def ring_of(circle: Circle) -> tuple[Point, ...]:
    """A circle as corners; good to a percent where it is smaller than some hundred kilometres."""
    high = circle.radius_km / KM_PER_DEGREE
    wide = high / max(0.01, cos(radians(circle.lat)))
    corners = [
        (
            round(circle.lon + wide * cos(2 * pi * n / CORNERS), 6),
            round(circle.lat + high * sin(2 * pi * n / CORNERS), 6),
        )
        for n in range(CORNERS)
    ]
    return (*corners, corners[0])
