"""Gives a device the secret by which it comes in over MQTT; told once, kept as a digest."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City
from cityloom.sensing.models import Device

register(
    {
        "sensing.no_such_device": (
            "没有登记设备{code}；cityloom devices list 列出全部",
            "no device {code} is registered; `cityloom devices list` lists them",
        ),
    }
)


class NoSuchDevice(CityloomError):
    """No device of that code in the city's register."""

    status = 404


def give_secret(city: City, code: str, clock: Clock) -> str:
    """A new secret for a device; the one before opens nothing from the next connection on. Raises NoSuchDevice."""
    secret = secrets.token_urlsafe(24)
    changed = Device.objects.filter(city_id=city.id, code=code).update(
        secret_hash=_digest(secret), secret_at=clock.now()
    )
    if not changed:
        raise NoSuchDevice("sensing.no_such_device", code=code[:60])
    return secret


def may_come_in(city_id: int, code: str, secret: str, now: datetime) -> bool:
    """Whether that is the secret of a device in use, and the device is not in quarantine."""
    device = Device.objects.filter(city_id=city_id, code=code).exclude(state="retired").first()
    if device is None or device.secret_hash is None:
        return False
    if device.state == "quarantined" and (device.quarantined_until is None or device.quarantined_until > now):
        return False
    return hmac.compare_digest(bytes(device.secret_hash), _digest(secret))


def _digest(secret: str) -> bytes:
    """Enough for 192 random bits: a slow digest would only slow down ten thousand devices that come back at once."""
    return hashlib.sha256(b"cityloom device\0" + secret.encode()).digest()
