"""Chores that wait for servers of others have a thread: again after a failure, and until they are to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError

from cityloom.app import far_chores
from cityloom.app.chores import CHORES, FAR_CHORES, meet_open311
from cityloom.app.far_chores import FarChores
from cityloom.base.clock import Clock, RealClock

LONG_S = 60.0


def run(monkeypatch: pytest.MonkeyPatch, *failures: Exception) -> int:
    """A thread whose chore fails so and then works; how often it was begun when it worked the first time."""
    begun, worked, stop = [0], threading.Event(), threading.Event()

    def chore(clock: Clock) -> Iterator[tuple[str, int]]:
        begun[0] += 1
        if begun[0] <= len(failures):
            raise failures[begun[0] - 1]
        worked.set()
        yield "done", 1

    monkeypatch.setattr(far_chores, "FAR_CHORES", ((chore, timedelta(hours=1), False),))
    thread = FarChores(stop, RealClock())
    thread.start()
    try:
        assert worked.wait(LONG_S)
    finally:
        stop.set()
        thread._thread.join(LONG_S)
    assert not thread._thread.is_alive(), "it ends when it is asked to"
    return begun[0]


def test_a_chore_is_done_beside_the_worker_and_once_in_its_time(monkeypatch):
    assert run(monkeypatch) == 1


@pytest.mark.parametrize("failure", [RuntimeError("our mistake"), OperationalError("the database is away")])
def test_a_failed_chore_keeps_its_turn_and_is_told(monkeypatch, caplog, failure):
    caplog.set_level(logging.WARNING, "cityloom.worker")
    assert run(monkeypatch, failure) == 2
    assert caplog.records


def test_no_server_of_others_is_waited_for_beside_due_moments():
    assert meet_open311 in {chore for chore, _, _ in FAR_CHORES}
    assert meet_open311 not in {chore for chore, *_ in CHORES}
