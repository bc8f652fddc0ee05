"""What the moves of hard cases do beyond state, clocks and lead task: one function for each. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cityloom.cases.escalating import escalate
from cityloom.cases.promises import start_for, stopped
from cityloom.cases.values import CaseFile, Details, RunningClock, Task
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

NewId = Callable[[], int]


@dataclass(frozen=True)
class Doing:
    """Everything an effect may look at."""

    step: Step
    by: Post
    details: Details
    at: datetime
    city: City
    new_id: NewId


def _extend(file: CaseFile, doing: Doing) -> CaseFile:
    return file.with_case(extension_count=file.case.extension_count + 1)


def _urge(file: CaseFile, doing: Doing) -> CaseFile:
    return file.with_case(urge_count=file.case.urge_count + 1, urged_at=doing.at)


def _escalate(file: CaseFile, doing: Doing) -> CaseFile:
    return escalate(file, doing.at, doing.city, doing.new_id)


def _whistle(file: CaseFile, doing: Doing) -> CaseFile:
    """A task for each unit called, and the clock of its arrival, as long as the kind of whistle allows."""
    assert file.lead is not None
    already = {t.unit for t in file.tasks if t.role == "respond" and t.state == "sent"}
    for unit in dict.fromkeys(doing.details.units):
        if unit in already:
            continue
        task = Task(
            id=doing.new_id(),
            city_id=file.case.city_id,
            case_id=file.case.id,
            unit=unit,
            role="respond",
            state="sent",
            sent_at=doing.at,
            reason=doing.details.reason.as_json() if doing.details.reason else {},
            caller=file.lead.unit,
        )
        file = file.with_tasks(task)
        file = start_for(file, "arrival", unit, doing.at, doing.city, doing.new_id, task.id, doing.details)
    return file


def _hand_over(file: CaseFile, doing: Doing) -> CaseFile:
    """One trace for both cities; the promise goes on here, the partner's clock beside it."""
    case, partner = file.case, doing.details.partner
    assert partner is not None
    ours = f"{doing.city.code}:{case.number}"
    file = file.with_case(
        partner=partner, partner_number=doing.details.partner_number, trace=case.trace or ours
    )  # fmt: skip
    owed = (replace(c, owed_by=partner) for c in file.clocks_of(("partner",), "running"))
    return file.with_clocks(*owed)


def _come_back(file: CaseFile, doing: Doing) -> CaseFile:
    return file.with_case(partner_number=doing.details.partner_number or file.case.partner_number)


def _keep_promise(file: CaseFile, doing: Doing) -> CaseFile:
    """The dated promise that falls due first is kept; one that was due before now was kept late."""
    clock = next_dated(file)
    return file if clock is None else file.with_clocks(stopped(clock, doing.at))


def next_dated(file: CaseFile) -> RunningClock | None:
    """The open dated promise that falls due first."""
    dated = file.clocks_of(("dated",), "running")
    return min(dated, key=lambda c: (c.due_at, c.id), default=None)


def _sense(file: CaseFile, doing: Doing) -> CaseFile:
    """The device that told of it shows it still, or not any more."""
    reason = doing.details.reason
    return file.with_case(sign_stands=reason is not None and reason.code == "sensor.breach")


EFFECTS: dict[str, Callable[[CaseFile, Doing], CaseFile]] = {
    "extend": _extend,
    "urge": _urge,
    "escalate": _escalate,
    "whistle": _whistle,
    "hand_over": _hand_over,
    "hand_back": _come_back,
    "partner_done": _come_back,
    "keep_promise": _keep_promise,
    "sense": _sense,
}


def take_effect(file: CaseFile, doing: Doing) -> CaseFile:
    """The file after what the move itself does; most moves do nothing more than their row says."""
    effect = EFFECTS.get(doing.step.move)
    return file if effect is None else effect(file, doing)
