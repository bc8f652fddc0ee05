"""Lists for an outside call centre: who is to be called goes out by token, what was heard comes back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.cases.actions.move_report import rules_of
from cityloom.cases.actions.record_callbacks import BadListRow, ListedOutcome, record_listed, round_of, token_of
from cityloom.cases.callback_turns import Turn, in_turn
from cityloom.cases.callbacks import ATTEMPTS, CONTACTED, SATISFIED, SOLVED, WHY_UNSATISFIED
from cityloom.cases.keeping import get_file
from cityloom.cases.queries_callbacks import list_waiting, same_person
from cityloom.cases.reporters import open_contacts
from cityloom.cases.values import Outcome
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.exchange.rejects import BOM, Rejects

RESULTS = ("yes", *ATTEMPTS)
MUSTS = ("token", "called_at", "result")
ANSWERS: Mapping[str, Sequence[str]] = {
    "solved": SOLVED,
    "satisfied": SATISFIED,
    "contacted": CONTACTED,
    "why": WHY_UNSATISFIED,
}
LONGEST_NOTE = 2000


class BadList(CityloomError):
    """The file is no list that can be brought back; nothing of it was recorded."""

    status = 422


@dataclass(frozen=True)
class ListedCall:
    """One call to make. Name and phone stand there only where the city lets the centre see them."""

    token: str
    number: str
    matter: str
    place: str
    language: str
    opened_on: str
    due_at: str
    attempts: int
    last: str
    not_before: str
    reports: int
    name: str = ""
    phone: str = ""


def calls_to_make(city: City, by: Post, clock: Clock, most: int, language: str = "zh") -> list[ListedCall]:
    """Who is to be called, in turn, each person once. Those without consent to a call are not on it.

    With `[limits] callback_centre_sees_phones = 1` names and phones go along, and each opening is recorded in the
    name of `by`; otherwise the centre calls through a relay that knows the token.
    """
    rules, at = rules_of(city), clock.now()
    listed: list[ListedCall] = []
    done: set[int] = set()
    with connection.cursor() as cursor:
        for turn in in_turn(list_waiting(cursor, city, by, at), at, rules):
            each = turn.waiting
            if len(listed) == most or turn.because == "wish" or each.report_id in done:
                continue
            file = get_file(cursor, city.id, each.number)
            together = same_person(cursor, each.case_id, each.report_id)
            done.update(together)
            call = _call(city, turn, round_of(file.case), len(together), language)
            if rules.centre_sees_phones:
                of_one = replace(file, reports=tuple(r for r in file.reports if r.id == each.report_id))
                for contact in open_contacts(of_one, by, "callback", clock):
                    call = replace(call, name=contact.name, phone=contact.phone)
            listed.append(call)
    return listed


def _call(city: City, turn: Turn, round_: int, reports: int, language: str) -> ListedCall:
    it, tz = turn.waiting, city.calendar().tz
    matter = city.classes.get(it.class_code or "")
    areas = [city.areas[c].name.in_language(language) for c in city.ancestors(it.area)[1:3]] if it.area else []
    return ListedCall(
        token=token_of(city, it.report_id, round_),
        number=it.number,
        matter=matter.name.in_language(language) if matter else "",
        place=" ".join(areas),
        language=it.language,
        opened_on=f"{it.opened_at.astimezone(tz):%Y-%m-%d}",
        due_at=_shown(it.due_at, tz),
        attempts=it.attempts,
        last=it.last,
        not_before=_shown(turn.free_at, tz),
        reports=reports,
    )


def _shown(at: datetime | None, tz: tzinfo) -> str:
    return f"{at.astimezone(tz):%Y-%m-%dT%H:%M}" if at is not None else ""


def as_csv(calls: Sequence[ListedCall], with_phones: bool) -> str:
    """The list as a spreadsheet reads it, with empty columns for what the centre writes."""
    out = io.StringIO()
    out.write(BOM)
    columns = [name for name in ListedCall.__dataclass_fields__ if with_phones or name not in ("name", "phone")]
    writer = csv.writer(out)
    answers = [*MUSTS[1:], *ANSWERS, "later_at", "note"]
    writer.writerow([*columns, *answers])
    for call in calls:
        row = asdict(call)
        writer.writerow([*(_harmless(str(row[name])) for name in columns), *([""] * len(answers))])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet program takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


# --- coming back ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BroughtBack:
    """How many rows were recorded, were known before, held no result yet, and were rejected."""

    rows: int
    recorded: int
    known: int
    empty: int
    rejected: int


def record_list(
    city: City,
    path: Path,
    by: Post,
    clock: Clock,
    rejects: Path | None,
    progress: Callable[[int], None] | None = None,
) -> BroughtBack:
    """Record a list that came back, row by row, each a move of its own; what does not fit goes to the rejects file.

    Calling it again records nothing twice. Rows without a result are passed over. Raises BadList for no list.
    """
    counted = {"recorded": 0, "known": 0, "empty": 0}
    number = 1
    with Rejects(rejects) as refused:
        for number, cells in _rows(path):
            if not cells.get("result", "").strip():
                counted["empty"] += 1
                continue
            try:
                new = record_listed(city, outcome_of(cells, city.calendar().tz), by, clock)
                counted["recorded" if new else "known"] += 1
            except CityloomError as refusal:
                refused.add(number, refusal.reason, cells)
            if progress is not None:
                progress(number - 1)
    return BroughtBack(rows=number - 1, rejected=refused.count, **counted)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            missing = [name for name in MUSTS if name not in (lines.fieldnames or ())]
            if missing:
                raise BadList("list.no_column", missing=missing)
            for number, row in enumerate(lines, 2):
                yield number, {str(name): str(value or "") for name, value in row.items() if name is not None}
    except (OSError, UnicodeError, csv.Error) as wrong:
        detail = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        raise BadList("list.unreadable", detail=detail) from wrong


def outcome_of(cells: Mapping[str, str], tz: tzinfo) -> ListedOutcome:
    """What a row says; raises BadListRow with the first cell that is wrong."""
    said = {name: cells.get(name, "").strip() for name in (*MUSTS, *ANSWERS, "later_at", "note")}
    if said["result"] not in RESULTS:
        raise BadListRow("list.bad_result", value=said["result"][:40], known=list(RESULTS))
    for name, known in ANSWERS.items():
        if said[name] and said[name] not in known:
            raise BadListRow("callback.bad_answer", what=name, value=said[name][:40], known=list(known))
    return ListedOutcome(
        token=said["token"].lstrip("'"),
        called_at=_moment(said["called_at"], tz),
        outcome=Outcome(
            reached=said["result"],
            solved=said["solved"] or None,
            satisfied=said["satisfied"] or ("not_asked" if said["result"] == "yes" else None),
            contacted=said["contacted"] or None,
            why=said["why"] or None,
            channel="list",
            later_at=_moment(said["later_at"], tz) if said["later_at"] else None,
        ),
        note=said["note"][:LONGEST_NOTE],
    )


def _moment(text: str, tz: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadListRow("list.bad_time", value=text[:40]) from wrong
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=tz)
