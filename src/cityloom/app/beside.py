"""A thread of the worker beside its clocks: rounds with a connection of its own, patience with a lost database."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

from django.db import InterfaceError, OperationalError

from cityloom.app.fresh_connection import drop_connection
from cityloom.base.patience import Patience

END_S = 5.0


@dataclass
class Beside(ABC):
    """Does rounds in a thread until `stop` is set. A kind of it says what a round is and how it ends."""

    name: ClassVar[str]
    waits: ClassVar[str]  # what waits while the database is away
    log: ClassVar[logging.Logger]

    stop: threading.Event
    _patience: Patience = field(init=False, default_factory=Patience)
    _thread: threading.Thread = field(init=False)

    @abstractmethod
    def round(self) -> float:
        """Do what is due; the seconds to rest before the next round."""

    def end(self) -> None:  # noqa: B027 (most have nothing left to do)
        """What is left to do when the rounds are over; a database that is away may be told."""

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._work, name=self.name, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait a little for the round that is under way."""
        self._thread.join(END_S)

    def _work(self) -> None:
        while not self.stop.is_set():
            try:
                rest_s = self.round()
            except (OperationalError, InterfaceError) as why:
                if not self._patience.failures:
                    self.log.warning("database=away reason=%r; %s", str(why).strip(), self.waits)
                self._begin_anew()
            except Exception:
                self.log.exception("round=failed")
                self._begin_anew()
            else:
                self._patience.it_worked()
                self.stop.wait(rest_s)
        self.end()
        drop_connection(self.log)

    def _begin_anew(self) -> None:
        """A fresh connection, a little later."""
        drop_connection(self.log)
        self._patience.wait_after_failure(self.stop)
