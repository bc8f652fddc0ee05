"""Make, list, hand over and disable accounts of machines, which other systems use by tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cityloom.app.completing import area_codes, logins, unit_codes
from cityloom.app.exits import Exit
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from datetime import datetime

    from cityloom.city.service_accounts import ServiceAccount

BY = "command"  # who did it, as the account's record tells


@click.group()
def command() -> None:
    """Make, list, hand over and disable accounts of machines, which other systems use by tokens.

    A unit owns one, a person answers for it. It has no password and cannot sign in: `cityloom tokens issue NAME
    --service` gives it a token. It rests by itself when its day has come or its person has left.
    """


@command.command(
    epilog=example(
        "cityloom services add 'lamp system' --owner UNIT --responsible LOGIN --purpose 'lamps report faults' "
        "--role handler --unit UNIT"
    )
)
@click.argument("name")
@click.option("--owner", required=True, shell_complete=unit_codes, help="The unit that owns it.")
@click.option("--responsible", required=True, shell_complete=logins, help="The person who answers for it.")
@click.option("--purpose", required=True, help="What it is for, in a sentence.")
@click.option("--role", required=True, help="The role of the post that its tokens act by.")
@click.option("--unit", default="", shell_complete=unit_codes, help="The unit of the post.")
@click.option("--area", default="", shell_complete=area_codes, help="The area of the post.")
@click.option("--days", type=int, default=365, show_default=True, help="For how many days it is good.")
@CITY
@AS_JSON
@needs_database
def add(
    name: str, owner: str, responsible: str, purpose: str, role: str, unit: str, area: str, days: int,
    city_code: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Make a machine's account called NAME."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.actions.add_service_account import NewService, add_service_account

    city, now = chosen_city(city_code), clock_of_settings().now()
    new = NewService(name, purpose, owner, responsible, role, unit, area, days)
    _tell(add_service_account(city, new, BY, now), now, as_json)


@command.command("list", epilog=example("cityloom services list", "cityloom services list --all --json"))
@click.option("--all", "every", is_flag=True, help="Also those that were disabled.")
@CITY
@AS_JSON
@needs_database
def list_command(every: bool, city_code: str | None, as_json: bool) -> None:
    """List machines' accounts: whose, what for, until when, used last. Exit code 1 when one lost its person."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.service_accounts import ServiceState, list_service_accounts

    now = clock_of_settings().now()
    found = [each for each in list_service_accounts(chosen_city(city_code)) if every or each.disabled_at is None]
    if as_json:
        print_json([_told(each, now) for each in found])
    else:
        for each in found:
            click.echo(_line(each, now))
        click.echo(f"{len(found):,} service accounts")
    if any(each.state(now) is ServiceState.WITHOUT_PERSON for each in found):
        raise click.exceptions.Exit(Exit.FOUND)


@command.command("hand-over", epilog=example("cityloom services hand-over 'lamp system' --responsible LOGIN"))
@click.argument("name")
@click.option("--responsible", required=True, shell_complete=logins, help="The person who answers for it now.")
@click.option("--days", type=int, help="For how many days from now it is good; its day stays if not given.")
@CITY
@AS_JSON
@needs_database
def hand_over(name: str, responsible: str, days: int | None, city_code: str | None, as_json: bool) -> None:
    """Let another person answer for the account NAME; one that rested for want of a person wakes."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.actions.hand_over_service_account import hand_over_service_account

    now = clock_of_settings().now()
    _tell(hand_over_service_account(chosen_city(city_code), name, responsible, BY, now, days), now, as_json)


@command.command(epilog=example("cityloom services disable 'lamp system'"))
@click.argument("name")
@CITY
@AS_JSON
@needs_database
def disable(name: str, city_code: str | None, as_json: bool) -> None:
    """End the account NAME for good; from the next request on its tokens open nothing."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.actions.disable_service_account import disable_service_account

    now = clock_of_settings().now()
    _tell(disable_service_account(chosen_city(city_code), name, BY, now), now, as_json)


def _tell(account: ServiceAccount, now: datetime, as_json: bool) -> None:
    if as_json:
        print_json(_told(account, now))
    else:
        click.echo(_line(account, now))


def _line(each: ServiceAccount, now: datetime) -> str:
    post = "/".join(filter(None, (each.role.value, each.unit, each.area)))
    used = each.last_used_at.date().isoformat() if each.last_used_at else "never used"
    return (
        f"{each.name:24} {each.state(now).value:15} {post:32} of {each.owner}, {each.responsible} answers for it, "
        f"until {each.expires_at.date().isoformat()}, {used}: {each.purpose}"
    )


def _told(each: ServiceAccount, now: datetime) -> dict[str, Any]:
    return {
        "name": each.name, "login": each.login, "state": each.state(now).value, "purpose": each.purpose,
        "owner": each.owner, "responsible": each.responsible, "role": each.role.value, "unit": each.unit,
        "area": each.area, "made_at": each.made_at, "made_by": each.made_by, "expires_at": each.expires_at,
        "last_used_at": each.last_used_at, "disabled_at": each.disabled_at,
    }  # fmt: skip
