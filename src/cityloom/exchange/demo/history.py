"""A year of finished cases: what was said, where, when, who handled it and how it ended."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from cityloom.city.clock_values import Limit as ClockLimit
from cityloom.city.clock_values import WorkCalendar, WorkHours
from cityloom.exchange.demo.calendar import YEARS, days_off_and_on
from cityloom.exchange.demo.catalogue import Limit, Matter, lead_at, limits_of
from cityloom.exchange.demo.chance import pick, split_whole, stream
from cityloom.exchange.demo.rhythm import Year, draw_moments, shape_year
from cityloom.exchange.demo.settings import WORK_TIMES
from cityloom.exchange.demo.spots import Spot, Spots, find_spots
from cityloom.exchange.demo.writing import read_text
from cityloom.sla.clocks import due_at

if TYPE_CHECKING:
    from cityloom.exchange.demo.city import City

COLUMNS = (
    "source_id", "source", "class", "opened_at", "signed_at", "closed_at", "due_at", "lon", "lat", "area", "address",
    "text", "unit", "state", "outcome", "solved", "satisfied",
)  # fmt: skip
MAPPING = (
    "# What the columns of history.csv mean to `cityloom import cases`.\n\n"
    '[source]\nname = "jinchuan-history"\nlanguage = "zh"\n\n[columns]\nwords = "text"\n'
    + "".join(f'{name} = "{name}"\n' for name in COLUMNS if name not in ("text", "signed_at"))
)
ZONE = ZoneInfo("Asia/Shanghai")
REPEATED = 0.07
SOURCES = {
    "component": (("hotline", 0.30), ("resident", 0.16), ("grid_worker", 0.46), ("inspection", 0.08)),
    "event": (("hotline", 0.30), ("resident", 0.14), ("grid_worker", 0.48), ("inspection", 0.08)),
    "hotline": (("hotline", 0.80), ("resident", 0.20)),
}
SENSED = ("gb2013:C0137", "gb2013:C0103", "gb2013:E0406", "gb2013:E0402", "gb2013:E0304", "gb2013:C0305")
ENDS = {
    "matter": "closed",
    "enquiry": "answered",
    "suggestion": "answered",
    "praise": "noted",
    "unlawful": "explained",
}


@dataclass(frozen=True)
class Told:
    """How people tell of one class of matter."""

    matter: Matter
    weight: float
    season: str
    hours: str
    at: str
    thing: str
    zh: tuple[str, ...]
    after: tuple[str, ...]
    en: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One finished case before it becomes a row."""

    told: Told
    source: str
    opened: datetime
    spot: Spot
    is_repeat: bool


def write_history(
    city: City, matters: list[Matter], families: dict[str, list[Limit]], seed: int, until: date, count: int
) -> Iterator[tuple[Any, ...]]:
    """Rows of `history.csv`, oldest first: `count` cases opened and closed within the year before `until`."""
    told, common = read_told(matters)
    year = shape_year(until, seed)
    spots = find_spots(city, seed)
    calendar = working_calendar()
    end = datetime.combine(until, time(), ZONE)
    cases = sorted(
        _draw_cases(told, year, spots, end, count, seed),
        key=lambda case: (case.opened, case.told.matter.key, case.spot.lon, case.spot.lat),
    )
    rng = stream(seed, "history rows")
    for number, case in enumerate(cases, start=1):
        limit = _limit(case.told.matter, families, rng)
        due = due_at(case.opened, ClockLimit.parse(limit.limit, limit.unit), calendar).at
        signed, closed = _signed_and_closed(case, limit, due, end, rng)
        solved, satisfied = _callback(case, closed <= due, rng)
        text = _text(case, common, rng)
        reply = _reply(case, text, limit, solved, common, rng)
        yield (
            f"JC{case.opened:%Y%m%d}{number:06d}", case.source, case.told.matter.key, _stamp(case.opened),
            _stamp(signed), _stamp(closed), _stamp(due), f"{case.spot.lon:.7f}" if case.told.at else "",
            f"{case.spot.lat:.7f}" if case.told.at else "", case.spot.grid if case.told.at else "",
            case.spot.address if case.told.at else "", text,
            lead_at(case.told.matter, case.spot.district, case.spot.street, city.units),
            ENDS[case.told.matter.nature], reply, solved, satisfied,
        )  # fmt: skip


