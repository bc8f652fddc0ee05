"""See how often the public doors may be used, and give an address its limits back."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from cityloom.app.exits import WrongUsage
from cityloom.app.options import AS_JSON, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """See how often the public doors may be used, and give an address its limits back; docs/accounts.md has them."""


@command.command(epilog=example("cityloom limits show"))
@AS_JSON
@needs_database
def show(as_json: bool) -> None:
    """Print each limit in force, and how many addresses, phones and tokens are counted and refused now."""
    from django.conf import settings

    from cityloom.base.clock import clock_of_settings
    from cityloom.base.rate_limits import count_keys

    limits = settings.CITYLOOM_LIMITS
    used, full = count_keys(clock_of_settings().now())
    if as_json:
        told = {
            name: {"most": limit.most, "span_s": limit.span.total_seconds()} if limit else None
            for name, limit in limits.items()
        }
        print_json({"limits": told, "counted": used, "refused": full})
        return
    for name, limit in limits.items():
        click.echo(f"{name:20} {f'{limit.most:,} in {limit.span}' if limit else 'off'}")
    click.echo(f"{used:,} counted now, {full:,} of them refused")


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from cityloom.app.account_settings import LIMITS

    return [CompletionItem(name) for name in LIMITS if name.startswith(incomplete)]


def _address(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    import ipaddress

    try:
        return str(ipaddress.ip_address(value)) if value else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


@command.command(epilog=example("cityloom limits reset --address 203.0.113.7", "cityloom limits reset --all"))
@click.option("--address", callback=_address, help="The address that was refused.")
@click.option("--limit", "name", shell_complete=_names, help="Only this limit of the address; all if not given.")
@click.option("--all", "every", is_flag=True, help="Everybody's.")
@AS_JSON
@needs_database
def reset(address: str | None, name: str | None, every: bool, as_json: bool) -> None:
    """Give an address, or with --all everybody, their whole limits back at once."""
    from django.conf import settings

    from cityloom.base.addresses import blurred, household_of
    from cityloom.base.rate_limits import free_keys

    if every == (address is not None):
        raise WrongUsage("command.address_or_all")
    known = settings.CITYLOOM_LIMITS
    if name is not None and name not in known:
        raise WrongUsage("command.no_limit", name=name, known=list(known))
    keys = None
    if address is not None:
        keys = [blurred(each, household_of(address)) for each in ([name] if name else known)]
    freed = free_keys(keys)
    if as_json:
        print_json({"freed": freed})
    else:
        click.echo(f"{freed:,} counts begin anew.")
