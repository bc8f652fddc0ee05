"""Run beside an old system: hold its export against our cases, night after night."""

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click

from cityloom.app.options import (
    AS_JSON,
    LANGUAGE,
    chosen_city,
    days_of,
    example,
    print_json,
    shown_count,
    takes_record,
)
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Run beside an old system: hold its export against our cases, night after night."""


@command.command(epilog=example("cityloom parallel compare last-night.csv --map MAP.toml --html differences.html"))
@takes_record
@click.option(
    "--within", type=click.FloatRange(0), default=1.0, show_default=True, help="Minutes by which limits may differ."
)
@click.option("--html", "html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to print.")
@LANGUAGE
@click.option(
    "--memory",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where differences are kept from run to run; a file under the running data when not given.",
)
@AS_JSON
@needs_database
def compare(
    file: Path,
    map_file: Path,
    city_code: str | None,
    first: datetime | None,
    last: datetime | None,
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
    from cityloom.exchange.actions.compare_export import compare_export
    from cityloom.exchange.mapping import read_mapping
    from cityloom.exchange.parallel_report import as_html
    from cityloom.exchange.slugs import slug

    city, mapping = chosen_city(city_code), read_mapping(map_file)
    with shown_count() as shown:
        found = compare_export(
            city,
            file,
            mapping,
            clock_of_settings(),
            memory=memory or var_dir() / "parallel" / f"{slug(f'{city.code}-{mapping.name}')}.json",
            days=days_of(first, last),
            within=timedelta(minutes=within),
            progress=lambda records: shown(f"{records:,} records"),
        )
    if html is not None:
        html.write_text(as_html(found, city, language), encoding="utf-8")
    if as_json:
        sums = [each._asdict() for each in found.differing_sums]
        print_json({**asdict(found), "by_kind": found.by_kind(), "sums": sums})
    else:
        click.echo(f"{found.records:,} records, {found.cases:,} cases, {found.matched:,} matched, "
                   f"{found.agreed:,} agree in everything")  # fmt: skip
        for kind, count in found.by_kind().items():
            click.echo(f"{kind:<18}{count:>8,}")
        click.echo(f"{'differing sums':<18}{len(found.differing_sums):>8,}")
        click.echo(f"{found.new:,} new since the last run, {found.gone:,} gone")
    if found.differences or found.differing_sums:
        raise click.exceptions.Exit(1)
