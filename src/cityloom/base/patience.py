"""Waiting longer after each failure in a row, and not at all once something worked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass
class Patience:
    """Counts failures in a row; `steps_s` are the seconds to wait after the first, the second … and every later."""

    steps_s: Sequence[float] = (0.1, 0.2, 0.5, 1.0, 2.0)
    failures: int = 0

    def wait_after_failure(self, stop: threading.Event) -> None:
        """Wait the next step, or until `stop` is set."""
        wait_s = self.steps_s[min(self.failures, len(self.steps_s) - 1)]
        self.failures += 1
        stop.wait(wait_s)

    def it_worked(self) -> int:
        """Begin anew; how many failures there were before."""
        before, self.failures = self.failures, 0
        return before
