"""Chains of codes: areas in areas, units under units, classes under classes."""

from __future__ import annotations

from collections.abc import Mapping


def chains(parents: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """For each code the codes above it and itself, the topmost first; `parents` must know no circle.

    A parent that is no code of the mapping ends the chain.
    """
    found: dict[str, tuple[str, ...]] = {}
    for code in parents:
        above: list[str] = []
        step: str | None = code
        while step is not None and step in parents and step not in found:
            above.append(step)
            step = parents[step]
        chain = found.get(step or "", ())
        for each in reversed(above):
            chain = (*chain, each)
            found[each] = chain
    return found


def children(parents: Mapping[str, str | None]) -> dict[str, tuple[str, ...]]:
    """For each code that has some, the codes directly below it, in the order given."""
    below: dict[str, list[str]] = {}
    for code, parent in parents.items():
        if parent:
            below.setdefault(parent, []).append(code)
    return {code: tuple(codes) for code, codes in below.items()}


def circles(parents: Mapping[str, str | None]) -> list[tuple[str, ...]]:
    """Each ring of codes that are above themselves, once, beginning at its lowest code."""
    rings: set[tuple[str, ...]] = set()
    settled: set[str] = set()
    for code in parents:
        walk: list[str] = []
        step: str | None = code
        while step is not None and step in parents and step not in settled and step not in walk:
            walk.append(step)
            step = parents[step]
        if step is not None and step in walk:
            ring = walk[walk.index(step) :]
            start = ring.index(min(ring))
            rings.add((*ring[start:], *ring[:start]))
        settled.update(walk)
    return sorted(rings)
