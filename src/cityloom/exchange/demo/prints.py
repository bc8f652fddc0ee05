"""Rows of many cases, printed from lives that were lived once.

Cases whose lives took the same steps differ in names, moments and texts only. So each kind of life is lived once
through the rules of casework (`living.py`), in a city of one area and a few units whose every name, number and
moment is a mark; its rows, written as COPY text, become a stencil with a slot for each mark. A case of that kind is
a print of it: its own values in the slots, its due moments by `sla`, its entries chained by their own hashes.
A test holds prints against lives.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from operator import itemgetter
from typing import Any

from cityloom.base.crypto import canonical
from cityloom.base.errors import CityloomError
from cityloom.cases.copying import row_text
from cityloom.cases.keeping import chain_seed
from cityloom.cases.promises import limit_of, promises_nothing
from cityloom.cases.values import Case, CaseFile, Entry, Place, Report, Request, RunningClock, Task
from cityloom.city.clock_values import ClockUnit, Limit, WorkCalendar, WorkHours
from cityloom.city.snapshot_values import City
from cityloom.city.values import Area, Component, Duty, Name, Post, Role, Span, Unit
from cityloom.exchange.demo.living import Living, entry_of, number_of
from cityloom.exchange.demo.plans import Heard, Plan, Step, moment
from cityloom.sla.clocks import due_at, resumed_due

TABLES = (Case, Report, Task, RunningClock, Request, Entry)
Texts = tuple[str, ...]  # COPY lines of one case, by table
NameOf = Callable[[Plan, int], str]
Fill = tuple[str, Callable[[Sequence[str]], tuple[str, ...]]]

STENCILS = 400  # kept at most, some 25 kB each; the kinds that come often are fewer

_FIRST_ID = 8_100_000_000_000_000_000
_REPORTER = 8_300_000_000_000_000_000
_CELL = 8_200_000_000_000_000_000
_LIMIT, _LIMIT_UNIT = 977.0, ClockUnit.NATURAL_DAY.value  # a unit that few clocks but those of a standard have
_LON, _LAT = 111.11111119, 11.11111119
_BEGINS = datetime(2400, 1, 3, tzinfo=UTC)
_MARKS = (
    "\ue000[a-z]+[0-9]*\ue001|8[123][0-9]{17}|24[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+\\+00:00|face[0-9a-f]{60}|"
    f"fade[0-9a-f]{{28}}|{re.escape(repr(_LON))}|{re.escape(repr(_LAT))}|{re.escape(repr(_LIMIT))}"
    r"|\bnatural_day\b"
)
_MARK = re.compile(_MARKS)
_MARK_SETTLED = re.compile(_MARKS + r"|\bpartly\b|\bbasically\b")
_SETTLED = Heard("yes", "partly", "basically")  # stands for every outcome that settles a case
_MANUAL = frozenset({"redispatch", "pass_on", "dispatch"})


def rows_of(file: CaseFile, entries: Sequence[Entry]) -> tuple[Sequence[Any], ...]:
    """The rows of a case in the order of `TABLES`."""
    return ([file.case], file.reports, file.tasks, file.clocks, file.requests, entries)


def quiet(city: City) -> City:
    """The city without its ladder of escalation, which cases of the past did not climb."""
    limits = {**city.settings.limits, "repeat_reports": 1e9, "repeat_reopenings": 1e9}
    settings = replace(city.settings, escalation_h=(), limits=limits)
    return replace(city, config=replace(city.config, settings=settings))


def kind_of(plan: Plan) -> tuple[Any, ...]:
    """What two plans must share to be printed from one stencil."""
    matter, standard = plan.matter, plan.standard
    limit = None
    if standard is not None:
        limit = (standard.hours, standard.urgency, standard.limit is None)
    settled = _settled_once(plan)
    return (
        plan.source, matter.kind, matter.nature, matter.verify, matter.check, limit, plan.place.lon is None,
        plan.component is None, plan.by_register, plan.hold, len(plan.assists[0]) if plan.assists else 0,
        bool(plan.leads), tuple((s.source, s.language, s.reporter is None, s.by.role) for s in plan.said),
        tuple((s.about, s.move, s.by.role, bool(s.note), s.word, bool(s.unit), s.number,
               _SETTLED if i == settled else s.heard, s.is_late) for i, s in enumerate(plan.steps)),
    )  # fmt: skip


def _settled_once(plan: Plan) -> int | None:
    """The number of the one callback that settled the case, whose outcome is then a slot; None where it matters to
    what comes after or there are several."""
    heard = [i for i, step in enumerate(plan.steps) if step.heard and step.heard.solved in ("yes", "partly")]
    if len(heard) != 1 or any(step.move == "reopen" for step in plan.steps[heard[0] :]):
        return None
    return heard[0]


def is_printable(plan: Plan) -> bool:
    """Whether a stencil can hold this life: every dispatch by the system went the same, known way."""
    standard = plan.standard
    return (
        (bool(plan.leads) or plan.hold or plan.place.lon is None or plan.matter.nature in ("praise", "unlawful"))
        and (standard is None or not (standard.after_hours or standard.due_time))
        and len(set(plan.leads)) <= 1
        and len(set(plan.assists)) <= 1
        and plan.by_register in ("", "keeper", "owner")
        and all(r.unit != plan.leads[0] for r in plan.steps if r.unit and plan.leads)
    )


@dataclass(frozen=True)
class _Due:
    """How a due moment is reckoned: the limit of a kind of clock from a start, or an older one after a pause."""

    slot: int
    kind: str
    start: int
    paused: int = -1
    resumed: int = -1


@dataclass(frozen=True)
class _Vouched:
    """A text that an entry vouches for: the words of a report or the note of a step, with its salt and digest."""

    seq: int
    salt: int
    digest: int
    is_words: bool
    number: int


@dataclass(frozen=True)
class Stencil:
    """The rows of one kind of life with slots; `print` fills them."""

    slots: int
    ids: int
    names: tuple[tuple[int, NameOf, int], ...]  # slot, what gives its text, number of the step or report
    moments: tuple[tuple[int, int], ...]  # slot and number of the step (0: the report)
    dues: tuple[_Due, ...]
    vouched: tuple[_Vouched, ...]
    links: tuple[tuple[Fill, int], ...]  # the text of each entry in the chain, and the slot of its hash
    tables: tuple[Fill, ...]
    id_slots: tuple[tuple[int, int], ...]
    seed_slot: int
    number_slot: int
    areas_slot: int
    reporters: tuple[tuple[int, int], ...]

    def print(self, plan: Plan, first_id: int, reporters: Sequence[int], press: Press) -> Texts | None:
        """The COPY lines of a case with ids from `first_id` on; None where a due moment is only provisional."""
        filled: list[str] = [""] * self.slots
        for slot, number in self.id_slots:
            filled[slot] = str(first_id + number)
        for slot, name_of, number in self.names:
            filled[slot] = name_of(plan, number)
        for slot, number in self.reporters:
            filled[slot] = str(reporters[plan.said[number].reporter or 0])
        name = filled[self.number_slot] = press.number(plan, first_id)
        filled[self.areas_slot] = press.areas(plan.place.areas)
        at: list[datetime] = [moment(plan.opened_at), *(moment(step.at) for step in plan.steps)]
        known: dict[int, datetime] = {}
        for slot, number in self.moments:
            known[slot] = at[number]
            filled[slot] = at[number].isoformat()
        for due in self.dues:
            reckoned = press.due(plan, due, known)
            if reckoned is None:
                return None
            known[due.slot] = reckoned
            filled[due.slot] = reckoned.isoformat()
        for each in self.vouched:
            text = plan.said[each.number].words if each.is_words else plan.steps[each.number - 1].note
            salt = press.salt(plan.number, each.seq)
            filled[each.salt] = salt.hex()
            filled[each.digest] = hashlib.sha256(salt + text.encode()).hexdigest()
        head = chain_seed(press.city.code, name)
        filled[self.seed_slot] = head.hex()
        for (text, take), slot in self.links:
            head = hashlib.sha256(head + (text % take(filled)).encode()).digest()
            filled[slot] = head.hex()
        return tuple([text % take(filled) for text, take in self.tables])


class Press:
    """Prints the cases of one city; keeps a stencil for each kind of life that it meets again."""

    def __init__(self, city: City, seed: int) -> None:
        self.city = quiet(city)  # as the past was lived
        self.present = city
        self.tz: tzinfo = city.calendar().tz
        self._seed = seed
        self._stencils: dict[tuple[Any, ...], Stencil | None] = {}  # the one used last stands last
        self._met: set[int] = set()  # hashes of the kinds
        self._limits: dict[tuple[str, str | None, str], Limit | None] = {}
        self.areas: Callable[[tuple[str, ...]], str] = lru_cache(maxsize=None)('","'.join)

    def stencil(self, plan: Plan) -> Stencil | None:
        """The stencil of the plan's kind; None where it cannot be printed, or is met for the first time.

        Most kinds never come again, and to cut a stencil costs more than to live one case.
        """
        if not is_printable(plan):
            return None
        kind = kind_of(plan)
        if kind in self._stencils:
            self._stencils[kind] = self._stencils.pop(kind)
        elif hash(kind) in self._met:
            self._stencils[kind] = cut_stencil(plan, self.city)
            if len(self._stencils) > STENCILS:
                del self._stencils[next(iter(self._stencils))]
        else:
            self._met.add(hash(kind))
        return self._stencils.get(kind)

    @property
    def kinds(self) -> int:
        return len(self._met)

    def salt(self, index: int, seq: int) -> bytes:
        """The salt of an entry's text; the city is made up, so its salts may come from its seed."""
        return hashlib.sha256(b"%d:%d:%d" % (self._seed, index, seq)).digest()[:16]

    def limit(self, plan: Plan, kind: str) -> Limit | None:
        """How long a kind of clock runs for this case; None where its standard promises nothing."""
        standard = plan.standard
        key = (kind, standard.code if standard else None, plan.matter.code)
        if key not in self._limits:
            rule = self.city.paths.clocks[kind]
            urgency = standard.urgency.value if standard else "ordinary"
            nothing = promises_nothing(rule, standard)
            self._limits[key] = None if nothing else limit_of(rule, standard, urgency)
        return self._limits[key]

    def due(self, plan: Plan, due: _Due, known: dict[int, datetime]) -> datetime | None:
        limit = self.limit(plan, due.kind)
        assert limit is not None
        calendar = self.city.calendar()
        if due.paused < 0:
            reckoned = due_at(known[due.start], limit, calendar)
        else:
            within = calendar.with_hours(limit.hours)
            reckoned = resumed_due(known[due.start], known[due.paused], known[due.resumed], limit.unit, within)
        return None if reckoned.provisional else reckoned.at.astimezone(UTC)

    def number(self, plan: Plan, case_id: int) -> str:
        return number_of(moment(plan.opened_at), case_id, self.tz)


