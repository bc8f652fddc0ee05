"""Take in what devices say: from the message server's log into the database."""

import re

import click

from cityloom.app.exits import WrongUsage
from cityloom.app.options import CITY, chosen_city, example
from cityloom.app.ready import needs_database


@click.command(epilog=example("cityloom ingest", "cityloom ingest --part 1/2"))
@CITY
@click.option("--part", default="", help="`1/2` for the first of two processes; the page on scale says how.")
@click.option(
    "--bridge",
    envvar="CITYLOOM_MQTT_BRIDGE",
    default="",
    help="A broker to listen to: mqtt://user:password@host:1883.",
)
@needs_database
def command(city_code: str | None, part: str, bridge: str) -> None:
    """Take in what devices say, judge it by the city's rules and store it, until Ctrl-C or SIGTERM."""
    if part and not re.fullmatch(r"[1-8]/[1-8]", part):
        raise WrongUsage("command.bad_part", part=part)
    from cityloom.app.ingest import run

    run(chosen_city(city_code).code, part, bridge)
