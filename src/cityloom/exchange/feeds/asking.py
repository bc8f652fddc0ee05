"""What a reader asks of a feed: the area, the language, the page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.cases.queries import Mark
from cityloom.city.snapshot_values import City

SPAN = timedelta(days=90)
DEFAULT, MOST = 50, 200
LANGUAGES = ("zh", "en")
register(
    {
        "feed.no_area": (
            "本市没有区域{area}；区域代码见 /api/v1/areas",
            "the city has no area {area}; /api/v1/areas lists their codes",
        ),
        "feed.bad_word": (
            "参数 {name} 的值“{value}”不对；应为{known}",
            "the parameter {name} has the value {value}; write {known}",
        ),
    }
)


class NoSuchArea(CityloomError):
    """An area that the city has not."""

    status = 404


class BadWord(CityloomError):
    """A parameter that cannot be understood."""


@dataclass(frozen=True)
class Asked:
    """Which page of which feed. `told` holds the words of the address as they were given, for links to it."""

    area: str
    language: str
    limit: int = DEFAULT
    after: Mark | None = None
    told: Mapping[str, str] | None = None

    def query(self, after: Mark | None = None) -> str:
        """The words of this page's address, or of the one behind a mark; empty for none."""
        words = {name: value for name, value in (self.told or {}).items() if value}
        if after is not None:
            words["after"] = after.as_text()
        return f"?{urlencode(words)}" if words else ""


def asked_of(city: City, area: str, given: Mapping[str, str], language: str) -> Asked:
    """The page asked for; `language` is the reader's where `lang` names none. Raises NoSuchArea, BadWord."""
    if area not in city.areas:
        raise NoSuchArea("feed.no_area", area=area[:40])
    told = {name: given.get(name, "").strip()[:80] for name in ("lang", "limit", "after")}
    limit, after = told["limit"] or str(DEFAULT), Mark.from_text(told["after"]) if told["after"] else None
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 4 and 1 <= int(limit) <= MOST):
        raise BadWord("feed.bad_word", name="limit", value=limit, known=f"1–{MOST}")
    if told["after"] and (after is None or after.moment is None or not 0 <= after.id < 2**63):
        raise BadWord("feed.bad_word", name="after", value=told["after"], known="rel=next")
    return Asked(area, told["lang"] or language, int(limit), after, told)


def language_of(given: Mapping[str, str], accepted: str) -> str:
    """`zh` or `en`: what `lang` says, else the language of the two that the reader likes best. Raises BadWord."""
    lang = given.get("lang", "").strip()
    if lang and lang not in LANGUAGES:
        raise BadWord("feed.bad_word", name="lang", value=lang[:20], known=" / ".join(LANGUAGES))
    return lang or accepted
