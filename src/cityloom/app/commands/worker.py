"""Fire due moments and do background jobs."""

import importlib.util

import click

from cityloom.app.counters import share_counters
from cityloom.app.options import example
from cityloom.app.places import var_dir
from cityloom.app.processes import CannotStart
from cityloom.app.ready import needs_database


class NoWorkerShipped(CannotStart):
    """This build of the package has no worker."""


@click.command(epilog=example("cityloom worker"))
@needs_database
def command() -> None:
    """Fire warnings and escalations when they fall due and do background jobs, until Ctrl-C or SIGTERM."""
    if importlib.util.find_spec("cityloom.app.worker") is None:
        raise NoWorkerShipped("this build has no cityloom.app.worker; install a complete one with `make setup`")
    share_counters(var_dir())
    from cityloom.app.worker import run

    run()
