"""The vault of this installation, made once from its keys."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from cityloom.base.crypto import Vault


def vault() -> Vault:
    """The vault with the keys of this installation."""
    return _vault_of(tuple(settings.CITYLOOM_DATA_KEYS))


@lru_cache(maxsize=2)
def _vault_of(keys: tuple[str, ...]) -> Vault:
    return Vault(keys)