def _escaped(text: str) -> str:
    if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return text


def _amount(plan: Plan, _: int) -> str:
    assert plan.standard is not None
    assert plan.standard.limit is not None
    return repr(float(plan.standard.limit))


def _outcome(plan: Plan) -> Heard:
    settled = _settled_once(plan)
    assert settled is not None
    heard = plan.steps[settled].heard
    assert heard is not None
    return heard


_PLAIN: dict[str, NameOf] = {
    "class": lambda plan, _: plan.matter.code,
    "standard": lambda plan, _: plan.standard.code if plan.standard else "",
    "component": lambda plan, _: plan.component or "",
    "area": lambda plan, _: plan.place.area or "",
    "address": lambda plan, _: _escaped(plan.place.address),
    "lead": lambda plan, _: plan.leads[0],
    "lon": lambda plan, _: repr(plan.place.lon),
    "lat": lambda plan, _: repr(plan.place.lat),
    "cell": lambda plan, _: str(plan.place.cell),
    "amount": _amount,
    "limitunit": lambda plan, _: (plan.standard.unit or "") if plan.standard else "",
    "solved": lambda plan, _: _outcome(plan)[1] or "",
    "satisfied": lambda plan, _: _outcome(plan)[2] or "",
}
_OF_STEP: dict[str, NameOf] = {
    "assist": lambda plan, number: plan.assists[0][number],
    "words": lambda plan, number: _escaped(plan.said[number].words),
    "taker": lambda plan, number: plan.said[number].by.login,
    "takerunit": lambda plan, number: plan.said[number].by.unit or "",
    "mark": lambda plan, number: (plan.said[number].mark or b"").hex(),
    "login": lambda plan, number: plan.steps[number - 1].by.login,
    "unit": lambda plan, number: plan.steps[number - 1].by.unit or "",
    "to": lambda plan, number: plan.steps[number - 1].unit,
    "note": lambda plan, number: _escaped(plan.steps[number - 1].note),
}


