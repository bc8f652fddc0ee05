"""Settings of logs and metrics that are more than a word. Known before Django."""

from __future__ import annotations

import ipaddress

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.logs import FORMATS

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def log_format(env: Environment) -> str:
    """`json` or `text`: as named, else by the mode."""
    named = env.text("CITYLOOM_LOG_FORMAT") or ("json" if env.is_production else "text")
    if named not in FORMATS:
        raise SettingNotUnderstood(f"CITYLOOM_LOG_FORMAT is {named!r}; it may be {' or '.join(FORMATS)}")
    return named


def networks(env: Environment, name: str) -> tuple[Network, ...]:
    """The networks that a setting lists; a plain address is a network of one."""
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in env.items(name))
    except ValueError as wrong:
        raise SettingNotUnderstood(f"{name}: {wrong}; write for example 127.0.0.1,10.1.0.0/16") from wrong
