"""The key that signs roots and exports, and the keys that are believed: both outside the database."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.signing import public_of, read_key, read_signers

register(
    {
        "audit.no_key": (
            "没有审计签名密钥；用 CITYLOOM_AUDIT_KEY 指明密钥文件，没有就用 cityloom audit key 生成",
            "there is no key that signs audits; name its file with CITYLOOM_AUDIT_KEY, or make one with "
            "`cityloom audit key FILE`",
        ),
    }
)


class NoAuditKey(CityloomError):
    """Nothing can be signed, because no key was named."""

    status = 503


def audit_key() -> Ed25519PrivateKey:
    """The key that signs; raises NoAuditKey where none is named, BadKey for a file that holds none.

    A demo has a key of its own, made at its first start and kept among its secrets.
    """
    if settings.CITYLOOM_AUDIT_KEY:
        return read_key(Path(settings.CITYLOOM_AUDIT_KEY))
    if settings.CITYLOOM_AUDIT_SEED:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.CITYLOOM_AUDIT_SEED))
    raise NoAuditKey("audit.no_key")


def trusted_keys() -> frozenset[str]:
    """The public keys whose signatures are believed: those of CITYLOOM_AUDIT_TRUSTED, else that of the key in use."""
    if settings.CITYLOOM_AUDIT_TRUSTED:
        return frozenset(read_signers(Path(settings.CITYLOOM_AUDIT_TRUSTED)).values())
    return frozenset({public_of(audit_key())})
