"""Pictures for the demo's day: a drawn street with the trouble in it, or without it once it is put right."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw

SIZE = (480, 360)
_HOUSES = ("#b9a48b", "#a7b0b8", "#c9b7a0", "#8f9aa3", "#b08f7c")
_SKIES = ("#9fb8cc", "#b7c4cc", "#8aa9c4", "#c9ccd0")


def draw_street(seed: str, trouble: bool) -> bytes:
    """A JPEG of a street; the same seed gives the same street, with or without the trouble in front."""
    chance = random.Random(seed)
    picture = Image.new("RGB", SIZE, chance.choice(_SKIES))
    draw = ImageDraw.Draw(picture)
    x = -10
    while x < SIZE[0]:
        width, height = chance.randint(50, 110), chance.randint(70, 190)
        draw.rectangle((x, 230 - height, x + width, 230), fill=chance.choice(_HOUSES))
        for row in range(240 - height, 215, 26):
            for column in range(x + 10, x + width - 12, 22):
                draw.rectangle((column, row, column + 10, row + 13), fill="#56616b")
        x += width + chance.randint(0, 14)
    draw.rectangle((0, 230, SIZE[0], 258), fill="#9a948c")
    draw.rectangle((0, 258, SIZE[0], SIZE[1]), fill="#5d6066")
    for dash in range(20, SIZE[0], 90):
        draw.rectangle((dash, 304, dash + 44, 309), fill="#d8d6cf")
    if trouble:
        _draw_trouble(draw, chance)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def _draw_trouble(draw: ImageDraw.ImageDraw, chance: random.Random) -> None:
    x, y = chance.randint(120, 300), chance.randint(255, 300)
    for _ in range(chance.randint(6, 14)):
        dx, dy, r = chance.randint(-46, 46), chance.randint(-14, 18), chance.randint(8, 24)
        colour = chance.choice(("#3c3a37", "#6b5a44", "#474b4f", "#7a6a58", "#2f3336"))
        draw.ellipse((x + dx - r, y + dy - r // 2, x + dx + r, y + dy + r // 2), fill=colour)
