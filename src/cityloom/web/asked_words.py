"""What a move brings along besides words, said in words: dates, amounts, units, cities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.web.naming import Names
from cityloom.web.words import say


def asked_lines(asked: Mapping[str, Any], file: CaseFile, city: City, named: Names) -> tuple[str, ...]:
    """One line for each thing that was asked for, in the reader's language."""
    found: list[str] = []
    if "until" in asked:
        found.append(say("asked.until", day=last_day(datetime.fromisoformat(asked["until"]), city)))
    if "amount" in asked:
        unit = next((c.unit for c in reversed(file.clocks) if c.kind == "handling"), "work_day")
        found.append(say("asked.amount", amount=asked["amount"], unit=say(f"unit_of_time.{unit}")))
    if "unit" in asked:
        found.append(say("asked.unit", unit=named.unit(asked["unit"])))
    if "partner" in asked:
        found.append(say("asked.partner", partner=named.partner(asked["partner"])))
    return tuple(found)


def last_day(moment: datetime, city: City) -> str:
    """The last whole day before a moment that stands for the end of a day."""
    return f"{moment.astimezone(city.calendar().tz) - timedelta(seconds=1):%Y-%m-%d}"
