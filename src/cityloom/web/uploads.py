"""Uploaded photos of a form: each is re-encoded; the first that is none is told by the name its owner gave it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cityloom.base.reasons import register
from cityloom.cases.errors import BadPhoto
from cityloom.cases.photos import Picture
from cityloom.web.forms import pictures_of
from cityloom.web.naming import said_by

register(
    {
        "error.bad_upload": (
            "“{file}”：{why}。没有保存；填写的文字还在，请去掉它再选一次照片。",
            "“{file}”: {why}. Nothing was kept; what you typed is still here. Leave it out and choose photos again.",
        ),
    }
)


def uploaded(files: Iterable[Any]) -> list[Picture]:
    """The photos of one input; raises BadPhoto with the name of the first file that is none."""
    found: list[Picture] = []
    for file in files:
        try:
            found += pictures_of([file])
        except BadPhoto as refusal:
            raise BadPhoto("error.bad_upload", file=str(file.name)[:80], why=said_by(refusal, None)) from refusal
    return found
