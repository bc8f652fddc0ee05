"""The moves open to a post as small forms: each asks what its step needs; and reading them back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from cityloom.base.reasons import Reason
from cityloom.cases.deciding import open_steps
from cityloom.cases.dispatching import choose_lead
from cityloom.cases.errors import BadValue
from cityloom.cases.given_reasons import reason_given
from cityloom.cases.guards import Asked, failing
from cityloom.cases.offers import open_report_steps, open_task_steps
from cityloom.cases.places import locate
from cityloom.cases.reasons import REASONS_OF
from cityloom.cases.values import CaseFile, Details, Outcome
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.forms import Group, class_groups, point_of, unit_choices
from cityloom.web.naming import Names
from cityloom.web.reply_check import CHECKED_MOVES
from cityloom.web.words import say

FIELDS = (
    "subject", "subject_id", "move", "version", "seq",
    "reason", "note", "class", "lon", "lat", "address", "unit", "other_number", "solved", "satisfied", "reached",
    "until", "amount", "case", "partner", "partner_number", "rating",
)  # fmt: skip
# Beside the case's way: offered, but quietly.
_QUIET = frozenset(
    {"supplement", "assist", "object", "reclassify", "relocate", "return", "reopen", "exempt", "pass_on"}
    | {"extend", "defer", "list", "ask_up", "urge", "whistle", "promise_date", "keep_promise", "rate"}
    | {"merge", "unmerge", "split", "hand_over", "hand_back", "resume"}
)
_GRAVE = frozenset({"withdraw", "withdraw_report", "void", "not_accept"})
# Verbs under a heading of their own, in the order in which they stand beside a case.
_GROUPS = {
    "help": ("assist", "whistle", "ask_up"),
    "time": ("extend", "defer", "list", "review", "resume", "promise_date", "keep_promise"),
    "whose": ("return", "object", "pass_on", "reclassify", "relocate", "hand_over", "hand_back", "exempt"),
    "same": ("merge", "unmerge", "split", "reopen"),
}
GROUPS = ("main", "help", "time", "whose", "same", "more", "grave")
_SHOWS_BEFORE = frozenset({"handle", "delist", "supplement"})  # moves that may show how it was as well
_WITH_PHOTO = frozenset({"verify", "handle", "pass_check", "rework", "contact", "supplement", "sign"})
_WITHOUT_NOTE = frozenset({"attempt_callback"})


@dataclass(frozen=True)
class MoveForm:
    """One move as a form. `asks` are its inputs; those in `musts` have to be filled."""

    subject: str  # case, task, report
    subject_id: int
    move: str
    title: str
    about: str = ""
    weight: str = "plain"  # main, plain, quiet, grave
    asks: tuple[str, ...] = ()
    musts: frozenset[str] = frozenset()
    reasons: tuple[tuple[str, str], ...] = ()
    units: tuple[Group, ...] = ()
    classes: tuple[Group, ...] = ()
    until_label: str = ""
    first_day: str = ""
    amount_label: str = ""
    amount_most: float = 0.0
    partners: tuple[tuple[str, str], ...] = ()
    ratings: tuple[tuple[str, str], ...] = ()
    cases: tuple[tuple[str, str], ...] = ()
    reports: tuple[tuple[int, str], ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def typed_units(self) -> list[str]:
        return self.typed.get("units", "").split(",")

    @property
    def is_reply(self) -> bool:
        """Whether its note is what the resident reads as the answer, so that it is checked while it is written."""
        return self.subject == "case" and self.move in CHECKED_MOVES

    @property
    def key(self) -> str:
        return f"{self.subject}-{self.subject_id}-{self.move}"

    @property
    def group(self) -> str:
        """The heading it stands under beside a case."""
        if self.weight in ("main", "grave"):
            return self.weight
        return next((name for name, moves in _GROUPS.items() if self.move in moves), "more")

    @property
    def group_title(self) -> str:
        return say(f"verbs.{self.group}")

    @property
    def is_plain(self) -> bool:
        """Whether nothing has to be filled in: one button does."""
        return not self.musts


def move_forms(file: CaseFile, post: Post, city: City, named: Names) -> list[MoveForm]:
    """The forms of all that is open to the post now: on the case, its reports, its assisting tasks."""
    at = context.clock().now()
    case_steps = [s for s in open_steps(file, post, at, city) if s.move != "join"]
    forms = [_form(s, "case", file.case.id, "", file, post, city, named) for s in case_steps]
    for number, report in enumerate(file.reports, 1):
        about = named_report(number, len(file.reports))
        steps = [s for s in open_report_steps(file, report, post, city) if s.move != "invite_callback"]
        forms += [_form(s, "report", report.id, about, file, post, city, named) for s in steps]
    for task in (t for t in file.tasks if t.role != "lead"):
        about = named.unit(task.unit)
        steps = open_task_steps(file, task, post, at, city)
        forms += [_form(s, "task", task.id, about, file, post, city, named) for s in steps]
    forms = [f for f in forms if "unit" not in f.musts or any(g.choices for g in f.units)]
    return sorted(forms, key=lambda f: GROUPS.index(f.group))


def named_report(number: int, of: int) -> str:
    """Which of several reports is meant; nothing when there is one."""
    return f"{number}/{of}" if of > 1 else ""


def _form(
    step: Step, subject: str, subject_id: int, about: str, file: CaseFile, post: Post, city: City, named: Names
) -> MoveForm:
    day = context.today(city)
    asks = _asks(step, file)
    return MoveForm(
        subject=subject,
        subject_id=subject_id,
        move=step.move,
        title=named.move(step.move, subject),
        about=about,
        weight=_weight(step),
        asks=asks,
        musts=frozenset(step.needs) - ({"class"} if step.move != "reclassify" and file.case.class_code else set()),
        reasons=tuple((code, named.reason(Reason(code))) for code in REASONS_OF.get(step.move, ())),
        units=_units(step, file, post, city, named, day) if {"unit", "units"} & set(asks) else (),
        classes=class_groups(city, named, day) if "class" in asks else (),
        **_hard(step, asks, file, city, named, day),
    )


def _hard(step: Step, asks: tuple[str, ...], file: CaseFile, city: City, named: Names, day: date) -> dict[str, Any]:
    """What the inputs of a hard case need to know: labels with dates and limits, and the choices."""
    found: dict[str, Any] = {}
    if "until" in asks:
        label = {"defer": "defer", "list": "review", "review": "review", "promise_date": "promise"}.get(step.move)
        found["until_label"] = say(f"field.until_{label}" if label else "field.until")
        found["first_day"] = day.isoformat()
    if "amount" in asks:
        clock = max(file.clocks_of(step.extends, "running", "paused"), key=lambda c: c.id, default=None)
        unit, most = (clock.unit, clock.amount) if clock else ("work_day", 0.0)
        found["amount_most"] = most
        found["amount_label"] = say("field.amount", unit=say(f"unit_of_time.{unit}"), most=f"{most:g}")
    if "partner" in asks:
        found["partners"] = tuple((c, n.in_language(named.lang)) for c, n in city.settings.partners.items())
    if "rating" in asks:
        found["ratings"] = tuple((str(n), say(f"rating.{n}")) for n in range(5, 0, -1))
    if "report_ids" in asks:
        found["reports"] = tuple((r.id, r.words[:40] or named.source(r.source)) for r in file.reports)
    return found


def _weight(step: Step) -> str:
    if step.move in _GRAVE:
        return "grave"
    return "quiet" if step.move in _QUIET else "main"


def _asks(step: Step, file: CaseFile) -> tuple[str, ...]:
    """The inputs of a step: what it needs, a note where one helps, photos where work is shown."""
    wanted: list[str] = [n for n in ("reason", "unit", "class", "place", "outcome") if n in step.needs]
    wanted += [n for n in ("case", "units", "partner", "until", "amount", "rating") if n in step.needs]
    if step.move == "arrive":
        wanted = ["here"]  # where one stands, not where the case is
    if step.move in ("hand_over", "hand_back", "partner_done"):
        wanted.append("partner_number")
    if step.move == "object":
        wanted.append("unit")  # whose it is, when the unit knows
    if step.move == "split":
        wanted.append("report_ids")
    if step.move == "verify" and file.case.class_code is None:
        wanted.append("class")
    if step.move == "file" and file.case.class_code is not None:
        wanted.remove("class")
    if step.move == "attempt_callback":
        wanted = ["reached"]
    if step.move == "return":
        wanted.append("unit")  # whose it is, when the unit knows
    if step.move == "void":
        wanted.append("other_number")
    if step.move not in _WITHOUT_NOTE:
        wanted.append("note")
    if step.move in _SHOWS_BEFORE:
        wanted.append("before_photo")
    if "photo" in step.needs or step.move in _WITH_PHOTO:
        wanted.append("photo")
    return tuple(wanted)


def _units(step: Step, file: CaseFile, post: Post, city: City, named: Names, day: date) -> tuple[Group, ...]:
    """Units to choose from: for a dispatch the candidates first, for passing on those below one's own."""
    case = file.case
    if step.move == "pass_on":
        below = city.units_below(post.unit) - {post.unit} if post.unit and post.unit in city.units else frozenset()
        return (Group("", unit_choices(city, named, day, sorted(below))),)
    if step.move == "ask_up" and file.lead is not None:
        at = context.clock().now()
        above = [u for u in city.units if u != file.lead.unit and failing(
            ("to_a_unit_above",), Asked(file, post, Details(unit=u), at, city)) is None]  # fmt: skip
        return (Group("", unit_choices(city, named, day, above)),)
    every = Group(say("field.all_units"), unit_choices(city, named, day))
    if step.move not in ("dispatch", "redispatch"):
        return (every,)
    now, about = context.clock().now(), case.complained_about
    route = choose_lead(city, case.class_code, case.area, case.component_code, case.source, now, about)
    first = ([route.lead] if route.lead else []) + [u for u in route.candidates if u != route.lead]
    return (Group(named.reason(route.reason), unit_choices(city, named, day, first)), every) if first else (every,)


