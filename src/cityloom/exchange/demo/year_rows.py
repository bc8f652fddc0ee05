"""Plans as COPY lines: printed where the kind of life can be printed, lived where it cannot or is not over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cityloom.base.errors import CityloomError
from cityloom.cases.copying import row_text
from cityloom.exchange.demo.living import chain, live_plan
from cityloom.exchange.demo.plans import Plan
from cityloom.exchange.demo.prints import Press, Texts, rows_of


@dataclass
class Made:
    """How many cases were made in which way. `refused`: plans that the rules of casework refused, by error code."""

    cases: int = 0
    lived: int = 0
    open: int = 0
    rows: int = 0
    entries: int = 0
    digest: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    def add(self, other: Made) -> None:
        for name in ("cases", "lived", "open", "rows", "entries"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.digest = (self.digest + other.digest) % 2**64
        for code, count in other.refused.items():
            self.refused[code] = self.refused.get(code, 0) + count


class IdRuns:
    """Ids in runs without a gap, all of one length, so that their texts sort as they do."""

    def __init__(self, take: Callable[[int], Sequence[int]], at_once: int = 50_000) -> None:
        self._take, self._at_once = take, at_once
        self._runs: Iterator[range] = iter(())
        self._run = range(0)

    def run(self, count: int) -> int:
        """The first of so many ids in a row."""
        while True:
            first, last = self._run.start, self._run.start + count - 1
            if len(self._run) >= count and len(str(first)) == len(str(last)):
                self._run = range(last + 1, self._run.stop)
                return first
            self._run = next(self._runs, range(0))
            if not self._run:
                self._runs = iter(_in_a_row(self._take(self._at_once)))

    def one(self) -> int:
        return self.run(1)


def _in_a_row(numbers: Sequence[int]) -> list[range]:
    runs, begin = [], 0
    for i in range(1, len(numbers) + 1):
        if i == len(numbers) or numbers[i] != numbers[i - 1] + 1:
            runs.append(range(numbers[begin], numbers[i - 1] + 1))
            begin = i
    return runs


class RowMaker:
    """Makes the lines of one plan after the other."""

    def __init__(self, press: Press, ids: IdRuns, reporters: Sequence[int], until: datetime) -> None:
        self._press, self._ids, self._reporters, self._until = press, ids, reporters, until
        self.made = Made()

    def lines(self, plan: Plan) -> Texts | None:
        """The COPY lines of the case by table; None for a plan that the rules refuse, which is counted."""
        texts = None
        if not plan.is_open:
            stencil = self._press.stencil(plan)
            if stencil is not None:
                texts = stencil.print(plan, self._ids.run(stencil.ids), self._reporters, self._press)
        if texts is None:
            try:
                texts = self._live(plan)
            except CityloomError as refusal:
                code = refusal.reason.code
                self.made.refused[code] = self.made.refused.get(code, 0) + 1
                return None
            self.made.lived += 1
        self.made.cases += 1
        self.made.rows += sum(text.count("\n") for text in texts)
        self.made.entries += texts[-1].count("\n")
        self.made.digest = (self.made.digest + digest_of(plan)) % 2**64
        return texts

    def _live(self, plan: Plan) -> Texts:
        press = self._press
        new_id = _Ascending(self._ids).one
        until, city = (self._until, press.present) if plan.is_open else (None, press.city)
        lived = live_plan(plan, city, new_id, press.tz, self._reporters, warned_until=until)
        file, entries = chain(lived, press.city.code, new_id, lambda seq: press.salt(plan.number, seq))
        self.made.open += not file.case.has_ended
        return tuple(["".join(map(row_text, each)) for each in rows_of(file, entries)])


class _Ascending:
    """Ids of one case, ascending and mostly in a row."""

    def __init__(self, ids: IdRuns, at_once: int = 60) -> None:
        self._ids, self._at_once = ids, at_once
        self._left = iter(range(0))

    def one(self) -> int:
        drawn = next(self._left, None)
        if drawn is None:
            first = self._ids.run(self._at_once)
            self._left = iter(range(first + 1, first + self._at_once))
            return first
        return drawn


def digest_of(plan: Plan) -> int:
    """A number for all that a plan tells, the same for the same seed on every machine."""
    first, steps = plan.said[0], plan.steps
    told = (
        plan.source, plan.matter.code, plan.place.address, plan.component or "", *(said.words for said in plan.said),
        first.by.login, str(first.at), str(first.reporter), *(step.move for step in steps),
        *(step.by.login for step in steps), *(step.note for step in steps), *(str(step.at) for step in steps),
    )  # fmt: skip
    return int.from_bytes(hashlib.blake2b("\0".join(told).encode(), digest_size=8).digest(), "big")
