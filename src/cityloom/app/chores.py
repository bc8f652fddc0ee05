"""What the worker does now and then beside firing and telling: a table of chores with how often each is due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings

from cityloom.base.chore_notes import note_chore
from cityloom.base.clock import Clock, RealClock
from cityloom.base.errors import CityloomError
from cityloom.base.outbox import drop_told
from cityloom.base.rate_limits import forget_free
from cityloom.base.sending import MESSAGES_KEPT, forget_messages
from cityloom.cases.actions.apply_retention import apply_retention
from cityloom.cases.actions.mask_old_words import mask_old_words
from cityloom.cases.actions.plan_register_checks import plan_register_checks
from cityloom.cases.actions.sign_root import is_root_due, sign_root
from cityloom.cases.actions.swap_with_partners import swap_with_partners
from cityloom.cases.actions.take_over_units import take_over_units
from cityloom.cases.cells import fold_cells
from cityloom.cases.field_sendings import KEPT as SENDINGS_KEPT
from cityloom.cases.field_sendings import forget_sendings
from cityloom.cases.register_rows import cities_with_registers
from cityloom.city.account_sessions import forget_ended
from cityloom.city.snapshot import current_city, list_cities
from cityloom.city.snapshot_values import City
from cityloom.exchange.actions.meet_partners import meet_partners
from cityloom.exchange.actions.pull_cap import pull_cap
from cityloom.exchange.actions.pull_gbfs import pull_gbfs
from cityloom.exchange.api.idempotency import KEPT, forget_keys
from cityloom.exchange.fetching import fetch
from cityloom.exchange.open311.partners import server_of
from cityloom.exchange.webhooks.taking import forget_deliveries, give_up_old
from cityloom.sensing.actions.count_footfall import count_footfall
from cityloom.sensing.actions.tell_severe_alarms import tell_severe_alarms
from cityloom.sensing.actions.watch_feeds import watch_feeds
from cityloom.sensing.actions.work_out_vitals import revise_vitals, work_out_vitals
from cityloom.sensing.archiving import archive_days, index_closed_parts, roll_up_days

log = logging.getLogger("cityloom.worker")

TOLD_KEPT = timedelta(days=7)
Found = Iterator[tuple[str, int]]  # what was done, and how often; nothing is said of what was not


def tidy(clock: Clock) -> Found:
    """Drop what has been told, sent or used up."""
    yield "told_messages_dropped", drop_told(clock.now() - TOLD_KEPT)
    yield "messages_forgotten", forget_messages(clock.now() - MESSAGES_KEPT)
    forget_free(clock.now())
    yield "ended_sessions_forgotten", forget_ended()
    yield "idempotency_keys_forgotten", forget_keys(clock.now() - KEPT)
    yield "field_keys_forgotten", forget_sendings(clock.now() - SENDINGS_KEPT)
    given_up = clock.now() - settings.WEBHOOK_RULES.give_up
    yield "webhook_messages_given_up", give_up_old(given_up, clock.now())
    yield "webhook_deliveries_forgotten", forget_deliveries(clock.now() - settings.WEBHOOK_KEPT)


def plan_checks(clock: Clock) -> Found:
    """Fill the rounds of those who verify registers; what is there already counts, so that it may run often."""
    with_registers = set(cities_with_registers())
    for city in _cities():
        if city.id in with_registers:
            yield "register_checks_planned", plan_register_checks(city, clock)


def take_over(clock: Clock) -> Found:
    """Units whose last day has passed hand their open work on."""
    for city in _cities():
        done = take_over_units(city, clock)
        yield "taken_over", done.moved
        yield "left_to_the_dispatcher", done.queued


def swap(clock: Clock) -> Found:
    """Cases go to partner cities of this installation, and what has ended there comes back."""
    here = {city.code: city for city in _cities()}
    for city in here.values():
        if city.settings.partners:
            yield "swapped_with_partners", swap_with_partners(city, here.get, clock)


def retain(clock: Clock) -> Found:
    """Erase what has been kept long enough, and files whose rows are erased."""
    for city in _cities():
        for each in apply_retention(city, clock):
            yield f"erased_{each.kind}", each.done
            yield f"held_{each.kind}", each.held


def mask_words(clock: Clock) -> Found:
    """Mask what was received before texts were masked, some reports at a time until none is left."""
    yield "old_words_masked", mask_old_words(clock)


def sign_roots(clock: Clock) -> Found:
    """Sign how far every history has come, once a day of the city has ended; a missed day is not made up for."""
    for city in _cities():
        if not is_root_due(city, clock):
            continue
        try:
            root = sign_root(city, clock)
        except CityloomError as refused:  # no key, or another worker signs: the other chores go on
            log.error("city=%s root=unsigned reason=%s", city.code, refused.reason.code)
            continue
        log.info("city=%s root=%d cases=%d", city.code, root.serial, root.cases)
        yield "roots_signed", 1


def fold(clock: Clock) -> Found:
    """Add what was appended to the counts of open cases by cell."""
    fold_cells()  # said by nobody: it happens all day
    yield "cells_folded", 0


def vital_signs(clock: Clock) -> Found:
    """The vital signs of the hour that runs and of hours that ended since."""
    for city in _cities():
        yield from work_out_vitals(city, clock)


def late_readings(clock: Clock) -> Found:
    """Work out again the hours to which readings came late."""
    for city in _cities():
        yield from revise_vitals(city, clock)


def own_warnings(clock: Clock) -> Found:
    """Say by CAP which severe alarms stand, and which are over."""
    for city in _cities():
        yield from tell_severe_alarms(city, clock)


def cap_warnings(clock: Clock) -> Found:
    """Read the warnings of others."""
    for city in _cities():
        yield from pull_cap(city, fetch, clock)


def shared_bikes(clock: Clock) -> Found:
    """Read where operators' bikes stand."""
    for city in _cities():
        yield from pull_gbfs(city, fetch, clock)


