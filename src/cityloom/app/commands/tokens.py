"""Issue, list and revoke the tokens by which other systems knock at the doors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cityloom.app.completing import area_codes, logins, unit_codes
from cityloom.app.exits import WrongUsage
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.exchange.api.tokens import Token

BY = "command"  # who did it, as the token's row tells


@click.group()
def command() -> None:
    """Issue, list and revoke the tokens by which other systems knock at the doors.

    A token acts by one post: one that a person holds, or that of a service account (--service), which
    `cityloom services add` makes.
    """


@command.command(
    epilog=example(
        "cityloom tokens issue 'city app' --login LOGIN --scope reports:write --scope reports:read",
        "cityloom tokens issue 'lamp system' --service --scope cases:read --days 90",
    )
)
@click.argument("name")
@click.option("--login", shell_complete=logins, help="Whose post it is; the token ends with the post.")
@click.option("--service", is_flag=True, help="For the service account called NAME, by its post.")
@click.option("--role", default="", help="The role of the post; needed where a person holds several.")
@click.option("--unit", default="", shell_complete=unit_codes, help="The unit of the post.")
@click.option("--area", default="", shell_complete=area_codes, help="The area of the post.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; may be given several times.")
@click.option("--days", type=int, default=365, show_default=True, help="For how many days it is good.")
@CITY
@AS_JSON
@needs_database
def issue(
    name: str, login: str | None, service: bool, role: str, unit: str, area: str, scopes: tuple[str, ...],
    days: int, city_code: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Make a token called NAME and print it; it is never shown again.

    Scopes: reports:write, reports:read, cases:read, cases:words, cases:move, master:read.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.api.tokens import choose_post, issue_token, service_post

    if service == (login is not None):
        raise WrongUsage("command.login_or_service")
    city, now = chosen_city(city_code), clock_of_settings().now()
    if login is None:
        post = service_post(city, name, role, unit, area)
    else:
        post = choose_post(city, login, role, unit, area, now)
    token, text = issue_token(city, post, name, scopes, days, BY, now)
    if as_json:
        print_json({"token": text, **_told(token)})
        return
    click.echo(text)
    click.echo(f"acts as {_post_of(token)}, may {', '.join(sorted(token.scopes))}; it is not shown again", err=True)


@command.command("list", epilog=example("cityloom tokens list --all --json"))
@click.option("--all", "every", is_flag=True, help="Also those that were revoked or have expired.")
@CITY
@AS_JSON
@needs_database
def list_command(every: bool, city_code: str | None, as_json: bool) -> None:
    """List tokens with their posts, what they may do, and when they were used last."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.api.tokens import list_tokens

    now = clock_of_settings().now()
    found = [t for t in list_tokens(chosen_city(city_code)) if every or t.is_good(now)]
    if as_json:
        print_json([_told(t) for t in found])
        return
    for token in found:
        used = token.last_used_at.date().isoformat() if token.last_used_at else "never used"
        state = "revoked" if token.revoked_at else "" if token.is_good(now) else "expired"
        scopes = ",".join(sorted(token.scopes))
        click.echo(f"clm_{token.prefix}  {token.name:24} {_post_of(token):40} {scopes:48} {used:11} {state}".rstrip())
    click.echo(f"{len(found):,} tokens")


@command.command(epilog=example("cityloom tokens revoke clm_1a2b3c4d"))
@click.argument("prefix")
@CITY
@AS_JSON
@needs_database
def revoke(prefix: str, city_code: str | None, as_json: bool) -> None:
    """End the token that begins with PREFIX; from the next request on it opens nothing."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.api.tokens import revoke_token

    token = revoke_token(chosen_city(city_code), prefix, BY, clock_of_settings().now())
    if as_json:
        print_json(_told(token))
    else:
        click.echo(f"clm_{token.prefix} ({token.name}) is revoked.")


def _post_of(token: Token) -> str:
    return "/".join(filter(None, [token.login, token.role.value, token.unit, token.area]))


def _told(token: Token) -> dict[str, Any]:
    moments = {
        name: moment.isoformat() if (moment := getattr(token, name)) else None
        for name in ("created_at", "expires_at", "last_used_at", "revoked_at")
    }
    return {
        "prefix": f"clm_{token.prefix}", "name": token.name, "login": token.login, "role": token.role.value,
        "unit": token.unit, "area": token.area, "service": token.is_service, "scopes": sorted(token.scopes),
        **moments,
    }  # fmt: skip
