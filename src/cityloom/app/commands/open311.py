"""Exchange cases with other Open311 servers: pull what they received, push what was handed to them."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.exits import WrongUsage
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.base.clock import Clock
    from cityloom.city.snapshot_values import City
    from cityloom.exchange.open311.client import Open311Server

_PARTNER = click.option("--partner", help="Only this partner; all that have an Open311 server when not given.")


@click.group()
def command() -> None:
    """Exchange cases with other Open311 servers: pull what they received, push what was handed to them.

    `[partners.CODE]` in city.toml names a server by `open311`; CITYLOOM_PARTNER_KEYS has its key.
    """


@command.command(epilog=example("cityloom open311 pull --partner 990200"))
@CITY
@_PARTNER
@AS_JSON
@needs_database
def pull(city_code: str | None, partner: str | None, as_json: bool) -> None:
    """Receive what the partners' servers were told since the last time; nothing is received twice.

    Exit code 1 when something could not be kept.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.pull_open311 import pull_open311

    city, clock = chosen_city(city_code), clock_of_settings()
    _tell({p: asdict(pull_open311(city, p, server, clock)) for p, server in _servers(city, partner).items()}, as_json)


@command.command(epilog=example("cityloom open311 push"))
@CITY
@_PARTNER
@AS_JSON
@needs_database
def push(city_code: str | None, partner: str | None, as_json: bool) -> None:
    """Send what was handed to the partners, take back what has ended there, tell what ended here.

    The last one where city.toml says `open311_tells_ends`. Exit code 1 when something could not be sent, taken back
    or told.
    """
    from cityloom.base.clock import clock_of_settings

    city, clock = chosen_city(city_code), clock_of_settings()
    _tell({p: _pushed(city, p, server, clock) for p, server in _servers(city, partner).items()}, as_json)


def _pushed(city: "City", partner: str, server: "Open311Server", clock: "Clock") -> dict[str, Any]:
    from cityloom.exchange.actions.push_open311 import push_open311
    from cityloom.exchange.actions.tell_endings import tell_endings

    counts = asdict(push_open311(city, partner, server, clock))
    if city.settings.partner_doors[partner].tells_ends:
        told = tell_endings(city, partner, server, clock)
        counts |= {"told": told.told, "refused": counts["refused"] | told.refused}
    return counts


@command.command(epilog=example("cityloom open311 partners --json"))
@CITY
@AS_JSON
@needs_database
def partners(city_code: str | None, as_json: bool) -> None:
    """List the partners: where their system is, whether we have a key for it, and how our cases stand there."""
    from django.conf import settings

    from cityloom.cases.queries_partners import count_by_partner

    city = chosen_city(city_code)
    counts = count_by_partner(city.id)
    rows = []
    for code, name in city.settings.partners.items():
        door, there = city.settings.partner_doors.get(code), counts.get(code)
        rows.append({
            "partner": code, "name": {"zh": name.zh, "en": name.en}, "open311": door.open311 if door else None,
            "key": bool(settings.CITYLOOM_PARTNER_KEYS.get(code)),
            "to_send": there.to_send if there else 0, "with_partner": there.with_partner if there else 0,
        })  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for row in rows:
        key = "key" if row["key"] else "no key"
        where = f"{row['open311']} ({key})" if row["open311"] else "a city of this installation"
        click.echo(f"{row['partner']:12} {row['to_send']:>6,} to send {row['with_partner']:>6,} there  {where}")
    click.echo(f"{len(rows)} partners")


def _servers(city: "City", partner: str | None) -> "dict[str, Open311Server]":
    from django.conf import settings

    from cityloom.exchange.open311.client import Open311Server

    doors = city.settings.partner_doors
    if partner is not None and partner not in doors:
        raise WrongUsage("command.no_open311", partner=partner, known=list(doors))
    keys = settings.CITYLOOM_PARTNER_KEYS
    return {
        code: Open311Server(door.open311, door.jurisdiction, keys.get(code, ""))
        for code, door in doors.items()
        if partner in (None, code)
    }


def _tell(done: dict[str, dict[str, object]], as_json: bool) -> None:
    if as_json:
        print_json(done)
    for partner, counts in {} if as_json else done.items():
        refused = counts["refused"]
        assert isinstance(refused, dict)
        told = "  ".join(f"{name} {count}" for name, count in counts.items() if name != "refused")
        click.echo(f"{partner:<12}{told}  refused {len(refused)}")
        for number, code in sorted(refused.items()):
            click.echo(f"    {number}: {code}", err=True)
    if any(counts["refused"] for counts in done.values()):
        raise click.exceptions.Exit(1)