def footfall(clock: Clock) -> Found:
    """Count the people of today and of the days before."""
    for city in _cities():
        yield from count_footfall(city, clock)


def feeds(clock: Clock) -> Found:
    """Notice feeds that became silent, and those that speak again."""
    for city in _cities():
        yield from watch_feeds(city, clock)


def index_parts(clock: Clock) -> Found:
    """Parts of days that readings have gone past get their index by stream."""
    yield "parts_indexed", index_closed_parts(clock)


def keep_days(clock: Clock) -> Found:
    """Closed days of readings move into files and are rolled up, as the settings say."""
    known = settings.INGEST_SETTINGS
    yield "readings_archived", archive_days(clock, known.readings_days)
    if known.archive_days:
        yield "days_rolled_up", roll_up_days(clock, max(known.archive_days, known.readings_days + 1))


def meet_open311(clock: Clock) -> Found:
    """Pull from and push to the Open311 servers of partners whose turn it is, as `city.toml` says."""
    for city in _cities():
        for met in meet_partners(city, server_of, clock):
            if met.failure:
                log.warning("city=%s partner=%s open311=silent reason=%s", city.code, met.partner, met.failure)
            for what, count in met.counts():
                yield f"open311_{what}", count


def _cities() -> Iterator[City]:
    return (current_city(city.code) for city in list_cities())


# Each chore, how often, and by which clock: the real one, or the city's, which a demo may run at another rate.
CHORES: tuple[tuple[Callable[[Clock], Found], timedelta, bool], ...] = (
    (tidy, timedelta(minutes=1), False),
    (swap, timedelta(seconds=10), False),
    (plan_checks, timedelta(minutes=10), False),
    (take_over, timedelta(hours=1), False),
    (retain, timedelta(days=1), True),
    (mask_words, timedelta(seconds=10), False),
    (sign_roots, timedelta(minutes=1), False),
    (fold, timedelta(seconds=5), False),
    (vital_signs, timedelta(minutes=1), False),
    (late_readings, timedelta(hours=1), False),
    (feeds, timedelta(minutes=1), False),
    (footfall, timedelta(minutes=5), False),
    (own_warnings, timedelta(seconds=10), False),
)

# Those that wait for servers of others; see `far_chores.py`. Each partner has a rhythm of its own below this one.
FAR_CHORES: tuple[tuple[Callable[[Clock], Found], timedelta, bool], ...] = (
    (meet_open311, timedelta(seconds=10), False),
    (cap_warnings, timedelta(seconds=20), False),
    (shared_bikes, timedelta(seconds=20), False),
    (index_parts, timedelta(minutes=5), False),
    (keep_days, timedelta(minutes=30), False),
)


@dataclass
class Chores:
    """Remembers when each chore was done last in this process; a fresh one does them all at once."""

    clock: Clock
    table: tuple[tuple[Callable[[Clock], Found], timedelta, bool], ...] = CHORES
    _done_at_s: dict[str, float] = field(default_factory=dict)

    def do_due(self) -> None:
        """Do what is due. One that fails keeps its turn, and its error goes on to the worker."""
        for chore, every, on_city_clock in self.table:
            now_s = self.clock.now().timestamp() if on_city_clock else time.monotonic()
            last_s = self._done_at_s.get(chore.__name__)
            if last_s is not None and now_s - last_s < every.total_seconds():
                continue
            do_chore(chore, self.clock)
            self._done_at_s[chore.__name__] = now_s


def do_chore(chore: Callable[[Clock], Found], clock: Clock) -> dict[str, int]:
    """Do it now and write down that it was done; what it found to do, and how often."""
    began_s = time.monotonic()
    found: dict[str, int] = {}
    for what, count in chore(clock):
        found[what] = found.get(what, 0) + count
        if count:
            log.info("%s=%d", what, count)
    note_chore(chore.__name__, RealClock().now(), round(1000 * (time.monotonic() - began_s)), found)
    return found
