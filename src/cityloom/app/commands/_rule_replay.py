"""The replay of history through proposed rules as a command: what is read, what is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityloom.app.exits import WrongUsage

if TYPE_CHECKING:
    from cityloom.cases.rule_values import Group, Moved, RuleReplay
    from cityloom.city.problems import Problem
    from cityloom.city.snapshot_values import City

SHOWN = 15
_SPAN = re.compile(r"(\d{1,5})d")


def since_of(text: str, now: datetime, city: City) -> datetime:
    """`365d` as that long ago, `2026-01-31` as the beginning of that day in the city; refuses anything else."""
    if days := _SPAN.fullmatch(text):
        return now - timedelta(days=int(days.group(1)))
    try:
        return datetime.combine(date.fromisoformat(text), time(0), city.calendar().tz)
    except ValueError:
        raise WrongUsage("command.bad_since", text=text) from None


def proposed_of(where: Path, code: str | None) -> tuple[City, City | None, str, list[Problem]]:
    """The city of now and the one that `where` proposes (None when it has errors), its digest, and its problems.

    `where` is a whole city folder, or one of its `duties.csv` and `standards.csv` for the city `code`.
    """
    from cityloom.city.problems import has_errors
    from cityloom.city.snapshot import current_city

    if where.is_file():
        from cityloom.city.proposed import EXCHANGEABLE, with_tables

        if where.name not in EXCHANGEABLE:
            raise WrongUsage("command.single_file", known=list(EXCHANGEABLE))
        if code is None:
            raise WrongUsage("command.file_needs_city")
        city = current_city(code)
        after, problems = with_tables(city, {where.name: where})
        return city, None if has_errors(problems) else after, "", problems
    from cityloom.city.actions.load_city import digest_of_folder
    from cityloom.city.checks import check_folder
    from cityloom.city.proposed import city_of_folder

    folder, problems = check_folder(where)
    if folder.config is None or has_errors(problems):
        return current_city(code or (folder.config.code if folder.config else "")), None, "", problems
    city, digest = current_city(folder.config.code), digest_of_folder(folder)
    return city, city_of_folder(folder, city.id, digest), digest, problems


def as_json(result: RuleReplay, city: City, digest: str, since: datetime, as_of: date | None) -> dict[str, Any]:
    """The whole report; `proposed` is the digest that a signature names."""
    return {
        "city": city.code,
        "version": city.version,
        "proposed": digest,
        "since": since.isoformat(),
        "as_of": as_of.isoformat() if as_of else None,
        **result.as_json(),
    }


def as_lines(result: RuleReplay, city: City, lang: str) -> Iterator[str]:
    """The report for a person: figures first, then what changed, the most first, with numbers to look at."""
    from cityloom.base.reasons import Reason, render

    def told(code: str) -> str:
        return render(Reason(code), lang)

    if not result.cases:
        yield "no cases in this span"
        return
    yield f"{result.cases:,} cases, {result.first:%Y-%m-%d} to {result.last:%Y-%m-%d}"
    if result.changes_nothing:
        yield "nothing would change: the same leads, limits and paths"
    yield f"leads changed: {result.leads.count:,}"
    yield from _moved(result.leads, city)
    yield "load per unit, before → after"
    for unit, before, after in result.totals()[:SHOWN]:
        yield f"  {_unit(unit, city):<28} {before:>8,} → {after:>8,}  {after - before:+,}"
    nobody = sum(result.unnamed_before.values()), sum(result.unnamed_after.values())
    yield f"nobody named (gap, tie, open class or place): {nobody[0]:,} → {nobody[1]:,}"
    for why, group in result.newly_unnamed.items():
        yield f"  new: {told(why)}: {_group(group)}"
    disputes = result.disputes
    yield (
        f"disputes: {disputes.cases:,}; settled at once by the new rules {disputes.settled.count:,}, by both "
        f"{disputes.named_by_both:,}, by the present ones only {disputes.unsettled.count:,}, "
        f"by neither {disputes.still_open:,}"
    )
    yield from _moved(disputes.settled, city)
    yield f"risk of new disputes (accepted then, sent elsewhere now): {result.risks.count:,}"
    yield from _moved(result.risks, city)
    for kind, clocks in result.clocks.items():
        yield (
            f"{kind}: {clocks.clocks:,} clocks, {clocks.limits_changed:,} with another limit; "
            f"late {clocks.late_before:,} → {clocks.late_after:,} (newly late {clocks.newly_late.count:,}, "
            f"newly in time {clocks.newly_in_time.count:,}, no promise any more {clocks.dropped.count:,})"
        )
    yield f"paths changed: {result.paths.count:,}"
    for (old, new), group in result.paths.most_first():
        yield f"  {old} → {new}: {_group(group)}"
    if result.paths_redefined:
        yield f"paths whose tables differ (only their choice is replayed): {', '.join(result.paths_redefined)}"
    yield f"recorded: the present rules name the first lead of {result.recorded_agrees:,}"
    for why, count in result.recorded_differs.most_common():
        yield f"  {count:,}: {told(why)}"


def _moved(moved: Moved, city: City) -> Iterator[str]:
    groups = moved.most_first()
    for (old, new, matter), group in groups[:SHOWN]:
        name = city.classes[matter].name.en if matter in city.classes else matter or "class open"
        yield f"  {_unit(old, city)} → {_unit(new, city)}, {name}: {_group(group)}"
    if len(groups) > SHOWN:
        yield f"  … {len(groups) - SHOWN} more; --json lists all"


def _group(group: Group) -> str:
    return f"{group.count:,} ({', '.join(group.samples)})"


def _unit(code: str, city: City) -> str:
    if code == "-":
        return "the dispatcher's queue"
    return (city.units[code].name.en or code) if code in city.units else code
