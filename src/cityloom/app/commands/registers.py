"""Load registers whose records are verified on the spot, plan the checks of a day, tell how registers stand."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.exits import WrongUsage, language_of
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.cases.actions.load_register import Loaded

_SHOWN = 10


@click.group()
def command() -> None:
    """Load registers whose records are verified on the spot, plan the checks of a day, tell how registers stand."""


@command.command(
    epilog=example("cityloom registers load registers/", "cityloom registers load shops.csv --kind shops")
)
@click.argument("path", metavar="DIR|FILE", type=click.Path(exists=True, path_type=Path))
@CITY
@click.option("--kind", help="Which register FILE is of, as registers.toml names it; not needed for a DIR.")
@click.option(
    "--map",
    "map_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The registers.toml that tells the columns; the one beside FILE when not given.",
)
@click.option("--by", default=getpass.getuser, show_default="your login", help="Who loads it.")
@AS_JSON
@needs_database
def load(path: Path, city_code: str | None, kind: str | None, map_file: Path | None, by: str, as_json: bool) -> None:
    """Load the registers of a folder with a registers.toml, or one FILE of them.

    Loading again changes nothing unless the file says something new; what was corrected on the spot stays until then.
    Exit code 1: a file or its registers.toml cannot be read, and of that register nothing was kept.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.load_register import load_register
    from cityloom.exchange.register_files import SETTINGS, read_registers, read_rows

    folder = path if path.is_dir() else path.parent
    known = read_registers(map_file or folder / SETTINGS)
    if path.is_dir():
        files = {each.kind: folder / (each.file or f"{each.kind}.csv") for each in known.values()}
    else:
        chosen = kind or next((each.kind for each in known.values() if each.file == path.name), path.stem)
        if chosen not in known:
            raise WrongUsage("command.no_register", kind=chosen, known=list(known))
        files = {chosen: path}
    city, told = chosen_city(city_code), {}
    for name, file in files.items():
        loaded = load_register(city, known[name], read_rows(file), by, clock_of_settings())
        told[name] = _figures(loaded)
        if not as_json:
            _tell(name, loaded)
    if as_json:
        print_json(told)


@command.command(epilog=example("cityloom registers plan"))
@CITY
@AS_JSON
@needs_database
def plan(city_code: str | None, as_json: bool) -> None:
    """Add the checks that still fit into today's rounds; the worker does the same by itself."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.plan_register_checks import plan_register_checks

    planned = plan_register_checks(chosen_city(city_code), clock_of_settings())
    if as_json:
        print_json({"planned": planned})
    else:
        click.echo(f"{planned} checks planned")


@command.command(epilog=example("cityloom registers show --json"))
@CITY
@AS_JSON
@needs_database
def show(city_code: str | None, as_json: bool) -> None:
    """Tell of each register how many records stand, are due and being checked, and what checks found."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.queries_registers import figures_of
    from cityloom.cases.register_rows import list_registers

    city = chosen_city(city_code)
    today = clock_of_settings().now().astimezone(city.calendar().tz).date()
    figures = {kind: figures_of(city, kind, today) for kind in list_registers(city)}
    if as_json:
        print_json({kind: each._asdict() for kind, each in figures.items()})
        return
    for kind, each in figures.items():
        answers = ", ".join(f"{count} {outcome}" for outcome, count in sorted(each.outcomes.items())) or "none"
        click.echo(
            f"{kind}: {each.records:,} records, {each.due:,} due, {each.waiting:,} being checked; answers: {answers}"
        )
    if not figures:
        click.echo("No register is loaded. Load some with `cityloom registers load DIR --city CODE`.")


def _figures(loaded: "Loaded") -> dict[str, Any]:
    refused = [{"row": row, "reason": reason.as_json()} for row, reason in loaded.refused]
    return {"new": loaded.new, "changed": loaded.changed, "same": loaded.same, "refused": refused}


def _tell(name: str, loaded: "Loaded") -> None:
    from cityloom.base.reasons import render

    click.echo(
        f"{name}: {loaded.new:,} new, {loaded.changed:,} changed, {loaded.same:,} as they were, "
        f"{len(loaded.refused):,} refused"
    )
    for row, reason in loaded.refused[:_SHOWN]:
        click.echo(f"  row {row}: {render(reason, language_of())}")
    if len(loaded.refused) > _SHOWN:
        click.echo(f"  … {len(loaded.refused) - _SHOWN} more; --json lists all")
