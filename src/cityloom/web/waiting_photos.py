"""Photos between the first look at a report and its sending: kept under the form's own key, a day at most.

A file is named by its place and its digest: one that a killed process left half written is told by its name.
"""

from __future__ import annotations

import hashlib
import io
import re
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from cityloom.cases.photos import Picture

_FOLDER = "waiting"
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGITS = 32  # of the digest in a name
_SCREENED = "-screened"  # a detector looked for faces and plates
KEPT = timedelta(days=1)


def is_key(key: str) -> bool:
    """Whether a text is the key of a form, and so safe as a file's name."""
    return _KEY.fullmatch(key) is not None


def key_beside(key: str, field: str) -> str:
    """The key under which photos of another field of the same form lie; of what is no key, nothing is one."""
    return str(uuid5(UUID(key), field)) if is_key(key) else ""


def keep_waiting(key: str, pictures: list[Picture]) -> None:
    """Lay these pictures aside under the form's key."""
    there = len(_names(key))
    for number, picture in enumerate(pictures, there):
        screened = _SCREENED if picture.screened else ""
        name = f"{number:02}-{picture.sha256.hex()[:_DIGITS]}{screened}.jpg"
        default_storage.save(f"{_FOLDER}/{key}/{name}", ContentFile(picture.data))


def waiting(key: str) -> list[Picture]:
    """The whole pictures laid aside under the key, in the order they came."""
    found = []
    for name in _names(key):
        with default_storage.open(name) as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest()[:_DIGITS] not in name:
            continue
        with Image.open(io.BytesIO(data)) as image:
            found.append(Picture(data, image.width, image.height, f"{_SCREENED}." in name))
    return found


def forget_waiting(key: str) -> None:
    """Nothing is laid aside under the key any more."""
    for name in _names(key):
        default_storage.delete(name)
    if default_storage.exists(f"{_FOLDER}/{key}"):
        default_storage.delete(f"{_FOLDER}/{key}")


def forget_old(now: datetime) -> None:
    """Clear away what nobody sent within a day."""
    if not default_storage.exists(_FOLDER):
        return
    for key in default_storage.listdir(_FOLDER)[0]:
        names = _names(key)
        if not names or now - default_storage.get_modified_time(names[0]) > KEPT:
            forget_waiting(key)


def _names(key: str) -> list[str]:
    folder = f"{_FOLDER}/{key}"
    if not is_key(key) or not default_storage.exists(folder):
        return []
    return [f"{folder}/{name}" for name in sorted(default_storage.listdir(folder)[1])]
