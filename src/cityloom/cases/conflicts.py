"""Whom a complaint is about, and who therefore stays away from the case. Pure.

A case may be about a unit or its staff (`Case.complained_about`; never a person's name). That unit, the units below
it and everybody who holds a post there see nothing of the case and take no part in it: not as handler, checker,
adjudicator or callback agent.
"""

from __future__ import annotations

from collections.abc import Iterable

from cityloom.base.reasons import Reason, register
from cityloom.cases.errors import ConflictOfInterest, UnknownWord
from cityloom.cases.values import CaseFile, Details
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, UnitCode

register(
    {
        "error.complained_about": (
            "该案反映的是{units}，该单位及其人员须回避，不能查看或办理",
            "this case is about {units}; that unit and its people keep away from it",
        ),
        "error.unit_complained_about": (
            "该案反映的就是{unit}，不能交其办理；请另选单位，例如{candidates}",
            "the case is about {unit}, so it cannot work on it; choose another unit, for example {candidates}",
        ),
        "duty.complained_about": (
            "{units}是被反映单位，须回避，由上级{unit}负责",
            "{units} is complained about and keeps away; {unit} above it takes the case",
        ),
        "duty.nobody_impartial": (
            "应由{units}负责，但其为被反映单位，须回避；请派遣员另行指定",
            "{units} would owe it but is complained about and keeps away; a dispatcher decides",
        ),
        "conflict.named": (
            "反映的是{units}，该单位及其人员回避",
            "it is about {units}; that unit and its people keep away",
        ),
        "conflict.unnamed": ("不涉及单位或人员，取消回避", "it is about no unit after all; nobody has to keep away"),
        "conflict.taken_back": ("{unit}须回避，收回重派", "{unit} has to keep away; the case is dispatched anew"),
        "duty.conduct_of_whom": (
            "该类别反映单位或人员，请先指明被反映单位",
            "this class is about a unit or its staff; name the unit first",
        ),
    }
)


def stays_away(post: Post, complained_about: Iterable[UnitCode]) -> bool:
    """Whether this post is of a unit that the complaint is about, or of one below it."""
    about = frozenset(complained_about)
    return bool(about) and not about.isdisjoint((*post.units, *post.above))


def refusal_of(post: Post, file: CaseFile) -> Reason | None:
    """Why the post may not see the case, when the complaint is about its own unit."""
    if not stays_away(post, file.case.complained_about):
        return None
    return Reason("error.complained_about", {"units": list(file.case.complained_about)})


def is_barred(unit: UnitCode, complained_about: Iterable[UnitCode], city: City) -> bool:
    """Whether the unit is complained about or stands below one that is; successors of ended units count as them."""
    about = frozenset(complained_about)
    if not about or unit not in city.units:
        return False
    chain = {unit, *city.unit_chain(unit)}
    return not about.isdisjoint(chain) or any(unit in _successors(city, each) for each in about)


def _successors(city: City, code: UnitCode) -> set[UnitCode]:
    seen: set[UnitCode] = set()
    waiting = [code]
    while waiting:
        unit = city.units.get(waiting.pop())
        if unit is not None and unit.code not in seen:
            seen.add(unit.code)
            waiting += unit.successors
    return seen - {code}


def impartial_above(unit: UnitCode, complained_about: Iterable[UnitCode], city: City) -> UnitCode | None:
    """The nearest unit above that the complaint is not about, or None."""
    about = tuple(complained_about)
    chain = city.unit_chain(unit)
    return next((u for u in reversed(chain) if u != unit and not is_barred(u, about, city)), None)


def check_units(details: Details, file: CaseFile, city: City) -> None:
    """Raise ConflictOfInterest when a move would give work to a unit that the complaint is about."""
    about = file.case.complained_about
    for unit in (details.unit, *details.assisting):
        if unit is not None and is_barred(unit, about, city):
            above = impartial_above(unit, about, city)
            raise ConflictOfInterest("error.unit_complained_about", unit=unit, candidates=[above] if above else [])


def check_named(units: Iterable[UnitCode], city: City) -> tuple[UnitCode, ...]:
    """The named units, each once, in order; raises UnknownWord for one that the city does not have."""
    named = tuple(sorted(dict.fromkeys(units)))
    for unit in named:
        if unit not in city.units:
            raise UnknownWord("error.unknown_unit", unit=unit)
    return named


def is_about_conduct(class_code: str | None, city: City) -> bool:
    """Whether a class is marked in `city.toml` as being about a unit's conduct, itself or by a class above it."""
    if class_code is None or class_code not in city.classes:
        return False
    return not frozenset(city.settings.conduct_classes).isdisjoint(city.class_chain(class_code))
