"""Where a webhook may lead: public addresses, and those inside that the operator names. Pure.

Without this whoever may add a webhook could make the worker knock at what only the worker reaches, for example a
cloud's metadata or the database (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from cityloom.exchange.webhooks.errors import BadWebhook

LONGEST = 500
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_INSIDE = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")


@dataclass(frozen=True)
class Target:
    """An address taken apart: `path` with its query, `host` in small letters."""

    tls: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header; the port stands there when it is not the usual one."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.tls else 80) else f"{name}:{self.port}"


@dataclass(frozen=True)
class Inside:
    """What inside may be led to: hosts by their names, addresses by their networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @staticmethod
    def of(parts: Iterable[str]) -> Inside:
        """From a setting's parts: `hooks.city.example`, `10.1.2.3`, `10.1.0.0/16`. Raises ValueError for a network
        that is none."""
        names, networks = set(), []
        for part in parts:
            if "/" in part or _address(part) is not None:
                networks.append(ipaddress.ip_network(part, strict=False))
            else:
                names.add(part.lower().rstrip("."))
        return Inside(frozenset(names), tuple(networks))

    def allows(self, host: str, address: Address) -> bool:
        """Whether a host may be spoken to at that address."""
        return host in self.names or any(address in n for n in self.networks) or is_public(address)


def target_of(url: str, inside: Inside) -> Target:
    """The address taken apart; raises BadWebhook for one that is none, or that names something inside."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as wrong:
        raise BadWebhook("webhook.bad_url") from wrong
    host = (parts.hostname or "").rstrip(".")
    fits = parts.scheme in ("https", "http") and host and port != 0 and not parts.fragment and len(url) <= LONGEST
    if not fits or parts.username is not None or parts.password is not None or not _is_plain(url):
        raise BadWebhook("webhook.bad_url")
    literal = _address(host)
    if literal is not None and not inside.allows(host, literal):
        raise BadWebhook("webhook.private_host", host=host)
    if literal is None and (host in _INSIDE or host.endswith(_INSIDE[1:])) and host not in inside.names:
        raise BadWebhook("webhook.private_host", host=host)
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(tls, host, port or (443 if tls else 80), path)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large, also when it wraps an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_plain(url: str) -> bool:
    """Whether nothing in it could end a line of the request."""
    return url.isascii() and all(" " < sign < "\x7f" for sign in url)
