"""Keeps messages in the drawer of a demo; nobody gets them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cityloom.base.pretended import put_pretended
from cityloom.base.sending import Outgoing
from cityloom.exchange.messages.pretend.mapping import line_of


@dataclass(frozen=True)
class Pretend:
    """An adapter that never fails and never sends."""

    folder: Path

    def send(self, message: Outgoing) -> str:
        """Put it into the drawer; its id stands for the provider's."""
        put_pretended(self.folder, line_of(message))
        return f"pretended-{message.id}"
