"""The status tables drawn: as Markdown for the docs and as arcs for a page. Pure; the tables are the only source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cityloom.base.reasons import Reason, render
from cityloom.cases import reasons as _worded  # noqa: F401 (registers the sentences)
from cityloom.city.paths import (
    ALL,
    CASE_MOVES,
    CASE_STATES,
    END_STATES,
    GUARDS,
    NEEDS,
    REPORT_MOVES,
    REPORT_STATES,
    TASK_MOVES,
    TASK_STATES,
    Path,
    Paths,
    Step,
    parse_paths,
)
from cityloom.city.values import Name

Naming = Callable[[str], str]
# Ends that can be reached from almost everywhere; drawn beside the picture so that the way stays readable.
FROM_EVERYWHERE = frozenset({"withdraw", "void"})


class Arrow(NamedTuple):
    """Between two states of a path: the moves that lead from one to the other, in the order of the table."""

    start: str
    end: str
    moves: tuple[str, ...]


@dataclass(frozen=True)
class Arc:
    """Arrows with the same moves to the same state, with their rows from the top and a lane beside the states.

    Lane 0 is next to the states; what leads on to the next state alone has no lane.
    """

    start_rows: tuple[int, ...]
    end_row: int
    moves: tuple[str, ...]
    lane: int = 0

    @property
    def is_forward(self) -> bool:
        return self.end_row > self.start_rows[0]

    @property
    def is_next(self) -> bool:
        return self.start_rows == (self.end_row - 1,)

    @property
    def span(self) -> tuple[int, int]:
        """The rows it runs along, the smaller first."""
        return min(*self.start_rows, self.end_row), max(*self.start_rows, self.end_row)


def arrows_of(path: Path, without: frozenset[str] = frozenset()) -> list[Arrow]:
    """Every pair of states with the moves between them; staying where one is makes no arrow."""
    found: dict[tuple[str, str], list[str]] = {}
    for state in path.states():
        for step in path.steps_from(state):
            there = step.next_state(state)
            if there != state and step.move not in without:
                moves = found.setdefault((state, there), [])
                if step.move not in moves:
                    moves.append(step.move)
    return [Arrow(start, end, tuple(moves)) for (start, end), moves in found.items()]


def arcs_of(path: Path) -> tuple[list[str], list[Arc]]:
    """The states from top to bottom and the arcs beside them, long ones in outer lanes; none overlap in a lane."""
    drawn = arrows_of(path, FROM_EVERYWHERE)
    states = [s for s in path.states() if any(s in (a.start, a.end) for a in drawn)] or list(path.states())
    row = {state: number for number, state in enumerate(states)}
    grouped: dict[tuple[int, tuple[str, ...], str], list[int]] = {}
    for arrow in drawn:
        start, end = row[arrow.start], row[arrow.end]
        way = "next" if end == start + 1 else "skip" if end > start else "back"
        grouped.setdefault((end, arrow.moves, way), []).append(start)
    arcs = [Arc(tuple(sorted(starts)), end, moves) for (end, moves, _), starts in grouped.items()]
    lanes: dict[bool, list[list[tuple[int, int]]]] = {True: [], False: []}
    placed = []
    for arc in sorted(arcs, key=lambda a: (a.span[1] - a.span[0], a.span)):
        lane = 0 if arc.is_next else _free_lane(lanes[arc.is_forward], *arc.span)
        placed.append(replace(arc, lane=lane))
    return states, placed


def _free_lane(lanes: list[list[tuple[int, int]]], low: int, high: int) -> int:
    """The innermost lane in which nothing overlaps these rows, taken for them."""
    for number, taken in enumerate(lanes):
        if all(high <= a or low >= b for a, b in taken):
            taken.append((low, high))
            return number
    lanes.append([(low, high)])
    return len(lanes) - 1


def steps_by_move(steps: Iterable[Step]) -> dict[str, list[Step]]:
    """The rows of a table under their moves, in order."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.move, []).append(step)
    return found


# --- Markdown ---------------------------------------------------------------------------------------------------

_HEAD = """\
# The paths of a case

Each kind of case moves by a status table. These are the tables that Cityloom ships
(`src/cityloom/city/standard_paths.toml`); a city changes them in its `paths.toml`. This page is made from them by
`cityloom docs paths`, and a test keeps it equal to them.

Clocks: ▶ starts, ■ stops (`*`: every clock of the case but dated promises), ⏸ pauses, ⏵ resumes, ⏩ extends. Moves
without an arrow in a picture leave the case in its state. Where somebody has to agree, the move is asked for first
and made when a second person grants it.
"""


