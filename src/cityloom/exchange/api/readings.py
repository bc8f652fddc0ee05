"""Readings: sent for devices by another system, and asked for by stream and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from cityloom.base.reasons import Reason, register, render
from cityloom.cases.errors import NotAllowed
from cityloom.city.values import Role
from cityloom.exchange.api import schemas
from cityloom.exchange.api.bodies import body_of, said
from cityloom.exchange.api.calls import Call, call_of
from cityloom.exchange.api.errors import BadRequest, NoSuchThing, language
from cityloom.exchange.api.formats import CSV, JSON, csv_answer, format_of, json_answer
from cityloom.sensing.actions.receive_readings import Said, Source, receive_readings
from cityloom.sensing.downsampling import keep_peaks
from cityloom.sensing.lineage import history_across
from cityloom.sensing.models import Device
from cityloom.sensing.registry import DeviceInMemory, find_devices
from cityloom.sensing.series import moments

router = Router(tags=["readings"])
MOST_POINTS = 20_000
MOST_SPAN = timedelta(days=366)
_WHOLE_CITY = frozenset({Role.ADMIN, Role.DATA_STEWARD, Role.SUPERVISOR})

register(
    {
        "api.readings_service_only": (
            "只有服务账号的令牌可以提交读数；请用 cityloom services add 建立",
            "only tokens of service accounts send readings; make one with `cityloom services add`",
        ),
        "api.bad_span": (
            "from 和 to 要写成 ISO 8601 时间，to 在 from 之后，最多相隔366天",
            "from and to are moments in ISO 8601, to after from, 366 days apart at most",
        ),
    }
)


@router.post("", response=schemas.ReadingsReceived, operation_id="sendReadings")
def send_readings(request: HttpRequest) -> HttpResponse:
    """Store what devices say, one message or many; when the answer comes it is durable.

    A payload is what the device would send over MQTT. Saying it again stores nothing twice, so no key is needed.
    """
    call = call_of(request)
    post = call.needs("readings:write")
    assert call.caller is not None
    if not call.caller.token.is_service:
        raise NotAllowed("api.readings_service_only")
    wanted = said(body_of(request), schemas.ReadingsIn)
    whole = post.unit is None or post.role in _WHOLE_CITY
    messages = [Said(m.device, m.payload, m.stream) for m in wanted.all()]
    source = Source(call.caller.token.login, post.unit or "")
    done = receive_readings(
        call.city, messages, call.clock, lambda device: whole or device.owner == post.unit, source=source
    )
    refused = [
        {
            "code": f"sensing.{each.kind}",
            "device": each.about,
            "times": each.times,
            "detail": render(_reason(each.kind, each.about, each.sample), language()),
        }
        for each in done.refused
    ]
    return json_answer({"stored": done.stored, "repeated": done.repeated, "refused": refused})


def _reason(kind: str, about: str, sample: str) -> Reason:
    return Reason(f"sensing.{kind}", {"about": about or "—", "sample": sample or "—"})


@router.get("", response=schemas.ReadingPage, operation_id="listReadings")
def list_readings(
    request: HttpRequest,
    device: str = Query(..., description="the code of a device"),
    stream: str = Query(..., description="the name of its stream"),
    begins: str = Query("", alias="from", description="the first moment; a day before `to` where not given"),
    ends: str = Query("", alias="to", description="the moment after the last; now where not given"),
    points: int = Query(2000, ge=5, le=MOST_POINTS, description="at most so many, with every peak kept"),
) -> HttpResponse:
    """What a stream said over a span of time, from wherever it is kept, as JSON or CSV; across replacements."""
    call = call_of(request)
    kind = format_of(request, JSON, CSV)
    found = _seen(call, device)
    if found is None or stream not in found.streams:
        raise NoSuchThing("api.no_such", what="stream", code=f"{device[:60]}/{stream[:60]}")
    until = _moment(ends, call.at)
    since = _moment(begins, until - timedelta(days=1))
    if not timedelta(0) < until - since <= MOST_SPAN:
        raise BadRequest("api.bad_span")
    series, borders = history_across(found.streams[stream].id, since, until)
    kept = keep_peaks(series, round(since.timestamp() * 1000), round(until.timestamp() * 1000), points)
    rows: list[dict[str, Any]] = [
        {"t": at.isoformat(timespec="milliseconds"), "v": None if value != value else value}
        for at, value in zip(moments(kept), kept.value.tolist(), strict=True)
    ]
    if kind == CSV:
        return csv_answer(rows, ["t", "v"], f"{device}-{stream}")
    replaced = [{"t": each.at.isoformat(), "before": each.before, "after": each.after} for each in borders]
    told = {"device": device, "stream": stream, "readings": len(series.stream), "replaced": replaced}
    return json_answer({**told, "items": rows})


def _seen(call: Call, code: str) -> DeviceInMemory | None:
    """The device, unless it is private and the caller's token is not of its unit."""
    found = find_devices(call.city.id, [code]).get(code)
    if found is None or not Device.objects.filter(pk=found.id, is_private=True).exists():
        return found
    if not call.has("readings:read") or call.caller is None:
        return None
    post = call.caller.post
    return found if post.role in _WHOLE_CITY or post.unit in (None, found.owner) else None


def _moment(text: str, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that came as a blank
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as why:
        raise BadRequest("api.bad_span") from why
