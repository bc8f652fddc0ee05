"""A supervision order (督办) as plain values: who demands what of which units until when, and what they answered.

Each class is one table of `models/`; `order_keeping.py` writes them. The table of moves is `orders.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cityloom.city.values import Name

ORDER_STATES: dict[str, Name] = {
    "issued": Name("已下达", "issued"),
    "received": Name("已收到", "received"),
    "replied": Name("已答复", "replied"),
    "sent_back": Name("退回重办", "sent back"),
    "discharged": Name("已销号", "discharged"),
    "withdrawn": Name("已撤回", "withdrawn"),
}
ORDER_END_STATES = frozenset({"discharged", "withdrawn"})

ORDER_MOVES: dict[str, Name] = {
    "issue": Name("下达", "issue"),
    "receive": Name("签收", "sign for"),
    "reply": Name("答复", "reply"),
    "ask_time": Name("申请延期", "ask for more time"),
    "grant_time": Name("同意延期", "grant more time"),
    "refuse_time": Name("不同意延期", "refuse more time"),
    "send_back": Name("退回重办", "send back"),
    "discharge": Name("销号", "discharge"),
    "withdraw": Name("撤回", "withdraw"),
    "warn": Name("时限预警", "warning of the limit"),
    "overdue": Name("超时", "overdue"),
}
ORDER_LEVELS: dict[str, Name] = {
    "ordinary": Name("一般督办", "ordinary"),
    "urgent": Name("紧急督办", "urgent"),
    "leader": Name("领导批办", "leader's"),
}
ORDER_SUBJECTS: dict[str, Name] = {
    "case": Name("案件", "a case"),
    "topic": Name("专题", "a topic"),
    "unit": Name("单位", "a unit"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one unit owes an order. `state`: owed, received, replied or sent_back; `by` and `since`: of that state."""

    unit: str
    state: str = "owed"
    by: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One numbered order. `due_at` is when every unit must have replied; it changes only by an entry."""

    id: int
    city_id: int
    year: int
    serial: int  # running from 1 within the year, without gaps
    subject: str  # case, topic, unit
    title: str
    level: str
    issuer_login: str
    issuer_role: str
    issuer_unit: str
    state: str
    units: tuple[str, ...]
    areas: tuple[str, ...]  # from the city down to the area it is about
    issued_at: datetime
    amount: float
    limit_unit: str  # a ClockUnit value
    due_at: datetime
    case_id: int | None = None
    case_number: str | None = None
    topic: Mapping[str, str] = field(default_factory=dict)  # class, area: the filter of a topic's cases
    provisional: bool = False
    answers: tuple[Answer, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)  # amount, unit, by: more time somebody waits for
    overdue: bool = False  # stays once it was true
    warn_at: tuple[str, ...] = ()  # moments still to tell, ascending; the last one is the due moment
    fires_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    version: int = 1
    seq: int = 0
    head: bytes = b""

    @property
    def number(self) -> str:
        """How an address names it: `2026-12` is 督办〔2026〕12号."""
        return f"{self.year}-{self.serial}"

    @property
    def has_ended(self) -> bool:
        return self.state in ORDER_END_STATES

    def answer_of(self, units: tuple[str, ...]) -> Answer | None:
        """What the first of these units owes it; None when none of them does."""
        return next((a for a in self.answers if a.unit in units), None)


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """One line of an order's history; only ever added, chained as the entries of a case."""

    id: int
    city_id: int
    order_id: int
    seq: int
    move: str
    from_state: str
    to_state: str
    by_login: str
    by_role: str
    by_unit: str
    reason: Mapping[str, Any]
    changes: Mapping[str, Any]
    recorded_at: datetime
    previous: bytes
    hash: bytes
    version: int
    text: str | None = None
    text_salt: bytes | None = None
    text_digest: bytes | None = None


@dataclass(frozen=True)
class OrderDetails:
    """What comes with a move of an order; each row of the table says in its `needs` what must be there."""

    note: str = ""
    amount: float | None = None
    limit_unit: str = ""
    unit: str = ""  # the one whose reply is sent back; all when empty
    cases: tuple[str, ...] = ()  # numbers of cases that a reply points at
