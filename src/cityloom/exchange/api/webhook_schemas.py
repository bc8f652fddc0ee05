"""What goes in and out about webhooks, as the OpenAPI document describes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from cityloom.exchange.api.schemas import Code, Incoming, Text

Codes = Annotated[list[Code], Field(max_length=100)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
Url = Annotated[Text, StringConstraints(max_length=500)]
Description = Annotated[Text, StringConstraints(max_length=200)]


class WebhookOut(Schema):
    """A webhook; its ETag is its version. It sees what its post (role, unit, area) may see."""

    id: int
    url: str
    description: str
    role: str
    unit: str | None = None
    area: str | None = None
    moves: list[str]
    units: list[str]
    areas: list[str]
    state: Literal["active", "paused", "off"]
    reason: dict[str, Any] | None = None
    version: int
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    both_secrets_until: datetime | None = None
    created_at: datetime
    created_by: str


class WebhookWithSecret(WebhookOut):
    """A webhook whose secret is told this once; an answer that is repeated under its key does not tell it."""

    secret: str | None = None
    replayed: bool = False


class WebhookPage(Schema):
    items: list[WebhookOut]


class DeliveryOut(Schema):
    """One message to a webhook. `event` is its webhook-id, the same in a replay; `replay_of` the first delivery."""

    id: int
    event: str
    topic: str
    case: str | None = None
    case_version: int | None = None
    state: Literal["waiting", "sending", "delivered", "failed"]
    attempts: int
    next_at: datetime | None = None
    created_at: datetime
    tried_at: datetime | None = None
    ended_at: datetime | None = None
    status: int | None = None
    duration_ms: int | None = None
    answer: str
    reason: dict[str, Any] | None = None
    replay_of: int | None = None


class DeliveryWithBody(DeliveryOut):
    """A delivery with what was sent."""

    body: dict[str, Any]


class DeliveryPage(Schema):
    items: list[DeliveryOut]
    next: str | None = None


class Made(Schema):
    """How many deliveries were made; they go out soon."""

    deliveries: int
    replayed: bool = False


class WebhookIn(Incoming):
    """A new webhook; an empty list asks for all. `unit`: it sees what a handler of this unit sees."""

    url: Url
    description: Description = ""
    moves: Codes = []
    units: Codes = []
    areas: Codes = []
    unit: Code | None = None


class WebhookChangeIn(Incoming):
    """What becomes another; what is left out stays. `state` pauses and resumes."""

    url: Url | None = None
    description: Description | None = None
    moves: Codes | None = None
    units: Codes | None = None
    areas: Codes | None = None
    state: Literal["active", "paused"] | None = None
    version: Version | None = Field(None, description="the version seen, where no If-Match is sent")


class RotateIn(Incoming):
    """For how many hours the old secret signs beside the new one; 0 ends it at once."""

    overlap_h: Annotated[int, Field(ge=0, le=168)] = 24
    version: Version | None = None


class ReplayIn(Incoming):
    """One delivery; or what was made from `since` on, until `until`, all of it or only what failed."""

    delivery: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_failed: bool = False
