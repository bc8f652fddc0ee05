"""Record what was found at a stop: verified, checked, sent back, or nothing there. Once, whatever the line does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.field_sendings import Answered, Sending, do_once
from cityloom.cases.keeping import get_file
from cityloom.cases.photos import Picture
from cityloom.cases.values import Details
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

register({
    "field.unknown_result": (
        "结果不能是“{result}”；可选：{known}",
        "the result cannot be “{result}”; known: {known}",
    ),
    "field.no_class": ("请选出正确的类别", "choose the class that it is"),
})  # fmt: skip

# What somebody found, as the move that says so, and its reason where the row asks for one.
RESULTS: dict[str, tuple[str, str]] = {
    "real": ("verify", ""),
    "other_class": ("verify", ""),
    "not_found": ("not_accept", "not_accepted.not_found"),
    "solved": ("not_accept", "not_accepted.solved_already"),
    "passed": ("pass_check", ""),
    "not_done": ("rework", "rework.not_done"),
    "no_work": ("rework", "rework.not_found"),
    "handled": ("handle", ""),
}


class NoSuchResult(CityloomError):
    """What was said to be found is none of the results, or lacks its class; nothing was done."""

    status = 422


@dataclass(frozen=True)
class Visit:
    """What was found: a key of RESULTS, in words, with the class if it is another one, and what was seen before.

    `state` and `seen_class` are the case as its person had it. While they still hold, what is found counts though the
    version moved on: somebody who urges or adds a word changes nothing of what is to be looked at.
    """

    result: str
    note: str
    version: int
    class_code: str | None = None
    state: str = ""
    seen_class: str | None = None
    occurred_at: datetime | None = None


def record_visit(
    city: City,
    sending: Sending,
    visit: Visit,
    by: Post,
    clock: Clock,
    pictures: Sequence[Picture] = (),
    before_pictures: Sequence[Picture] = (),
) -> Answered:
    """The case's state and number as the answer, the same for each try of one sending.

    Raises what `move_case` raises, NoSuchResult, BadKey and KeyOfAnother; then nothing has changed.
    """
    if visit.result not in RESULTS:
        raise NoSuchResult("field.unknown_result", result=visit.result[:20], known=sorted(RESULTS))
    if visit.result == "other_class" and visit.class_code is None:
        raise NoSuchResult("field.no_class")
    move, reason = RESULTS[visit.result]
    details = Details(reason=Reason(reason) if reason else None, note=visit.note, occurred_at=visit.occurred_at)
    if visit.result == "other_class":
        details = replace(details, class_code=visit.class_code)

    def act() -> dict[str, Any]:
        version = _version_now(city, sending.subject, visit)
        file = move_case(
            city, sending.subject, move, by, details, clock,
            version=version, pictures=pictures, before_pictures=before_pictures,
        )  # fmt: skip
        return {"number": file.case.number, "state": file.case.state, "result": visit.result}

    return do_once(city, sending, by, clock.now(), act)


def _version_now(city: City, number: str, visit: Visit) -> int:
    """The version to move from: the present one while state and class are those that were seen."""
    if not visit.state:
        return visit.version
    with connection.cursor() as cursor:
        case = get_file(cursor, city.id, number, lock=True).case
    same = (case.state, case.class_code) == (visit.state, visit.seen_class)
    return case.version if same else visit.version