@lru_cache(maxsize=4096)
def _split(name: str) -> tuple[str, int]:
    word = name.rstrip("0123456789")
    return word, int(name[len(word) :])


# --- cutting ----------------------------------------------------------------------------------------------------


def cut_stencil(plan: Plan, city: City) -> Stencil | None:
    """Live a plan of this kind with marks for names and make its rows a stencil; None when its moments cannot be
    put in the order that the plan gives them; such a case is lived instead."""
    return _Cutter(plan, city).cut()


class _OutOfOrder(Exception):
    """The marked life cannot take the steps in this order."""


class _Cutter:
    def __init__(self, plan: Plan, city: City) -> None:
        self._plan = plan
        self._real = city
        self._city = _marked_city(plan, city)
        self._slots: dict[str, int] = {}
        self._moments: dict[str, int] = {}  # text of a moment: number of the step
        self._dues: list[tuple[str, str, str, str, str]] = []  # text, kind, start, paused, resumed
        self._seen: dict[int, RunningClock] = {}
        self._settled = _settled_once(plan)
        self._mark = _MARK if self._settled is None else _MARK_SETTLED

    def cut(self) -> Stencil | None:
        drawn: list[int] = []

        def new_id() -> int:
            drawn.append(_FIRST_ID + len(drawn))
            return drawn[-1]

        reporters = [_REPORTER + i for i in range(len(self._plan.said))]
        living = Living(self._marked_plan(), self._city, new_id, UTC, reporters)
        try:
            self._take_steps(living)
        except (_OutOfOrder, CityloomError):  # hours that matter to the rules are not hours among marks
            return None
        lived = living.lived
        file = lived.file.with_case(number=_mark("number"))
        words = {r.id: r.words for r in file.reports}
        entries, links, vouched = [], [], []
        previous = _hash_mark(0)
        for seq, told in enumerate(lived.history, 1):
            entry = entry_of(file.case, told, seq, new_id(), previous, words, _salt_mark)
            if entry.text_digest is not None:
                entry = replace(entry, text_digest=_digest_mark(seq))
                text = told.draft.text or words[told.draft.words_of or 0]
                word, number = _split(text[1:-1])
                vouched.append((seq, word == "words", number))
            previous = _hash_mark(seq)
            entries.append(replace(entry, hash=previous))
            links.append(self._fill(_link_text(entry)))
        file = file.with_case(seq=len(entries), head=previous)
        if any(c.unit == _LIMIT_UNIT and not self._city.paths.clocks[c.kind].from_standard for c in file.clocks):
            return None
        rows = rows_of(file, entries)
        tables = tuple(self._fill("".join(map(row_text, each))) for each in rows)
        return self._stencil(len(drawn), tables, links, vouched)

    def _stencil(
        self, ids: int, tables: tuple[Fill, ...], links: list[Fill], vouched: list[tuple[int, bool, int]]
    ) -> Stencil:
        dues = tuple(
            _Due(self._slot(text), kind, self._slot(start), *(self._slot(t) if t else -1 for t in (paused, resumed)))
            for text, kind, start, paused, resumed in self._dues
        )
        moments = tuple((self._slot(text), number) for text, number in self._moments.items())
        told = tuple(
            _Vouched(seq, self._slot(_salt_mark(seq).hex()), self._slot(_digest_mark(seq).hex()), is_words, number)
            for seq, is_words, number in vouched
        )
        seed_slot = self._slot(_hash_mark(0).hex())
        hashes = [self._slot(_hash_mark(seq).hex()) for seq in range(1, len(links) + 1)]
        names: list[tuple[int, NameOf, int]] = []
        id_slots, reporters = [], []
        for text, slot in self._slots.items():
            if text.startswith("81"):
                id_slots.append((slot, int(text) - _FIRST_ID))
            elif text.startswith("83"):
                reporters.append((slot, int(text) - _REPORTER))
            elif text in _NUMBERS:
                names.append((slot, _PLAIN[_NUMBERS[text]], 0))
            elif text.startswith("face02"):
                names.append((slot, _OF_STEP["mark"], int(text[6:10], 16)))
            elif text.startswith("\ue000") and text[1:-1] in _PLAIN:
                names.append((slot, _PLAIN[text[1:-1]], 0))
            elif text.startswith("\ue000") and text[1:-1] not in ("number", "areas"):
                word, number = _split(text[1:-1])
                names.append((slot, _OF_STEP[word], number))
        return Stencil(
            len(self._slots), ids, tuple(names), moments, dues, told, tuple(zip(links, hashes, strict=True)), tables,
            tuple(id_slots), seed_slot, self._slot(_mark("number")), self._slot(_mark("areas")), tuple(reporters),
        )  # fmt: skip

    # --- marks ---

    def _marked_plan(self) -> Plan:
        """The plan with marks, its steps left out."""
        plan, at = self._plan, _BEGINS
        self._moments = {at.isoformat(): 0}
        marked_said = tuple(
            each._replace(
                at=_second(at), words=_mark(f"words{i}"),
                by=_marked_post(each.by, f"taker{i}", "takerunit", i),
                reporter=i if each.reporter is not None else None, mark=_bytes_mark(2, i),
            )
            for i, each in enumerate(plan.said)
        )  # fmt: skip
        place = plan.place
        marked = Plan(
            number=0,
            source=plan.source,
            matter=replace(plan.matter, code=_mark("class"), parent=None, valid=Span()),
            standard=self._city.standards[_mark("class")][0] if plan.standard else None,
            place=Place(areas=(_mark("areas"),), address=_mark("address"))
            if place.lon is None
            else Place(_LON, _LAT, _mark("area"), (_mark("areas"),), _CELL, _mark("address")),
            component=_mark("component") if plan.component else None,
            said=marked_said,
            hold=plan.hold,
            steps=(),
        )
        return marked

    def _take_steps(self, living: Living) -> None:
        """Each step of the plan with marks: an odd hour after the one before, so that no step falls on a due moment;
        once the promise has passed, seconds after it."""
        self._watch(living.lived.file)
        gap, lead, at = timedelta(seconds=3617), _mark("lead"), _BEGINS
        for number, step in enumerate(self._plan.steps, 1):
            at += gap
            if step.about == "clock":
                at, gap = self._due_of(living, step.word, at - gap), timedelta(seconds=7)
            elif step.is_late and (passed := self._promised(living)) is not None and passed >= at:
                at, gap = passed + timedelta(seconds=7), timedelta(seconds=7)
            if step.about != "clock":
                self._moments[at.isoformat()] = number
            unit = _mark(f"to{number}") if step.unit else ""
            by = self._marked_by(step, number, lead)
            note = _mark(f"note{number}") if step.note else ""
            if step.about == "join":
                living.plan = living.plan._replace(
                    said=tuple(
                        s._replace(at=_second(at)) if i == step.number else s for i, s in enumerate(living.plan.said)
                    )
                )
            heard = _SETTLED if number - 1 == self._settled else step.heard
            living.take(step._replace(at=_second(at), by=by, note=note, unit=unit, heard=heard))
            self._watch(living.lived.file)
            if step.unit and step.move in _MANUAL:
                lead = unit
            elif step.move == "reopen":
                lead = _mark("lead")

    def _marked_by(self, step: Step, number: int, lead: str) -> Post:
        if step.by.role is Role.HANDLER:
            unit = _mark(f"assist{step.number}") if step.about == "task" else lead
            return Post(_mark(f"login{number}"), Role.HANDLER, unit)
        return _marked_post(step.by, f"login{number}", "unit", number)

    @staticmethod
    def _due_of(living: Living, kind: str, since: datetime) -> datetime:
        """When the running clock of that kind falls due in the marked life."""
        clock = next((c for c in living.lived.file.clocks if c.kind == kind and c.state == "running"), None)
        if clock is None or clock.due_at < since:
            raise _OutOfOrder
        return clock.due_at

    @staticmethod
    def _promised(living: Living) -> datetime | None:
        promises = [c.due_at for c in living.lived.file.clocks if c.kind == "promise"]
        return promises[-1] if promises else None

    def _watch(self, file: CaseFile) -> None:
        """Remember how each due moment came about."""
        for clock in file.clocks:
            before = self._seen.get(clock.id)
            text = clock.due_at.astimezone(UTC).isoformat()
            if before is None:
                start = clock.started_at.astimezone(UTC).isoformat()
                self._add_due((text, clock.kind, start, "", ""))
            elif before.due_at != clock.due_at:
                was = before.due_at.astimezone(UTC).isoformat()
                assert before.paused_at is not None
                resumed = file.case.state_since
                assert resumed is not None
                pair = (before.paused_at.isoformat(), resumed.isoformat())
                self._add_due((text, clock.kind, was, *pair))
            self._seen[clock.id] = clock

    def _add_due(self, due: tuple[str, str, str, str, str]) -> None:
        if all(known[0] != due[0] for known in self._dues):
            self._dues.append(due)

    # --- slots ---

    def _slot(self, text: str) -> int:
        return self._slots.setdefault(text, len(self._slots))

    def _fill(self, text: str) -> Fill:
        """The text with `%s` for each mark, and what takes the values for them."""
        found = [self._slot(match.group()) for match in self._mark.finditer(text)]
        parts = [part.replace("%", "%%") for part in self._mark.split(text)]
        take: Callable[[Sequence[str]], tuple[str, ...]]
        if not found:
            take = _nothing
        elif len(found) == 1:
            take = _only(found[0])
        else:
            take = itemgetter(*found)
        return "%s".join(parts), take


