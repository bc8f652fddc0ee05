"""Start everything: servers, tables, the demo city, pages, worker, its day."""

from pathlib import Path

import click

from cityloom.app.completing import city_folders
from cityloom.app.options import example


@click.command(epilog=example("cityloom run", "cityloom run --port 8001 --city examples/boston311 --no-demo"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the pages.")
@click.option(
    "--city",
    type=click.Path(path_type=Path, file_okay=False),
    shell_complete=city_folders,
    help="Folder of the demo city; made when absent.  [default: cities/jinchuan in the project's root]",
)
@click.option("--demo/--no-demo", default=True, show_default=True, help="Make and load the demo city.")
@click.option("--play/--no-play", default=True, show_default=True, help="Let the demo city's day play live.")
def command(host: str, port: int, city: Path | None, demo: bool, play: bool) -> None:
    """Start everything a city needs on this machine and keep it running until Ctrl-C.

    PostgreSQL and NATS are started unless CITYLOOM_DATABASE_URL and CITYLOOM_NATS_URL name running ones.
    """
    from datetime import datetime

    from cityloom.app.places import project_root, var_dir
    from cityloom.app.running import Wish, run_city

    folder = city or project_root() / "cities" / "jinchuan"
    today = datetime.now().astimezone().date()
    run_city(Wish(var_dir(), host, port, folder.absolute(), demo, play, today))
