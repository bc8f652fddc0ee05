"""Make the fictional demo city Jinchuan."""

import sys
import time
from datetime import datetime
from pathlib import Path

import click

from cityloom.app.commands._demo_history import history
from cityloom.app.commands._demo_live import live
from cityloom.app.commands._demo_play import play
from cityloom.app.options import AS_JSON, DAY, example, print_json
from cityloom.app.progress import shown_progress


@click.group()
def command() -> None:
    """The demo city Jinchuan 锦川, which exists nowhere: made from a seed, the same seed giving the same city."""


command.add_command(play)
command.add_command(history)
command.add_command(live)


@command.command(epilog=example("cityloom demo make cities/jinchuan --until 2026-03-17"))
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which city.")
@click.option(
    "--until",
    type=DAY,
    required=True,
    help="Day on which the history of finished cases ends; it begins 365 days before.",
)
@click.option(
    "--history", "history_count", type=click.IntRange(min=0), default=20_000, show_default=True,
    help="How many finished cases.",
)  # fmt: skip
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@AS_JSON
def make(seed: int, until: datetime, history_count: int, folder: Path, as_json: bool) -> None:
    """Write the city folder DIR; an earlier demo city there is replaced, anything else is left alone."""
    from cityloom.exchange.demo.make import make_city

    began = time.monotonic()
    with shown_progress("Making Jinchuan", sys.stderr) as tell:
        make_city(folder.absolute(), seed, until.date(), history_count, tell)
    if as_json:
        print_json({"folder": folder, "seed": seed, "seconds": round(time.monotonic() - began, 1)})
        return
    click.echo(f"{folder} holds the city of seed {seed}; it took {time.monotonic() - began:.1f} s.")
