"""The thread of the worker for chores that wait for servers of others: so that no due moment is held up."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from cityloom.app.beside import Beside
from cityloom.app.chores import FAR_CHORES, Chores
from cityloom.base.clock import Clock

IDLE_S = 2.0


@dataclass
class FarChores(Beside):
    """Does what is due. A round that was cut short is taken up again by whoever comes next."""

    clock: Clock
    name, waits, log = "far chores", "partners wait", logging.getLogger("cityloom.worker")
    _chores: Chores = field(init=False)

    def __post_init__(self) -> None:
        self._chores = Chores(self.clock, FAR_CHORES)

    def round(self) -> float:
        """Do the chores that are due."""
        self._chores.do_due()
        return IDLE_S
