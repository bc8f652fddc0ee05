"""The thread of the worker for alarms: their cases within a moment, and every second what time does to them."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from cityloom.app.beside import Beside
from cityloom.base.clock import Clock
from cityloom.city.snapshot import current_city, list_cities
from cityloom.sensing.actions.open_alarm_cases import open_alarm_cases, tell_alarm_cases
from cityloom.sensing.actions.tend_alarms import tend_alarms

IDLE_S = 0.25
TEND_S = 1.0


@dataclass
class AlarmRounds(Beside):
    """Opens cases, tells them of their readings, tends alarms; a round cut short is taken up by whoever is next."""

    clock: Clock
    name, waits, log = "alarms", "alarms wait for their cases", logging.getLogger("cityloom.alarms")
    _tended_s: float = field(init=False, default=0.0)

    def round(self) -> float:
        """Do what is due in every city; no rest while there is more."""
        done, codes = 0, [city.code for city in list_cities()]
        for code in codes:
            city = current_city(code)
            opened = open_alarm_cases(city, self.clock)
            told = tell_alarm_cases(city, self.clock)
            if opened or told:
                self.log.info("city=%s alarm_cases=%d told=%d", code, opened, told)
            done += opened + told
        if time.monotonic() - self._tended_s >= TEND_S:
            self._tended_s = time.monotonic()
            for code in codes:
                for what, count in tend_alarms(current_city(code), self.clock).items():
                    self.log.info("city=%s alarms_%s=%d", code, what, count)
        return 0.0 if done else IDLE_S