# --- reading a form back ----------------------------------------------------------------------------------------


def details_of(typed: Mapping[str, str], city: City, post: Post) -> Details:
    """What was typed as the details of a move; raises MissingNeed or UnknownWord for what cannot be one."""
    unit = typed["unit"] or None
    lon, lat = point_of(typed["lon"], typed["lat"])
    place = locate(city, lon, lat, typed["address"].strip()[:300]) if lon is not None else None
    return Details(
        reason=_reason(typed, post),
        note=typed["note"].strip(),
        until=_end_of(typed["until"], city),
        amount=_number(typed["amount"], "amount"),
        case=typed["case"].strip()[:40] or None,
        units=tuple(u for u in typed.get("units", "").split(",") if u),
        partner=typed["partner"] or None,
        partner_number=typed["partner_number"].strip()[:100] or None,
        rating=int(_number(typed["rating"], "rating") or 0) or None,
        report_ids=tuple(int(i) for i in typed.get("report_ids", "").split(",") if i.isdigit()),
        unit=unit,
        class_code=typed["class"] or None,
        place=place,
        outcome=_outcome(typed),
    )


def _end_of(day: str, city: City) -> datetime | None:
    """The end of a day in the city's time; raises BadValue for what is no day."""
    if not day.strip():
        return None
    try:
        last = date.fromisoformat(day.strip())
        return datetime.combine(last + timedelta(days=1), time(), city.calendar().tz)
    except (ValueError, OverflowError) as wrong:
        raise BadValue("error.not_a_date", text=day[:20]) from wrong


def _number(text: str, what: str) -> float | None:
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError as wrong:
        raise BadValue("error.not_a_number", need=what, text=text[:20]) from wrong
    if not math.isfinite(number):
        raise BadValue("error.not_a_number", need=what, text=text[:20])
    return number


def _reason(typed: Mapping[str, str], post: Post) -> Reason | None:
    number = typed["other_number"] or typed["case"]
    return reason_given(
        typed["reason"], typed["move"], post, unit=typed["unit"], number=number, note=typed["note"]
    )  # fmt: skip


def _outcome(typed: Mapping[str, str]) -> Outcome | None:
    if typed["move"] == "call_back" and (typed["solved"] or typed["satisfied"]):
        return Outcome("yes", typed["solved"] or None, typed["satisfied"] or None)
    return Outcome(typed["reached"]) if typed["reached"] else None


def with_typed(forms: Sequence[MoveForm], typed: Mapping[str, str], error: str) -> list[MoveForm]:
    """The forms with what was typed and why it was refused in the one that was sent."""
    key = f"{typed['subject']}-{typed['subject_id']}-{typed['move']}"
    return [replace(f, typed=typed, error=error) if f.key == key else f for f in forms]
