"""Photos: checked by content, re-encoded without their hidden data, written and synced before the commit."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

from cityloom.cases.errors import BadPhoto

MOST_BYTES = 12_000_000
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2048


@dataclass(frozen=True)
class Picture:
    """A re-encoded JPEG without EXIF, and its size in pixels."""

    data: bytes
    width: int
    height: int

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()


def clean_photo(raw: bytes) -> Picture:
    """The picture alone: upright, at most 2,048 pixels a side, no EXIF. Raises BadPhoto for anything else."""
    if len(raw) > MOST_BYTES:
        raise BadPhoto("error.photo_too_large", most_mb=MOST_BYTES // 1_000_000)
    try:
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise BadPhoto("error.photo_too_large", most_mb=MOST_BYTES // 1_000_000)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise BadPhoto("error.not_a_photo") from wrong
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=85)
    return Picture(out.getvalue(), clean.width, clean.height)


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
