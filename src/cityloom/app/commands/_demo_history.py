"""`cityloom demo history`: a year of cases for a loaded city, each with its whole history."""

from __future__ import annotations

import sys
import tomllib
from datetime import datetime, time, timedelta
from pathlib import Path

import click

from cityloom.app.options import AS_JSON, DAY, FOLDER, example, print_json
from cityloom.app.places import var_dir
from cityloom.app.ready import needs_database

TRUTH = "history_truth.json"


@click.command("history", epilog=example("cityloom demo history cities/jinchuan --cases 20000"))
@click.option("--months", type=click.IntRange(1, 24), default=12, show_default=True, help="How long the history is.")
@click.option("--cases", "count", type=int, default=120_000, show_default=True, help="How many cases it has.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which year.")
@click.option(
    "--until",
    type=DAY,
    help="Day on whose end the history stops; without it, or on the present day, it stops now.",
)
@click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the texts."
)
@click.option("--processes", type=click.IntRange(1, 2), default=2, show_default=True, help="How many work at it.")
@AS_JSON
@click.argument("folder", metavar="DIR", type=FOLDER)
@needs_database
def history(
    months: int,
    count: int,
    seed: int,
    until: datetime | None,
    language: str,
    processes: int,
    as_json: bool,
    folder: Path,
) -> None:
    """Give the loaded city of the folder DIR a year of cases: reports, tasks, clocks and chained entries, and the
    work of the last days still open.

    The same seed gives the same year. A city that has its year already keeps it. What lies behind the figures goes
    to history_truth.json in the folder of data.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.demo.load_year import YearLoaded, load_year
    from cityloom.exchange.demo.story import Wanted

    code = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))["code"]
    city, now = current_city(code), clock_of_settings().now()
    end = now
    if until is not None:
        midnight = datetime.combine(until.date() + timedelta(days=1), time(), city.calendar().tz)
        end = midnight if until.date() != now.astimezone(city.calendar().tz).date() else now
    wanted = Wanted(end, months, count, seed, language)

    told = 0

    def tell(step: str, done: int, whole: int) -> None:
        nonlocal told
        if sys.stderr.isatty():
            click.echo(f"{done:,} of {whole:,} cases\r", nl=False, err=True)
        elif done >= told:
            click.echo(f"{done:,} of {whole:,} cases", err=True)
            told = done + whole // 10

    loaded: YearLoaded = load_year(city, wanted, now, var_dir() / TRUTH, processes=processes, progress=tell)
    click.echo("", err=True)
    if as_json:
        speed = round(loaded.cases_per_second) if loaded.cases_per_second else None
        print_json({**vars(loaded), "cases_per_second": speed})
    elif loaded.was_there:
        click.echo(f"The city {code} has its year already; nothing was done.")
    else:
        for name in ("cases", "open", "rows", "entries", "repeats"):
            click.echo(f"{name:<10}{getattr(loaded, name):>12,}")
        click.echo(
            f"{loaded.seconds:.1f} s, {loaded.cases_per_second or 0:,.0f} cases/s, seed digest {loaded.digest}"
        )
        for code_of_refusal, number in sorted(loaded.refused.items()):
            click.echo(f"left out, refused by the rules: {number} × {code_of_refusal}", err=True)
