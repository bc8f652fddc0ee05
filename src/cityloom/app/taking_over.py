"""Taking over the work of ended units from a command: what waits is said before, what happened after."""

import sys
from collections.abc import Callable
from typing import Any

import click


def take_over_and_tell(code: str, say: Callable[[str], Any], *, dry_run: bool, bar: bool) -> dict[str, Any]:
    """Move the open work of the city's ended units and say so; the same as numbers.

    Nothing is said of a city whose ended units have no open work. With `dry_run` nothing is moved.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.take_over_units import count_waiting, take_over_units
    from cityloom.city.snapshot import current_city

    city, clock = current_city(code), clock_of_settings()
    waiting = count_waiting(city, clock.now())
    told: dict[str, Any] = {"waiting": dict(waiting)}
    if waiting:
        units = ", ".join(f"{unit} {count:,}" for unit, count in waiting.items())
        say(f"{code}: open cases of units that have ended: {units}")
    if dry_run or not waiting:
        return told
    total = sum(waiting.values())
    with click.progressbar(length=total, label="Taking over", file=sys.stderr, hidden=not bar) as shown:
        done = take_over_units(city, clock, lambda count: shown.update(min(count, total) - shown.pos))
    say(f"{code}: {done.moved:,} cases went to the successor, {done.queued:,} to the dispatcher, {done.left:,} stay")
    return told | {"moved": done.moved, "queued": done.queued, "left": done.left}