def _nothing(_: Sequence[str]) -> tuple[str, ...]:
    return ()


def _only(slot: int) -> Callable[[Sequence[str]], tuple[str, ...]]:
    return lambda values: (values[slot],)


_WORDS = {"natural_day": "limitunit", "partly": "solved", "basically": "satisfied"}
_NUMBERS = {**_WORDS, repr(_LON): "lon", repr(_LAT): "lat", repr(_LIMIT): "amount", str(_CELL): "cell"}


def _link_text(entry: Entry) -> str:
    """What the hash of the entry is taken over, as `keeping.link_hash` has it."""
    told = [
        entry.case_id, entry.seq, entry.version, entry.subject, entry.subject_id, entry.move, entry.from_state,
        entry.to_state, entry.by_login, entry.by_role, entry.by_unit, entry.reason, entry.changes,
        entry.text_digest.hex() if entry.text_digest else None, entry.occurred_at.isoformat(),
        entry.recorded_at.isoformat(),
    ]  # fmt: skip
    return canonical(told).decode()


def _mark(name: str) -> str:
    return f"\ue000{name}\ue001"


def _bytes_mark(kind: int, number: int) -> bytes:
    return bytes.fromhex(f"face{kind:02x}{number:04x}") + b"\x5a" * 27


def _hash_mark(seq: int) -> bytes:
    return _bytes_mark(0, seq)


