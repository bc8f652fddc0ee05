"""Who must sign in with a second factor. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from cityloom.city.values import Role


class FactorRuleNotUnderstood(ValueError):
    """The setting names something that is no role; the message says what would be right."""


def roles_that_need_it(rule: str) -> frozenset[Role] | None:
    """The roles for which a rule asks a second factor: none for `optional`, None when it is `off` altogether."""
    if rule == "off":
        return None
    if rule == "optional":
        return frozenset()
    try:
        return frozenset(Role(part.strip()) for part in rule.split(",") if part.strip())
    except ValueError as wrong:
        known = ", ".join(r.value for r in Role if r not in (Role.RESIDENT, Role.SYSTEM))
        raise FactorRuleNotUnderstood(f"{wrong}; write off, optional, or roles of: {known}") from wrong


def needs_second_factor(roles: Iterable[Role], needing: frozenset[Role] | None) -> bool:
    """Whether one of the roles asks for it."""
    return needing is not None and any(role in needing for role in roles)
