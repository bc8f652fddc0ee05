"""May this post make this move on this case now? The status table answers, and a refusal says why. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from cityloom.cases.conflicts import check_units
from cityloom.cases.errors import BadValue, GuardHolds, ImpossibleMove, MissingNeed, NotAllowed, UnknownWord
from cityloom.cases.guards import Asked, failing
from cityloom.cases.permissions import may
from cityloom.cases.reasons import BY_SYSTEM, REASONS_OF
from cityloom.cases.values import Case, CaseFile, Details
from cityloom.city.paths import Path, Step
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

OF_ANOTHER_CASE = frozenset({"take_in", "let_go"})  # made by a move of the case that comes or goes
LONGEST = timedelta(days=3 * 366)  # how far ahead a date may be given
# Guards that look at what comes with the move.
KNOWN_LATER = frozenset({"same_duty", "other_duty", "to_a_unit_below", "to_a_unit_above"})


def path_of(case: Case, city: City) -> Path:
    return city.paths.paths[case.path]


def decide(
    file: CaseFile, move: str, by: Post, details: Details, at: datetime, city: City, owns: bool = False
) -> Step:
    """The row of the status table by which this post may make this move now.

    Raises ImpossibleMove (with the moves that are possible), NotAllowed, GuardHolds or MissingNeed; each leaves
    everything as it was.
    """
    rows = [s for s in path_of(file.case, city).steps_from(file.case.state) if s.move == move]
    return choose_row(rows, file, "case", file.case.state, move, by, details, at, city, owns)


def choose_row(
    rows: list[Step],
    file: CaseFile,
    subject: str,
    state: str,
    move: str,
    by: Post,
    details: Details,
    at: datetime,
    city: City,
    owns: bool = False,
) -> Step:
    """Of the rows that leave this state by this move, the one that is open to this post; refuses otherwise."""
    if not rows:
        possible = [m for m in possible_moves(file, by, at, city, owns)] if subject == "case" else []
        raise ImpossibleMove("error.impossible_move", what=subject, state=state, move=move, possible=possible)
    refusals = [may(by, row, file, owns) for row in rows]
    allowed = [row for row, refusal in zip(rows, refusals, strict=True) if refusal is None]
    if not allowed:
        refusal = next(r for r in refusals if r is not None)
        raise NotAllowed(refusal.code, **refusal.params)
    if not by.valid.covers(at.astimezone(city.calendar().tz).date()):
        raise NotAllowed("error.post_ended")
    asked = Asked(file, by, details, at, city)
    held = [failing(row.when, asked) for row in allowed]
    for row, guard in zip(allowed, held, strict=True):
        if guard is None:
            check_details(row, details, file, city, at)
            return row
    raise GuardHolds("error.guard", guard=held[0], move=move)


def possible_moves(file: CaseFile, by: Post, at: datetime, city: City, owns: bool = False) -> list[str]:
    """The case moves open to this post now, needs aside, in the order of the vocabulary."""
    return [row.move for row in open_steps(file, by, at, city, owns)]


def open_steps(file: CaseFile, by: Post, at: datetime, city: City, owns: bool = False) -> list[Step]:
    """One row for each case move that is open to this post now: what a page offers, with what each needs.

    Guards that look at what comes with the move (another duty, a unit below) count as open until it is known.
    """
    if not by.valid.covers(at.astimezone(city.calendar().tz).date()):
        return []
    asked = Asked(file, by, Details(), at, city)
    found: dict[str, Step] = {}
    for row in path_of(file.case, city).steps_from(file.case.state):
        when = tuple(w for w in row.when if w not in KNOWN_LATER)
        if row.move in OF_ANOTHER_CASE:
            continue
        if row.move not in found and may(by, row, file, owns) is None and failing(when, asked) is None:
            found[row.move] = row
    return list(found.values())


def check_details(row: Step, details: Details, file: CaseFile, city: City, at: datetime) -> None:
    """What the row needs has come, in words the city knows; raises MissingNeed or UnknownWord."""
    _check_needs(row, details, file)
    _check_words(row, details, city, at)
    _check_dates(row, details, at)
    _check_amounts(row, details, file)
    check_units(details, file, city)


def _check_needs(row: Step, details: Details, file: CaseFile) -> None:
    given = {
        "reason": details.reason is not None,
        "note": bool(details.note.strip()),
        "photo": bool(details.photos),
        "class": (details.class_code or file.case.class_code) is not None
        if row.move not in ("reclassify", "split")
        else details.class_code is not None,
        "place": details.place is not None,
        "unit": details.unit is not None,
        "outcome": details.outcome is not None,
        "until": details.until is not None,
        "amount": details.amount is not None,
        "case": bool(details.case),
        "units": bool(details.units),
        "partner": details.partner is not None,
        "rating": details.rating is not None,
    }
    missing = [need for need in row.needs if not given[need]]
    if missing:
        raise MissingNeed("error.missing_need", move=row.move, needs=missing)


def _check_words(row: Step, details: Details, city: City, at: datetime) -> None:
    day = at.astimezone(city.calendar().tz).date()
    known = REASONS_OF.get(row.move)
    known_to_system = BY_SYSTEM.get(row.move, ())
    if details.reason is not None and known and details.reason.code not in (*known, *known_to_system):
        raise UnknownWord("error.unknown_reason", code=details.reason.code, move=row.move, known=list(known))
    for unit in (details.unit, *details.assisting, *details.units):
        if unit is not None and (unit not in city.units or not city.units[unit].valid.covers(day)):
            raise UnknownWord("error.unknown_unit", unit=unit)
    if details.partner is not None and details.partner not in city.settings.partners:
        raise UnknownWord("error.unknown_partner", partner=details.partner, known=sorted(city.settings.partners))
    check_class(details.class_code, city)


def _check_dates(row: Step, details: Details, at: datetime) -> None:
    """A date that is given lies ahead, and not absurdly far."""
    if "until" in row.needs and details.until is not None:
        if details.until <= at:
            raise BadValue("error.date_past", move=row.move)
        if details.until - at > LONGEST:
            raise BadValue("error.date_far", move=row.move, most_days=LONGEST.days)


def _check_amounts(row: Step, details: Details, file: CaseFile) -> None:
    """An extension is at most the limit it extends; a rating is one to five."""
    if "amount" in row.needs and details.amount is not None:
        most = max((c.amount for c in file.clocks_of(row.extends, "running", "paused")), default=0.0)
        if not 0 < details.amount <= most:
            raise BadValue("error.amount_range", move=row.move, most=most)
    if "rating" in row.needs and details.rating is not None and details.rating not in range(1, 6):
        raise BadValue("error.rating_range")


def check_class(code: str | None, city: City) -> None:
    """A given class exists and can be filed; raises UnknownWord."""
    if code is None:
        return
    if code not in city.classes:
        raise UnknownWord("error.unknown_class", **{"class": code})
    if code not in city.leaves:
        raise UnknownWord("error.class_not_leaf", **{"class": code})
