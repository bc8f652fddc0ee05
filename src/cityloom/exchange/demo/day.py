"""What the people of the demo city mean to do next with the cases that are open. Pure: values in, intentions out.

The status tables themselves are played: of the steps that lead on from a case's state, one is chosen by weight and
given to a post that may make it. All chance comes from the case and its version, so that a day goes on after a
restart as it would have gone.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from cityloom.base.reasons import Reason
from cityloom.cases.callbacks import NOT_REACHED
from cityloom.cases.dispatching import choose_lead
from cityloom.cases.guards import Asked, failing
from cityloom.cases.permissions import may
from cityloom.cases.places import locate
from cityloom.cases.reasons import REASONS_OF
from cityloom.cases.values import CaseFile, Details, Outcome, Report, Task
from cityloom.city.paths import Path, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Nature, Post, Role
from cityloom.exchange.demo.sayings import Streets

OWN_MARK = "day:"  # how the idempotency keys of the player's own reports begin
VISITORS_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=3)

# How often a step is taken where it is open; steps that are not named here are never taken by the day.
WEIGHTS: dict[str, float] = {
    "verify": 92,
    "not_accept": 5,
    "file": 95,
    "dispatch": 95,
    "answer": 12,
    "take_note": 80,
    "explain": 100,
    "sign": 90,
    "return": 6,
    "redispatch": 65,
    "uphold": 35,
    "pass_on": 6,
    "contact": 100,
    "handle": 94,
    "pass_check": 88,
    "rework": 12,
    "reply": 100,
    "close": 100,
    "reclassify": 1,
    "relocate": 1,
    "supplement": 2,
    "assist": 2,
    "object": 1,
    "withdraw": 0.7,
    "void": 0.2,
}
# Seconds people let pass before a step: the medians of the prompt and of the slow, and how far they scatter.
PROMPT_S, SLOW_S, SPREAD = 40.0, 600.0, 0.7
SLOW_SHARE, SLEEPY_SHARE = 0.15, 0.015  # a sleepy one only wakes after the nearest due moment
SLEEPER_WAKES = timedelta(minutes=20)

NOTES: dict[str, tuple[str, ...]] = {
    "verify": ("已到现场核实，情况属实。", "现场核实属实，位置准确，已拍照。"),
    "contact": ("已电话联系诉求人，约定今日上门。", "已联系诉求人，告知处理安排和时限。"),
    "handle": ("已处置完毕，现场恢复正常。", "已安排班组到场处理，问题消除，附照片。", "已更换损坏部分并清理现场。"),
    "pass_check": ("现场核查，处置到位。", "已核查，与处置照片一致。"),
    "reply": ("已将处理结果告知诉求人。", "已电话答复诉求人，其对结果表示了解。"),
    "supplement": ("诉求人补充：问题在傍晚更明显。", "补充现场照片说明，位置偏东约十米。"),
    "answer": ("已按政策口径当场解答。", "已告知办理材料、地点和工作时间。"),
    "take_note": ("已记录并转相关部门研究。",),
    "explain": ("已说明该事项应通过法定渠道办理。",),
    "finish": ("协办事项已完成。", "已配合主办单位完成现场工作。"),
}
DEFAULT_NOTE = ("已按要求办理。",)
NEEDS_A_WORD = frozenset({"return.needs_other", "voided.duplicate", "exempt.other"})  # reasons with parameters
PHOTOGRAPHED = frozenset({"verify", "handle", "pass_check"})


@dataclass(frozen=True)
class Intended:
    """One move somebody means to make at a moment. `subject`: case, report (with its id) or task (with its id)."""

    at: datetime
    number: str
    version: int
    subject: str
    move: str
    by: Post
    details: Details
    subject_id: int | None = None
    photo: str = ""  # "before" (the trouble is seen) or "after"


@dataclass(frozen=True)
class Staff:
    """The posts of a city, found by what they may do."""

    city: City

    def able(self, step: Step, file: CaseFile, at: datetime) -> list[Post]:
        """Posts that may take the step now; of those bound to an area only the nearest ones."""
        roles = step.by & self._by_role.keys()
        lead = file.lead.unit if file.lead else None
        posts = [
            post
            for role in sorted(roles)
            for post in (self._handlers.get(lead or "", ()) if role is Role.HANDLER else self._by_role[role])
            if may(post, step, file) is None and post.valid.covers(self._day(at))
        ]
        if not posts:
            return []
        nearest = max(self._nearness(p, file) for p in posts)
        return [p for p in posts if self._nearness(p, file) == nearest]

    def handlers_of(self, unit: str, at: datetime) -> list[Post]:
        """Who does the work of a unit now."""
        return [p for p in self._handlers.get(unit, ()) if p.valid.covers(self._day(at))]

    def of(self, role: Role, at: datetime) -> list[Post]:
        """Everybody with that role now."""
        return [p for p in self._by_role.get(role, ()) if p.valid.covers(self._day(at))]

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.city.calendar().tz).date()

    @staticmethod
    def _nearness(post: Post, file: CaseFile) -> int:
        return file.case.areas.index(post.area) if post.area in file.case.areas else -1

    @cached_property
    def _by_role(self) -> dict[Role, list[Post]]:
        found: dict[Role, list[Post]] = {}
        for posts in self.city.posts.values():
            for post in posts:
                found.setdefault(post.role, []).append(post)
        return found

    @cached_property
    def _handlers(self) -> dict[str, list[Post]]:
        found: dict[str, list[Post]] = {}
        for post in self._by_role.get(Role.HANDLER, ()):
            found.setdefault(post.unit or "", []).append(post)
        return found


@dataclass(frozen=True)
class Day:
    """How the demo city lives: its people, its pace. `rate` 2 means that everything happens twice as soon."""

    city: City
    streets: Streets
    staff: Staff
    seed: int = 7
    rate: float = 1.0

    def plan(self, files: Iterable[CaseFile], now: datetime) -> list[Intended]:
        """What is meant to happen with these cases by `now`, the earliest first; at most one move each."""
        meant = [i for f in files if (i := self.next_of(f, now)) is not None and i.at <= now]
        return sorted(meant, key=lambda i: (i.at, i.number))

    def next_of(self, file: CaseFile, now: datetime, tries: int = 0) -> Intended | None:
        """The next move meant for this case and its moment, or None when nobody can do anything with it.

        `tries` counts refusals: after each the draw is another one.
        """
        case = file.case
        if case.has_ended:
            return None
        chance = random.Random(f"{self.seed}:{case.id}:{case.version}:{tries}")
        at = self._acts_at(file, _last_moved(file), chance)
        found = self._task_move(file, at, chance) or self._report_move(file, at, chance)
        return found or self._case_move(file, at, now, chance)

    def acts_at(self, file: CaseFile) -> datetime:
        """When somebody turns to this case, without asking who and how."""
        chance = random.Random(f"{self.seed}:{file.case.id}:{file.case.version}:0")
        return self._acts_at(file, _last_moved(file), chance)

    # --- when ---

    def _acts_at(self, file: CaseFile, begins: datetime, chance: random.Random) -> datetime:
        """Mostly soon, sometimes late, rarely only after the due moment; visitors' own cases wait for them."""
        kind = chance.random()
        if kind < SLEEPY_SHARE and file.case.next_due_at is not None:
            wakes = max(file.case.next_due_at + SLEEPER_WAKES / self.rate, begins)
            return min(wakes, begins + LONGEST_WAIT)
        median_s = SLOW_S if kind < SLEEPY_SHARE + SLOW_SHARE else PROMPT_S
        wait = timedelta(seconds=median_s * chance.lognormvariate(0, SPREAD) / self.rate)
        return begins + wait + (timedelta() if _is_own(file) else VISITORS_WAIT)

    # --- what ---

    def _case_move(self, file: CaseFile, at: datetime, now: datetime, chance: random.Random) -> Intended | None:
        path = self.city.paths.paths.get(file.case.path)
        if path is None:
            return None
        for step in self._in_order(path, file, chance):
            posts = self.staff.able(step, file, max(at, now))
            details = self._details(step, file, max(at, now), chance) if posts else None
            if details is None:
                continue
            by = chance.choice(posts)
            if failing(step.when, Asked(file, by, details, max(at, now), self.city)) is None:
                photo = _photo_for(step.move, "photo" in step.needs)
                if "photo" not in step.needs and chance.random() < 0.5:
                    photo = ""
                return Intended(at, file.case.number, file.case.version, "case", step.move, by, details, photo=photo)
        return None

    def _in_order(self, path: Path, file: CaseFile, chance: random.Random) -> list[Step]:
        """The steps that lead on, in an order drawn by weight: the first that can be taken is taken."""
        steps = [s for s in path.steps_from(file.case.state) if self._weight(s, file) > 0]
        drawn = [(chance.random() ** (1 / self._weight(s, file)), i) for i, s in enumerate(steps)]
        return [steps[i] for _, i in sorted(drawn, reverse=True)]

    @staticmethod
    def _weight(step: Step, file: CaseFile) -> float:
        """A question is answered at the desk; an open class or place is filled in before all else."""
        case = file.case
        if case.state == "registered" and case.class_code is None:
            return 1.0 if step.move == "reclassify" else 0.0
        if case.state in ("registered", "filed") and case.area is None:
            return 1.0 if step.move == "relocate" else 0.0
        if case.state == "registered" and case.nature == Nature.ENQUIRY:
            return 1.0 if step.move == "answer" else 0.0
        return WEIGHTS.get(step.move, 0.0)

    def _report_move(self, file: CaseFile, at: datetime, chance: random.Random) -> Intended | None:
        """A callback that waits: mostly reached and content, sometimes not reached, rarely unsolved."""
        waiting = [r for r in file.reports if r.state == "due_callback"]
        agents = self.staff.of(Role.CALLBACK_AGENT, at)
        if not waiting or not agents:
            return None
        report = waiting[0]
        move, details = _callback(report, chance)
        case = file.case
        return Intended(at, case.number, case.version, "report", move, chance.choice(agents), details, report.id)

    def _task_move(self, file: CaseFile, at: datetime, chance: random.Random) -> Intended | None:
        """An assisting unit signs and finishes beside the lead."""
        tasks = [t for t in file.assisting() if t.is_alive and self.staff.handlers_of(t.unit, at)]
        if not tasks or chance.random() < 0.5:
            return None
        task: Task = chance.choice(tasks)
        move = "sign" if task.state == "sent" else "finish"
        by = chance.choice(self.staff.handlers_of(task.unit, at))
        case = file.case
        details = Details(note=_note(move, chance))
        return Intended(at, case.number, case.version, "task", move, by, details, task.id)

    # --- with what ---

    def _details(self, step: Step, file: CaseFile, at: datetime, chance: random.Random) -> Details | None:
        """What the step needs; None when it cannot be had."""
        details = Details(note=_note(step.move, chance) if "note" in step.needs else "")
        if "reason" in step.needs or step.move in REASONS_OF:
            details = replace(details, reason=_reason(step.move, chance))
        if "unit" in step.needs:
            unit = self._unit_for(step.move, file, at, chance)
            if unit is None:
                return None
            details = replace(details, unit=unit)
        if step.move == "reclassify" or ("class" in step.needs and file.case.class_code is None):
            class_code = self._class_for(file, chance)
            if class_code is None:
                return None
            details = replace(details, class_code=class_code)
        if "place" in step.needs:
            spot = self.streets.spot(chance)
            details = replace(details, place=locate(self.city, spot.lon, spot.lat, file.case.address))
        return None if "outcome" in step.needs or "approval" in step.needs else details

    def _unit_for(self, move: str, file: CaseFile, at: datetime, chance: random.Random) -> str | None:
        """A unit with people in it: below the lead to pass on to, else the dispatcher's candidates but the lead."""
        case, lead = file.case, file.lead.unit if file.lead else None
        if move == "pass_on" and lead is not None:
            units = [u for u in self.city.units_below(lead) if u != lead]
        else:
            route = choose_lead(self.city, case.class_code, case.area, case.component_code, case.source, at)
            named = [u for u in (route.lead, *route.candidates, *route.assisting) if u]
            serving = self.city.units_serving(case.area) if case.area else ()
            units = [u for u in (*named, *serving, self.city.settings.last_resort) if u and u != lead]
        able = [u for u in dict.fromkeys(units) if self.staff.handlers_of(u, at)]
        if not able:
            return None
        return chance.choice(sorted(able)) if move in ("pass_on", "assist") else able[0]

    def _class_for(self, file: CaseFile, chance: random.Random) -> str | None:
        """The class whose name the words hold; for a correction one beside the present class."""
        present = file.case.class_code
        if present is not None:
            parent = self.city.classes[present].parent if present in self.city.classes else None
            beside = [c for c in self.city.leaves if c != present and self.city.classes[c].parent == parent]
            return chance.choice(beside) if beside else None
        words = " ".join(r.words for r in file.reports)
        leaves = [self.city.classes[c] for c in self.city.leaves]
        named = [c for c in leaves if c.name.zh and c.name.zh in words]
        kinds = [c for c in leaves if c.kind == "hotline" and c.nature == Nature.MATTER]
        found = max(named, key=lambda c: len(c.name.zh)) if named else chance.choice(kinds) if kinds else None
        return found.code if found else None


