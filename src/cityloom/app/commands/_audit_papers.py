"""`cityloom audit sample`, `export` and `reads`: what an auditor draws and takes along."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.city.snapshot_values import City
    from cityloom.city.values import Post

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--city", "city_code", required=True, help="Code of the city.")
@click.option("--by", "login", required=True, help="Login of the auditor.")
@click.option("--seed", required=True, help="What draws the cases; write it down before you look.")
@click.option("--count", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many cases.")
@click.option("--from", "begins", type=_DAY, help="First day on which they were opened.")
@click.option("--until", "ends", type=_DAY, help="Last day on which they were opened.")
@click.option("--unit", default="", help="Code of the unit that leads them.")
@click.option("--class", "class_code", default="", help="Code of their matter class.")
@needs_database
def sample(
    city_code: str,
    login: str,
    seed: str,
    count: int,
    begins: datetime | None,
    ends: datetime | None,
    unit: str,
    class_code: str,
) -> None:
    """Draw cases by a seed and print their checklists; the draw itself is recorded."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.draw_sample import draw_sample
    from cityloom.cases.queries_sample import check_sample
    from cityloom.cases.sampling import Asked
    from cityloom.city.snapshot import current_city

    city, clock = current_city(city_code), clock_of_settings()
    asked = Asked(count, begins and begins.date(), ends and ends.date(), unit, class_code)
    drawn = draw_sample(city, seed, asked, _auditor(city, login, clock.now()), clock)
    click.echo(f"sample {drawn.id}: {len(drawn.numbers)} of {drawn.found:,} cases, seed {drawn.seed}")
    for each in check_sample(city, drawn):
        marks = "  ".join(f"{check.what}={check.state}" for check in each.checks)
        click.echo(f"{each.number}  {marks}")


@click.command()
@click.option("--city", "city_code", required=True, help="Code of the city.")
@click.option("--by", "login", required=True, help="Login of the auditor.")
@click.option("--sample", "sample_id", type=int, help="Number of a sample; the log of reads if not given.")
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Days of the log of reads.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@needs_database
def export(city_code: str, login: str, sample_id: int | None, days: int, file: Path) -> None:
    """Write a sample or the log of reads to FILE (.csv or .json) and its signed digest beside it, as FILE.sig.

    Neither holds a name, a phone or a word of a resident. The export itself is recorded.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.export_audit import export_audit
    from cityloom.cases.read_log import ReadFilter
    from cityloom.city.snapshot import current_city

    city, clock = current_city(city_code), clock_of_settings()
    by = _auditor(city, login, clock.now())
    asked = ReadFilter(since=clock.now() - timedelta(days=days))
    done = export_audit(city, by, clock, file.suffix.lstrip(".").lower(), sample_id=sample_id, reads=asked)
    file.write_bytes(done.content)
    Path(f"{file}.sig").write_text(json.dumps(done.signature, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{file.name}: {done.rows:,} rows, sha256 {done.signature['sha256']}")


@click.command()
@click.option("--city", "city_code", required=True, help="Code of the city.")
@click.option("--person", default="", help="Login of who read.")
@click.option("--case", "number", default="", help="Number of the case.")
@click.option("--role", default="", help="Role by which it was read.")
@click.option("--day", type=_DAY, help="The city's day.")
@click.option("--unusual", is_flag=True, help="Only what is out of the ordinary.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@needs_database
def reads(
    city_code: str, person: str, number: str, role: str, day: datetime | None, unusual: bool, as_json: bool
) -> None:
    """List who read personal data, when, of which case, why, and what is out of the ordinary about it."""
    from cityloom.cases.read_log import ReadFilter, list_reads, on_day
    from cityloom.city.snapshot import current_city

    city = current_city(city_code)
    asked = ReadFilter(person, number, role)
    if day is not None:
        asked = on_day(asked, day.date(), city.calendar().tz)
    found = [each for each in list_reads(city, asked) if each.unusual or not unusual]
    if as_json:
        click.echo(json.dumps([each.as_json() for each in found], ensure_ascii=False, indent=2))
        return
    for each in found:
        marks = f"  ({', '.join(each.unusual)})" if each.unusual else ""
        at = each.at.astimezone(city.calendar().tz)
        click.echo(f"{at:%Y-%m-%d %H:%M}  {each.by_login} ({each.by_role})  {each.what}  {each.reason}{marks}")


def _auditor(city: City, login: str, at: datetime) -> Post:
    """The auditor's post of that login; raises NotAllowed."""
    from cityloom.cases.errors import NotAllowed
    from cityloom.city.values import Role

    day = at.astimezone(city.calendar().tz).date()
    held = [post for post in city.posts_of(login, day) if post.role is Role.AUDITOR]
    if not held:
        raise NotAllowed("error.not_allowed", role=login, move="audit", roles=[Role.AUDITOR.value])
    return held[0]
