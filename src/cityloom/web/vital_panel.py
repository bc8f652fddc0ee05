"""The vital signs on the one screen: eight rows, how many of all stand badly, and how many feeds are silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from cityloom.city.snapshot_values import City
from cityloom.sensing.grounds import ground_of
from cityloom.sensing.keep_feeds import count_silent
from cityloom.sensing.vital_rows import count_standing_alarms
from cityloom.web.naming import Names, names
from cityloom.web.vital_lines import SHOWN, VitalLine, line_of, roots_of, signs_of_area
from cityloom.web.words import say


@dataclass(frozen=True)
class VitalPanel:
    """What the screen shows of the signs of an area; `is_known` is False where the area is too small for signs."""

    lines: Sequence[VitalLine]
    told: str
    stamp: str
    silent_feeds: int
    alarms: int
    is_known: bool


def vital_panel(
    cursor: CursorWrapper, city: City, area: str, until: datetime, now: datetime, stamp: str = ""
) -> VitalPanel:
    """The signs of the 24 hours up to a moment; three statements."""
    named: Names = names(city)
    known = ground_of(city).areas
    area = area or known[0]
    signs = signs_of_area(cursor, city, area, until)
    lines = [line_of(city, sign, signs, named) for sign in roots_of(city)]
    watch = sum(line.band == "watch" for line in lines)
    bad = sum(line.band == "bad" for line in lines)
    judged = any(line.band in ("good", "watch", "bad") for line in lines)
    return VitalPanel(
        lines=lines[:SHOWN],
        told=say("vital.summary", watch=watch, bad=bad) if judged else "",
        stamp=stamp,
        silent_feeds=count_silent(cursor, city.id, now),
        alarms=count_standing_alarms(cursor, city.id, "" if area == known[0] else area),
        is_known=area in known,
    )
