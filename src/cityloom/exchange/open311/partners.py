"""The servers of partners, with the keys they gave this installation."""

from __future__ import annotations

from django.conf import settings

from cityloom.city.values import PartnerDoor
from cityloom.exchange.open311.client import Open311Server


def server_of(partner: str, door: PartnerDoor) -> Open311Server:
    """The server behind a partner's door, with the key of CITYLOOM_PARTNER_KEYS, if there is one."""
    return Open311Server(door.open311, door.jurisdiction, settings.CITYLOOM_PARTNER_KEYS.get(partner, ""))
