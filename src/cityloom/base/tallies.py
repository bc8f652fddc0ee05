"""Counting what happens, for whoever measures: the lower folders say it, the app listens. Pure.

Nobody listens in a command or a test, and then saying it costs a look at an empty list. Labels are words of ours
(moves, roles, codes), never anything a person said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Labels = tuple[str, ...]
Listener = Callable[[str, Sequence[Labels]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """From now on `listener` hears every tally of this process: its name, and the labels of each thing counted."""
    if listener not in _listeners:
        _listeners.append(listener)


def stop_listening(listener: Listener) -> None:
    """It hears no more."""
    if listener in _listeners:
        _listeners.remove(listener)


def is_heard() -> bool:
    """Whether anybody listens: then it is worth to put together what to say."""
    return bool(_listeners)


def tally(name: str, counted: Sequence[Labels]) -> None:
    """Something happened, once for each of the labels."""
    for listener in _listeners:
        listener(name, counted)
