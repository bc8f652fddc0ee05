"""What goes in and out, as the OpenAPI document describes it. What comes in is checked by these classes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]

# --- what goes out ----------------------------------------------------------------------------------------------
# Fields may be left out by `fields`, so none is required.


class Problem(Schema):
    """What was refused (RFC 9457): `code` and `params` for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    params: dict[str, Any]
    errors: list[dict[str, str]] | None = None
    version: int | None = None
    changed: list[dict[str, Any]] | None = None


class CaseRow(Schema):
    """A case in a list. `words` are the first words said, for tokens with the scope cases:words."""

    number: str | None = None
    path: str | None = None
    state: str | None = None
    source: str | None = None
    nature: str | None = None
    urgency: str | None = None
    class_code: str | None = Field(None, alias="class")
    address: str | None = None
    area: str | None = None
    unit: str | None = None
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    next_due_at: datetime | None = None
    promise_due_at: datetime | None = None
    clock: str | None = None
    overdue: bool | None = None
    reports: int | None = None
    urged: int | None = None
    escalation: int | None = None
    confidential: bool | None = None
    repeat_of: str | None = None
    lon: float | None = None
    lat: float | None = None
    words: str | None = None


class CasePage(Schema):
    items: list[CaseRow]
    next: str | None = None


class TaskOut(Schema):
    """What a unit owes the case."""

    id: int
    unit: str
    role: str
    state: str
    hop: int
    sent_at: datetime
    signed_at: datetime | None = None
    contacted_at: datetime | None = None
    ended_at: datetime | None = None
    arrived_at: datetime | None = None
    rating: int | None = None
    upheld: bool
    ruled: str


class ReportOut(Schema):
    """What one person or device said; never who it was. `words` need the scope cases:words."""

    id: int
    case: str
    source: str
    state: str
    class_code: str | None = Field(None, alias="class")
    language: str
    address: str
    area: str | None = None
    lon: float | None = None
    lat: float | None = None
    occurred_at: datetime
    received_at: datetime
    confidential: bool
    callback_attempts: int
    solved: str | None = None
    satisfied: str | None = None
    exempt_reason: str | None = None
    words: str | None = None


class RefusedReadings(Schema):
    """What was not taken of a device's messages, why, and how often."""

    code: str
    device: str
    times: int
    detail: str


class ReadingsReceived(Schema):
    """How many readings were new, how many were known already, and what was refused."""

    stored: int
    repeated: int
    refused: list[RefusedReadings]


class Reading(Schema):
    """A moment and what was said; null: said to be without a value."""

    t: datetime
    v: float | None


class ReplacedDevice(Schema):
    """When one device took another's place within a span of readings."""

    t: str
    before: str
    after: str


class ReadingPage(Schema):
    """What a stream said; `readings` counts all of the span, `items` are those that keep every peak.

    `replaced`: where the readings of the device begin and before it are those of the device whose place it took.
    """

    device: str
    stream: str
    readings: int
    replaced: list[ReplacedDevice]
    items: list[Reading]


class ReportPage(Schema):
    items: list[ReportOut]
    next: str | None = None


class ClockOut(Schema):
    """A promise: what is owed, by whom, until when."""

    kind: str
    owed_by: str
    state: str
    amount: float
    unit: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None = None
    provisional: bool


class RequestOut(Schema):
    """A move somebody asked for and a second person decides."""

    id: int
    move: str
    state: str
    asked_by: str
    asked_role: str
    asked_unit: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None = None
    asked: dict[str, Any]
    reason: dict[str, Any] | None = None
    note: str | None = None


class CaseOut(CaseRow):
    """A case whole. Its ETag is its version, which a change names in If-Match."""

    version: int | None = None
    standard: str | None = None
    component: str | None = None
    title: str | None = None
    areas: list[str] | None = None
    state_since: datetime | None = None
    provisional: bool | None = None
    overdue_raw: bool | None = None
    overdue_assessed: bool | None = None
    returns: int | None = None
    reworks: int | None = None
    reopens: int | None = None
    extensions: int | None = None
    merged_into: str | None = None
    partner: str | None = None
    partner_number: str | None = None
    complained_about: list[str] | None = None
    reports: list[ReportOut] | None = None  # type: ignore[assignment]
    tasks: list[TaskOut] | None = None
    clocks: list[ClockOut] | None = None
    requests: list[RequestOut] | None = None


