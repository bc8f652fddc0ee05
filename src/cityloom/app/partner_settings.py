"""The keys that other systems gave this city, from one setting. Known before Django."""

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
