"""The way of checking signatures that the docs show is right: it takes what is genuine and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cityloom.app.places import project_root
from cityloom.exchange.webhooks.signing import new_secret, signed_headers


def shown() -> Callable[[str, dict[str, str], bytes], bool]:
    text = (project_root() / "docs" / "webhooks.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    made: dict[str, Callable[[str, dict[str, str], bytes], bool]] = {}
    exec(code, made)  # noqa: S102 (our own page)
    return made["is_genuine"]


def test_the_shown_check_takes_a_genuine_message_under_either_secret_and_refuses_all_else() -> None:
    is_genuine, body, now = shown(), '{"address":"东南街道"}'.encode(), datetime.now(UTC)
    old, new = new_secret(), new_secret()
    headers = signed_headers([new, old], "msg_1", now, body)
    assert is_genuine(new, headers, body)
    assert is_genuine(old, headers, body)
    assert not is_genuine(new_secret(), headers, body)
    assert not is_genuine(new, headers, body + b" ")
    assert not is_genuine(new, {**headers, "webhook-id": "msg_2"}, body)
    long_ago = signed_headers([new], "msg_1", now - timedelta(minutes=6), body)
    assert not is_genuine(new, long_ago, body)
