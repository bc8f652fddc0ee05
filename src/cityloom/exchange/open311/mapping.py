"""Their words to ours and back: service codes, statuses, moments. Pure.

A class code holds signs that no address does (`gb2013:0137`), so a service code writes `:` as `-` and every other
sign that is no ASCII letter or digit as `_` with the two hexadecimal digits of each of its UTF-8 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from cityloom.city.paths import CASE_STATES
from cityloom.city.snapshot_values import City
from cityloom.city.values import MatterClass, Name, Nature, Source

NAMESPACE = "http://wiki.open311.org/GeoReport_v2"
OPEN, CLOSED = "open", "closed"
# The paths whose cases anybody may see, as on the public map: what stands in the street, not what homes call about.
IN_THE_STREET = ("street", "street_public")
REALTIME, BATCH = "realtime", "batch"
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_CODE = re.compile(r"(?:[A-Za-z0-9-]|_[0-9a-f]{2})+")
_ESCAPED = re.compile(r"(?:_[0-9a-f]{2})+")
_OTHER = re.compile(r"[^A-Za-z0-9:]+")


def service_code_of(class_code: str) -> str:
    """`gb2013:0137` → `gb2013-0137`."""
    return _OTHER.sub(_escaped, class_code).replace(":", "-")


def class_code_of(service_code: str) -> str | None:
    """The class code of a service code; None for a text that no class code becomes."""
    if not _CODE.fullmatch(service_code):
        return None
    try:
        code = _ESCAPED.sub(_plain, service_code.replace("-", ":"))
    except UnicodeDecodeError:
        return None
    return code if service_code_of(code) == service_code else None


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"_{byte:02x}" for byte in found[0].encode())


def _plain(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("_", "")).decode()


# --- services ---------------------------------------------------------------------------------------------------


def is_reportable(city: City, matter: MatterClass) -> bool:
    """Whether the public may choose the class here: no unlawful demands, and no complaints about a unit's staff,
    whose reporter must first be asked whom to keep away."""
    about_staff = set(city.class_chain(matter.code)) & set(city.settings.conduct_classes)
    return matter.nature is not Nature.UNLAWFUL and not about_staff


def is_public_class(city: City, matter: MatterClass) -> bool:
    """Whether cases of the class go a path that anybody may see."""
    return city.paths.choose(Source.OPEN311.value, matter.kind, matter.nature.value).name in IN_THE_STREET


def status_of(is_closed: bool) -> str:
    """The two words of the specification."""
    return CLOSED if is_closed else OPEN


def state_name(state: str, language: str) -> str:
    """What people call the state of a case."""
    return named(CASE_STATES, state, language)


def named(table: Mapping[str, object], code: str | None, language: str) -> str:
    """The name of a code in a language; a code nobody knows as it is, none as the empty text."""
    if not code:
        return ""
    found = table.get(code)
    name = getattr(found, "name", found)
    return name.in_language(language) if isinstance(name, Name) else code


def place_name(city: City, area: str | None, language: str) -> str:
    """The areas around a place, without the city itself and without unit grids: what stands in for an address."""
    if not area or area not in city.areas:
        return ""
    around = [named(city.areas, code, language) for code in city.ancestors(area)[1:4]]
    return "".join(around) if language == "zh" else ", ".join(reversed(around))


# --- moments ----------------------------------------------------------------------------------------------------


def moment_of(text: str) -> datetime | None:
    """A moment of ISO 8601 with its zone; None for anything else.

    A `+` of an address that was not escaped has become a blank on its way; it is read as the `+` it was.
    """
    plain = re.sub(r" (\d\d:?\d\d)$", r"+\1", text.strip().upper())
    if len(plain) > 40 or "T" not in plain:
        return None
    try:
        moment = datetime.fromisoformat(plain)
        return moment if moment.tzinfo is not None and EARLIEST <= moment <= LATEST else None
    except (ValueError, OverflowError):
        return None


def moment_text(moment: datetime | None, zone: tzinfo) -> str | None:
    """The moment in the city's zone, by the second: `2026-06-01T09:00:00+08:00`."""
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment is not None else None
