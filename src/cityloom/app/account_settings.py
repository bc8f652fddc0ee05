"""Settings of accounts and public doors that are more than a word: roles, limits, networks. Known before Django."""

from __future__ import annotations

import ipaddress

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.base.limits import Limit, LimitNotUnderstood, parse_limits
from cityloom.city.factor_rule import FactorRuleNotUnderstood, roles_that_need_it
from cityloom.city.values import Role

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The limits of the public doors; an address may stand for many people behind one gate, a phone for one person.
LIMITS = {
    "report": "60/h",
    "report_phone": "20/d",
    "same_words": "3/d",
    "near": "600/h",
    "places": "3000/h",
    "track": "300/h",
    "sign_in": "60/15min",
    "forgot": "10/h",
    "api": "1200/min",
    "api_public": "1200/h",
}
NEEDED_IN_PRODUCTION = "admin,auditor,data_steward,callback_agent,supervisor,leader"


def limits_of(env: Environment) -> dict[str, Limit | None]:
    """The limit of each public door; None where it is switched off."""
    try:
        return parse_limits(env.text("CITYLOOM_LIMITS"), LIMITS)
    except LimitNotUnderstood as wrong:
        raise SettingNotUnderstood(f"CITYLOOM_LIMITS: {wrong}") from wrong


def needing_of(env: Environment) -> frozenset[Role] | None:
    """The roles that need a second factor; None where there is no second factor at all."""
    rule = env.text("CITYLOOM_SECOND_FACTOR") or (NEEDED_IN_PRODUCTION if env.is_production else "optional")
    try:
        return roles_that_need_it(rule)
    except FactorRuleNotUnderstood as wrong:
        raise SettingNotUnderstood(f"CITYLOOM_SECOND_FACTOR: {wrong}") from wrong


def networks_of(env: Environment) -> tuple[Network, ...]:
    """The networks that the limits of the public doors do not hold for."""
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in env.items("CITYLOOM_TRUSTED_ADDRESSES"))
    except ValueError as wrong:
        raise SettingNotUnderstood(
            f"CITYLOOM_TRUSTED_ADDRESSES: {wrong}; write for example 10.1.0.0/16,192.0.2.7"
        ) from wrong