def _last_moved(file: CaseFile) -> datetime:
    """The last moment the case's own rows tell of."""
    moments = [file.case.opened_at, file.case.state_since]
    moments += [m for t in file.tasks for m in (t.sent_at, t.signed_at, t.contacted_at, t.ended_at)]
    moments += [m for r in file.reports for m in (r.received_at, r.callback_at)]
    return max(m for m in moments if m is not None)


def _is_own(file: CaseFile) -> bool:
    return all((r.idempotency_key or "").startswith(OWN_MARK) for r in file.reports)


def _note(move: str, chance: random.Random) -> str:
    return chance.choice(NOTES.get(move, DEFAULT_NOTE))


def _reason(move: str, chance: random.Random) -> Reason | None:
    codes: Sequence[str] = [c for c in REASONS_OF.get(move, ("other",)) if c not in NEEDS_A_WORD]
    if not codes:
        return None
    return Reason(codes[0] if chance.random() < 0.5 else chance.choice(codes))


def _photo_for(move: str, needed: bool) -> str:
    if not needed and move not in PHOTOGRAPHED:
        return ""
    return "before" if move == "verify" else "after"


def _callback(report: Report, chance: random.Random) -> tuple[str, Details]:
    heard = chance.random()
    if heard < 0.12 and report.callback_attempts < 6:  # by then the system has exempted or the next call is answered
        return "attempt_callback", Details(outcome=Outcome(chance.choice(NOT_REACHED[:3])))
    if heard < 0.14:
        return "attempt_callback", Details(outcome=Outcome("refused"))
    if heard < 0.21:
        return "call_back", Details(outcome=Outcome("yes", "no", "unsatisfied"))
    if heard < 0.29:
        return "call_back", Details(outcome=Outcome("yes", "partly", "basically"))
    satisfied = "satisfied" if chance.random() < 0.8 else "basically"
    return "call_back", Details(outcome=Outcome("yes", "yes", satisfied))
