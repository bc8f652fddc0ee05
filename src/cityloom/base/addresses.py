"""Whose request it is: the client's address, as far as the proxies in front are believed."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

UNKNOWN = "0.0.0.0"  # noqa: S104 (an address that nobody has)


def address_of(request: HttpRequest) -> str:
    """The client's address: what the outermost of CITYLOOM_TRUSTED_PROXIES saw, else whoever is connected.

    Whatever a client writes into X-Forwarded-For itself stands left of that and is not believed.
    """
    told = [p.strip() for p in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if p.strip()]
    proxies = settings.CITYLOOM_TRUSTED_PROXIES
    seen = told[-proxies] if 0 < proxies <= len(told) else request.META.get("REMOTE_ADDR", "")
    return _plain(seen) or _plain(request.META.get("REMOTE_ADDR", "")) or UNKNOWN


def is_trusted(address: str) -> bool:
    """Whether no limit of the public doors holds for it."""
    one = ipaddress.ip_address(address)
    return any(one in network for network in settings.CITYLOOM_TRUSTED_ADDRESSES)


def household_of(address: str) -> str:
    """What one client can change at will is one: an IPv6 address counts by its network of 64 bits."""
    one = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((address, 64), strict=False)) if one.version == 6 else str(one)


def blurred(door: str, value: str) -> str:
    """A key for counting that tells neither the address nor the phone it stands for."""
    return salted_hmac(f"cityloom.rate.{door}", value, algorithm="sha256").hexdigest()


def _plain(text: str) -> str:
    try:
        one = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return ""
    mapped = getattr(one, "ipv4_mapped", None)
    return str(mapped or one)
