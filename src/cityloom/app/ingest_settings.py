"""Settings of what devices may say and how long the log keeps it; known before Django."""

from __future__ import annotations

from typing import NamedTuple

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.sensing.gate import Limits

LEAST_DAYS = 8  # readings may come a week late into a partition


class IngestSettings(NamedTuple):
    """What the ingest process is told."""

    limits: Limits = Limits()
    early_s: float = 300.0
    kept_days: float = 7.0
    kept_gb: float = 4.0
    readings_days: int = 35  # in the database
    archive_days: int = 0  # as single readings; 0: for ever


def ingest_settings(env: Environment) -> IngestSettings:
    """Read them from the environment."""
    limits = Limits(
        _number(env, "CITYLOOM_DEVICE_MESSAGES"),
        _number(env, "CITYLOOM_DEVICE_READINGS"),
        _number(env, "CITYLOOM_QUARANTINE_MINUTES"),
    )
    return IngestSettings(
        limits,
        _number(env, "CITYLOOM_DEVICE_EARLY_SECONDS"),
        _number(env, "CITYLOOM_SENSE_DAYS"),
        _number(env, "CITYLOOM_SENSE_GB"),
        max(env.number("CITYLOOM_READINGS_DAYS"), LEAST_DAYS),
        env.number("CITYLOOM_ARCHIVE_DAYS"),
    )


def _number(env: Environment, name: str) -> float:
    text = env.text(name)
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise SettingNotUnderstood(
            f"{name} is {text!r}; it must be a number above 0, for example 100",
            f"{name} 是 {text!r}；必须是大于 0 的数，例如 100",
        )
    return value
