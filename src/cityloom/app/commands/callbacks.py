"""Call residents back in bulk: links by SMS, lists for a call centre, and what comes back."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.completing import logins
from cityloom.app.options import AS_JSON, CITY, REJECTS, chosen_city, example, print_json, rejects_of, shown_count
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.city.snapshot_values import City
    from cityloom.city.values import Post

_BY = click.option(
    "--by",
    "login",
    required=True,
    shell_complete=logins,
    help="Login of the callback post in whose name it is done.",
)


@click.group()
def command() -> None:
    """Call residents back in bulk: links by SMS, lists for a call centre, and what comes back."""


@command.command(epilog=example("cityloom callbacks invite --by LOGIN --most 500"))
@CITY
@_BY
@click.option("--most", type=click.IntRange(1, 5000), default=200, show_default=True, help="Links at most.")
@click.option("--wished", is_flag=True, help="Only those who asked for a link instead of a call.")
@AS_JSON
@needs_database
def invite(city_code: str | None, login: str, most: int, wished: bool, as_json: bool) -> None:
    """Send a one-time link to everybody who waits for a callback and agreed to SMS, once each.

    Reports that need no call (none wished, no number left, a wished link unanswered) are exempted on the way.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.invite_callbacks import invite_callbacks

    city, clock = chosen_city(city_code), clock_of_settings()
    post = _post(city, login)
    with shown_count() as shown:
        done = invite_callbacks(
            city, post, clock, most=most, only_those_who_wish=wished, progress=lambda sent: shown(f"{sent:,} links")
        )
    if as_json:
        print_json({**asdict(done), "passed_over": dict(done.passed_over)})
        return
    click.echo(f"links sent        {done.invited:>8,}")
    click.echo(f"exempted          {done.exempted:>8,}")
    for code, count in sorted(done.passed_over.items()):
        click.echo(f"passed over       {count:>8,}  {code}")


@command.command("list", epilog=example("cityloom callbacks list --by LOGIN --csv > calls.csv"))
@CITY
@_BY
@click.option("--most", type=click.IntRange(1, 5000), default=500, show_default=True, help="Calls at most.")
@click.option("--csv", "as_csv_text", is_flag=True, help="Print CSV with empty columns for the centre's answers.")
@AS_JSON
@needs_database
def list_calls(city_code: str | None, login: str, most: int, as_csv_text: bool, as_json: bool) -> None:
    """Print who is to be called, in turn, by tokens that only this installation can read.

    Names and phones stand in it only where city.toml says `callback_centre_sees_phones = 1`; each opening is logged.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.move_report import rules_of
    from cityloom.exchange.callback_lists import as_csv, calls_to_make

    city = chosen_city(city_code)
    calls = calls_to_make(city, _post(city, login), clock_of_settings(), most)
    if as_json:
        print_json([asdict(call) for call in calls])
    elif as_csv_text:
        click.echo(as_csv(calls, rules_of(city).centre_sees_phones), nl=False)
    else:
        for call in calls:
            click.echo(f"{call.due_at:17} {call.attempts:>2}  {call.number:22} {call.matter}  {call.place}")
        click.echo(f"{len(calls)} to call", err=True)


@command.command("import", epilog=example("cityloom callbacks import answers.csv --by LOGIN"))
@click.argument("file", type=click.Path(path_type=Path))
@CITY
@_BY
@REJECTS
@AS_JSON
@needs_database
def import_list(file: Path, city_code: str | None, login: str, rejects: Path | None, as_json: bool) -> None:
    """Record what a call centre heard: each row of FILE becomes a move; nothing is recorded twice.

    Exit code 1 when rows were rejected.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.callback_lists import record_list

    city, rejects = chosen_city(city_code), rejects_of(file, rejects)
    post = _post(city, login)
    with shown_count() as count:
        done = record_list(city, file, post, clock_of_settings(), rejects, lambda rows: count(f"{rows:,} rows"))
    if as_json:
        print_json(asdict(done))
    else:
        for name, count in asdict(done).items():
            click.echo(f"{name:<18}{count:>8,}")
    if done.rejected:
        click.echo(f"The rejected rows and their reasons are in {rejects}.", err=True)
        raise click.exceptions.Exit(1)


def _post(city: "City", login: str) -> "Post":
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.invite_callbacks import check_caller
    from cityloom.city.held_posts import posts_held

    today = clock_of_settings().now().astimezone(city.calendar().tz).date()
    return check_caller(posts_held(city, login, today), login)
