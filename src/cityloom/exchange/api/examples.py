"""Examples of the OpenAPI document, as a made-up city answers."""

from __future__ import annotations

from typing import Any

_ROW: dict[str, Any] = {
    "number": "260601-1001", "path": "hotline", "state": "dispatched", "source": "hotline", "nature": "matter",
    "urgency": "ordinary", "class": "hotline:0101", "address": "东南街道 1 号", "area": "990101001001",
    "unit": "street_e1", "opened_at": "2026-06-01T09:00:00+08:00", "closed_at": None,
    "next_due_at": "2026-06-01T11:00:00+08:00", "promise_due_at": "2026-06-08T09:00:00+08:00", "clock": "sign",
    "overdue": False, "reports": 1, "urged": 0, "escalation": 0, "confidential": False,
}  # fmt: skip
EXAMPLES: dict[str, Any] = {
    "listCases": {"items": [_ROW], "next": "2026-06-01T03:00:00+00:00~1001"},
    "receiveReport.body": {
        "words": "夜里施工很吵", "class": "hotline:0101", "lon": 110.0011, "lat": 30.0011, "name": "秦晓梅",
        "phone": "13800138000",
    },
    "receiveReport": {
        "number": "260601-1001", "report_id": 1002, "tracking_code": "ABCDEFGHJKLMNPQRSTUVWXYZ23",
        "state": "dispatched", "unit": "street_e1", "promise_due_at": "2026-06-08T09:00:00+08:00", "joined": False,
        "replayed": False, "twins": [],
    },
    "sendReadings.body": {"device": "gauge-01", "payload": {"t": 1780273800000, "level_m": 1.32, "battery_v": 3.6}},
    "sendReadings": {"stored": 2, "repeated": 0, "refused": []},
    "listReadings": {
        "device": "gauge-01", "stream": "level_m", "readings": 1, "replaced": [],
        "items": [{"t": "2026-06-01T00:30:00.000+00:00", "v": 1.32}],
    },
    "moveCase.body": {"move": "sign"},
    "moveCase": {"number": "260601-1001", "version": 3, "state": "signed", "unit": "street_e1", "replayed": False},
    "moveMany.body": {"moves": [{"number": "260601-1001", "move": "sign", "version": 2}]},
    "decideRequest.body": {"verdict": "grant", "note": "情况属实", "version": 4},
}  # fmt: skip
