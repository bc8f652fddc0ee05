"""Fire watch: load buildings with their devices, plans and contacts."""

from pathlib import Path

import click

from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Fire watch: load buildings with their devices, plans and contacts."""


@command.command(epilog=example("cityloom fire load buildings.csv"))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@CITY
@AS_JSON
@needs_database
def load(file: Path, city_code: str | None, as_json: bool) -> None:
    """Load buildings from a table with site, name_zh, lon, lat; a row each for further devices and contacts.

    `plan` names a picture of the floor beside the table, PNG, JPEG or SVG. Contacts are sealed at once. Nothing is
    loaded from a table with a wrong row.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.fire_files import load_fire_sites
    from cityloom.sensing.actions.load_devices import load_devices

    city = chosen_city(city_code)
    load_devices(city)  # so that what the city's folder names can be hung
    told = load_fire_sites(city, file, clock_of_settings())
    if as_json:
        print_json(told)
    else:
        click.echo(
            f"{told['sites']:,} buildings, {told['devices']:,} devices, {told['plans']:,} plans, "
            f"{told['unknown_devices']:,} unknown devices"
        )
