"""Keeping what must not be read, and proving what must not be changed.

Personal data is sealed with Fernet keys (the first seals, all open, so keys can be rotated); equal phone numbers
are found again by a keyed blind index; history is chained by SHA-256 over canonical JSON.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register

register(
    {
        "crypto.no_key": (
            "这条个人信息用现有密钥打不开；请把当时的密钥加回 CITYLOOM_DATA_KEYS",
            "none of the present keys opens this personal data; add the old key back to CITYLOOM_DATA_KEYS",
        ),
    }
)


class NoKeyOpens(CityloomError):
    """Sealed data whose key is not among the present ones."""

    status = 500


class Vault:
    """Seals and opens personal texts with the keys of this installation; the first key is the one in use.

    The first key seals and makes the index. The others only open and find what was sealed before, so a key can go
    as soon as no row carries its mark; see `cases/key_rotation.py`.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Fernet keys, the one in use first."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._in_use = Fernet(keys[0])
        self._index_keys = [hashlib.sha256(b"cityloom blind index\0" + key.encode()).digest() for key in keys]
        self.key_marks = tuple(key_mark(key) for key in keys)

    @property
    def key_mark(self) -> bytes:
        """The mark of the key in use, which every row keeps beside what that key sealed."""
        return self.key_marks[0]

    def mark(self, text: str) -> bytes:
        """32 bytes that only this installation, with its key in use, could have made from the text."""
        return self.marks(text)[0]

    def marks(self, text: str) -> list[bytes]:
        """The mark of a text under each key, the one in use first."""
        return [hmac.digest(key, text.encode(), "sha256") for key in self._index_keys]

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """The text again; raises NoKeyOpens when its key is gone."""
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken as wrong:
            raise NoKeyOpens("crypto.no_key") from wrong

    def is_sealed_now(self, sealed: bytes) -> bool:
        """Whether the key in use sealed it, and no older one."""
        try:
            self._in_use.decrypt(bytes(sealed))
        except InvalidToken:
            return False
        return True

    def blind_index(self, text: str) -> bytes:
        """The same 32 bytes for the same text, telling nothing to who has no key."""
        return self.mark("phone\0" + text)

    def blind_indexes(self, text: str) -> list[bytes]:
        """Under which index the text may be kept while keys are being changed."""
        return self.marks("phone\0" + text)


def key_mark(key: str) -> bytes:
    """Eight bytes by which a key is recognised without telling it."""
    return hashlib.sha256(b"cityloom key mark\0" + key.encode()).digest()[:8]


def new_key() -> str:
    """A fresh Fernet key."""
    return Fernet.generate_key().decode()


def new_salt() -> bytes:
    return secrets.token_bytes(16)


def salted_digest(text: str, salt: bytes) -> bytes:
    """What stands in the chain for a text that may have to be erased one day."""
    return hashlib.sha256(salt + text.encode()).digest()


def new_tracking_code() -> str:
    """128 random bits as 26 letters and digits a person can read out (no 0, 1, I, O)."""
    return code_of_bits(secrets.randbits(128))


def code_of_bits(bits: int) -> str:
    """The tracking code of 128 bits."""
    alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(alphabet[(bits >> (5 * i)) & 31] for i in range(26))


def tracking_hash(code: str) -> bytes:
    """How a tracking code is stored; spaces, dashes and case do not count."""
    plain = "".join(code.split()).replace("-", "").upper()
    return hashlib.sha256(b"cityloom tracking\0" + plain.encode()).digest()


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    return _encode(value).encode()


def chain_hash(previous: bytes, value: Any) -> bytes:
    """The next link: SHA-256 over the link before and the canonical value."""
    return hashlib.sha256(previous + canonical(value)).digest()
