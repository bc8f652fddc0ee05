"""Hold the duty table against somebody's record."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cityloom.app.ready import needs_database

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """Hold the duty table against somebody's record."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "map_file", type=click.Path(path_type=Path), required=True, help="The mapping, MAP.toml.")
@click.option("--city", "city_code", required=True, help="Code of the city, loaded before.")
@click.option("--from", "first", type=_DAY, help="First day of opening, in the city's time zone.")
@click.option("--until", "last", type=_DAY, help="Last day of opening.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@needs_database
def replay(
    file: Path, map_file: Path, city_code: str, first: datetime | None, last: datetime | None, as_json: bool
) -> None:
    """How often the duties choose the unit that FILE names, overall and where the record is consistent."""
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.duty_replay import compare_leads, lead_of
    from cityloom.exchange.mapping import read_mapping
    from cityloom.exchange.records import RecordReader
    from cityloom.exchange.rejects import Rejects
    from cityloom.exchange.windows import read_records

    city, mapping = current_city(city_code), read_mapping(map_file)
    refused = Rejects(None)
    reader = RecordReader(mapping, mapping.zone(city.time_zone))
    days = (first.date() if first else None, last.date() if last else None)
    records = read_records(city, file, reader, days, refused)
    figures = compare_leads(row for record in records if (row := lead_of(city, record)) is not None).figures()
    figures["rejected"] = refused.count
    click.echo(json.dumps(figures, ensure_ascii=False, indent=1) if as_json else _told(figures))


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
