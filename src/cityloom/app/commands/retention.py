"""Erase personal data that has been kept long enough."""

import sys

import click

from cityloom.app.options import AS_JSON, EACH_CITY, chosen_codes, example, print_json
from cityloom.app.progress import counted_progress
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Erase personal data that has been kept long enough; the worker does it every day."""


@command.command(epilog=example("cityloom retention run --dry-run"))
@EACH_CITY
@click.option("--dry-run", is_flag=True, help="Count what is due and change nothing.")
@AS_JSON
@needs_database
def run(city_code: str | None, dry_run: bool, as_json: bool) -> None:
    """Erase what is due, case by case, each with an entry in its history; cases on hold are passed over."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.apply_retention import apply_retention
    from cityloom.city.snapshot import current_city

    told = {}
    for code in chosen_codes(city_code):
        city, clock = current_city(code), clock_of_settings()
        applied = apply_retention(city, clock, dry_run=True)
        if not dry_run:
            looked_at = sum(each.done + each.held for each in applied)
            with counted_progress(f"Erasing in {code}", looked_at, sys.stderr) as count:
                applied = apply_retention(city, clock, told=count)
        told[code] = [vars(each) for each in applied]
    if as_json:
        print_json(told)
        return
    verb = "due" if dry_run else "erased"
    for code, kinds in told.items():
        for each in kinds:
            click.echo(
                f"{code}  {each['kind']:9} {each['days']:>5} days  {each['done']:>8,} {verb}  {each['held']:>6,} held"
            )
