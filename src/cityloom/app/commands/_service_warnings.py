"""Telling that machines' accounts rest because who answered for them has left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cityloom.city.service_accounts import ServiceAccount


def warn_of(accounts: Iterable[ServiceAccount]) -> None:
    """A line on the error output for each account that has lost its person, with the next step."""
    for account in accounts:
        click.echo(
            f"warning: the service account {account.name} rests: {account.responsible}, who answered for it, has "
            "left; name another person with `cityloom services hand-over`",
            err=True,
        )
