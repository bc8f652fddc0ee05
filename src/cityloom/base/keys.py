"""The vault of this installation: the keys it was given, read again when their file changes."""

from __future__ import annotations

import hmac
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from cityloom.base.crypto import Vault


def vault() -> Vault:
    """The vault with the keys of this installation.

    In a demo the keys lie in a file, and a running process takes over changed ones with its next look; in production
    they come with the environment and change with a restart.
    """
    return _vault_of(present_keys())


def present_keys() -> tuple[str, ...]:
    """The data keys, the one in use first."""
    path: Path | None = getattr(settings, "CITYLOOM_DATA_KEY_FILE", None)
    if path is None:
        return tuple(settings.CITYLOOM_DATA_KEYS)
    try:
        changed_at = path.stat().st_mtime_ns
    except FileNotFoundError:  # never rotated: the key of the first start
        return tuple(settings.CITYLOOM_DATA_KEYS)
    return _keys_in(path, changed_at)


def mark_of(purpose: str, digest: str) -> str:
    """The installation's signature of a digest for one purpose: only who holds its data key can make it."""
    return vault().mark(f"{purpose} {digest}").hex()


def is_marked(purpose: str, digest: str, mark: str) -> bool:
    """Whether this installation signed that digest for that purpose, under its present or an earlier key."""
    said = mark.encode("utf-8", "replace")
    known = [each.hex().encode() for each in vault().marks(f"{purpose} {digest}")]
    return any([hmac.compare_digest(each, said) for each in known])


@lru_cache(maxsize=8)
def _keys_in(path: Path, changed_at_ns: int) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="ascii").split())


@lru_cache(maxsize=8)
def _vault_of(keys: tuple[str, ...]) -> Vault:
    return Vault(keys)