class EntryOut(Schema):
    """A line of the history; `sentence` is the reason in the language asked for."""

    seq: int
    version: int
    subject: str
    subject_id: int
    move: str
    from_state: str
    to_state: str
    by_login: str
    by_role: str
    by_unit: str
    reason: dict[str, Any] | None = None
    sentence: str
    changes: dict[str, Any]
    text: str | None = None
    occurred_at: datetime
    recorded_at: datetime
    hash: str


class EntryPage(Schema):
    items: list[EntryOut]
    next: str | None = None


class NamedCode(Schema):
    code: str
    name: str


class OpenMove(Schema):
    """A move open to the caller's post now: what it needs, and the reasons to choose from."""

    subject: Literal["case", "report", "task", "request"]
    subject_id: int | None = None
    move: str
    name: str
    to_state: str
    needs: list[NamedCode]
    reasons: list[NamedCode]
    approved_by: list[str]


class OpenMoves(Schema):
    version: int
    items: list[OpenMove]


class Moved(Schema):
    """How a case stands after a move; the rest is at its own address."""

    number: str
    version: int
    state: str
    unit: str | None = None
    replayed: bool = False


class BulkResult(Schema):
    index: int
    case: str
    status: int
    version: int | None = None
    state: str | None = None
    problem: Problem | None = None


class BulkResults(Schema):
    done: int
    refused: int
    items: list[BulkResult]


class Received(Schema):
    """What whoever reports is told; the tracking code follows the report without a token."""

    number: str
    report_id: int
    tracking_code: str | None = None
    state: str
    unit: str | None = None
    promise_due_at: datetime | None = None
    joined: bool
    replayed: bool
    twins: list[str]


class ToldStep(Schema):
    move: str
    name: str
    at: datetime
    unit: str
    reason: str
    note: str


class Tracked(Schema):
    """A report as its resident follows it: as on the tracking page."""

    number: str
    class_code: str | None = Field(None, alias="class")
    class_name: str
    words: str
    address: str
    area: str | None = None
    received_at: datetime
    report_state: str
    state: str
    state_name: str
    has_ended: bool
    unit: str | None = None
    unit_name: str
    promise_due_at: datetime | None = None
    provisional: bool
    overdue: bool
    steps: list[ToldStep]


class AreaOut(Schema):
    code: str | None = None
    parent: str | None = None
    level: str | None = None
    name: dict[str, str] | None = None
    population: int | None = None


class UnitOut(Schema):
    code: str | None = None
    parent: str | None = None
    kind: str | None = None
    name: dict[str, str] | None = None
    serves: list[str] | None = None
    from_day: str | None = Field(None, alias="from")
    until: str | None = None
    successors: list[str] | None = None


class ClassOut(Schema):
    code: str | None = None
    scheme: str | None = None
    version: str | None = None
    parent: str | None = None
    kind: str | None = None
    nature: str | None = None
    name: dict[str, str] | None = None
    can_be_filed: bool | None = None


class StandardOut(Schema):
    code: str | None = None
    class_code: str | None = Field(None, alias="class")
    condition: dict[str, str] | None = None
    closing: dict[str, str] | None = None
    urgency: str | None = None
    limit: float | None = None
    unit: str | None = None
    is_default: bool | None = Field(None, alias="default")


class AreaPage(Schema):
    items: list[AreaOut]
    next: str | None = None


class UnitPage(Schema):
    items: list[UnitOut]
    next: str | None = None


class ClassPage(Schema):
    items: list[ClassOut]
    next: str | None = None


class StandardPage(Schema):
    items: list[StandardOut]
    next: str | None = None


class StepOut(Schema):
    move: str
    from_states: list[str]
    to: str
    by: list[str]
    when: list[str]
    needs: list[str]
    approved_by: list[str]


class PathOut(Schema):
    name: str
    title: dict[str, str]
    start: str
    states: list[str]
    steps: list[StepOut]


class PathPage(Schema):
    items: list[PathOut]


class ProblemType(Schema):
    """What a problem's code means in both languages; `…` stands for a parameter."""

    code: str
    zh: str
    en: str


# --- what comes in ----------------------------------------------------------------------------------------------


