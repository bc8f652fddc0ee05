"""The second factor at sign-in: a time-based code (TOTP, RFC 6238) or a recovery code, each taken once.

The secret is sealed with the keys of this installation, recovery codes are kept as digests. The arithmetic is
django-otp's; its plugin tables are not used, because they keep the secret open.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from django.db import transaction
from django_otp.oath import TOTP

from cityloom.base.keys import vault
from cityloom.city import models
from cityloom.city.account_events import Happened, record

SECRET_BYTES = 20  # RFC 4226 section 4, R6
STEP_S = 30
WAITS = timedelta(hours=1)  # how long a secret may lie unconfirmed before another one is offered
DIGITS = 6
TOLERANCE = 1  # a step before and after, for clocks that differ by half a minute
RECOVERY_CODES = 10
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 5 bits a character; a recovery code has 16: 80 bits


def has_factor(login: str) -> bool:
    """Whether the person has a confirmed second factor."""
    return models.SecondFactor.objects.filter(login=login, confirmed_at__isnull=False).exists()


def begin(login: str, at: datetime) -> str:
    """The secret to enrol with, in base32: the one waiting to be confirmed, or a new one."""
    waiting = models.SecondFactor.objects.filter(login=login, confirmed_at=None).first()
    if waiting is not None and at - waiting.made_at < WAITS:
        return vault().open(waiting.key_sealed)
    secret, safe = _base32(secrets.token_bytes(SECRET_BYTES)), vault()
    fresh = {"key_sealed": safe.seal(secret), "key_mark": safe.key_mark, "made_at": at}
    models.SecondFactor.objects.update_or_create(login=login, confirmed_at=None, defaults=fresh)
    return secret


def enrolment_uri(login: str, secret: str, issuer: str) -> str:
    """The `otpauth://` address that authenticator apps read from a QR code (the format of Google Authenticator)."""
    words = urlencode({"secret": secret, "issuer": issuer, "period": STEP_S, "digits": DIGITS}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?{words}"


def confirm(login: str, code: str, at: datetime, unix_s: float) -> list[str] | None:
    """Take the first code of a new generator; the recovery codes to show once, None for a wrong code."""
    with transaction.atomic():
        row = models.SecondFactor.objects.select_for_update().filter(login=login, confirmed_at=None).first()
        if row is None or not _take(row, code, unix_s):
            return None
        row.confirmed_at = at
        row.save(update_fields=["confirmed_at"])
        record(login, Happened.FACTOR_ON, login, at)
        return _new_codes(login, at)


def check_code(login: str, code: str, at: datetime, unix_s: float) -> bool:
    """Whether the code is the generator's of this moment or an unused recovery code; either is taken only once.

    `unix_s` is the machine's real time, by which every generator counts.
    """
    with transaction.atomic():
        row = models.SecondFactor.objects.select_for_update().filter(login=login, confirmed_at__isnull=False).first()
        return row is not None and (_take(row, code, unix_s) or _take_recovery(login, code, at))


def make_recovery_codes(login: str, at: datetime) -> list[str]:
    """New recovery codes; those before are void."""
    with transaction.atomic():
        record(login, Happened.RECOVERY_MADE, login, at)
        return _new_codes(login, at)


def count_recovery_codes(login: str) -> int:
    """How many recovery codes are left."""
    return models.RecoveryCode.objects.filter(login=login, used_at=None).count()


def turn_off(login: str, by: str, at: datetime) -> bool:
    """Forget the generator and the recovery codes; whether there were any."""
    with transaction.atomic():
        count, _ = models.SecondFactor.objects.filter(login=login).delete()
        models.RecoveryCode.objects.filter(login=login).delete()
        if count:
            record(login, Happened.FACTOR_OFF, by, at)
    return bool(count)


def _take(row: models.SecondFactor, code: str, unix_s: float) -> bool:
    """Whether the code is right and newer than the last one taken, which it then becomes."""
    digits = re.sub(r"\s", "", code)
    if not (len(digits) == DIGITS and digits.isascii() and digits.isdigit()):
        return False
    generator = TOTP(_bytes(vault().open(row.key_sealed)), step=STEP_S, digits=DIGITS)
    generator.time = unix_s
    if not generator.verify(int(digits), tolerance=TOLERANCE, min_t=row.last_step + 1):
        return False
    row.last_step = generator.t()
    row.save(update_fields=["last_step"])
    return True


def _take_recovery(login: str, code: str, at: datetime) -> bool:
    taken = models.RecoveryCode.objects.filter(login=login, digest=_digest(login, code), used_at=None).update(
        used_at=at
    )
    if taken:
        record(login, Happened.RECOVERY_USED, login, at)
    return bool(taken)


def _new_codes(login: str, at: datetime) -> list[str]:
    models.RecoveryCode.objects.filter(login=login).delete()
    plain = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    models.RecoveryCode.objects.bulk_create(
        models.RecoveryCode(login=login, digest=_digest(login, each), made_at=at) for each in plain
    )
    return [f"{each[:4]}-{each[4:8]}-{each[8:12]}-{each[12:]}" for each in plain]


def _digest(login: str, code: str) -> bytes:
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(f"cityloom recovery\0{login}\0{plain}".encode()).digest()


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def _bytes(secret: str) -> bytes:
    return base64.b32decode(secret + "=" * (-len(secret) % 8))
