"""Run beside an old system: hold its export against our cases, night after night."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click

from cityloom.app.ready import needs_database

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """Run beside an old system: hold its export against our cases, night after night."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), required=True, help="The mapping, MAP.toml.")
@click.option("--city", "city_code", required=True, help="Code of the city.")
@click.option("--since", type=_DAY, help="First day of opening; the file's first when not given.")
@click.option("--until", type=_DAY, help="Last day of opening; the file's last when not given.")
@click.option(
    "--within", type=click.FloatRange(0), default=1.0, show_default=True, help="Minutes by which limits may differ."
)
@click.option("--html", "html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to print.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Of the page.")
@click.option(
    "--memory",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where differences are kept from run to run; a file under the running data when not given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print every difference as JSON.")
@needs_database
def compare(
    file: Path,
    map_file: Path,
    city_code: str,
    since: datetime | None,
    until: datetime | None,
    within: float,
    html: Path | None,
    language: str,
    memory: Path | None,
    as_json: bool,
) -> None:
    """Show where FILE, the old system's export, and our cases differ.

    State, unit, limit, class and lateness of each record, counts by day, unit and class, and what is missing on
    either side. Changes no case. Exit code 1 when there is a difference.
    """
    from cityloom.app.places import var_dir
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.actions.compare_export import compare_export
    from cityloom.exchange.mapping import read_mapping
    from cityloom.exchange.parallel_report import as_html
    from cityloom.exchange.slugs import slug

    city, mapping = current_city(city_code), read_mapping(map_file)
    found = compare_export(
        city,
        file,
        mapping,
        clock_of_settings(),
        memory=memory or var_dir() / "parallel" / f"{slug(f'{city.code}-{mapping.name}')}.json",
        days=(since.date() if since else None, until.date() if until else None),
        within=timedelta(minutes=within),
        progress=lambda count: click.echo(f"\r{count:,} records   ", nl=False, err=True),
    )
    click.echo("", err=True)
    if html is not None:
        html.write_text(as_html(found, city, language), encoding="utf-8")
    if as_json:
        sums = [each._asdict() for each in found.differing_sums]
        click.echo(json.dumps({**asdict(found), "by_kind": found.by_kind(), "sums": sums}, default=str,
                              ensure_ascii=False, indent=1))  # fmt: skip
    else:
        click.echo(f"{found.records:,} records, {found.cases:,} cases, {found.matched:,} matched, "
                   f"{found.agreed:,} agree in everything")  # fmt: skip
        for kind, count in found.by_kind().items():
            click.echo(f"{kind:<18}{count:>8,}")
        click.echo(f"{'differing sums':<18}{len(found.differing_sums):>8,}")
        click.echo(f"{found.new:,} new since the last run, {found.gone:,} gone")
    if found.differences or found.differing_sums:
        raise click.exceptions.Exit(1)
