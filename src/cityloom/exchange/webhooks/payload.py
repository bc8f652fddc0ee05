"""What a message says: the fields of a case as /api/v1 names them, codes instead of words, nothing of a person. Pure.

No words, no address, nobody's name. A place is told to the point only where the public map shows it too: of a case
in the street that is not confidential. Of all others the area is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from cityloom.exchange.open311.mapping import IN_THE_STREET
from cityloom.exchange.webhooks.values import CASE_MOVED, PING

DIGITS = 5  # about a metre
_MOMENTS = ("opened_at", "closed_at", "promise_due_at")
_PLAIN = ("number", "version", "path", "state", "source", "nature", "urgency", "class", "area", "unit")


def case_body(payload: Mapping[str, Any], city_code: str, at: datetime, zone: tzinfo) -> str:
    """The JSON of one move of a case, from its row in the outbox; moments with the city's zone."""
    shown = payload["path"] in IN_THE_STREET and not payload["confidential"]
    point = {name: _rounded(payload[name]) if shown else None for name in ("lon", "lat")}
    moments = {name: _moment(payload[name], zone) for name in _MOMENTS}
    data = {
        "city": city_code,
        **{name: payload[name] for name in _PLAIN},
        **point,
        **moments,
        "confidential": payload["confidential"],
        "moves": payload["moves"],
    }
    return _json({"type": CASE_MOVED, "timestamp": at.astimezone(zone).isoformat(), "data": data})


def ping_body(city_code: str, webhook_id: int, at: datetime, zone: tzinfo) -> str:
    """The JSON of a test message."""
    data = {"city": city_code, "webhook": webhook_id}
    return _json({"type": PING, "timestamp": at.astimezone(zone).isoformat(), "data": data})


def _moment(text: str | None, zone: tzinfo) -> str | None:
    return datetime.fromisoformat(text).astimezone(zone).isoformat() if text else None


def _rounded(degrees: float | None) -> float | None:
    return round(degrees, DIGITS) if degrees is not None else None


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
