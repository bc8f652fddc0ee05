"""What goes wrong is told with the next step, in both languages."""

from __future__ import annotations

from typing import Any

from cityloom.base.reasons import Reason, render
from cityloom.base.tallies import tally


class CityloomError(Exception):
    """Any refusal the platform makes on purpose; each kind is a class of its own with its reason.

    `status` is what a door over HTTP answers with; `reason` renders in zh and en.
    """

    status = 400

    def __init__(self, code: str, /, **params: Any) -> None:
        self.reason = Reason(code, params)
        super().__init__(code)
        tally("refused", [(code,)])

    def __str__(self) -> str:
        return render(self.reason, "en")

    def in_language(self, language: str) -> str:
        return render(self.reason, language)
