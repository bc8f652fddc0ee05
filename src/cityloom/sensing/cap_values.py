"""A public warning as CAP 1.2 defines it (OASIS Common Alerting Protocol 1.2, 1 July 2010), and its faults.

Pure values; `exchange/cap/` reads and writes their XML. Points are (longitude, latitude) here, though CAP writes
latitude first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

Point = tuple[float, float]

STATUS = ("Actual", "Exercise", "System", "Test", "Draft")
KINDS = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES = ("Public", "Restricted", "Private")
CATEGORIES = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
)  # fmt: skip
RESPONSES = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")  # from worst to least
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")
REFERRING = ("Update", "Cancel", "Ack", "Error")
_FORBIDDEN = re.compile(r"[\s,<&]")


class Reference(NamedTuple):
    """An earlier message: who sent it, its identifier, when."""

    sender: str
    identifier: str
    sent: datetime


class Circle(NamedTuple):
    """A circle; the radius in kilometres."""

    lon: float
    lat: float
    radius_km: float


@dataclass(frozen=True, slots=True)
class CapArea:
    """Where a warning holds: in words and as outlines; a polygon's last point is its first."""

    description: str
    polygons: tuple[tuple[Point, ...], ...] = ()
    circles: tuple[Circle, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()  # name of the system, code
    altitude_ft: float | None = None
    ceiling_ft: float | None = None


@dataclass(frozen=True, slots=True)
class CapInfo:
    """What a warning says, in one language."""

    event: str
    categories: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    language: str = "en-US"
    responses: tuple[str, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    areas: tuple[CapArea, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """One message."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    kind: str
    scope: str
    source: str = ""
    restriction: str = ""
    addresses: str = ""
    note: str = ""
    references: tuple[Reference, ...] = ()
    infos: tuple[CapInfo, ...] = field(default_factory=tuple)

    def info_in(self, language: str) -> CapInfo | None:
        """What it says in a language, else in another one; None where it says nothing."""
        wanted = [info for info in self.infos if info.language.lower().startswith(language[:2].lower())]
        return next(iter([*wanted, *self.infos]), None)

    @property
    def begins(self) -> datetime:
        """From when on it holds: the earliest onset or effective moment, else when it was sent."""
        starts = [info.onset or info.effective or self.sent for info in self.infos]
        return min(starts, default=self.sent)

    @property
    def expires(self) -> datetime | None:
        """When the last of what it says expires; None where one part is open."""
        ends = [info.expires for info in self.infos]
        return None if not ends or any(end is None for end in ends) else max(end for end in ends if end)

    @property
    def severity(self) -> str:
        """The worst severity it tells."""
        return min((info.severity for info in self.infos), key=SEVERITIES.index, default="Unknown")

    @property
    def me(self) -> Reference:
        """How a later message names this one."""
        return Reference(self.sender, self.identifier, self.sent)


class Fault(NamedTuple):
    """What a message breaks: the element, and the code of the rule (see `cap_reasons.py`)."""

    element: str
    code: str
    value: str = ""


def faults_of(alert: Alert) -> Iterator[Fault]:
    """Every rule of the standard that a message breaks; nothing for a sound one."""
    for element, value in (("identifier", alert.identifier), ("sender", alert.sender)):
        if not value or _FORBIDDEN.search(value):
            yield Fault(element, "cap.bad_name", value)
    yield from _among("status", alert.status, STATUS)
    yield from _among("msgType", alert.kind, KINDS)
    yield from _among("scope", alert.scope, SCOPES)
    yield from _zoned("sent", alert.sent)
    if alert.scope == "Restricted" and not alert.restriction:
        yield Fault("restriction", "cap.missing")
    if alert.scope == "Private" and not alert.addresses:
        yield Fault("addresses", "cap.missing")
    if alert.kind in REFERRING and not alert.references:
        yield Fault("references", "cap.missing")
    if alert.kind in ("Alert", "Update") and not alert.infos:
        yield Fault("info", "cap.missing")
    for info in alert.infos:
        yield from _faults_of_info(info)


def _faults_of_info(info: CapInfo) -> Iterator[Fault]:
    if not info.event:
        yield Fault("event", "cap.missing")
    if not info.categories:
        yield Fault("category", "cap.missing")
    for each in info.categories:
        yield from _among("category", each, CATEGORIES)
    for each in info.responses:
        yield from _among("responseType", each, RESPONSES)
    yield from _among("urgency", info.urgency, URGENCIES)
    yield from _among("severity", info.severity, SEVERITIES)
    yield from _among("certainty", info.certainty, CERTAINTIES)
    moments = (("effective", info.effective), ("onset", info.onset), ("expires", info.expires))
    for name, moment in moments:
        if moment is not None:
            yield from _zoned(name, moment)
    begins = info.onset or info.effective
    if begins is not None and info.expires is not None and info.expires <= begins:
        yield Fault("expires", "cap.ends_before", info.expires.isoformat())
    for area in info.areas:
        yield from _faults_of_area(area)


def _faults_of_area(area: CapArea) -> Iterator[Fault]:
    if not area.description:
        yield Fault("areaDesc", "cap.missing")
    for ring in area.polygons:
        if len(ring) < 4 or ring[0] != ring[-1]:
            yield Fault("polygon", "cap.open_ring", str(len(ring)))
        for lon, lat in ring:
            yield from _on_earth("polygon", lon, lat)
    for circle in area.circles:
        yield from _on_earth("circle", circle.lon, circle.lat)
        if not circle.radius_km >= 0:
            yield Fault("circle", "cap.bad_value", f"{circle.radius_km:g}")
    if area.ceiling_ft is not None and area.altitude_ft is None:
        yield Fault("altitude", "cap.missing")


def _among(element: str, value: str, known: tuple[str, ...]) -> Iterator[Fault]:
    if not value:
        yield Fault(element, "cap.missing")
    elif value not in known:
        yield Fault(element, "cap.bad_value", value)


def _zoned(element: str, moment: datetime) -> Iterator[Fault]:
    if moment.tzinfo is None:
        yield Fault(element, "cap.bad_moment", moment.isoformat())


def _on_earth(element: str, lon: float, lat: float) -> Iterator[Fault]:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        yield Fault(element, "cap.bad_point", f"{lat:g},{lon:g}")


def as_json(alert: Alert) -> dict[str, Any]:
    """The message for a JSON column; `alert_from_json` makes it again."""
    told: dict[str, Any] = _plain(asdict(alert))
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def alert_from_json(told: Mapping[str, Any]) -> Alert:
    """The message whose `as_json` this was."""
    infos = tuple(_info_from(each) for each in told["infos"])
    references = tuple(Reference(s, i, datetime.fromisoformat(at)) for s, i, at in told["references"])
    plain = {key: value for key, value in told.items() if key not in ("infos", "references", "sent")}
    return Alert(sent=datetime.fromisoformat(told["sent"]), infos=infos, references=references, **plain)


def _info_from(told: Mapping[str, Any]) -> CapInfo:
    moments: dict[str, Any] = {
        key: None if told[key] is None else datetime.fromisoformat(told[key])
        for key in ("effective", "onset", "expires")
    }
    lists: dict[str, Any] = {key: tuple(told[key]) for key in ("categories", "responses")}
    areas = tuple(_area_from(each) for each in told["areas"])
    plain = {key: value for key, value in told.items() if key not in (*moments, *lists, "areas")}
    return replace(CapInfo(**plain, **lists, areas=areas), **moments)


def _area_from(told: Mapping[str, Any]) -> CapArea:
    return CapArea(
        description=told["description"],
        polygons=tuple(tuple((lon, lat) for lon, lat in ring) for ring in told["polygons"]),
        circles=tuple(Circle(*each) for each in told["circles"]),
        codes=tuple((name, code) for name, code in told["codes"]),
        altitude_ft=told["altitude_ft"],
        ceiling_ft=told["ceiling_ft"],
    )
