"""The settings as this process has them, each with where it comes from; what is secret is not shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cityloom.app.environment import SETTINGS, Environment, Setting

HIDDEN = "(hidden)"
_SECRET = re.compile(r"_(KEY|KEYS|TOKEN|SECRET|SECRETS)$")
_FILES = frozenset({"CITYLOOM_SIGNING_KEY", "CITYLOOM_AUDIT_KEY"})  # the name of a file, which is no secret
_CREDENTIALS = re.compile(r"(?<=://)[^/@]*(?=@)")
_QUERY = re.compile(r"\?.*")
EMBEDDED = frozenset({"CITYLOOM_DATABASE_URL", "CITYLOOM_NATS_URL"})
GENERATED = frozenset({"CITYLOOM_SECRET_KEY", "CITYLOOM_DATA_KEYS", "CITYLOOM_AUDIT_KEY"})


@dataclass(frozen=True)
class ShownSetting:
    """One setting; `source` is environment, default, generated (kept in `var/secrets`) or embedded (a server)."""

    name: str
    value: str
    source: str
    help: str


def shown_settings(env: Environment) -> list[ShownSetting]:
    """All of them, in the order of the table."""
    return [ShownSetting(s.name, _shown(s, env), _source(s, env), s.help) for s in SETTINGS]


def _source(setting: Setting, env: Environment) -> str:
    if env.given.get(setting.name, "").strip():
        return "environment"
    if not env.is_production:
        if setting.name in GENERATED:
            return "generated"
        if setting.name in EMBEDDED:
            return "embedded"
    return "default"


def _shown(setting: Setting, env: Environment) -> str:
    value = env.text(setting.name)
    if value and _SECRET.search(setting.name) and setting.name not in _FILES:
        return HIDDEN
    if "://" in value:  # who signs in, and what may stand behind a question mark
        return _QUERY.sub(f"?{HIDDEN}", _CREDENTIALS.sub(HIDDEN, value))
    return value
