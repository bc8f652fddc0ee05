"""Hold the duty table against somebody's record."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cityloom.app.options import AS_JSON, chosen_city, days_of, example, print_json, takes_record
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Hold the duty table against somebody's record."""


@command.command(epilog=example("cityloom duties replay requests.csv --map MAP.toml --city CODE"))
@takes_record
@AS_JSON
@needs_database
def replay(
    file: Path, map_file: Path, city_code: str | None, first: datetime | None, last: datetime | None, as_json: bool
) -> None:
    """How often the duties choose the unit that FILE names, overall and where the record is consistent."""
    from cityloom.exchange.duty_replay import compare_leads, lead_of
    from cityloom.exchange.mapping import read_mapping
    from cityloom.exchange.records import RecordReader
    from cityloom.exchange.rejects import Rejects
    from cityloom.exchange.windows import read_records

    city, mapping = chosen_city(city_code), read_mapping(map_file)
    refused = Rejects(None)
    reader = RecordReader(mapping, mapping.zone(city.time_zone))
    records = read_records(city, file, reader, days_of(first, last), refused)
    figures = compare_leads(row for record in records if (row := lead_of(city, record)) is not None).figures()
    figures["rejected"] = refused.count
    if as_json:
        print_json(figures)
    else:
        click.echo(_told(figures))


def _told(figures: dict[str, Any]) -> str:
    lines = []
    for name, each in (("all", figures), ("where the record is consistent", figures["consistent"])):
        share = "-" if each["share"] is None else f"{100 * each['share']:.2f} %"
        lines.append(
            f"{name:<32}{each['cases']:>8,} cases, {each['chosen']:,} chosen, {each['agree']:,} agree: {share}"
        )
    lines += [f"nobody chosen, {code:<28}{count:>6,}" for code, count in figures["unchosen"].items()]
    for each in figures["differing"]:
        lines.append(f"{each['cases']:>6,}  {each['class']}: chosen {each['chosen']}, recorded {each['recorded']}")
    return "\n".join(lines)
