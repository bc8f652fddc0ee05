"""Keeping photos with their case: the file first, synced, then its row in the same transaction as the move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from cityloom.base.ids import ids
from cityloom.cases.photos import Picture, store_picture
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def keep_photos(
    cursor: CursorWrapper,
    city: City,
    case_id: int,
    report_id: int | None,
    kind: str,
    pictures: Sequence[Picture],
    by: Post,
    at: datetime,
) -> list[int]:
    """The ids of the kept photos. `kind`: report, before, after, check. A rolled back move leaves a file no row
    names; nothing shows it."""
    kept: list[int] = []
    for picture in pictures:
        photo_id = ids.one()
        name = store_picture(picture, city.code, photo_id)
        cursor.execute(
            "INSERT INTO cases_photo (id, city_id, case_id, report_id, kind, file, sha256, width, height, "
            "screened, by_login, taken_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [photo_id, city.id, case_id, report_id, kind, name, picture.sha256, picture.width, picture.height,
             picture.screened, by.login, at],
        )  # fmt: skip
        kept.append(photo_id)
    return kept
