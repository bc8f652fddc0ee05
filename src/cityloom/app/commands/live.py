"""Serve the live stream of the screens."""

import os

import click

from cityloom.app.options import example


@click.command(epilog=example("cityloom live --host 127.0.0.1 --port 8001"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
def command(host: str, port: int) -> None:
    """Tell the screens what moves, by server-sent events, until Ctrl-C or SIGTERM.

    CITYLOOM_LIVE_URL tells the pages where browsers find it.
    """
    from cityloom.app.processes import require_port
    from cityloom.app.ready import database_at_hand, set_up_django

    require_port(port, host, "cityloom live --port ")
    with database_at_hand():
        from granian import Granian
        from granian.constants import Interfaces

        set_up_django()
        os.environ["CITYLOOM_WEB_PARENT"] = str(os.getpid())
        from django.conf import settings

        Granian(
            "cityloom.app.live:application",
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            workers=1,  # one memory of what came; a second process on another port serves more screens
            respawn_failed_workers=True,
            workers_kill_timeout=3,
            log_access=False,  # tokens stand in the addresses
            log_dictconfig=settings.LOGGING,
        ).serve()
