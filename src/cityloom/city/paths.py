"""The paths of a city as status tables: parsed from `paths.toml`, checked, and asked by deciding code.

The vocabulary (states, moves, guards, needs) is fixed here because each word has a meaning in code; which steps a
path has, who may make them and what they do to the clocks is the city's own.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path as File
from typing import Any

from cityloom.city.values import Name, Nature, Role, Source

ALL = "*"
SAME = "="

CASE_STATES: dict[str, Name] = {
    "reported": Name("已上报", "reported"),
    "registered": Name("已登记", "registered"),
    "verified": Name("已核实", "verified on the spot"),
    "filed": Name("已立案", "filed"),
    "dispatched": Name("已派遣", "dispatched"),
    "signed": Name("已签收", "signed for"),
    "contacted": Name("已联系", "resident contacted"),
    "returned": Name("已退回", "returned"),
    "handled": Name("已处置", "handled"),
    "checked": Name("已核查", "checked on the spot"),
    "replied": Name("已答复", "replied"),
    "deferred": Name("缓办中", "deferred"),
    "listed": Name("已挂账", "on the long-term list"),
    "with_partner": Name("已移交外市", "with a partner city"),
    "closed": Name("已结案", "closed"),
    "answered": Name("当场答复", "answered at once"),
    "solved_on_spot": Name("就地解决", "solved on the spot"),
    "noted": Name("已记录", "noted"),
    "explained": Name("已告知", "explained"),
    "not_accepted": Name("不予受理", "not accepted"),
    "withdrawn": Name("已撤回", "withdrawn"),
    "voided": Name("已作废", "voided"),
    "merged": Name("已并案", "merged into another case"),
}
END_STATES = frozenset(
    {"closed", "answered", "solved_on_spot", "noted", "explained", "not_accepted", "withdrawn", "voided", "merged"}
)

TASK_STATES: dict[str, Name] = {
    "sent": Name("待签收", "sent"),
    "signed": Name("已签收", "signed for"),
    "contacted": Name("已联系", "resident contacted"),
    "arrived": Name("已到场", "arrived"),
    "passed_on": Name("已转办", "passed on"),
    "returned": Name("已退回", "returned"),
    "done": Name("已办结", "done"),
    "cancelled": Name("已取消", "cancelled"),
}
TASK_END_STATES = frozenset({"passed_on", "returned", "done", "cancelled"})
# What a step may do to the lead task beyond setting its state: see cases/moves.py.
TASK_EFFECTS = frozenset(TASK_STATES) | {"rework", "upheld"}

REPORT_STATES: dict[str, Name] = {
    "received": Name("已收到", "received"),
    "accepted": Name("已受理", "accepted"),
    "due_callback": Name("待回访", "awaiting callback"),
    "called_back": Name("已回访", "called back"),
    "exempt": Name("免回访", "exempt from callback"),
    "not_accepted": Name("不予受理", "not accepted"),
    "withdrawn": Name("已撤回", "withdrawn"),
}
REPORT_END_STATES = frozenset({"called_back", "exempt", "not_accepted", "withdrawn"})

REQUEST_STATES: dict[str, Name] = {
    "asked": Name("待审批", "awaiting a decision"),
    "granted": Name("已同意", "granted"),
    "refused": Name("未同意", "refused"),
    "taken_back": Name("已撤回", "taken back"),
    "lapsed": Name("已失效", "lapsed"),
}
REQUEST_END_STATES = frozenset({"granted", "refused", "taken_back", "lapsed"})

CASE_MOVES: dict[str, Name] = {
    "receive": Name("收到", "receive"),
    "join": Name("并入同一事项", "join the same matter"),
    "supplement": Name("补充", "supplement"),
    "verify": Name("核实", "verify on the spot"),
    "not_accept": Name("不予受理", "not accept"),
    "file": Name("立案", "file"),
    "answer": Name("当场答复", "answer at once"),
    "solve_on_spot": Name("就地办结", "solve on the spot"),
    "take_note": Name("记录", "take note"),
    "explain": Name("告知", "explain"),
    "dispatch": Name("派遣", "dispatch"),
    "queue": Name("转人工派遣", "leave to the dispatcher"),
    "sign": Name("签收", "sign for"),
    "pass_on": Name("下派", "pass on"),
    "contact": Name("联系诉求人", "contact the resident"),
    "assist": Name("请求协办", "add an assisting unit"),
    "object": Name("提出异议", "object"),
    "return": Name("退回", "return"),
    "redispatch": Name("改派", "dispatch to another unit"),
    "uphold": Name("维持原派", "uphold the dispatch"),
    "handle": Name("处置", "handle"),
    "pass_check": Name("核查通过", "pass the check"),
    "rework": Name("返工", "send back for rework"),
    "reply": Name("答复", "reply"),
    "close": Name("结案", "close"),
    "reopen": Name("重开", "reopen"),
    "reclassify": Name("更正类别", "reclassify"),
    "relocate": Name("更正位置", "relocate"),
    "withdraw": Name("撤回", "withdraw"),
    "void": Name("作废", "void"),
    "take_over": Name("承接", "take over"),
    "merge": Name("并案", "merge into another case"),
    "take_in": Name("收并", "take in a merged case"),
    "unmerge": Name("撤销并案", "undo the merging"),
    "let_go": Name("退出并案", "let a merged case go"),
    "split": Name("拆分", "split"),
    "extend": Name("延期", "extend"),
    "defer": Name("缓办", "defer"),
    "resume": Name("恢复办理", "resume"),
    "list": Name("挂账", "put on the long-term list"),
    "review": Name("挂账复查", "review the plan"),
    "delist": Name("销账", "take off the long-term list"),
    "ask_up": Name("提级", "ask the level above"),
    "escalate": Name("升级", "escalate"),
    "urge": Name("催办", "urge"),
    "whistle": Name("吹哨", "whistle for departments"),
    "hand_over": Name("移交外市", "hand over to a partner city"),
    "hand_back": Name("外市退回", "take back from the partner city"),
    "partner_done": Name("外市办结", "done by the partner city"),
    "promise_date": Name("承诺日期", "promise a date"),
    "keep_promise": Name("兑现承诺", "keep the dated promise"),
    "sense": Name("设备读数回报", "hear from the device"),
}
TASK_MOVES: dict[str, Name] = {
    "sign": Name("签收", "sign for"),
    "finish": Name("协办完成", "finish assisting"),
    "return": Name("退回", "return"),
    "arrive": Name("报到", "arrive"),
    "rate": Name("评价响应", "rate the response"),
}
REPORT_MOVES: dict[str, Name] = {
    "call_back": Name("回访", "call back"),
    "attempt_callback": Name("回访未成", "try to call back"),
    "invite_callback": Name("发回访链接", "send a link to answer"),
    "exempt": Name("免回访", "exempt from callback"),
    "withdraw_report": Name("撤回本次反映", "withdraw this report"),
}
REQUEST_MOVES: dict[str, Name] = {
    "grant": Name("同意", "grant"),
    "refuse": Name("不同意", "refuse"),
    "take_back": Name("撤回申请", "take the request back"),
    "lapse": Name("申请失效", "lapse"),
}
GUARDS: dict[str, Name] = {
    "needs_verification": Name("该类别须先核实", "the class is verified first"),
    "skips_verification": Name("无须核实", "no verification is needed"),
    "asks_check": Name("该类别须核查", "the class asks for a check on the spot"),
    "asks_no_check": Name("该类别不核查", "the class asks for no check"),
    "reports_settled": Name("每条反映均已回访或免回访", "every report has a callback outcome or an exemption"),
    "not_upheld": Name("未被裁定维持", "the dispatch has not been upheld"),
    "not_own_work": Name("不是自己处置的", "not one's own work"),
    "in_objection_window": Name("在异议期内", "inside the objection window"),
    "one_report": Name("只有这一条反映", "it is the only report"),
    "to_a_unit_below": Name("下派给下级单位", "to a unit below one's own"),
    "same_duty": Name("责任单位不变", "the same unit owes it"),
    "other_duty": Name("责任单位改变", "another unit owes it"),
    "to_a_unit_above": Name("提给上级单位", "to a unit above one's own"),
    "extensions_left": Name("延期次数未用完", "extensions are left"),
    "urges_left": Name("催办次数和间隔未超限", "urging is not used up, and enough time has passed"),
    "deferral_over": Name("缓办期已到", "the deferral has come to its end"),
    "escalation_due": Name("已到升级时点", "a rung of the ladder has been reached"),
    "by_a_street": Name("由街道吹哨", "it is with a street office"),
    "promise_open": Name("有未兑现的日期承诺", "a dated promise is open"),
    "whistled": Name("被吹哨单位", "the unit was whistled for"),
    "assisting": Name("协办单位", "the unit assists"),
    "own_whistle": Name("本单位吹的哨", "one's own unit whistled"),
    "sign_over": Name("没有设备读数仍异常", "no device still shows it"),
    "sign_stands": Name("设备读数仍异常", "the device still shows it"),
}
NEEDS: dict[str, Name] = {
    "reason": Name("理由", "a reason"),
    "note": Name("说明", "a note"),
    "photo": Name("照片", "a photo"),
    "class": Name("类别", "a class"),
    "place": Name("位置", "a place"),
    "unit": Name("单位", "a unit"),
    "outcome": Name("回访结果", "the outcome of the call"),
    "until": Name("日期", "a date"),
    "amount": Name("延长时限", "how much longer"),
    "case": Name("另一案件编号", "the number of the other case"),
    "units": Name("被吹哨单位", "the units to whistle for"),
    "partner": Name("外市", "the partner city"),
    "rating": Name("评价", "a rating"),
}
_VOCABULARY = {
    "case": (CASE_STATES, CASE_MOVES),
    "task": (TASK_STATES, TASK_MOVES),
    "report": (REPORT_STATES, REPORT_MOVES),
}


@dataclass(frozen=True)
class Step:
    """One row of a status table: this move, from these states, by these roles, with these effects."""

    move: str
    came_from: frozenset[str]
    to: str
    by: frozenset[Role]
    when: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    task: str = ""
    reports: str = ""
    approved_by: frozenset[Role] = frozenset()  # who must agree before it happens; nobody asks himself
    extends: tuple[str, ...] = ()

    def next_state(self, state: str) -> str:
        return state if self.to == SAME else self.to


@dataclass(frozen=True)
class ClockRule:
    """What somebody owes and for how long; `from_standard` asks the case's standard first."""

    name: str
    title: Name
    limit: float
    unit: str
    from_standard: bool = False
    urgent_limit: float | None = None
    urgent_unit: str | None = None
    from_promise_end: bool = False
    given_end: bool = False  # due at the date that comes with the move
    outlives: bool = False  # goes on when the case has ended
    by_reason: Mapping[str, tuple[float, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Path:
    """One kind of case: where it starts and its status table."""

    name: str
    title: Name
    start: str
    starts: tuple[str, ...]
    callback: bool
    steps: tuple[Step, ...]

    def steps_from(self, state: str) -> tuple[Step, ...]:
        return self._steps_by_state.get(state, ())

    def states(self) -> tuple[str, ...]:
        """Every state the path can be in, in the order of the vocabulary."""
        reached = self.reachable()
        return tuple(s for s in CASE_STATES if s in reached)

    def reachable(self) -> frozenset[str]:
        return self._reachable

    @cached_property
    def _steps_by_state(self) -> Mapping[str, tuple[Step, ...]]:
        states = {state for step in self.steps for state in step.came_from}
        return {state: tuple(s for s in self.steps if state in s.came_from) for state in states}

    @cached_property
    def _reachable(self) -> frozenset[str]:
        seen, todo = {self.start}, [self.start]
        while todo:
            here = todo.pop()
            for step in self.steps_from(here):
                if (there := step.next_state(here)) not in seen:
                    seen.add(there)
                    todo.append(there)
        return frozenset(seen)

    def without_end(self) -> tuple[str, ...]:
        """Reachable states from which no end can be reached."""
        good = {s for s in self.reachable() if s in END_STATES}
        grew = True
        while grew:
            grew = False
            for state in self.reachable() - good:
                if any(s.next_state(state) in good for s in self.steps_from(state)):
                    good.add(state)
                    grew = True
        return tuple(sorted(self.reachable() - good))


@dataclass(frozen=True)
class Choice:
    """A row of [[choose]]: empty conditions hold for everything."""

    path: str
    sources: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    natures: frozenset[str] = frozenset()

    def holds(self, source: str, kind: str, nature: str) -> bool:
        return (
            (not self.sources or source in self.sources)
            and (not self.kinds or kind in self.kinds)
            and (not self.natures or nature in self.natures)
        )


@dataclass(frozen=True)
class Paths:
    """All paths of a city with its clocks and the tables of assisting tasks and single reports."""

    choices: tuple[Choice, ...]
    clocks: Mapping[str, ClockRule]
    paths: Mapping[str, Path]
    task_steps: tuple[Step, ...] = ()
    report_steps: tuple[Step, ...] = ()
    _memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def choose(self, source: str, kind: str, nature: str) -> Path:
        """The path of a new report. `kind` is empty while its class is open."""
        for choice in self.choices:
            if choice.holds(source, kind, nature):
                return self.paths[choice.path]
        raise LookupError(f"no path for source {source!r}, kind {kind!r}, nature {nature!r}")


@dataclass(frozen=True)
class PathProblem:
    """What is wrong in a paths file: `where` names the table and row, `params` what the sentence shows."""

    code: str
    where: str
    params: Mapping[str, Any]


@cache
def _standard() -> Mapping[str, Any]:
    """The shipped `standard_paths.toml`, read once; nobody changes it."""
    return tomllib.loads((File(__file__).parent / "standard_paths.toml").read_text(encoding="utf-8"))


def standard_data() -> dict[str, Any]:
    """The shipped `standard_paths.toml` as data of the caller's own."""
    return deepcopy(dict(_standard()))


def merged(data: Mapping[str, Any] | None) -> dict[str, Any]:
    """The city's own data, laid over the shipped paths where it says `extends = "standard"` (or has none)."""
    if not data:
        return dict(_standard())
    if data.get("extends") != "standard":
        return dict(data)
    base = dict(_standard())
    for table in ("clocks", "path", "steps"):
        base[table] = {**base.get(table, {}), **data.get(table, {})}
    for table in ("choose", "task", "report"):
        if table in data:
            base[table] = data[table]
    return base


def parse_paths(data: Mapping[str, Any] | None) -> Paths:
    """Paths from the content of `paths.toml` (None: the shipped ones); call `check_paths` before on a city's own."""
    return _parse(merged(data)) if data else _standard_paths()


@cache
def _standard_paths() -> Paths:
    return _parse(_standard())


def _parse(full: Mapping[str, Any]) -> Paths:
    groups = {name: tuple(map(_step, rows)) for name, rows in full.get("steps", {}).items()}
    paths = {name: _path(name, row, groups) for name, row in full.get("path", {}).items()}
    return Paths(
        choices=tuple(
            Choice(
                row["path"],
                frozenset(row.get("source", ())),
                frozenset(row.get("kind", ())),
                frozenset(row.get("nature", ())),
            )
            for row in full.get("choose", [])
        ),
        clocks={name: _clock(name, row) for name, row in full.get("clocks", {}).items()},
        paths=paths,
        task_steps=tuple(map(_step, full.get("task", []))),
        report_steps=tuple(map(_step, full.get("report", []))),
    )


def _path(name: str, row: Mapping[str, Any], groups: Mapping[str, tuple[Step, ...]]) -> Path:
    own = tuple(map(_step, row.get("step", [])))
    shared = [s for group in row.get("use", []) for s in groups.get(group, ())]
    return Path(
        name=name,
        title=Name(row.get("name_zh", name), row.get("name_en", name)),
        start=row["start"],
        starts=tuple(row.get("starts", ())),
        callback=bool(row.get("callback", False)),
        steps=_latest_wins([*shared, *own]),
    )


def _latest_wins(steps: Iterable[Step]) -> tuple[Step, ...]:
    """A later row for the same move, state and guards replaces the earlier: a path refines its shared groups."""
    kept: dict[tuple[str, str, tuple[str, ...]], Step] = {}
    for step in steps:
        for state in sorted(step.came_from):
            kept[step.move, state, step.when] = Step(**{**step.__dict__, "came_from": frozenset({state})})
    joined: dict[tuple[Any, ...], Step] = {}
    for step in kept.values():
        key = tuple(v for k, v in step.__dict__.items() if k != "came_from")
        before = joined.get(key)
        joined[key] = Step(**{**step.__dict__, "came_from": before.came_from | step.came_from}) if before else step
    return tuple(joined.values())


def _step(row: Mapping[str, Any]) -> Step:
    return Step(
        move=row["move"],
        came_from=frozenset(row["from"]),
        to=row["to"],
        by=frozenset(Role(r) for r in row.get("by", ())),
        **{k: tuple(row.get(k, ())) for k in ("when", "needs", "starts", "stops", "pauses", "resumes", "extends")},
        task=row.get("task", ""),
        reports=row.get("reports", ""),
        approved_by=frozenset(Role(r) for r in row.get("approved_by", ())),
    )


def _clock(name: str, row: Mapping[str, Any]) -> ClockRule:
    return ClockRule(
        name=name,
        title=Name(row.get("name_zh", name), row.get("name_en", name)),
        limit=float(row["limit"]),
        unit=row["unit"],
        from_standard=row.get("from") == "standard",
        urgent_limit=row.get("urgent_limit"),
        urgent_unit=row.get("urgent_unit"),
        from_promise_end=row.get("starts") == "promise_end",
        given_end=row.get("ends") == "given",
        outlives=bool(row.get("outlives", False)),
        by_reason={code: (float(r["limit"]), r["unit"]) for code, r in row.get("by_reason", {}).items()},
    )


# --- checking ---------------------------------------------------------------------------------------------------

_STEP_KEYS = {
    "move",
    "from",
    "to",
    "by",
    "when",
    "needs",
    "starts",
    "stops",
    "pauses",
    "resumes",
    "task",
    "reports",
    "approved_by",
    "extends",
}
_PATH_KEYS = {"name_zh", "name_en", "start", "starts", "callback", "use", "step"}
_CLOCK_KEYS = {"name_zh", "name_en", "limit", "unit", "from", "urgent_limit", "urgent_unit", "starts"}
_CLOCK_KEYS |= {"ends", "outlives", "by_reason"}
_CHOICE_KEYS = {"path", "source", "kind", "nature"}
_TOP_KEYS = {"extends", "choose", "clocks", "path", "steps", "task", "report"}
_UNITS = {"emergency_hour", "work_hour", "work_day", "natural_day"}


def check_paths(data: Mapping[str, Any] | None) -> list[PathProblem]:
    """All that is wrong in the content of a `paths.toml`; empty when every path reaches an end from every state."""
    full = merged(data)
    found: list[PathProblem] = []
    found += _unknown("paths.toml", {**full, **(data or {})}, _TOP_KEYS)
    for name, row in full.get("clocks", {}).items():
        found += _check_clock(f"clocks.{name}", row)
    clocks = set(full.get("clocks", {}))
    for name, rows in full.get("steps", {}).items():
        for i, row in enumerate(rows, 1):
            found += _check_step(f"steps.{name} {i}", row, "case", clocks)
    for kind in ("task", "report"):
        for i, row in enumerate(full.get(kind, []), 1):
            found += _check_step(f"{kind} {i}", row, kind, clocks)
    for name, row in full.get("path", {}).items():
        found += _check_path(name, row, set(full.get("steps", {})), clocks)
    found += _check_choices(full)
    if not found:
        found += [
            PathProblem("paths.no_end", f"path.{p.name}", {"state": s})
            for p in parse_paths(data).paths.values()
            for s in p.without_end()
        ]
    return found


def _check_choices(full: Mapping[str, Any]) -> list[PathProblem]:
    found: list[PathProblem] = []
    rows = full.get("choose", [])
    known = {"source": {s.value for s in Source}, "nature": {n.value for n in Nature}}
    known["kind"] = {"component", "event", "hotline", ""}
    for i, row in enumerate(rows, 1):
        where = f"choose {i}"
        found += _unknown(where, row, _CHOICE_KEYS)
        for key, values in known.items():
            found += [_word(where, key, v, values) for v in row.get(key, ()) if v not in values]
        if row.get("path") not in full.get("path", {}):
            found.append(_word(where, "path", str(row.get("path")), full.get("path", {})))
    if not rows or set(rows[-1]) != {"path"}:
        found.append(PathProblem("paths.no_last_choice", "choose", {}))
    return found


def _check_path(name: str, row: Mapping[str, Any], groups: set[str], clocks: set[str]) -> list[PathProblem]:
    where = f"path.{name}"
    found = _unknown(where, row, _PATH_KEYS)
    if row.get("start") not in CASE_STATES:
        found.append(_word(where, "start", str(row.get("start")), CASE_STATES))
    found += [_word(where, "use", g, groups) for g in row.get("use", ()) if g not in groups]
    found += [_word(where, "starts", c, clocks) for c in row.get("starts", ()) if c not in clocks]
    for i, step in enumerate(row.get("step", []), 1):
        found += _check_step(f"{where}.step {i}", step, "case", clocks)
    return found


def _check_step(where: str, row: Mapping[str, Any], subject: str, clocks: set[str]) -> list[PathProblem]:
    states, moves = _VOCABULARY[subject]
    found = _unknown(where, row, _STEP_KEYS)
    found += [PathProblem("paths.missing", where, {"key": k}) for k in ("move", "from", "to", "by") if k not in row]
    allowed: dict[str, Iterable[str]] = {
        "move": moves,
        "from": states,
        "to": [*states, SAME],
        "by": [r.value for r in Role],
        "approved_by": [r.value for r in Role],
        "when": GUARDS,
        "needs": NEEDS,
        "task": TASK_EFFECTS,
        "reports": REPORT_STATES,
    }
    for key, words in allowed.items():
        given = row.get(key, ())
        for word in [given] if isinstance(given, str) else given:
            if word and word not in words:
                found.append(_word(where, key, word, words))
    for key in ("starts", "stops", "pauses", "resumes", "extends"):
        found += [_word(where, key, c, clocks) for c in row.get(key, ()) if c not in clocks and c != ALL]
    return found


def _check_clock(where: str, row: Mapping[str, Any]) -> list[PathProblem]:
    found = _unknown(where, row, _CLOCK_KEYS)
    for key in ("unit", "urgent_unit"):
        if row.get(key, "work_day") not in _UNITS:
            found.append(_word(where, key, str(row[key]), _UNITS))
    for key in ("limit", "urgent_limit"):
        value = row.get(key, 1 if key == "urgent_limit" else None)
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            found.append(PathProblem("paths.not_positive", where, {"key": key, "value": value}))
    if "unit" not in row:
        found.append(PathProblem("paths.missing", where, {"key": "unit"}))
    for code, other in row.get("by_reason", {}).items():
        found += _check_clock(f"{where}.by_reason.{code}", other)
    return found


def _unknown(where: str, row: Mapping[str, Any], known: set[str]) -> list[PathProblem]:
    return [_word(where, "key", key, known) for key in row if key not in known]


def _word(where: str, key: str, word: str, known: Iterable[str]) -> PathProblem:
    near = difflib.get_close_matches(word, list(known), n=1)
    return PathProblem(
        "paths.unknown_word",
        where,
        {"key": key, "word": word, "near": near[0] if near else "", "known": sorted(known)},
    )
