"""Rights requests (个人信息权利请求, PIPL 45–47): to see, correct or erase what is kept about a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from cityloom.base.keys import vault
from cityloom.base.reasons import register
from cityloom.cases.errors import NoSuchRequest
from cityloom.cases.permissions import visible_to
from cityloom.city.clock_values import ClockUnit, Limit
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.sla.clocks import due_at

register(
    {
        "rights.asked": ("诉求人提出个人信息权利请求", "the person asks about the data kept"),
        "rights.granted": ("同意，已按请求办理", "granted and done as asked"),
        "rights.law_keeps_words": (
            "联系方式已删除；诉求内容依法须留存",
            "contact details are erased; what was said must be kept by law",
        ),
        "rights.case_is_open": (
            "联系方式已删除；诉求内容在办结前须用于办理",
            "contact details are erased; what was said is needed until the case has ended",
        ),
        "rights.law_keeps_all": ("法律、行政法规规定的保存期未满", "a period that the law asks for has not ended"),
        "rights.others_data": ("所请求的内容属于他人信息", "what is asked for is about somebody else"),
        "rights.asked_again": ("同一请求已办理，无新情况", "the same was asked before and nothing is new"),
        "error.not_proven": (
            "查询码与电话号码不相符，请核对；未留电话的反映可致电热线办理",
            "code and phone number do not belong together; check both, or call the hotline if you left no number",
        ),
        "error.no_rights_request": ("没有这件个人信息权利请求", "there is no such request"),
        "error.unknown_rights_kind": (
            "可以请求查阅、更正或删除",
            "you can ask to see, to correct or to erase",
        ),
        "error.rights_decided": ("该请求已办结", "the request has been decided already"),
        "error.rights_reason": (
            "“{decision}”须选择对应的理由",
            "choose one of the reasons that go with “{decision}”",
        ),
        "error.nothing_to_correct": (
            "请填写更正后的姓名、电话或地址",
            "write the name, phone or address as it should be",
        ),
        "error.export_over": (
            "查阅期已过或尚未同意，请重新提出请求",
            "the export is not granted, or its time is over; ask again",
        ),
    }
)

KINDS = ("see", "correct", "erase")
# Which coded reasons go with which decision; the first is what a form offers first.
REASONS_OF_DECISION: Mapping[str, tuple[str, ...]] = {
    "granted": ("rights.granted",),
    "partly": ("rights.law_keeps_words", "rights.case_is_open"),
    "refused": ("rights.law_keeps_all", "rights.others_data", "rights.asked_again"),
}
WORK_DAYS = 15  # `limits.rights_work_days`
SEEN_FOR_DAYS = 30  # how long a granted export can be opened; `limits.rights_export_days`


@dataclass(frozen=True)
class RightsRequest:
    """One request; `reporter_ids` are the rows of the person, found by the phone that proved who asks."""

    id: int
    kind: str
    case_id: int
    report_id: int
    reporter_ids: tuple[int, ...]
    asked_by: str
    asked_at: datetime
    due_at: datetime
    state: str
    reason: str
    decided_by: str
    decided_at: datetime | None
    done: dict[str, Any]

    @property
    def is_open(self) -> bool:
        return self.state == "open"


def decisions_for(kind: str) -> tuple[str, ...]:
    """What may be decided: only an erasure can be granted in part."""
    return ("granted", "partly", "refused") if kind == "erase" else ("granted", "refused")


def rights_due_at(asked_at: datetime, city: City) -> datetime:
    """By when a request must be answered: so many work days later, at the same time of day."""
    days = city.settings.limits.get("rights_work_days", WORK_DAYS)
    return due_at(asked_at, Limit(days, ClockUnit.WORK_DAY), city.calendar()).at


# --- rows --------------------------------------------------------------------------------------------------------

_COLUMNS = (
    "id, kind, case_id, report_id, reporter_ids, asked_by, asked_at, due_at, state, reason, decided_by, decided_at, "
    "done::text"
)


def get_request(cursor: CursorWrapper, city_id: int, request_id: int, *, lock: bool = False) -> RightsRequest:
    """The request; raises NoSuchRequest."""
    found = _read(cursor, "city_id = %s AND id = %s" + (" FOR UPDATE" if lock else ""), [city_id, request_id])
    if not found:
        raise NoSuchRequest("error.no_rights_request")
    return found[0]


def list_requests(cursor: CursorWrapper, city_id: int, *, only_open: bool, most: int = 200) -> list[RightsRequest]:
    """Open requests by what falls due first; or all, the newest first."""
    if only_open:
        return _read(cursor, "city_id = %s AND state = 'open' ORDER BY due_at, id LIMIT %s", [city_id, most])
    return _read(cursor, "city_id = %s ORDER BY id DESC LIMIT %s", [city_id, most])


def numbers_seen(cursor: CursorWrapper, asked: Sequence[RightsRequest], post: Post) -> dict[int, str]:
    """Of the cases of these requests those that the post may look at: number by id of the case; one statement."""
    condition, params = visible_to(post)
    cursor.execute(
        f"SELECT c.id, c.number FROM cases_case c WHERE c.id = ANY(%s) AND {condition}",  # noqa: S608 (a fixed text)
        [[each.case_id for each in asked], *params],
    )
    return dict(cursor.fetchall())


def list_requests_of(cursor: CursorWrapper, report_id: int) -> list[RightsRequest]:
    """What was asked with the code of one report, newest first."""
    return _read(cursor, "report_id = %s ORDER BY id DESC", [report_id])


def wish_of(cursor: CursorWrapper, request_id: int) -> dict[str, str]:
    """How a correction should read, as the person wrote it; empty for other requests and once it was decided."""
    cursor.execute("SELECT wish_sealed FROM cases_rights_request WHERE id = %s", [request_id])
    row = cursor.fetchone()
    return dict(json.loads(vault().open(bytes(row[0])))) if row and row[0] else {}


def _read(cursor: CursorWrapper, condition: str, params: Sequence[Any]) -> list[RightsRequest]:
    cursor.execute(f"SELECT {_COLUMNS} FROM cases_rights_request WHERE {condition}", params)  # noqa: S608
    return [_request(*row) for row in cursor.fetchall()]


def _request(*row: Any) -> RightsRequest:
    *head, reporter_ids, by, asked_at, due, state, reason, decided_by, decided_at, done = row
    request_id, kind, case_id, report_id = head
    return RightsRequest(
        request_id, kind, case_id, report_id, tuple(reporter_ids), by, asked_at, due, state, reason, decided_by,
        decided_at, json.loads(done),
    )  # fmt: skip
