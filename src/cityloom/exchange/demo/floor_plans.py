"""Plans of floors as the demo draws them: walls, rooms along a corridor, stairs, doors. Pure SVG, no text in it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

WIDE, HIGH = 600, 400
EDGE = 16
CORRIDOR = 56
DOOR = 22
STAIRS = 7  # steps


def draw_plan(rng: np.random.Generator) -> str:
    """A floor of 600 × 400 as SVG: rooms on both sides of a corridor, a staircase at one end."""
    middle = HIGH / 2 + float(rng.uniform(-40, 40))
    above, below = middle - CORRIDOR / 2, middle + CORRIDOR / 2
    stairs_left = bool(rng.random() < 0.5)
    parts = [
        f'<rect x="{EDGE}" y="{EDGE}" width="{WIDE - 2 * EDGE}" height="{HIGH - 2 * EDGE}" fill="#ffffff" '
        'stroke="#5b636e" stroke-width="6"/>',
        _rect(EDGE, above, WIDE - 2 * EDGE, CORRIDOR, "#f1ede4"),
    ]
    parts += _rooms(rng, EDGE, above, above, stairs_left)
    parts += _rooms(rng, below, HIGH - EDGE, below, stairs_left)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}">'
        + "".join(parts)
        + "</svg>\n"
    )


def _rooms(rng: np.random.Generator, top: float, bottom: float, wall: float, stairs_left: bool) -> list[str]:
    """The rooms of one side; each has a door in the wall to the corridor. The upper side holds the stairs."""
    count = int(rng.integers(3, 6))
    cuts = np.cumsum(rng.dirichlet(np.full(count, 6.0)))[:-1] * (WIDE - 2 * EDGE) + EDGE
    sides = [EDGE, *(round(float(cut)) for cut in cuts), WIDE - EDGE]
    parts = [_line(EDGE, wall, WIDE - EDGE, wall)]
    for left, right in pairwise(sides):
        if right < WIDE - EDGE:
            parts.append(_line(right, top, right, bottom))
        door = left + (right - left) * float(rng.uniform(0.3, 0.6))
        parts.append(_line(door, wall, door + DOOR, wall, "#f1ede4", 5))
    if top < wall == bottom:  # the upper side
        left = sides[0] if stairs_left else sides[-2]
        right = sides[1] if stairs_left else sides[-1]
        for step in range(1, STAIRS):
            x = left + (right - left) * step / STAIRS
            parts.append(_line(x, top + 8, x, (top + bottom) / 2, "#98a3b8", 2))
    return parts


def _rect(x: float, y: float, wide: float, high: float, fill: str) -> str:
    return f'<rect x="{x:.0f}" y="{y:.0f}" width="{wide:.0f}" height="{high:.0f}" fill="{fill}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = "#5b636e", width: float = 3) -> str:
    ends = f'x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width:.0f}"/>'
