"""When a record is due, whose round it joins, and what a check changed. Pure: days and records are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register
from cityloom.cases.places import metres_between
from cityloom.cases.register_values import OUTCOMES, BadValue, Record, Register, clean_value
from cityloom.city.values import Post, Role

TRY_AGAIN_DAYS = 7  # after nobody was met
ASKED_DAYS = 3  # a check that somebody asked for
# Who may have chosen records checked besides the handlers of the unit that owns the register.
ASKS = frozenset({Role.SUPERVISOR, Role.SHIFT_LEAD, Role.DATA_STEWARD, Role.DISPATCHER})
MAY_LOOK = ASKS | {Role.HANDLER, Role.LEADER, Role.AUDITOR}

register({
    "register.not_yours": (
        "这条核实任务不归您：须由{roles}在其负责的区域办理",
        "this check is not yours: it is for {roles} in their own area",
    ),
    "register.not_owner": (
        "只有该名册的责任单位，或督办员、值班长、派遣员、数据管理员可以发起核实",
        "a check is asked for by the register's own unit, a supervisor, shift lead, dispatcher or data steward",
    ),
    "register.not_shown": ("您的岗位不能查看名册", "your post does not see registers"),
    "register.nothing_corrected": (
        "没有改动任何一项；与名册一致请选“属实”",
        "nothing was changed; if it is as it says, confirm it",
    ),
    "register.confirmed_differs": (
        "您改动了内容；请点“按现场改正”，或刷新后再点“属实”",
        "you changed something: send it as a correction, or reload and confirm",
    ),
    "register.unknown_outcome": (
        "结果不能是“{outcome}”；可用：{known}",
        "the outcome cannot be “{outcome}”; known: {known}",
    ),
    "register.answered": ("这条核实任务已由他人办结", "somebody else has answered this check"),
    "register.no_check": ("没有这条核实任务", "there is no such check"),
    "register.no_register": ("没有名册{kind}；已有：{known}", "there is no register {kind}; known: {known}"),
    "register.no_record": ("名册{kind}里没有{codes}", "the register {kind} has no record {codes}"),
    "register.frequency": ("到期核实", "due again"),
    "register.asked": ("{unit}请求核实：{why}", "{unit} asks for a check: {why}"),
    "register.reloaded": ("名册更新", "the register was loaded anew"),
})  # fmt: skip


class NotYourCheck(CityloomError):
    """The post may not answer, ask for or see this."""

    status = 403


class CheckAnswered(CityloomError):
    """Somebody else was faster; nothing was changed."""

    status = 409


class NoSuchRegister(CityloomError):
    status = 404


class NoSuchRecord(CityloomError):
    status = 404


class NoSuchCheck(CityloomError):
    status = 404


# --- who --------------------------------------------------------------------------------------------------------


def may_answer(post: Post, register_: Register, record_areas: Sequence[str]) -> Reason | None:
    """None when this post may verify such a record there, and so sees its personal fields; else why not."""
    if post.role is register_.by and (post.area is None or post.area in record_areas):
        return None
    return Reason("register.not_yours", {"roles": [register_.by.value]})


def may_ask(post: Post, register_: Register) -> Reason | None:
    """None when this post may have records of the register checked."""
    owns = post.role is Role.HANDLER and register_.unit in post.units
    return None if owns or post.role in ASKS else Reason("register.not_owner")


def may_look(post: Post, register_: Register) -> Reason | None:
    """None when this post sees the records' open fields; a handler those of the own unit's registers."""
    if post.role is Role.HANDLER and register_.unit not in post.units:
        return Reason("register.not_shown")
    return None if post.role in MAY_LOOK else Reason("register.not_shown")


# --- when and whose ---------------------------------------------------------------------------------------------


def next_due(outcome: str, on: date, every_days: int) -> date | None:
    """When the record is due again: after its interval, sooner when nobody was met, never when it is gone."""
    if outcome == "gone":
        return None
    days = min(TRY_AGAIN_DAYS, every_days) if outcome == "not_found" else every_days
    return on + timedelta(days=days)


@dataclass(frozen=True)
class Waiting:
    """A record that is due and that no open check is about."""

    record_id: int
    areas: tuple[str, ...]
    lon: float | None
    lat: float | None
    due_on: date


@dataclass(frozen=True)
class Worker:
    """Somebody who verifies in an area (None: everywhere), and how many more checks fit into the day."""

    login: str
    area: str | None
    free: int


@dataclass(frozen=True)
class Planned:
    """A check for somebody's round; `rank` is its place in it, from 1."""

    record_id: int
    worker: str
    rank: int


