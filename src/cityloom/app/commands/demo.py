"""Make the fictional demo city Jinchuan."""

import time
from datetime import datetime
from pathlib import Path

import click

from cityloom.app.commands._demo_history import history
from cityloom.app.commands._demo_live import live
from cityloom.app.commands._demo_play import play


@click.group()
def command() -> None:
    """The demo city Jinchuan 锦川, which exists nowhere: made from a seed, the same seed giving the same city."""


command.add_command(play)
command.add_command(history)
command.add_command(live)


@command.command()
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which city.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Day on which the history of finished cases ends; it begins 365 days before.",
)
@click.option(
    "--history", "history_count", type=click.IntRange(min=0), default=20_000, show_default=True,
    help="How many finished cases.",
)  # fmt: skip
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def make(seed: int, until: datetime, history_count: int, folder: Path) -> None:
    """Write the city folder DIR; an earlier demo city there is replaced, anything else is left alone."""
    from cityloom.exchange.demo.make import make_city

    began = time.monotonic()
    with click.progressbar(length=100, label="Making Jinchuan", show_eta=False, item_show_func=_shown) as bar:

        def progress(step: str, share: float) -> None:
            bar.update(round(share * 100) - bar.pos, step)

        make_city(folder.absolute(), seed, until.date(), history_count, progress)
    click.echo(f"{folder} holds the city of seed {seed}; it took {time.monotonic() - began:.1f} s.")


def _shown(step: str | None) -> str:
    return step or ""
