"""The keys and addresses that other systems gave this city, from two settings. Known before Django."""

from __future__ import annotations

from cityloom.app.environment import Environment, SettingNotUnderstood


def partner_keys(env: Environment) -> dict[str, str]:
    """Key by partner; raises SettingNotUnderstood for a part that is no `PARTNER=key`, without repeating it."""
    found = {}
    for part in env.items("CITYLOOM_PARTNER_KEYS"):
        partner, _, key = part.partition("=")
        if not partner.strip() or not key.strip():
            raise SettingNotUnderstood("CITYLOOM_PARTNER_KEYS must look like 990200=key,990300=key")
        found[partner.strip()] = key.strip()
    return found


def bike_feeds(env: Environment) -> dict[str, str]:
    """Address of the GBFS feed by operator; raises SettingNotUnderstood, without repeating what may be secret."""
    found = {}
    for part in env.items("CITYLOOM_BIKE_FEEDS"):
        operator, _, url = part.partition("=")
        if not operator.strip() or not url.strip().startswith(("https://", "http://")):
            raise SettingNotUnderstood("CITYLOOM_BIKE_FEEDS must look like jinxing=https://host/gbfs.json")
        found[operator.strip()] = url.strip()
    return found
