"""The status tables drawn, for whoever asks what may become of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.cases.draw_paths import Arc, arcs_of, clock_effects
from cityloom.city.paths import CASE_STATES, END_STATES, REPORT_STATES, TASK_STATES, Path, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Name
from cityloom.web.doors import for_everybody
from cityloom.web.naming import Names, names
from cityloom.web.shown import show
from cityloom.web.words import say

# The drawing, in pixels: states stand below each other on a thread; arcs run in lanes wide enough for their words.
ROW, TOP, LEFT, LANE, KNOT, NAME = 64, 32, 24, 148, 7, 160


@dataclass(frozen=True)
class KnotDrawn:
    """A state on the thread."""

    name: str
    y: int
    is_end: bool


@dataclass(frozen=True)
class ArcDrawn:
    """An arrow as an SVG path with its label."""

    d: str
    labels: Sequence[tuple[str, int]]  # the words of each move with the height they stand at
    label_x: int
    kind: str  # next, skip, back


@dataclass(frozen=True)
class StepRow:
    """A row of a status table in words."""

    move: str
    came_from: str
    to: str
    by: str
    when: str
    needs: str
    clocks: str


@dataclass(frozen=True)
class PathDrawn:
    """One path: its drawing and its table."""

    code: str
    title: str
    callback: bool
    chosen_by: str
    width: int
    height: int
    thread_x: int
    knots: Sequence[KnotDrawn]
    arcs: Sequence[ArcDrawn]
    rows: Sequence[StepRow]


@dataclass(frozen=True)
class PathsPage:
    """Every path of the city with its table, and those of tasks and reports."""

    template: ClassVar[str] = "cityloom/paths.html"
    paths: Annotated[Sequence[PathDrawn], "the paths of cases, drawn"]
    task_rows: Annotated[Sequence[StepRow], "the table of assisting tasks"]
    report_rows: Annotated[Sequence[StepRow], "the table of single reports"]


@require_safe
@for_everybody
def paths(request: HttpRequest, city: City) -> HttpResponse:
    """The status tables of this city, drawn: who may move a case from where to where, and what it does to clocks."""
    named = names(city)
    page = PathsPage(
        paths=[_drawn(p, city, named) for p in city.paths.paths.values()],
        task_rows=[_row(s, named, TASK_STATES, "task") for s in city.paths.task_steps],
        report_rows=[_row(s, named, REPORT_STATES, "report") for s in city.paths.report_steps],
    )
    return show(request, page)


def _drawn(path: Path, city: City, named: Names) -> PathDrawn:
    states, arcs = arcs_of(path)
    back = max((a.lane for a in arcs if not a.is_forward), default=-1) + 1
    skip = max((a.lane for a in arcs if a.is_forward and not a.is_next), default=-1) + 1
    thread_x = LEFT + LANE * back
    return PathDrawn(
        code=path.name,
        title=path.title.in_language(named.lang),
        callback=path.callback,
        chosen_by=_chosen_by(path, city, named),
        width=thread_x + NAME + LANE * skip + LEFT,
        height=TOP * 2 + ROW * (len(states) - 1),
        thread_x=thread_x,
        knots=[KnotDrawn(named.state(s), TOP + ROW * n, s in END_STATES) for n, s in enumerate(states)],
        arcs=[_arc(a, thread_x, named) for a in arcs],
        rows=[_row(s, named, CASE_STATES, "case") for s in path.steps],
    )


def _arc(arc: Arc, thread_x: int, named: Names) -> ArcDrawn:
    """Steps to the next state run on the thread, those that skip on its right, those back on its left."""
    heights, y2 = [TOP + ROW * row for row in arc.start_rows], TOP + ROW * arc.end_row
    words = [named.move(m, "case") for m in arc.moves]
    if arc.is_next:
        y1 = heights[0]
        labels = _lines(words, (y1 + y2) // 2)
        return ArcDrawn(f"M{thread_x} {y1 + KNOT}V{y2 - KNOT - 3}", labels, thread_x + 12, "next")
    if arc.is_forward:
        begins, edge = thread_x + NAME, thread_x + NAME + 20 + LANE * arc.lane
        parts = [f"M{begins} {y + 5}H{edge - 10}q10 0 10 10V{y2 - 15}" for y in heights]
        parts.append(f"M{edge} {y2 - 15}q0 10 -10 10H{begins}")
        return ArcDrawn("".join(parts), _lines(words, y2 - ROW // 2), edge + 6, "skip")
    begins, edge = thread_x - KNOT - 2, thread_x - LANE * (arc.lane + 1) + 10
    parts = [f"M{begins} {y - 5}H{edge + 10}q-10 0 -10 -10V{y2 + 15}" for y in heights]
    parts.append(f"M{edge} {y2 + 15}q0 -10 10 -10H{begins - 2}")
    return ArcDrawn("".join(parts), _lines(words, heights[0] - ROW // 2), edge + 6, "back")


def _lines(words: Sequence[str], middle: int) -> list[tuple[str, int]]:
    """One line for each move, together around a height."""
    top = middle + 4 - 7 * (len(words) - 1)
    return [(word, top + 14 * number) for number, word in enumerate(words)]


def _row(step: Step, named: Names, states: Mapping[str, Name], subject: str) -> StepRow:
    comma = say("list.comma")
    return StepRow(
        move=named.move(step.move, subject),
        came_from=comma.join(named.state(s, subject) for s in states if s in step.came_from),
        to=say("paths.stays") if step.to == "=" else named.state(step.to, subject),
        by=comma.join(sorted(named.role(r.value) for r in step.by)),
        when=comma.join(named.guard(w) for w in step.when),
        needs=comma.join(named.need(n) for n in step.needs),
        clocks=clock_effects(step, named.clock),
    )


def _chosen_by(path: Path, city: City, named: Names) -> str:
    """Which reports take this path."""
    told_by = []
    for choice in city.paths.choices:
        if choice.path == path.name:
            parts = [named.nature(n) for n in sorted(choice.natures)]
            parts += [named.source(s) for s in sorted(choice.sources)]
            parts += [say(f"kind.{k}") for k in sorted(choice.kinds) if k]
            told_by.append(say("list.comma").join(parts) or say("paths.all_others"))
    return say("list.semicolon").join(told_by)