def _digest_mark(seq: int) -> bytes:
    return _bytes_mark(1, seq)


def _salt_mark(seq: int) -> bytes:
    return bytes.fromhex(f"fade{seq:04x}") + b"\x5a" * 12


def _second(at: datetime) -> int:
    return int(at.timestamp())


def _marked_post(post: Post, login: str, unit: str, number: int) -> Post:
    if post.role in (Role.SYSTEM, Role.RESIDENT):
        return post
    return Post(_mark(login), post.role, _mark(f"{unit}{number}"))


def _marked_city(plan: Plan, city: City) -> City:
    """A city of one area and one class, whose year has neither nights nor holidays, owed as the plan says."""
    area, code, lead = _mark("area"), _mark("class"), _mark("lead")
    assists = [_mark(f"assist{n}") for n in range(len(plan.assists[0]) if plan.assists else 0)]
    units = {u: Unit(u, None, "unit", Name(u, u)) for u in (lead, *assists)}
    above = lead
    for number, step in enumerate(plan.steps, 1):
        if step.unit:
            units[_mark(f"to{number}")] = Unit(_mark(f"to{number}"), above, "unit", Name("", ""))
            above = _mark(f"to{number}")
    duties = [Duty(code, "*", unit, "assist", order) for order, unit in enumerate(assists, 1)]
    if plan.leads and not plan.by_register:
        duties.append(Duty(code, "*", lead, "lead"))
    standard = plan.standard
    marked_standard = standard and replace(
        standard,
        code=_mark("standard"),
        class_code=code,
        limit=None if standard.limit is None else _LIMIT,
        unit=None if standard.limit is None else _LIMIT_UNIT,
        default=True,
        valid=Span(),
    )
    component = Component(
        _mark("component"), code, _LON, _LAT,
        owner=lead if plan.by_register == "owner" else None, keeper=lead if plan.by_register == "keeper" else None,
    )  # fmt: skip
    days = range(7)
    hours = {profile.name for profile in city.calendar().profiles}
    always = tuple(WorkHours.parse("00:00-24:00", name, days) for name in hours)
    return replace(
        city,
        areas={area: Area(area, None, "city", Name(area, area))},
        units=units,
        classes={code: replace(plan.matter, code=code, parent=None, valid=Span())},
        standards={code: (marked_standard,)} if marked_standard else {},
        duties=tuple(duties),
        components={_mark("component"): component} if plan.by_register else {},
        calendars={"": WorkCalendar(zone="UTC", profiles=always, first_year=2400, last_year=2999)},
        posts={},
    )
