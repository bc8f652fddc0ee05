"""The thread of the worker for chores that wait for servers of others: so that no due moment is held up."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection

from cityloom.app.chores import FAR_CHORES, Chores
from cityloom.base.clock import Clock
from cityloom.base.patience import Patience

log = logging.getLogger("cityloom.worker")

IDLE_S = 2.0
END_S = 5.0


@dataclass
class FarChores:
    """Does what is due in a thread with its own connection, until `stop` is set."""

    clock: Clock
    stop: threading.Event
    _patience: Patience = field(default_factory=Patience)
    _thread: threading.Thread = field(init=False)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._work, name="far chores", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait a little; a round that was cut short is taken up again by whoever comes next."""
        self._thread.join(END_S)

    def _work(self) -> None:
        chores = Chores(self.clock, FAR_CHORES)
        while not self.stop.is_set():
            try:
                chores.do_due()
            except (OperationalError, InterfaceError) as why:
                if not self._patience.failures:
                    log.warning("database=away reason=%r; partners wait", str(why).strip())
                self._begin_anew()
            except Exception:
                log.exception("round=failed")
                self._begin_anew()
            else:
                self._patience.it_worked()
                self.stop.wait(IDLE_S)
        _close()

    def _begin_anew(self) -> None:
        _close()
        self._patience.wait_after_failure(self.stop)


def _close() -> None:
    """A fresh connection at the next asking."""
    try:
        connection.close()
    except DatabaseError as why:
        log.debug("closing the connection failed: %s", why)
        connection.connection = None
