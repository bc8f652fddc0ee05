"""What the administrator's page of settings shows. Its view stands in `app`, which knows environment and health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from cityloom.web.words import WORDS, say

SOURCES = ("environment", "city", "default", "generated", "embedded", "absent")


@dataclass(frozen=True)
class SettingLine:
    """One setting in force. `source` is a code of SOURCES, `said_source` the word for it; `where`: who changes it."""

    name: str
    help: str
    value: str
    form: str
    source: str
    said_source: str
    hidden: bool = False
    required: bool = False

    @property
    def given(self) -> bool:
        """Whether somebody chose it."""
        return self.source in ("environment", "city")


@dataclass(frozen=True)
class SettingGroup:
    """Settings about one thing."""

    code: str
    title: str
    lines: Sequence[SettingLine]


@dataclass(frozen=True)
class PartLine:
    """One part of what runs: whether it is well, when it was heard of last, and what to do when it is not."""

    name: str
    what: str
    ok: bool
    next_step: str = ""
    at: datetime | None = None
    ms: float | None = None


@dataclass(frozen=True)
class ChoreLine:
    """One chore of the worker, when it was done last and how long that took."""

    name: str
    at: datetime
    took_ms: int


@dataclass(frozen=True)
class PlaceLink:
    """Where something of the installation is looked at or changed."""

    href: str
    name: str
    what: str


@dataclass(frozen=True)
class SettingsPage:
    """Every setting in force, with what runs and how it is."""

    template: ClassVar[str] = "cityloom/settings.html"
    asked: Annotated[str, "what was searched for"]
    only_given: Annotated[bool, "whether only settings that somebody chose are listed"]
    found: Annotated[int, "how many settings are listed"]
    all: Annotated[int, "how many there are"]
    mode: Annotated[str, "demo or production, in words"]
    facts: Annotated[Sequence[tuple[str, str]], "versions and counts: the word and the value"]
    version: Annotated[str, "the city's version and who loaded it"]
    loaded_at: Annotated[datetime | None, "when it was loaded"]
    note: Annotated[str, "what was said of that version"]
    parts: Annotated[Sequence[PartLine], "what runs"]
    chores: Annotated[Sequence[ChoreLine], "what the worker does now and then"]
    folder: Annotated[Sequence[SettingGroup], "what city.toml sets"]
    environment: Annotated[Sequence[SettingGroup], "what the environment sets"]
    places: Annotated[Sequence[PlaceLink], "where else to look"]


def said_or(key: str, otherwise: str) -> str:
    """The text of a key, or what stands for it where the table has none: a chore of an older version."""
    return say(key) if key in WORDS else otherwise


def said_source(source: str) -> str:
    """Where a value comes from, in words."""
    return say(f"settings.from_{source}")


def said_version(number: int, who: str, signers: int) -> str:
    """Which version of the city it is, and who answers for it."""
    if signers:
        return say("settings.signed", number=number, who=who, count=signers)
    return say("settings.version", number=number, who=who)


def said_form(form: str) -> str:
    """What a value may be, in words."""
    return say(f"settings.form_{form}")