class Incoming(BaseModel):
    """A body: unknown names are refused, NUL signs are dropped."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nul(cls, data: Any) -> Any:
        return _cleaned(data)


def _cleaned(data: Any) -> Any:
    if isinstance(data, str):
        return data.replace("\x00", "")
    if isinstance(data, list):
        return [_cleaned(d) for d in data]
    if isinstance(data, dict):
        return {k: _cleaned(v) for k, v in data.items()}
    return data


class DeviceMessage(Incoming):
    """What a device says: a payload as it would send it over MQTT, of one stream where `stream` names it."""

    device: Annotated[Text, StringConstraints(min_length=1, max_length=100)]
    stream: Annotated[Text, StringConstraints(max_length=100)] = ""
    payload: Any = Field(description="a number, an object of values by stream with its time `t`, or arrays of both")


class ReadingsIn(Incoming):
    """One message, or up to 10,000 in `messages`."""

    device: Annotated[Text, StringConstraints(max_length=100)] = ""
    stream: Annotated[Text, StringConstraints(max_length=100)] = ""
    payload: Any = None
    messages: list[DeviceMessage] | None = Field(None, min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _one_or_many(self) -> ReadingsIn:
        if bool(self.device) == (self.messages is not None):
            raise ValueError("either `device` with its payload, or `messages`")
        return self

    def all(self) -> list[DeviceMessage]:
        """The messages."""
        if self.messages is not None:
            return self.messages
        return [DeviceMessage(device=self.device, stream=self.stream, payload=self.payload)]


class ReportIn(Incoming):
    """What somebody says. Name and phone are sealed at once and shown by no interface."""

    words: Annotated[str, StringConstraints(max_length=20000)] = ""
    class_code: Code | None = Field(None, alias="class")
    nature: Literal["matter", "enquiry", "suggestion", "praise", "unlawful"] | None = None
    lon: Degrees | None = None
    lat: Degrees | None = None
    area: Code | None = None
    address: Annotated[Text, StringConstraints(max_length=300)] = ""
    name: Annotated[Text, StringConstraints(max_length=100)] = ""
    phone: Annotated[Text, StringConstraints(max_length=40)] = ""
    language: Literal["zh", "en"] = "zh"
    confidential: bool = False
    complained_about: list[Code] = Field([], max_length=20)
    consents: list[Literal["callback", "sms", "relay"]] = ["callback"]
    external_id: Annotated[Text, StringConstraints(max_length=200)] | None = None
    same_as: Annotated[Text, StringConstraints(max_length=40)] | None = None


class PlaceIn(Incoming):
    lon: Degrees
    lat: Degrees
    address: Annotated[Text, StringConstraints(max_length=300)] = ""


class OutcomeIn(Incoming):
    """What a callback heard: `reached` yes, or why not."""

    reached: Code
    solved: Code | None = None
    satisfied: Code | None = None
    contacted: Code | None = None
    why: Code | None = None
    channel: Code = ""
    later_at: datetime | None = None


class MoveIn(Incoming):
    """A move with what it needs; `GET …/moves` says which are open and what each asks for."""

    move: Code
    reason: Code = ""
    note: Annotated[Text, StringConstraints(max_length=4000)] = ""
    unit: Code | None = None
    assisting: list[Code] = Field([], max_length=50)
    units: list[Code] = Field([], max_length=50)
    class_code: Code | None = Field(None, alias="class")
    standard: Code | None = None
    place: PlaceIn | None = None
    outcome: OutcomeIn | None = None
    until: Annotated[Text, StringConstraints(max_length=40)] | None = Field(
        None, description="a day (its end counts) or a moment with its zone"
    )
    amount: Annotated[float, Field(allow_inf_nan=False)] | None = None
    case: Annotated[Text, StringConstraints(max_length=40)] | None = None
    partner: Code | None = None
    partner_number: Code | None = None
    rating: Annotated[int, Field(ge=-1000, le=1000)] | None = None
    report_ids: list[int] = Field([], max_length=50)
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="the version seen, where no If-Match is sent"
    )


class VerdictIn(Incoming):
    """What is said of a request: grant and refuse by a second person, take_back by its asker."""

    verdict: Literal["grant", "refuse", "take_back"]
    note: Annotated[Text, StringConstraints(max_length=4000)] = ""
    unit: Code | None = None
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class BulkMove(MoveIn):
    """One of many moves: of a case, or of one of its reports or tasks."""

    number: Annotated[Text, StringConstraints(max_length=40)] = Field(description="the case")
    report_id: int | None = None
    task_id: int | None = None


class BulkIn(Incoming):
    """Up to 100 moves; each is done or refused by itself."""

    moves: list[BulkMove] = Field(min_length=1, max_length=100)
