"""Faces and number plates made unreadable, where a detector is installed (the extra `blur` brings OpenCV's).

A detector misses some and finds some that are none; what it found is blurred for good, the original is not kept.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Protocol

import numpy as np
from PIL import Image, ImageFilter

MARGIN = 0.15  # of a box on each side, so that hair, ears and the plate's frame go too
BLOCKS = 6  # a box is first coarsened to so many blocks a side, then smoothed
LOOKED_AT_PX = 1024  # the longest side at which detectors look: larger adds time, not finds


class Box(NamedTuple):
    """A part of a picture in pixels: left, top, width, height."""

    left: int
    top: int
    width: int
    height: int


class Detector(Protocol):
    """Finds what tells who somebody is; `name` is told by `cityloom check`."""

    name: str

    def find(self, picture: Image.Image) -> list[Box]: ...


def blur(picture: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """The picture with these boxes, and a margin around them, made unreadable; the rest is untouched. Pure."""
    out = picture.copy()
    for box in boxes:
        left, top, right, bottom = _with_margin(box, picture.size)
        if right <= left or bottom <= top:
            continue
        part = out.crop((left, top, right, bottom))
        coarse = part.resize((BLOCKS, BLOCKS), Image.Resampling.BOX).resize(part.size, Image.Resampling.BILINEAR)
        out.paste(coarse.filter(ImageFilter.GaussianBlur(max(part.size) / 20)), (left, top))
    return out


def _with_margin(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    across, down = round(box.width * MARGIN), round(box.height * MARGIN)
    return (
        max(0, box.left - across),
        max(0, box.top - down),
        min(size[0], box.left + box.width + across),
        min(size[1], box.top + box.height + down),
    )


class OpenCvDetector:
    """OpenCV's cascades for faces from the front and the side, and for number plates, as its wheel ships them."""

    name = "OpenCV cascades (faces, number plates)"
    # The plate cascade was trained on long plates with one row; it is the only one the wheel ships.
    CASCADES = (
        ("haarcascade_frontalface_default.xml", 5, 24),
        ("haarcascade_profileface.xml", 5, 24),
        ("haarcascade_russian_plate_number.xml", 4, 20),
    )

    def __init__(self) -> None:
        """Raises NoCascades when the installed OpenCV brings none (version 5 dropped them)."""
        self._lock = Lock()  # a cascade serves one thread at a time
        self._cv2: Any = importlib.import_module("cv2")
        folder = Path(self._cv2.data.haarcascades)
        if not hasattr(self._cv2, "CascadeClassifier") or not all((folder / n).exists() for n, _, _ in self.CASCADES):
            raise NoCascades("this OpenCV brings no cascades; install the extra `blur`, which asks for version 4")
        self._cascades = [(self._cv2.CascadeClassifier(str(folder / n)), votes, px) for n, votes, px in self.CASCADES]

    def find(self, picture: Image.Image) -> list[Box]:
        """Boxes in the picture's own pixels."""
        scale = min(1.0, LOOKED_AT_PX / max(picture.size))
        small = picture.convert("L").resize(
            (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        )
        grey = self._cv2.equalizeHist(np.asarray(small))
        with self._lock:
            found = [
                box
                for cascade, votes, px in self._cascades
                for box in cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=votes, minSize=(px, px // 2))
            ]
        return [Box(*(round(int(v) / scale) for v in box)) for box in found]


class NoCascades(Exception):
    """The installed OpenCV cannot find faces and plates."""


@lru_cache(maxsize=1)
def installed_detector() -> Detector | None:
    """The detector of this installation, or None where there is none."""
    if importlib.util.find_spec("cv2") is None:
        return None
    try:
        return OpenCvDetector()
    except (NoCascades, ImportError):  # told by `cityloom check`
        return None
