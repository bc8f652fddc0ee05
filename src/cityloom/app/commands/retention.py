"""Erase personal data that has been kept long enough."""

import sys

import click

from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Erase personal data that has been kept long enough; the worker does it every day."""


@command.command()
@click.option("--city", "city_code", help="Code of one city; all of them if not given.")
@click.option("--dry-run", is_flag=True, help="Count what is due and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
@needs_database
def run(city_code: str | None, dry_run: bool, as_json: bool) -> None:
    """Erase what is due, case by case, each with an entry in its history; cases on hold are passed over."""
    import json

    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.apply_retention import apply_retention
    from cityloom.city.snapshot import NoSuchCity, current_city, list_cities

    codes = [city.code for city in list_cities()]
    if city_code is not None and city_code not in codes:
        raise NoSuchCity(city_code, codes)
    told = {}
    for code in [city_code] if city_code else codes:
        city, clock = current_city(code), clock_of_settings()
        applied = apply_retention(city, clock, dry_run=True)
        if not dry_run:
            looked_at = sum(each.done + each.held for each in applied)
            with click.progressbar(length=looked_at, label=f"Erasing in {code}", file=sys.stderr) as bar:
                applied = apply_retention(city, clock, told=bar.update)
        told[code] = [vars(each) for each in applied]
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    verb = "due" if dry_run else "erased"
    for code, kinds in told.items():
        for each in kinds:
            click.echo(
                f"{code}  {each['kind']:9} {each['days']:>5} days  {each['done']:>8,} {verb}  {each['held']:>6,} held"
            )
