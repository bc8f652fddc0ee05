"""Serve the pages and the API."""

import importlib
import os

import click

from cityloom.app.options import example


@click.command(epilog=example("cityloom web --host 127.0.0.1 --port 8000 --workers 4"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1), help="Worker processes.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1), help="Threads per worker.")
def command(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the pages and the API until Ctrl-C or SIGTERM."""
    from cityloom.app.counters import share_counters
    from cityloom.app.places import var_dir
    from cityloom.app.processes import require_port
    from cityloom.app.ready import database_at_hand, keep_pool, set_up_django

    require_port(port, host, "cityloom web --port ")
    with database_at_hand():
        from granian import Granian
        from granian.constants import Interfaces

        os.environ["CITYLOOM_WEB_PARENT"] = str(os.getpid())
        share_counters(var_dir())
        set_up_django()  # once, before the workers split off: a bad setting is told here and memory is shared
        from django.conf import settings

        from cityloom.app.forking import settle

        keep_pool(threads + 2)
        importlib.import_module(settings.ROOT_URLCONF)  # the code of all pages, for all workers
        settle()

        Granian(
            "cityloom.app.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            log_access=False,  # it would write whole addresses, and with them private codes; `WatchRequests` logs
            log_dictconfig=settings.LOGGING,
        ).serve()
