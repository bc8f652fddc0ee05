"""Randomness by name: every part of the city draws from its own stream, so one part never disturbs another."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def stream(seed: int, name: str) -> np.random.Generator:
    """The stream of random numbers of the part `name`; the same seed gives the same stream on every machine."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    """One of the items, all equally likely."""
    return items[int(rng.integers(len(items)))]


def shares(weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """The weights scaled to add up to 1."""
    array: np.ndarray = np.asarray(weights, dtype=float)
    scaled: np.ndarray = array / array.sum()
    return scaled


def split_whole(total: int, weights: Sequence[float] | np.ndarray) -> list[int]:
    """Whole numbers in proportion to the weights that add up to `total` exactly (largest remainders)."""
    exact = shares(weights) * total
    whole = np.floor(exact).astype(int)
    missing = total - int(whole.sum())
    for index in np.argsort(-(exact - whole), kind="stable")[:missing]:
        whole[index] += 1
    return [int(value) for value in whole]
