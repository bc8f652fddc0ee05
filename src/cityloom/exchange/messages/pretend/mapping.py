"""Our message as a line of the drawer."""

from __future__ import annotations

from cityloom.base.pretended import Pretended
from cityloom.base.sending import Outgoing


def line_of(message: Outgoing) -> Pretended:
    """The line that stands for a message."""
    text = message.text
    return Pretended(message.id, message.kind, message.to, text.subject, text.body, message.at.isoformat())
