"""A progress bar for a person at a terminal; for a machine, nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TextIO

import click


@contextlib.contextmanager
def shown_progress(label: str, out: TextIO) -> Iterator[Callable[[str, float], None]]:
    """Inside, telling a step and the share done (0 to 1) moves the bar; it never goes back."""
    with click.progressbar(
        length=100, label=label, show_eta=False, item_show_func=lambda step: step or "", file=out,
        hidden=not out.isatty(),
    ) as bar:  # fmt: skip

        def tell(step: str, share: float) -> None:
            bar.update(max(0, round(100 * share) - bar.pos), step)

        yield tell


@contextlib.contextmanager
def counted_progress(label: str, length: int, out: TextIO) -> Iterator[Callable[[int], None]]:
    """Inside, telling how many more are done moves a bar of that length."""
    with click.progressbar(length=length, label=label, file=out, hidden=not out.isatty()) as bar:
        yield bar.update
