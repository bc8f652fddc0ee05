"""Texts of the year, put together from parts: what people say, what staff write down. Pure; chance is given."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from cityloom.city.values import MatterClass, Standard
from cityloom.exchange.demo.writing import read_text

ASKED = frozenset({"resident", "hotline"})  # who speaks for themselves
FALLBACK_ZH = (
    ("{place}{thing}，没有人管", "{place}的{thing}有问题", "{when}{place}出现{thing}"),
    ("", "，影响通行", "，好几天了"),
)


class Dice:
    """Chance of one case, drawn beforehand: uniform and normal numbers in a row, again from the start at the end."""

    __slots__ = ("_i", "_j", "_normal", "_uniform")

    def __init__(self, uniform: Sequence[float], normal: Sequence[float]) -> None:
        self._uniform, self._normal = uniform, normal
        self._i = self._j = -1

    def u(self) -> float:
        """A number from 0 to below 1."""
        self._i = self._i + 1 if self._i + 1 < len(self._uniform) else 0
        return self._uniform[self._i]

    def n(self) -> float:
        """A number of the standard normal distribution."""
        self._j = self._j + 1 if self._j + 1 < len(self._normal) else 0
        return self._normal[self._j]

    def pick(self, items: Sequence[Any]) -> Any:
        return items[int(self.u() * len(items))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to below `high`."""
        return low + int(self.u() * (high - low))


@dataclass(frozen=True)
class Tellings:
    """How people tell of one class: its share of all cases, its season and hours, where it is, its words."""

    weight: float
    season: str
    hours: str
    at: str
    thing: str
    say: tuple[str, ...]
    after: tuple[str, ...]


class Wording:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._of_class, self._common = _read(language)

    def tellings(self, matter: MatterClass) -> Tellings:
        """How this class is told of; classes nobody has written for come up rarely, in plain words."""
        known = self._of_class.get(matter.code)
        if known is not None:
            return known
        at = {"hotline": "estate" if matter.nature == "matter" else ""}.get(matter.kind, "road")
        name = matter.name.in_language(self.language)
        if self.language == "en":
            say, after = tuple(self._common["any_say"]), tuple(self._common["any_after"])
            return Tellings(0.35, "all", "day", at, name[:1].lower() + name[1:], say, after)
        return Tellings(0.35, "all", "day", at, name, *FALLBACK_ZH)

    def report(self, told: Tellings, nature: str, source: str, place: str, dice: Dice, again: bool) -> str:
        """What is said of a matter at a place; `again`: it was reported before."""
        common = self._common
        slots = self._slots(told, place, dice)
        if source not in ASKED:
            return str(dice.pick(common["grid" if source == "grid_worker" else source])).format_map(slots)
        core = (dice.pick(told.say) + dice.pick(told.after)).format_map(slots)
        opening = dice.pick(common["opening"])
        more = [dice.pick(common["detail"]), dice.pick(common["feeling"])] if nature == "matter" else []
        more += [dice.pick(common["repeating"])] if again else []
        more += [dice.pick(common["asking"])] if nature == "matter" else []
        return self._joined(opening, core, [part.format_map(slots) for part in more if part])

    def joining(self, told: Tellings, place: str, dice: Dice) -> str:
        """What a neighbour adds who reports the same."""
        slots = self._slots(told, place, dice)
        said = str(dice.pick(self._common["joining"])).format_map(slots)
        feeling = dice.pick(self._common["feeling"])
        gap = " " if self.language == "en" and feeling else ""
        return f"{said}{gap}{feeling}"

    def note(self, kind: str, dice: Dice, standard: Standard | None = None) -> str:
        """What staff write down at a move; `done` tells of the closing condition of the standard."""
        text = str(dice.pick(self._common[kind]))
        closing = ""
        if "{closing}" in text:
            closing = standard.closing.in_language(self.language) if standard else ""
            closing = (closing or dice.pick(self._common["plain_done"])).rstrip("。.")
        return text.format(closing=closing, n=dice.whole(2, 9))

    def _slots(self, told: Tellings, place: str, dice: Dice) -> dict[str, object]:
        slots: dict[str, object] = {
            "place": place,
            "n": dice.whole(2, 9),
            "days": dice.whole(2, 15),
            "floor": dice.whole(2, 29),
            "cold": dice.whole(12, 18),
            "shop": dice.pick(self._common["shop"]),
            "eatery": dice.pick(self._common["eatery"]),
            "thing": told.thing,
        }
        slots["when"] = str(dice.pick(self._common["when"])).format_map(slots)
        return slots

    def _joined(self, opening: str, core: str, more: list[str]) -> str:
        if self.language == "en":
            begin = core if opening and opening.rstrip()[-1] in ",:t" else core[:1].upper() + core[1:]
            first = opening + begin
            first = first if first[-1] in ".?!" else f"{first}."
            return " ".join([first[:1].upper() + first[1:], *more])
        first = opening + core
        first = first if first[-1] in "。？！" else f"{first}。"
        return first + "".join(more)


@cache
def _read(language: str) -> tuple[dict[str, Tellings], dict[str, list[str]]]:
    base = tomllib.loads(read_text("history_texts.toml"))
    own = tomllib.loads(read_text("year_texts.toml"))
    common = dict(own[language])
    words = common.pop("matter", {})
    if language == "en":
        common |= {"shop": SHOPS_EN, "eatery": EATERIES_EN}
    else:
        common = base["common"] | common
    found = {}
    for row in base["matter"]:
        said = (
            words[row["class"]]
            if language == "en"
            else {"thing": row["thing"], "say": row["zh"], "after": row["after"]}
        )
        found[row["class"]] = Tellings(
            float(row["weight"]), row["season"], row["hours"], row["at"], said["thing"], tuple(said["say"]),
            tuple(said["after"]),
        )  # fmt: skip
    return found, common


SHOPS_EN = [
    "restaurant", "barbecue stall", "fruit shop", "hairdresser", "supermarket", "hardware shop", "tea shop",
    "repair shop", "breakfast shop", "card room",
]  # fmt: skip
EATERIES_EN = [
    "restaurant",
    "barbecue stall",
    "breakfast shop",
    "noodle shop",
    "hotpot restaurant",
    "snack bar",
    "diner",
]


def random_rows(rng: np.random.Generator, count: int, uniforms: int = 64, normals: int = 16) -> list[Dice]:
    """The chance of so many cases at once."""
    return [
        Dice(u, n)
        for u, n in zip(
            rng.random((count, uniforms)).tolist(), rng.standard_normal((count, normals)).tolist(), strict=True
        )
    ]
