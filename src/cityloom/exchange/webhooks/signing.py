"""Signing a message as Standard Webhooks 1.0.0 asks (https://www.standardwebhooks.com). Pure but for new secrets.

Signed is `{webhook-id}.{webhook-timestamp}.{body}` with HMAC-SHA256; the signature reads `v1,BASE64`. While a secret
is being changed the header holds one signature for each, separated by a space, and a receiver may check either.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32  # the convention asks for 24 to 64


def new_secret() -> str:
    """A fresh secret as its owner is told it: `whsec_` and 256 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, event: str, sent_at_s: int, body: bytes) -> str:
    """`v1,BASE64` of one secret; `event` is the webhook-id and holds no full stop."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.digest(key, f"{event}.{sent_at_s}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(made).decode()}"


def signed_headers(secrets_: Sequence[str], event: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of the convention. `sent_at` is the moment of this try by the clock on the wall: a receiver
    refuses one that is more than a few minutes off."""
    sent_at_s = int(sent_at.timestamp())
    return {
        "webhook-id": event,
        "webhook-timestamp": str(sent_at_s),
        "webhook-signature": " ".join(signature(each, event, sent_at_s, body) for each in secrets_),
    }