def read_told(matters: list[Matter]) -> tuple[list[Told], dict[str, list[str]]]:
    """What people say, by class, and the phrases that all share."""
    data = tomllib.loads(read_text("history_texts.toml"))
    by_key = {matter.key: matter for matter in matters}
    told = [
        Told(
            by_key[row["class"]], float(row["weight"]), row["season"], row["hours"], row["at"], row["thing"],
            tuple(row["zh"]), tuple(row["after"]), tuple(row.get("en", ())),
        )
        for row in data["matter"]
    ]  # fmt: skip
    return told, data["common"]


def working_calendar() -> WorkCalendar:
    """The calendar of the folder, as the clocks want it."""
    off, worked = days_off_and_on()
    return WorkCalendar(
        zone=str(ZONE), profiles=(WorkHours.parse(" ".join(WORK_TIMES)),), first_year=YEARS[0], last_year=YEARS[1],
        holidays=off, makeup_days=worked,
    )  # fmt: skip


def _draw_cases(told: list[Told], year: Year, spots: Spots, end: datetime, count: int, seed: int) -> Iterator[Case]:
    counts = split_whole(count, [each.weight for each in told])
    for each, wanted in zip(told, counts, strict=True):
        rng = stream(seed, f"history {each.matter.key}")
        repeats = int(wanted * REPEATED) if each.at else 0
        moments = draw_moments(year, each.season, each.hours, wanted - repeats, rng)
        places = spots.draw(each.at, wanted - repeats, rng)
        first: list[Case] = []
        for (day, second), spot in zip(moments, places, strict=True):
            opened = datetime.combine(day, time(), ZONE) + timedelta(seconds=second)
            opened = min(opened, end - timedelta(hours=float(rng.uniform(9, 40))))
            first.append(Case(each, _source(each, rng), opened, spot, False))
        yield from first
        for _repeat in range(repeats):
            yield _again(pick(rng, first), end, rng)


def _again(case: Case, end: datetime, rng: np.random.Generator) -> Case:
    """The same matter at the same place, told again some days later (earlier when the year has run out)."""
    later = case.opened + timedelta(days=float(rng.gamma(2.0, 9.0)) + 3, minutes=float(rng.uniform(-180, 180)))
    if later > end - timedelta(hours=9):
        later = case.opened - timedelta(days=float(rng.uniform(3, 12)))
    source = case.source if case.source in ("hotline", "resident") else "hotline"
    return Case(case.told, source, later.replace(microsecond=0), case.spot, True)


def _source(told: Told, rng: np.random.Generator) -> str:
    if told.matter.key in SENSED and rng.random() < 0.10:
        return "sensor"
    draw = float(rng.random())
    for source, share in SOURCES[told.matter.kind]:
        draw -= share
        if draw <= 0:
            return source
    return "hotline"


def _limit(matter: Matter, families: dict[str, list[Limit]], rng: np.random.Generator) -> Limit:
    """Mostly the limit of the default condition, sometimes another one of the class."""
    limits = limits_of(matter, families)
    usual = next(limit for limit, is_default in limits if is_default)
    return usual if rng.random() < 0.74 else pick(rng, limits)[0]


