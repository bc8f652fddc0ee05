"""List devices and how they fare, give them secrets, end quarantines, calibrate and replace them."""

from __future__ import annotations

from typing import Any

import click

from cityloom.app.commands import _device_care
from cityloom.app.exits import Exit
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """List devices and how they fare, give them secrets, end quarantines, calibrate and replace them."""


for _each in (_device_care.calibrate, _device_care.replace, _device_care.due):
    command.add_command(_each)


@command.command("list", epilog=example("cityloom devices list --state quarantined --json"))
@click.option("--type", "kind", default="", help="Of this type only.")
@click.option("--state", type=click.Choice(["active", "quarantined", "retired"]), help="In this state only.")
@CITY
@AS_JSON
@needs_database
def list_command(kind: str, state: str | None, city_code: str | None, as_json: bool) -> None:
    """List devices: when each was seen last, how many readings and refusals."""
    from cityloom.sensing.models import Device

    rows = Device.objects.filter(city_id=chosen_city(city_code).id).order_by("code")
    rows = rows.filter(type=kind) if kind else rows
    rows = rows.filter(state=state) if state else rows
    if as_json:
        print_json([_told(row) for row in rows])
        return
    for row in rows:
        seen = row.last_seen.isoformat(timespec="seconds") if row.last_seen else "never seen"
        secret = "" if row.secret_hash else "  no secret"
        click.echo(
            f"{row.code:28} {row.type:18} {row.state:12} {seen:26} {row.readings:>12,} {row.errors:>8,}{secret}"
        )
    click.echo(f"{len(rows):,} devices")


@command.command(epilog=example("cityloom devices load"))
@CITY
@AS_JSON
@needs_database
def load(city_code: str | None, as_json: bool) -> None:
    """Bring the register in line with things.csv of the loaded city; the ingest process does so when it starts."""
    from cityloom.sensing.actions.load_devices import load_devices

    done = load_devices(chosen_city(city_code))
    if as_json:
        print_json(done._asdict())
    else:
        click.echo(
            f"{done.devices} devices and {done.streams} streams added, {done.changed} changed, {done.retired} at rest"
        )


@command.command(epilog=example("cityloom devices secret DEVICE"))
@click.argument("code")
@CITY
@AS_JSON
@needs_database
def secret(code: str, city_code: str | None, as_json: bool) -> None:
    """Make a new secret for the device CODE and print it; it is never shown again.

    Over MQTT the device comes in with CODE as its user name and the secret as its password.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.sensing.actions.give_secret import give_secret

    text = give_secret(chosen_city(city_code), code, clock_of_settings())
    if as_json:
        print_json({"device": code, "secret": text})
    else:
        click.echo(text)


@command.command(epilog=example("cityloom devices release DEVICE"))
@click.argument("code")
@CITY
@AS_JSON
@needs_database
def release(code: str, city_code: str | None, as_json: bool) -> None:
    """End the quarantine of the device CODE. Exit code 1 when it is in none."""
    from cityloom.sensing.actions.release_device import release_device

    if not release_device(chosen_city(city_code), code):
        click.echo(f"{code} is in no quarantine.", err=True)
        raise click.exceptions.Exit(Exit.FOUND)
    if as_json:
        print_json({"device": code, "released": True})
    else:
        click.echo(f"{code} is listened to again.")


@command.command(epilog=example("cityloom devices problems --json"))
@CITY
@AS_JSON
@needs_database
def problems(city_code: str | None, as_json: bool) -> None:
    """Tell what was refused: why, of which device, how often, when last. Exit code 1 when there is any."""
    from cityloom.app.exits import language_of
    from cityloom.base.reasons import Reason, render
    from cityloom.sensing.models import Problem

    rows = list(Problem.objects.filter(city_id=chosen_city(city_code).id).order_by("-last_at"))
    if as_json:
        print_json([
            {"code": f"sensing.{r.kind}", "device": r.about, "times": r.count, "sample": r.sample,
             "first_at": r.first_at.isoformat(), "last_at": r.last_at.isoformat()}
            for r in rows
        ])  # fmt: skip
    for row in [] if as_json else rows:
        reason = Reason(f"sensing.{row.kind}", {"about": row.about or "—", "sample": row.sample or "—"})
        click.echo(f"{row.last_at:%Y-%m-%d %H:%M} {row.count:>10,} × {render(reason, language_of())}")
    if rows:
        raise click.exceptions.Exit(Exit.FOUND)


def _told(row: Any) -> dict[str, Any]:
    return {
        "code": row.code, "type": row.type, "state": row.state, "owner": row.owner, "area": row.area,
        "last_seen": row.last_seen.isoformat() if row.last_seen else None, "readings": row.readings,
        "errors": row.errors, "battery": row.battery, "has_secret": row.secret_hash is not None,
    }  # fmt: skip