def plan_rounds(waiting: Iterable[Waiting], workers: Sequence[Worker]) -> list[Planned]:
    """Today's rounds: each begins at the record that has waited longest and goes on to the nearest that is due.

    Workers come in the order of their logins, those of small areas first by their own records; no record twice.
    """
    left = {each.record_id: each for each in sorted(waiting, key=lambda w: (w.due_on, w.record_id))}
    rounds: list[Planned] = []
    for worker in sorted(workers, key=lambda w: (w.area is None, w.login)):
        mine = {i: w for i, w in left.items() if worker.area is None or worker.area in w.areas}
        here: Waiting | None = None
        for rank in range(1, worker.free + 1):
            if not mine:
                break
            here = next(iter(mine.values())) if here is None else _nearest(here, mine.values())
            del mine[here.record_id], left[here.record_id]
            rounds.append(Planned(here.record_id, worker.login, rank))
    return rounds


def walk_order(stops: Sequence[Waiting], start: tuple[float, float] | None = None) -> list[Waiting]:
    """The stops of a round, of all registers together, in the order to walk them: always the nearest next.

    It begins nearest to `start` (longitude, latitude), else at the first stop given.
    """
    left, walked = list(stops), []
    here = Waiting(0, (), start[0], start[1], date.min) if start else left[0] if left else None
    while left and here is not None:
        here = here if here in left else _nearest(here, left)
        left.remove(here)
        walked.append(here)
        here = _nearest(here, left) if left else None
    return walked


def _nearest(here: Waiting, others: Iterable[Waiting]) -> Waiting:
    """The nearest by great circle; records without a point come after all that have one, the longest due first."""
    return min(others, key=lambda each: (_metres(here, each), each.due_on, each.record_id))


def _metres(one: Waiting, other: Waiting) -> float:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return float("inf")
    return metres_between(one.lon, one.lat, other.lon, other.lat)


# --- what a check found -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What was found on the spot; `typed` are the values as they should be, by field (only those that are shown)."""

    outcome: str
    typed: Mapping[str, str]
    note: str = ""


def corrections_of(answer: Answer, record: Record, register_: Register) -> dict[str, tuple[str, str]]:
    """Old and new of every field that the answer changes; raises BadValue for an answer that is none.

    A confirmed record may not differ, and a corrected one must.
    """
    if answer.outcome not in OUTCOMES:
        raise BadValue("register.unknown_outcome", outcome=answer.outcome[:20], known=list(OUTCOMES))
    changed = _differing(answer.typed, record, register_)
    if answer.outcome == "confirmed" and changed:
        raise BadValue("register.confirmed_differs")
    if answer.outcome == "corrected" and not changed:
        raise BadValue("register.nothing_corrected")
    return changed if answer.outcome == "corrected" else {}


def _differing(typed: Mapping[str, str], record: Record, register_: Register) -> dict[str, tuple[str, str]]:
    changed = {}
    for each in register_.fields:
        if each.key in typed:
            old, new = record.values.get(each.key, ""), clean_value(each, typed[each.key])
            if new != old:
                changed[each.key] = (old, new)
    address = typed.get("address")
    if address is not None and address.strip()[:300] != record.address:
        changed["address"] = (record.address, address.strip()[:300])
    return changed


def divided(values: Mapping[str, object], register_: Register) -> tuple[dict[str, object], dict[str, object]]:
    """The open and the personal part of a mapping by field."""
    personal = {each.key for each in register_.fields if each.personal}
    return (
        {key: value for key, value in values.items() if key not in personal},
        {key: value for key, value in values.items() if key in personal},
    )
