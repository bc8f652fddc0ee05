"""Keys and tokens as NATS writes them: Ed25519 public keys in base32 with a checksum, tokens signed by them.

Formats: NATS ADR-14 (JWT) and the `nkeys` library's encoding; CRC-16/XMODEM over the prefix and the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCOUNT = 0  # the prefix of an account's key, which then begins with A
_HEAD = {"typ": "JWT", "alg": "ed25519-nkey"}


class BadToken(Exception):
    """A token that cannot be read, or that nobody of that name has signed."""


class AccountKey:
    """A key of an account, by which answers about who may come in are signed."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = encode_key(ACCOUNT, raw)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The claims as a token of this key."""
        told = {**claims, "iss": self.public}
        told["jti"] = base64.b32encode(hashlib.sha256(json.dumps(told).encode()).digest()).decode().rstrip("=")
        signed = f"{_part(_HEAD)}.{_part(told)}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode()))}"


def read_token(token: str) -> dict[str, Any]:
    """The claims of a token, signed by the key that it names; raises BadToken."""
    try:
        head, claims, signature = token.split(".")
        told: dict[str, Any] = json.loads(_decoded(claims))
        key = Ed25519PublicKey.from_public_bytes(decode_key(told["iss"]))
        key.verify(_decoded(signature), f"{head}.{claims}".encode())
    except (ValueError, KeyError, TypeError, InvalidSignature) as why:
        raise BadToken(type(why).__name__) from why
    return told


def encode_key(prefix: int, raw: bytes) -> str:
    """A public key as NATS writes it."""
    body = bytes([prefix]) + raw
    return base64.b32encode(body + binascii.crc_hqx(body, 0).to_bytes(2, "little")).decode().rstrip("=")


def decode_key(text: str) -> bytes:
    """The 32 bytes of a public key; raises ValueError for one that is none."""
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    if len(raw) != 35 or binascii.crc_hqx(raw[:-2], 0) != int.from_bytes(raw[-2:], "little"):
        raise ValueError("no key")
    return raw[1:-2]


def _part(value: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
