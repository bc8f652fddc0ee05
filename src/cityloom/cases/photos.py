"""Photos: checked by content, re-encoded without their hidden data, written and synced before the commit."""

from __future__ import annotations

import hashlib
import io
import math
import os
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from cityloom.cases.blurring import Detector, blur, installed_detector
from cityloom.cases.errors import BadPhoto

MOST_BYTES = 12_000_000
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2048
FORMATS = ("JPEG", "PNG", "WEBP")
_UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
# Marks of a second file inside the first: pages, scripts, drawings and archives that other programs would open.
_MARKUP = (b"<script", b"<html", b"<svg", b"<?php", b"<!doctype", b"<!entity", b"<iframe")
_ARCHIVE_ENDS_WITHIN = 66_000  # bytes from the end in which a ZIP keeps its directory


@dataclass(frozen=True)
class Picture:
    """A re-encoded JPEG without EXIF, and its size in pixels; `screened`: a detector looked for faces and plates."""

    data: bytes
    width: int
    height: int
    screened: bool = False

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()


def clean_photo(raw: bytes, detector: Detector | None = None) -> Picture:
    """The picture alone: upright, at most 2,048 pixels a side, no EXIF, faces and plates blurred where one can.

    Of an animation the first frame is kept. Raises BadPhoto for anything else, for files that are two things at once
    and for small files that unpack to huge ones. The original is not kept.
    """
    if len(raw) > MOST_BYTES:
        raise BadPhoto("error.photo_too_large", most_mb=MOST_BYTES // 1_000_000)
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadPhoto("error.photo_too_large", most_mb=MOST_BYTES // 1_000_000)
            if is_two_files(raw):
                raise BadPhoto("error.photo_with_more")
            image.seek(0)
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is unpacked at a fraction of its size
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except _UNREADABLE as wrong:
        raise BadPhoto("error.not_a_photo") from wrong
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    detector = detector or installed_detector()
    if detector is not None:
        clean = blur(clean, detector.find(clean))
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=85)
    return Picture(out.getvalue(), clean.width, clean.height, detector is not None)


def is_two_files(raw: bytes) -> bool:
    """Whether a picture carries a page, a script, a drawing, a PDF or an archive along. Pure.

    What phones append to a picture (a short film, a depth map) is none of these; it is dropped in the re-encoding.
    """
    low = raw.lower()
    if any(mark in low for mark in _MARKUP) or b"%pdf-" in low[:1024]:
        return True
    return b"PK\x05\x06" in raw[-_ARCHIVE_ENDS_WITHIN:] and b"PK\x03\x04" in raw


# --- the place hidden in a photo -----------------------------------------------------------------------------------

_GPS, _LAT_REF, _LAT, _LON_REF, _LON = 0x8825, 1, 2, 3, 4


def photo_place(raw: bytes) -> tuple[float, float] | None:
    """Longitude and latitude (degrees, WGS 84) that the camera wrote into the picture; None where it wrote none.

    Read only from who agreed to it, before the picture is re-encoded. Cameras write WGS 84; no map's own shift is
    taken out or put in. Pure.
    """
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            gps = image.getexif().get_ifd(_GPS)
        lat = _degrees(gps[_LAT], gps[_LAT_REF], "S")
        lon = _degrees(gps[_LON], gps[_LON_REF], "W")
    except (*_UNREADABLE, KeyError, TypeError, ZeroDivisionError, AttributeError):
        return None  # no place, or one that was written badly: the same as none
    if not (math.isfinite(lat) and math.isfinite(lon)) or abs(lat) > 90 or abs(lon) > 180 or (lat, lon) == (0, 0):
        return None
    return lon, lat


def _degrees(parts: tuple[float, float, float], side: str, negative: str) -> float:
    """Degrees, minutes and seconds as one number: 30° 0′ 3.96″ N is 30.0011."""
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(side).strip("\x00 ").upper() == negative else value


def store_picture(picture: Picture, city_code: str, photo_id: int) -> str:
    """Write the picture where the storage keeps it, synced to the disk; its name there."""
    name = default_storage.save(f"photos/{city_code}/{photo_id // 1000}/{photo_id}.jpg", ContentFile(picture.data))
    try:
        path = default_storage.path(name)
    except NotImplementedError:  # an object store answers only when the object is durable
        return str(name)
    for place in (path, os.path.dirname(path)):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return str(name)