def paths_markdown(paths: Paths | None = None) -> str:
    """All paths as Mermaid state diagrams with their tables; without an argument the shipped ones."""
    shown = paths or parse_paths(None)
    parts = [_HEAD, _choices(shown), _clocks(shown)]
    parts += [_path(p) for p in shown.paths.values()]
    parts.append(_table("Assisting and whistled units", shown.task_steps, TASK_STATES, TASK_MOVES))
    parts.append(_table("Single reports", shown.report_steps, REPORT_STATES, REPORT_MOVES))
    return "\n".join(parts)


def _choices(paths: Paths) -> str:
    rows = [
        [paths.paths[c.path].title.en, _words(c.sources), _words(c.kinds), _words(c.natures)] for c in paths.choices
    ]
    return "## Which path a report takes\n\nThe first row that fits decides.\n\n" + _grid(
        ["path", "source", "kind of class", "nature"], rows
    )


def _words(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "any"


def _clocks(paths: Paths) -> str:
    rows = []
    for rule in paths.clocks.values():
        limit = f"{rule.limit:g} {rule.unit}".replace("_", " ")
        if rule.from_standard:
            limit = f"as the standard says, else {limit}"
        if rule.urgent_limit is not None:
            limit += f"; urgent: {rule.urgent_limit:g} {rule.urgent_unit or rule.unit}".replace("_", " ")
        if rule.given_end:
            limit = "until the date that comes with the move"
        for code, (amount, unit) in rule.by_reason.items():
            limit += f"; {render(Reason(code), 'en')}: {amount:g} {unit}".replace("_", " ")
        begins = "from the end of the promise" if rule.from_promise_end else ""
        begins += "outlives the case" if rule.outlives else ""
        rows.append([f"{rule.title.en} {rule.title.zh}", limit, begins])
    return "## Clocks\n\n" + _grid(["what is owed", "limit", "begins"], rows)


def _path(path: Path) -> str:
    lines = [f"## {path.title.en} {path.title.zh}", ""]
    callback = "Every reporter is called back." if path.callback else "There is no callback."
    lines += [f"`{path.name}`: starts as {_named(CASE_STATES, path.start)}. {callback}", "", "```mermaid"]
    lines += ["stateDiagram-v2", f"    [*] --> {path.start}"]
    for arrow in arrows_of(path, FROM_EVERYWHERE):
        moves = ", ".join(CASE_MOVES[m].en for m in arrow.moves)
        lines.append(f"    {arrow.start} --> {arrow.end}: {moves}")
    lines += [f"    {state} --> [*]" for state in path.states() if state in END_STATES]
    lines += ["```", ""]
    return "\n".join(lines) + "\n" + _rows(path.steps, CASE_STATES, CASE_MOVES)


def _table(title: str, steps: Sequence[Step], states: Mapping[str, Name], moves: Mapping[str, Name]) -> str:
    return f"## {title}\n\n" + _rows(steps, states, moves)


def _rows(steps: Sequence[Step], states: Mapping[str, Name], moves: Mapping[str, Name]) -> str:
    rows = []
    for step in steps:
        order = [s for s in states if s in step.came_from]
        rows.append(
            [
                _named(moves, step.move),
                ", ".join(states[s].en for s in order),
                "stays" if step.to == "=" else states[step.to].en,
                ", ".join(sorted(r.value.replace("_", " ") for r in step.by)),
                "; ".join(GUARDS[w].en for w in step.when),
                ", ".join(NEEDS[n].en for n in step.needs),
                clock_effects(step, lambda name: name.replace("_", " ")),
                ", ".join(sorted(r.value.replace("_", " ") for r in step.approved_by)),
            ]
        )
    return _grid(["move", "from", "to", "by", "when", "needs", "clocks", "agreed to by"], rows)


def clock_effects(step: Step, named: Naming) -> str:
    """What a step does to the clocks, in signs and names."""
    signs = (("▶", step.starts), ("■", step.stops), ("⏸", step.pauses), ("⏵", step.resumes), ("⏩", step.extends))
    return " ".join(f"{sign} {_clocks_named(clocks, named)}" for sign, clocks in signs if clocks)


def _clocks_named(clocks: Sequence[str], named: Naming) -> str:
    return ", ".join(ALL if c == ALL else named(c) for c in clocks)


def _named(table: Mapping[str, Name], code: str) -> str:
    return f"{table[code].en} {table[code].zh}"


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell or " " for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
