"""The word lists that ship with the package, and a city's own over them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any


@lru_cache(maxsize=16)
def _shipped_text(name: str) -> str:
    return resources.files("cityloom.triage").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")


def shipped(name: str) -> dict[str, Any]:
    """The shipped lexicon of that name, a fresh copy."""
    return tomllib.loads(_shipped_text(name))


def lexicon(name: str, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The shipped lexicon with the city's own over it.

    Tables are joined key by key; a list or value of the city replaces the shipped one, and `+key` adds to a list.
    """
    return _joined(shipped(name), own or {})


def _joined(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(base)
    for key, value in own.items():
        if key.startswith("+"):
            joined[key[1:]] = [*joined.get(key[1:], []), *value]
        elif isinstance(value, Mapping) and isinstance(joined.get(key), dict):
            joined[key] = _joined(joined[key], value)
        else:
            joined[key] = value
    return joined
