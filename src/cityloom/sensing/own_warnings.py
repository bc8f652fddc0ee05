"""From the city's own severe alarms to warnings by CAP: what is said when one stands, and when it is over. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cityloom.city.values import Name
from cityloom.sensing.cap_values import Alert, CapArea, CapInfo, Circle

RADIUS_KM = 0.5  # around a device
HOLDS = timedelta(hours=12)  # one that nobody renews
RENEWED = timedelta(hours=1)  # so long before its end
SEVERE: Mapping[str, str] = {"urgent": "Severe"}  # severity of an alarm → of a warning; no other is told
_OVER = Name("已解除", "is over")


def warning_of(
    sender: str,
    number: int,
    name: Name,
    place: Name,
    severity: str,
    raised_at: datetime,
    lon: float,
    lat: float,
    at: datetime,
    before: Alert | None = None,
) -> Alert:
    """What is told at a moment of an alarm that stands, the place to about ten metres.

    `before`: the warning that this one renews.
    """
    at = at.replace(microsecond=0)
    return Alert(
        identifier=f"alarm-{number}.{int(at.timestamp())}",
        sender=sender,
        sent=at,
        status="Actual",
        kind="Update" if before is not None else "Alert",
        scope="Public",
        references=(before.me,) if before is not None else (),
        infos=tuple(
            CapInfo(
                event=name.in_language(language),
                categories=("Infra",),
                urgency="Immediate",
                severity=SEVERE[severity],
                certainty="Observed",
                language=tag,
                responses=("Avoid",),
                onset=raised_at.replace(microsecond=0),
                expires=at + HOLDS,
                headline=" ".join(filter(None, (place.in_language(language), name.in_language(language)))),
                areas=(
                    CapArea(
                        place.in_language(language) or f"{lat:.4f}, {lon:.4f}",
                        circles=(Circle(round(lon, 4), round(lat, 4), RADIUS_KM),),
                    ),
                ),
            )
            for language, tag in (("zh", "zh-CN"), ("en", "en-US"))
        ),
    )


def alarm_of(warned: Alert) -> int:
    """The number of the alarm that a warning of ours is about."""
    return int(warned.identifier.removeprefix("alarm-").partition(".")[0])


def is_due(warned: Alert, now: datetime) -> bool:
    """Whether a warning is to be renewed, because it would soon expire."""
    return warned.expires is not None and warned.expires - now < RENEWED


def ending_of(warned: Alert, at: datetime) -> Alert:
    """The message by which a warning is called off."""
    return Alert(
        identifier=f"{warned.identifier}-over",
        sender=warned.sender,
        sent=at.replace(microsecond=0),
        status=warned.status,
        kind="Cancel",
        scope=warned.scope,
        note=_OVER.en,
        references=(warned.me,),
    )
