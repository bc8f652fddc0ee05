"""Vital signs as lines a page can show: a value with its unit, the band in a word, the hours with gaps as gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.utils import CursorWrapper
from django.urls import reverse
from django.utils.http import urlencode

from cityloom.city.snapshot_values import City
from cityloom.city.trees import children
from cityloom.city.vital_values import VitalSign
from cityloom.sensing.indicators import HOURS, KNOWN, Band, Figure
from cityloom.sensing.vital_rows import Kept, list_hours
from cityloom.web.naming import Names
from cityloom.web.screen_charts import path_with_gaps, scale_of
from cityloom.web.words import say

SHOWN = 8
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class HourOfSign:
    """An hour of a sign in words: the time, the value, the band and its word."""

    time: str
    value: str
    band: str
    word: str


@dataclass(frozen=True)
class VitalLine:
    """A sign: `of` names the leaf whose value stands for one above others; `line` draws 24 hours, `low` to `high`."""

    code: str
    name: str
    href: str
    of: str
    value: str
    band: str
    word: str
    line: str
    told: str
    hours: Sequence[HourOfSign] = ()
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class SignsOfArea:
    """The figures of all signs in an area over the 24 hours up to and with the one that runs."""

    area: str
    hours: Sequence[datetime]
    kept: Mapping[tuple[str, datetime], Figure]

    def now(self, sign: str) -> Figure | None:
        """The figure of the last hour."""
        return self.kept.get((sign, self.hours[-1]))

    def values(self, sign: str) -> list[float | None]:
        """The value of each hour, None for one without."""
        found = (self.kept.get((sign, hour)) for hour in self.hours)
        return [figure.value if figure is not None else None for figure in found]


def signs_of_area(cursor: CursorWrapper, city: City, area: str, until: datetime) -> SignsOfArea:
    """The last 24 hours up to `until`, the running one with them; one statement."""
    last = until.replace(minute=0, second=0, microsecond=0)
    hours = [last - n * HOUR for n in range(HOURS - 1, -1, -1)]
    rows: list[Kept] = []
    if city.vital_signs:
        rows = list_hours(cursor, city.id, [area], city.vital_signs, hours[0], last + HOUR)
    return SignsOfArea(area, hours, {(row.sign, row.at): row.figure for row in rows})


def roots_of(city: City) -> list[VitalSign]:
    """The signs that stand under no other, in the order of the file."""
    return [sign for sign in city.vital_signs.values() if not sign.parent]


def leaves_below(city: City, code: str) -> list[VitalSign]:
    """The leaves of a sign, itself if it is one, in the order of the file."""
    below = children({each.code: each.parent or None for each in city.vital_signs.values()})
    found: set[str] = set()
    waiting = [code]
    while waiting:
        here = waiting.pop()
        waiting += below.get(here, ())
        if city.vital_signs[here].is_leaf:
            found.add(here)
    return [sign for sign in city.vital_signs.values() if sign.code in found]


def speaker_of(city: City, sign: VitalSign, signs: SignsOfArea) -> VitalSign | None:
    """The leaf that stands for a sign: the first with its band, else the first with a value; None without one."""
    figure = signs.now(sign.code)
    leaves = leaves_below(city, sign.code)
    there = [(leaf, now) for leaf in leaves if (now := signs.now(leaf.code)) is not None]
    if figure is not None and figure.band in KNOWN:
        for leaf, now in there:
            if now.band is figure.band:
                return leaf
    valued = [leaf for leaf, now in there if now.value is not None]
    return valued[0] if valued else None


def line_of(city: City, sign: VitalSign, signs: SignsOfArea, named: Names) -> VitalLine:
    """A sign with its 24 hours."""
    figure = signs.now(sign.code)
    leaf = speaker_of(city, sign, signs)
    values = signs.values(leaf.code) if leaf is not None else [None] * HOURS
    known = [value for value in values if value is not None]
    now = signs.now(leaf.code) if leaf is not None else None
    band = figure.band if figure is not None else Band.UNMEASURED
    name = sign.name.in_language(named.lang)
    value = told_value(leaf, now.value) if leaf is not None and now is not None else "—"
    of = leaf.name.in_language(named.lang) if leaf is not None and leaf.code != sign.code else ""
    return VitalLine(
        code=sign.code,
        name=name,
        href=address_of(sign.code, signs.area, city),
        of=of,
        value=value,
        band=band.value,
        word=say(f"vital.band_{band.value}"),
        line=path_with_gaps(values, scale_of(known, from_zero=False)) if known else "",
        told=say("vital.told", name=name, of=of or name, value=value, band=say(f"vital.band_{band.value}")),
        hours=hours_of(leaf, signs, city) if leaf is not None else (),
        low=told_value(leaf, min(known)) if leaf is not None and known and min(known) < max(known) else "",
        high=told_value(leaf, max(known)) if leaf is not None and known else "",
    )


def hours_of(leaf: VitalSign, signs: SignsOfArea, city: City) -> list[HourOfSign]:
    """Each hour in words; one without a value says that it was not measured."""
    tz = city.calendar().tz
    told = []
    for hour in signs.hours:
        figure = signs.kept.get((leaf.code, hour))
        band = figure.band if figure is not None else Band.UNMEASURED
        value = told_value(leaf, figure.value) if figure is not None else "—"
        told.append(HourOfSign(f"{hour.astimezone(tz):%H:%M}", value, band.value, say(f"vital.band_{band.value}")))
    return told


def told_value(sign: VitalSign, value: float | None) -> str:
    """A value with its unit, to three digits that count; "—" where there is none."""
    if value is None:
        return "—"
    unit = say("vital.unit_cases") if sign.cases else sign.unit
    number = f"{value:.0f}" if sign.cases or abs(value) >= 100 else f"{value:.3g}"
    return f"{number}{'' if unit == '%' else ' '}{unit}".strip()


def address_of(sign: str, area: str, city: City) -> str:
    """Where a sign is told in full."""
    top = next((a.code for a in city.areas.values() if a.parent is None), "")
    words = {"sign": sign} | ({"area": area} if area and area != top else {})
    return f"{reverse('vital')}?{urlencode(words)}"
