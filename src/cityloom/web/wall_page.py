"""What the page of wall displays shows. Its views stand in `app`, which knows both the pages and the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from cityloom.web.forms import Group
from cityloom.web.words import say


@dataclass(frozen=True)
class WallLine:
    """One link: where its display hangs, what it shows, until when, and by whom it was made."""

    name: str
    shows: str
    by: str
    state: str
    good: bool
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class WallsPage:
    """The links of wall displays, and the form for a new one."""

    template: ClassVar[str] = "cityloom/walls.html"
    lines: Annotated[Sequence[WallLine], "the links, those in use first"]
    areas: Annotated[Sequence[Group], "areas that a display may show"]
    typed: Annotated[dict[str, str], "what was typed"]
    most_days: Annotated[int, "for how many days a link may be good"]
    whole: Annotated[bool, "whether a display may show the whole city"]
    address: Annotated[str, "the link just made, told this once"] = ""
    error: Annotated[str, "why none was made"] = ""


def said_state(state: str) -> str:
    """Whether a link opens the screen."""
    return say(f"walls.state_{state}")


def said_purpose(name: str) -> str:
    """What the machine's account of a link is for."""
    return say("walls.purpose", name=name)


def said_whole() -> str:
    """The whole city, as an area to show."""
    return say("walls.whole")