def _signed_and_closed(
    case: Case, limit: Limit, due: datetime, end: datetime, rng: np.random.Generator
) -> tuple[datetime, datetime]:
    """When the unit signed for it and when it was closed: mostly well in time, some late, all before the end."""
    promised_h = (due - case.opened).total_seconds() / 3_600
    signed_h = min(float(rng.lognormal(-0.6, 0.9)), 0.35 * promised_h)
    late = rng.random() < (0.115 if case.is_repeat else 0.062)
    share = float(rng.uniform(1.03, 2.1)) if late else float(np.clip(rng.beta(2.6, 2.2), 0.08, 0.985))
    closed = case.opened + timedelta(hours=max(promised_h * share, signed_h + 0.2))
    if limit.unit != "emergency_hour" and not late:
        closed = max(_by_day(closed, rng), case.opened + timedelta(hours=signed_h + 0.2))
        closed = min(closed, max(due, case.opened + timedelta(hours=signed_h + 0.2)))
    room_h = (end - case.opened).total_seconds() / 3_600
    if closed >= end:
        closed = case.opened + timedelta(hours=room_h * float(rng.uniform(0.55, 0.97)))
    signed = case.opened + timedelta(hours=min(signed_h, (closed - case.opened).total_seconds() / 7_200))
    return signed.replace(microsecond=0), closed.replace(microsecond=0)


def _by_day(moment: datetime, rng: np.random.Generator) -> datetime:
    """The moment, moved into the hours in which people work that day."""
    if 8 <= moment.hour < 19:
        return moment
    return datetime.combine(moment.date(), time(9), ZONE) + timedelta(minutes=float(rng.uniform(0, 480)))


def _callback(case: Case, in_time: bool, rng: np.random.Generator) -> tuple[str, str]:
    """Whether it is solved and the caller satisfied; blank where nobody was called or reached."""
    if case.source not in ("hotline", "resident") or case.told.matter.nature != "matter" or rng.random() < 0.09:
        return "", ""
    chance = 0.91 if in_time else 0.70
    chance -= 0.12 if case.is_repeat else 0.0
    solved = rng.random() < chance
    draw = rng.random()
    if solved:
        return "yes", "satisfied" if draw < 0.84 else ("basically" if draw < 0.95 else "unsatisfied")
    return "no", "satisfied" if draw < 0.10 else ("basically" if draw < 0.30 else "unsatisfied")


def _text(case: Case, common: dict[str, list[str]], rng: np.random.Generator) -> str:
    """What was said, in Chinese or (by a few residents) in English, or noted by a grid worker or device."""
    told, spot = case.told, case.spot
    slots = {
        "place": pick(rng, spot.places_zh), "when": pick(rng, common["when"]), "n": int(rng.integers(2, 9)),
        "days": int(rng.integers(2, 12)), "floor": int(rng.integers(1, 29)), "cold": int(rng.integers(13, 18)),
        "shop": pick(rng, common["shop"]), "eatery": pick(rng, common["eatery"]), "thing": told.thing,
    }  # fmt: skip
    slots["when"] = str(slots["when"]).format(**slots)
    if case.source in ("grid_worker", "sensor", "inspection"):
        phrases = common["grid" if case.source == "grid_worker" else case.source]
        return pick(rng, phrases).format(**slots)
    if told.en and rng.random() < 0.05:
        return pick(rng, told.en).format(**{**slots, "place": pick(rng, spot.places_en)})
    opening = pick(rng, common["opening"])
    core = pick(rng, told.zh) + pick(rng, told.after)
    again = pick(rng, common["repeating"]) if case.is_repeat else ""
    asking = pick(rng, common["asking"]) if told.matter.nature == "matter" else ""
    text = (opening + core).format(**slots)
    closed = text if text[-1] in "。？！" else text + "。"
    return closed + (again + asking).format(**slots)


def _reply(
    case: Case, text: str, limit: Limit, solved: str, common: dict[str, list[str]], rng: np.random.Generator
) -> str:
    """What the unit answered, in the language of the text."""
    nature = case.told.matter.nature
    if nature != "matter":
        return pick(rng, common[nature])
    language = "en" if text.isascii() else "zh"
    if solved == "no":
        return pick(rng, common[f"open_{language}"])
    if case.told.matter.kind == "hotline":
        return pick(rng, common[f"hotline_{language}"])
    done = limit.closing.en if language == "en" else limit.closing.zh
    reply = pick(rng, common[f"done_{language}"]).format(done=done)
    return reply[0].upper() + reply[1:]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat(timespec="seconds")
