"""Pictures of floor plans, made safe before they are kept: drawings rebuilt of plain shapes, photos re-encoded.

A drawing keeps shapes, their places and their colours; scripts, styles, links, texts from outside and whatever else
SVG can carry are not carried over. It is shown as an image only.
"""

from __future__ import annotations

import hashlib
import io
import re
import xml.etree.ElementTree as ET  # only written here; what comes from outside is read with defusedxml
from dataclasses import dataclass

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from PIL import Image, ImageOps, UnidentifiedImageError

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register

MOST_BYTES = 4_000_000
MOST_PIXELS = 40_000_000
MOST_SHAPES = 20_000
DEEPEST = 40
LONGEST_SIDE = 1_600
SVG = "http://www.w3.org/2000/svg"
SHAPES = frozenset({"g", "path", "rect", "line", "polyline", "polygon", "circle", "ellipse", "text", "tspan"})
_PLACES = ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "dx", "dy")
_WORD = re.compile(r"[A-Za-z0-9 #%.,+()-]{0,200}")
_URL = re.compile(r"url|script|expression", re.IGNORECASE)
ATTRIBUTES = {
    **dict.fromkeys(_PLACES, re.compile(r"-?[0-9.]{1,20}(e-?\d{1,2})?(px|mm|cm|%)?")),
    "d": re.compile(r"[MmLlHhVvCcSsQqTtAaZz0-9eE ,.+\s-]{0,200000}"),
    "points": re.compile(r"[0-9eE ,.+\s-]{0,200000}"),
    "transform": re.compile(r"((matrix|translate|scale|rotate|skewX|skewY)\([0-9eE ,.+-]{1,200}\)\s*){1,9}"),
    **dict.fromkeys(
        ("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "opacity",
         "fill-opacity", "stroke-opacity", "fill-rule", "font-size", "text-anchor", "font-weight"),
        _WORD,
    ),
}  # fmt: skip

register(
    {
        "plan.unreadable": (
            "平面图读不出来（{detail}）；请给出 PNG、JPEG 或 SVG 图片",
            "the plan cannot be read ({detail}); give a picture as PNG, JPEG or SVG",
        ),
        "plan.too_large": (
            "平面图太大；最多 {most_mb} MB、{shapes} 个图形",
            "the plan is too large; {most_mb} MB and {shapes} shapes at most",
        ),
    }
)


class BadPlan(CityloomError):
    """A picture that cannot be a plan; nothing of it is kept."""


@dataclass(frozen=True)
class PlanPicture:
    """A picture as it is kept: `form` is svg or webp; its size in its own units."""

    form: str
    width: int
    height: int
    data: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def clean_plan(raw: bytes) -> PlanPicture:
    """The picture alone; raises BadPlan for what is no picture, or too much of one."""
    if len(raw) > MOST_BYTES:
        raise _too_large()
    return _drawing(raw) if b"<svg" in raw[:4096] else _photograph(raw)


def _too_large() -> BadPlan:
    return BadPlan("plan.too_large", most_mb=MOST_BYTES // 1_000_000, shapes=MOST_SHAPES)


def _photograph(raw: bytes) -> PlanPicture:
    try:
        with Image.open(io.BytesIO(raw), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_large()
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise BadPlan("plan.unreadable", detail=type(wrong).__name__) from wrong
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)  # the pixels and nothing that came with them
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=85)
    return PlanPicture("webp", clean.width, clean.height, out.getvalue())


def _drawing(raw: bytes) -> PlanPicture:
    try:
        root = fromstring(raw, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (DefusedXmlException, ET.ParseError, ValueError, RecursionError) as wrong:
        raise BadPlan("plan.unreadable", detail=type(wrong).__name__) from wrong
    if root.tag != f"{{{SVG}}}svg":
        raise BadPlan("plan.unreadable", detail=str(root.tag)[:40])
    left, top, width, height = _view(root)
    box = f"{left:g} {top:g} {width:g} {height:g}"
    clean = ET.Element("svg", {"xmlns": SVG, "viewBox": box, "width": f"{width:g}", "height": f"{height:g}"})
    if _copy_shapes(root, clean, 0, 0) == 0:
        raise BadPlan("plan.unreadable", detail="0 shapes")
    return PlanPicture("svg", max(1, round(width)), max(1, round(height)), ET.tostring(clean, encoding="utf-8"))


def _view(root: ET.Element) -> tuple[float, float, float, float]:
    told = re.split(r"[ ,]+", root.get("viewBox", "").strip())
    if len(told) != 4:
        told = ["0", "0", *(root.get(side, "").removesuffix("px") for side in ("width", "height"))]
    try:
        left, top, width, height = (float(each) for each in told)
    except ValueError as wrong:
        raise BadPlan("plan.unreadable", detail="viewBox") from wrong
    if not (0 < width <= 1e6 and 0 < height <= 1e6 and abs(left) <= 1e6 and abs(top) <= 1e6):
        raise BadPlan("plan.unreadable", detail="viewBox")
    return left, top, width, height


def _copy_shapes(old: ET.Element, new: ET.Element, count: int, depth: int) -> int:
    """Rebuild what is known to be harmless; how many shapes there are by now."""
    if depth > DEEPEST:
        raise _too_large()
    for each in old:
        name = each.tag.removeprefix(f"{{{SVG}}}") if isinstance(each.tag, str) else ""
        if name not in SHAPES:
            continue
        count += 1
        if count > MOST_SHAPES:
            raise _too_large()
        kept = ET.SubElement(new, name, {key: value for key, value in each.attrib.items() if _may_stay(key, value)})
        if name in ("text", "tspan"):
            kept.text = (each.text or "").strip()[:200]
        count = _copy_shapes(each, kept, count, depth + 1)
    return count


def _may_stay(key: str, value: str) -> bool:
    form = ATTRIBUTES.get(key)
    return form is not None and form.fullmatch(value) is not None and not _URL.search(value)
