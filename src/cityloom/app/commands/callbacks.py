"""Call residents back in bulk: links by SMS, lists for a call centre, and what comes back."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.city.snapshot_values import City
    from cityloom.city.values import Post

_CITY = click.option("--city", "city_code", help="Code of the city; the first one loaded when not given.")
_BY = click.option("--by", "login", required=True, help="Login of the callback post in whose name it is done.")


@click.group()
def command() -> None:
    """Call residents back in bulk: links by SMS, lists for a call centre, and what comes back."""


@command.command()
@_CITY
@_BY
@click.option("--most", type=click.IntRange(1, 5000), default=200, show_default=True, help="Links at most.")
@click.option("--wished", is_flag=True, help="Only those who asked for a link instead of a call.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@needs_database
def invite(city_code: str | None, login: str, most: int, wished: bool, as_json: bool) -> None:
    """Send a one-time link to everybody who waits for a callback and agreed to SMS, once each.

    Reports that need no call (none wished, no number left, a wished link unanswered) are exempted on the way.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.invite_callbacks import invite_callbacks

    city, clock = _city(city_code), clock_of_settings()
    post = _post(city, login)

    def tell(count: int) -> None:
        click.echo(f"\r{count:,} links   ", nl=False, err=True)

    done = invite_callbacks(city, post, clock, most=most, only_those_who_wish=wished, progress=tell)
    click.echo("", err=True)
    if as_json:
        click.echo(json.dumps({**asdict(done), "passed_over": dict(done.passed_over)}, indent=1))
        return
    click.echo(f"links sent        {done.invited:>8,}")
    click.echo(f"exempted          {done.exempted:>8,}")
    for code, count in sorted(done.passed_over.items()):
        click.echo(f"passed over       {count:>8,}  {code}")


@command.command("list")
@_CITY
@_BY
@click.option("--most", type=click.IntRange(1, 5000), default=500, show_default=True, help="Calls at most.")
@click.option("--csv", "as_csv_text", is_flag=True, help="Print CSV with empty columns for the centre's answers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@needs_database
def list_calls(city_code: str | None, login: str, most: int, as_csv_text: bool, as_json: bool) -> None:
    """Print who is to be called, in turn, by tokens that only this installation can read.

    Names and phones stand in it only where city.toml says `callback_centre_sees_phones = 1`; each opening is logged.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.move_report import rules_of
    from cityloom.exchange.callback_lists import as_csv, calls_to_make

    city = _city(city_code)
    calls = calls_to_make(city, _post(city, login), clock_of_settings(), most)
    if as_json:
        click.echo(json.dumps([asdict(call) for call in calls], ensure_ascii=False, indent=1))
    elif as_csv_text:
        click.echo(as_csv(calls, rules_of(city).centre_sees_phones), nl=False)
    else:
        for call in calls:
            click.echo(f"{call.due_at:17} {call.attempts:>2}  {call.number:22} {call.matter}  {call.place}")
        click.echo(f"{len(calls)} to call", err=True)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_CITY
@_BY
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where rejected rows are written; FILE.rejects.csv in this folder if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@needs_database
def import_list(file: Path, city_code: str | None, login: str, rejects: Path | None, as_json: bool) -> None:
    """Record what a call centre heard: each row of FILE becomes a move; nothing is recorded twice.

    Exit code 1 when rows were rejected.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.callback_lists import record_list

    city = _city(city_code)
    rejects = rejects or Path.cwd() / f"{file.name.split('.')[0]}.rejects.csv"

    def tell(count: int) -> None:
        click.echo(f"\r{count:,} rows   ", nl=False, err=True)

    done = record_list(city, file, _post(city, login), clock_of_settings(), rejects, tell)
    click.echo("", err=True)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=1))
    else:
        for name, count in asdict(done).items():
            click.echo(f"{name:<18}{count:>8,}")
    if done.rejected:
        click.echo(f"The rejected rows and their reasons are in {rejects}.", err=True)
        raise click.exceptions.Exit(1)


def _city(code: str | None) -> "City":
    from django.conf import settings

    from cityloom.city.snapshot import NoSuchCity, current_city, list_cities

    named = code or settings.CITYLOOM_CITY
    if named:
        return current_city(named)
    found = list_cities()
    if not found:
        raise NoSuchCity("", ())
    return current_city(found[0].code)


def _post(city: "City", login: str) -> "Post":
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.invite_callbacks import check_caller

    today = clock_of_settings().now().astimezone(city.calendar().tz).date()
    return check_caller(city.posts_of(login, today), login)
