"""Hold our clocks against somebody's record."""

from pathlib import Path
from typing import Any

import click

from cityloom.app.completing import city_folders
from cityloom.app.exits import Refused, language_of
from cityloom.app.options import AS_JSON, FOLDER, MAP, example, print_json


@click.group()
def command() -> None:
    """Hold our clocks against somebody's record. Needs no database."""


@command.command(epilog=example("cityloom sla replay requests.csv --map MAP.toml --against target"))
@click.argument("file", type=click.Path(path_type=Path))
@MAP
@click.option(
    "--against",
    type=click.Choice(["ontime", "target"]),
    required=True,
    help="ontime: its on-time flags against its own targets and closes; target: its targets against our due moments.",
)
@click.option(
    "--city-dir",
    type=FOLDER,
    shell_complete=city_folders,
    help="The city folder with standards and calendar; the folder of MAP.toml if not given.",
)
@click.option("--groups", type=click.IntRange(min=0), default=10, show_default=True, help="Groups of differences.")
@AS_JSON
def replay(file: Path, map_file: Path, against: str, city_dir: Path | None, groups: int, as_json: bool) -> None:
    """Compare each request of FILE: does the record agree with itself, would our clocks have promised the same?"""
    from cityloom.exchange.mapping import read_mapping
    from cityloom.exchange.promise_rows import read_promises
    from cityloom.exchange.rejects import Rejects
    from cityloom.exchange.sla_replay import compare_ontime, compare_target

    folder, calendar = _city(city_dir or map_file.absolute().parent)
    mapping = read_mapping(map_file)
    refused = Rejects(None)
    rows = read_promises(file, mapping, mapping.zone(calendar.zone), refused)
    figures: dict[str, Any]
    if against == "ontime":
        figures = compare_ontime(rows).figures()
    else:
        figures = compare_target(rows, folder.standards, calendar).figures(groups)
    figures["rejected"] = refused.count
    if as_json:
        print_json(figures)
    else:
        _tell(figures)


def _city(directory: Path) -> Any:
    """The folder's values and its first calendar; refuses a folder whose settings or tables are wrong."""
    from cityloom.city.calendars import calendars_of
    from cityloom.city.folder import read_folder

    folder, problems = read_folder(directory)
    needed = ("city.toml", "standards.csv", "calendar.csv")
    wrong = [p for p in problems if p.file in needed and p.level == "error"]
    if folder.config is None or wrong:
        found = "; ".join(f"{problem.file}: {problem.wrong(language_of())}" for problem in wrong or problems)
        raise Refused("command.standards_wrong", folder=directory, why=found)
    return folder, calendars_of(folder.config, folder.calendar)[""]


def _tell(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if name == "by_month":
            for month, each in value.items():
                click.echo(f"{month:<20}{each['cases']:>8,}{_percent(each['share']):>10}")
        elif name == "by_cause":
            for cause, number in value.items():
                click.echo(f"differs: {cause:<20}{number:>8,}")
        elif name == "groups":
            for group in value:
                fits = f" ({group['fits']})" if group["fits"] else ""
                click.echo(f"{group['cases']:>6,}  {group['class']}: {group['explanation']['en']}{fits}")
        elif name == "share":
            click.echo(f"{name:<20}{_percent(value):>8}")
        elif not isinstance(value, list):
            click.echo(f"{name:<20}{value:>8,}")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f} %"
