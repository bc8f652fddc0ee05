"""The moves open to a post as small forms: each asks what its step needs; and reading them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from string import Formatter

from cityloom.base.reasons import Reason
from cityloom.cases.deciding import open_steps
from cityloom.cases.dispatching import choose_lead
from cityloom.cases.errors import MissingNeed, UnknownWord
from cityloom.cases.offers import open_report_steps, open_task_steps
from cityloom.cases.places import locate
from cityloom.cases.reasons import REASONS, REASONS_OF
from cityloom.cases.values import CaseFile, Details, Outcome
from cityloom.city.paths import Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.forms import Group, class_groups, point_of, unit_choices
from cityloom.web.naming import Names
from cityloom.web.words import say

FIELDS = (
    "subject", "subject_id", "move", "version", "seq",
    "reason", "note", "class", "lon", "lat", "address", "unit", "other_number", "solved", "satisfied", "reached",
)  # fmt: skip
# Beside the case's way: offered, but quietly.
_QUIET = frozenset(
    {"supplement", "assist", "object", "reclassify", "relocate", "return", "reopen", "exempt", "pass_on"}
)
_GRAVE = frozenset({"withdraw", "withdraw_report", "void", "not_accept"})
_WITH_PHOTO = frozenset({"verify", "handle", "pass_check", "rework", "contact", "supplement", "sign"})
_WITHOUT_NOTE = frozenset({"call_back", "attempt_callback"})


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
    typed: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def key(self) -> str:
        return f"{self.subject}-{self.subject_id}-{self.move}"

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
        steps = open_report_steps(file, report, post, city)
        forms += [_form(s, "report", report.id, about, file, post, city, named) for s in steps]
    for task in file.assisting():
        about = named.unit(task.unit)
        steps = open_task_steps(file, task, post, at, city)
        forms += [_form(s, "task", task.id, about, file, post, city, named) for s in steps]
    forms = [f for f in forms if "unit" not in f.musts or any(g.choices for g in f.units)]
    return sorted(forms, key=lambda f: ("main", "plain", "quiet", "grave").index(f.weight))


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
        units=_units(step, file, post, city, named, day) if "unit" in asks else (),
        classes=class_groups(city, named, day) if "class" in asks else (),
    )


def _weight(step: Step) -> str:
    if step.move in _GRAVE:
        return "grave"
    return "quiet" if step.move in _QUIET else "main"


def _asks(step: Step, file: CaseFile) -> tuple[str, ...]:
    """The inputs of a step: what it needs, a note where one helps, photos where work is shown."""
    wanted: list[str] = [n for n in ("reason", "unit", "class", "place", "outcome") if n in step.needs]
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
    if "photo" in step.needs or step.move in _WITH_PHOTO:
        wanted.append("photo")
    return tuple(wanted)


def _units(step: Step, file: CaseFile, post: Post, city: City, named: Names, day: date) -> tuple[Group, ...]:
    """Units to choose from: for a dispatch the candidates first, for passing on those below one's own."""
    case = file.case
    if step.move == "pass_on":
        below = city.units_below(post.unit) - {post.unit} if post.unit and post.unit in city.units else frozenset()
        return (Group("", unit_choices(city, named, day, sorted(below))),)
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
        unit=unit,
        class_code=typed["class"] or None,
        place=place,
        outcome=_outcome(typed),
    )


def _reason(typed: Mapping[str, str], post: Post) -> Reason | None:
    code, move = typed["reason"], typed["move"]
    if move == "dispatch" and typed["unit"]:
        return Reason("dispatch.chosen", {"unit": typed["unit"]})
    if move == "pass_on" and typed["unit"]:
        return Reason("dispatch.passed_on", {"from": post.unit or "", "unit": typed["unit"]})
    if not code:
        return None
    if code not in REASONS_OF.get(move, ()):
        raise UnknownWord("error.unknown_reason", code=code, move=move, known=list(REASONS_OF.get(move, ())))
    return Reason(code, _params_of(code, move, typed))


def _params_of(code: str, move: str, typed: Mapping[str, str]) -> dict[str, str]:
    """The parameters a reason's sentence asks for, from the form; raises MissingNeed when one is left empty."""
    given = {"unit": typed["unit"], "number": typed["other_number"].strip(), "why": typed["note"].strip()}
    wanted = {name for _, name, _, _ in Formatter().parse(REASONS[code][0]) if name}
    missing = [name for name in wanted if name in given and not given[name]]
    if missing:
        needs = [{"number": "number", "why": "note"}.get(name, name) for name in missing]
        raise MissingNeed("error.missing_need", move=move, needs=needs)
    return {name: given[name] for name in wanted if name in given}


def _outcome(typed: Mapping[str, str]) -> Outcome | None:
    if typed["move"] == "call_back" and (typed["solved"] or typed["satisfied"]):
        return Outcome("yes", typed["solved"] or None, typed["satisfied"] or None)
    return Outcome(typed["reached"]) if typed["reached"] else None


def with_typed(forms: Sequence[MoveForm], typed: Mapping[str, str], error: str) -> list[MoveForm]:
    """The forms with what was typed and why it was refused in the one that was sent."""
    key = f"{typed['subject']}-{typed['subject_id']}-{typed['move']}"
    return [replace(f, typed=typed, error=error) if f.key == key else f for f in forms]
