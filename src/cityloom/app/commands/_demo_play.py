"""`cityloom demo play`: the demo city's day, lived through the real actions."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

from cityloom.app.options import FOLDER, example
from cityloom.app.ready import needs_database


@click.command("play", epilog=example("cityloom demo play cities/jinchuan --rate 10"))
@click.option(
    "--rate",
    type=click.FloatRange(min=0.01, max=1000),
    default=1.0,
    show_default=True,
    help="How often things happen: at 1 about one report in 7 seconds in the busiest hour.",
)
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which day.")
@click.argument("folder", metavar="DIR", type=FOLDER)
@needs_database
def play(rate: float, seed: int, folder: Path) -> None:
    """Let people report and posts take up what is open in the city of the folder DIR, until Ctrl-C or SIGTERM.

    The city must be loaded. A case that a visitor reported or moved is left to the visitor for a quarter of an hour.
    """
    import signal
    import threading

    from cityloom.base.clock import clock_of_settings
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.demo.play import Player

    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    code = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))["code"]
    Player(lambda: current_city(code), clock_of_settings(), stop, rate, seed).play()
