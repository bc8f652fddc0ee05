"""A filter as a counted word beside a list: what waits under it, where it leads. Shown by `parts/counted.html`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """Its name, how many there are under it, the address words that choose it, whether it is chosen; its own key."""

    name: str
    count: int
    href: str
    chosen: bool
    key: str = ""
