"""`cityloom demo live`: the demo city's present day, lived through its pages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

from cityloom.app.options import FOLDER, example
from cityloom.app.ready import needs_database


@click.command("live", epilog=example("cityloom demo live cities/jinchuan --rate 60"))
@click.option(
    "--rate",
    type=click.FloatRange(min=0.1, max=600),
    default=60.0,
    show_default=True,
    help="How fast the day goes: at 60 as much happens in a second as in a minute of the demo's year.",
)
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the pages are.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which day.")
@click.argument("folder", metavar="DIR", type=FOLDER)
@needs_database
def live(rate: float, url: str, seed: int, folder: Path) -> None:
    """Let people report on the pages of the running city of the folder DIR, and let its staff sign in with the demo
    password and take up what is open, until Ctrl-C. One line for each thing that happens.

    A server that is away is waited for.
    """
    import signal
    import threading

    from cityloom.app.places import demo_password, var_dir
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.demo.doors import HttpDoor
    from cityloom.exchange.demo.live import DoorPlayer

    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    code = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))["code"]
    DoorPlayer(
        lambda: current_city(code),
        clock_of_settings(),
        stop,
        rate,
        seed,
        open_door=lambda: HttpDoor(url),
        password=demo_password(var_dir()),
        say=click.echo,
    ).play()
    click.echo("The day is over.")
