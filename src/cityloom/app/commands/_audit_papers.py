"""`cityloom audit sample`, `export` and `reads`: what an auditor draws and takes along."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.completing import class_codes, logins, unit_codes
from cityloom.app.options import AS_JSON, CITY, DAY, FIRST, LAST, chosen_city, days_of, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.city.snapshot_values import City
    from cityloom.city.values import Post

_BY = click.option("--by", "login", required=True, shell_complete=logins, help="Login of the auditor.")


@click.command(epilog=example("cityloom audit sample --by LOGIN --seed 2026-03-17-a --count 20"))
@CITY
@_BY
@click.option("--seed", required=True, help="What draws the cases; write it down before you look.")
@click.option("--count", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many cases.")
@FIRST
@LAST
@click.option("--unit", default="", shell_complete=unit_codes, help="Code of the unit that leads them.")
@click.option("--class", "class_code", default="", shell_complete=class_codes, help="Code of their matter class.")
@AS_JSON
@needs_database
def sample(
    city_code: str | None,
    login: str,
    seed: str,
    count: int,
    first: datetime | None,
    last: datetime | None,
    unit: str,
    class_code: str,
    as_json: bool,
) -> None:
    """Draw cases by a seed and print their checklists; the draw itself is recorded."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.draw_sample import draw_sample
    from cityloom.cases.queries_sample import check_sample
    from cityloom.cases.sampling import Asked

    city, clock = chosen_city(city_code), clock_of_settings()
    asked = Asked(count, *days_of(first, last), unit, class_code)
    drawn = draw_sample(city, seed, asked, _auditor(city, login, clock.now()), clock)
    checked = check_sample(city, drawn)
    if as_json:
        cases = [{"number": each.number, "checks": {c.what: c.state for c in each.checks}} for each in checked]
        print_json({"sample": drawn.id, "seed": drawn.seed, "found": drawn.found, "cases": cases})
        return
    click.echo(f"sample {drawn.id}: {len(drawn.numbers)} of {drawn.found:,} cases, seed {drawn.seed}")
    for each in checked:
        marks = "  ".join(f"{check.what}={check.state}" for check in each.checks)
        click.echo(f"{each.number}  {marks}")


@click.command(epilog=example("cityloom audit export sample.csv --by LOGIN --sample 7"))
@CITY
@_BY
@click.option("--sample", "sample_id", type=int, help="Number of a sample; the log of reads if not given.")
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Days of the log of reads.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@AS_JSON
@needs_database
def export(city_code: str | None, login: str, sample_id: int | None, days: int, file: Path, as_json: bool) -> None:
    """Write a sample or the log of reads to FILE (.csv or .json) and its signed digest beside it, as FILE.sig.

    Neither holds a name, a phone or a word of a resident. The export itself is recorded.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.export_audit import export_audit
    from cityloom.cases.read_log import ReadFilter

    city, clock = chosen_city(city_code), clock_of_settings()
    by = _auditor(city, login, clock.now())
    asked = ReadFilter(since=clock.now() - timedelta(days=days))
    done = export_audit(city, by, clock, file.suffix.lstrip(".").lower(), sample_id=sample_id, reads=asked)
    file.write_bytes(done.content)
    Path(f"{file}.sig").write_text(json.dumps(done.signature, indent=1) + "\n", encoding="utf-8")
    if as_json:
        print_json({"file": file, "rows": done.rows, "signature": done.signature})
        return
    click.echo(f"{file.name}: {done.rows:,} rows, sha256 {done.signature['sha256']}")


@click.command(epilog=example("cityloom audit reads --unusual", "cityloom audit reads --case NUMBER --json"))
@CITY
@click.option("--person", default="", shell_complete=logins, help="Login of who read.")
@click.option("--case", "number", default="", help="Number of the case.")
@click.option("--role", default="", help="Role by which it was read.")
@click.option("--day", type=DAY, help="The city's day.")
@click.option("--unusual", is_flag=True, help="Only what is out of the ordinary.")
@AS_JSON
@needs_database
def reads(
    city_code: str | None, person: str, number: str, role: str, day: datetime | None, unusual: bool, as_json: bool
) -> None:
    """List who read personal data, when, of which case, why, and what is out of the ordinary about it."""
    from cityloom.cases.read_log import ReadFilter, list_reads, on_day

    city = chosen_city(city_code)
    asked = ReadFilter(person, number, role)
    if day is not None:
        asked = on_day(asked, day.date(), city.calendar().tz)
    found = [each for each in list_reads(city, asked) if each.unusual or not unusual]
    if as_json:
        print_json([each.as_json() for each in found])
        return
    for each in found:
        marks = f"  ({', '.join(each.unusual)})" if each.unusual else ""
        at = each.at.astimezone(city.calendar().tz)
        click.echo(f"{at:%Y-%m-%d %H:%M}  {each.by_login} ({each.by_role})  {each.what}  {each.reason}{marks}")


def _auditor(city: City, login: str, at: datetime) -> Post:
    """The auditor's post of that login; raises NotAllowed."""
    from cityloom.cases.errors import NotAllowed
    from cityloom.city.held_posts import posts_held
    from cityloom.city.values import Role

    day = at.astimezone(city.calendar().tz).date()
    held = [post for post in posts_held(city, login, day) if post.role is Role.AUDITOR]
    if not held:
        raise NotAllowed("error.not_allowed", role=login, move="audit", roles=[Role.AUDITOR.value])
    return held[0]
