"""Commands of `cityloom devices` for who looks after them: calibrate, replace, and what is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from cityloom.app.completing import logins
from cityloom.app.options import AS_JSON, CITY, DAY, chosen_city, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.city.snapshot_values import City
    from cityloom.city.values import Post

_BY = click.option(
    "--by", "login", required=True, shell_complete=logins, help="Login of who does it, of the device's owner unit."
)


@click.command(
    epilog=example(
        "cityloom devices calibrate DEVICE level_m --by LOGIN --factor 1.02 --offset 0.1",
        "cityloom devices calibrate DEVICE level_m --by LOGIN --point 1.30 1.20 --point 2.50 2.60",
    )
)
@click.argument("code")
@click.argument("stream")
@_BY
@click.option("--day", type=DAY, help="When it was done; today when not given.")
@click.option("--factor", type=float, help="The kept value is factor * said + offset.")
@click.option("--offset", type=float, help="What is added, in the stream's unit.")
@click.option(
    "--point", "points", type=(float, float), multiple=True, metavar="SHOWN REFERENCE",
    help="What the stream showed and what the reference said; once or twice, instead of factor and offset.",
)  # fmt: skip
@click.option("--note", default="", help="With what and how.")
@click.option("--next-due", type=DAY, help="When the next one is due; by the type of device when not given.")
@CITY
@AS_JSON
@needs_database
def calibrate(
    code: str, stream: str, login: str, day: datetime | None, factor: float | None, offset: float | None,
    points: tuple[tuple[float, float], ...], note: str, next_due: datetime | None, city_code: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Record a calibration of the STREAM of the device CODE; readings from now on are kept by it.

    What was kept before stays as it was kept.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.sensing.actions.calibrate_stream import calibrate_stream
    from cityloom.sensing.device_care import Point

    city, clock = chosen_city(city_code), clock_of_settings()
    today = clock.now().astimezone(city.calendar().tz).date()
    done = calibrate_stream(
        city, code, stream, _keeper(city, login, clock.now()), clock,
        day=day.date() if day else today, factor=factor, offset=offset,
        points=[Point(*each) for each in points], note=note, next_due=next_due.date() if next_due else None,
    )  # fmt: skip
    if as_json:
        print_json({"device": code, "stream": stream, **done._asdict()})
        return
    due = f" Due again on {done.next_due}." if done.next_due else ""
    click.echo(
        f"{code} {stream}: {done.factor:g} * said {done.offset:+g} from now on, "
        f"{done.factor_before:g} * said {done.offset_before:+g} before.{due}"
    )


@click.command(
    epilog=example("cityloom devices replace OLD NEW --by LOGIN --reason 'broken by a lorry' --serial 4711")
)
@click.argument("old")
@click.argument("new")
@_BY
@click.option("--reason", required=True, help="Why it is replaced.")
@click.option("--serial", default="", help="The serial number of the new device.")
@click.option(
    "--type", "kind", default="", help="The type of a new device that is not registered; that of OLD if not given."
)
@CITY
@AS_JSON
@needs_database
def replace(
    old: str, new: str, login: str, reason: str, serial: str, kind: str, city_code: str | None, as_json: bool
) -> None:
    """Let the device NEW take the place of OLD and print NEW's secret, which is never shown again.

    OLD rests and keeps its readings; NEW, registered on the way where it is not, shows them before its own.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.sensing.actions.replace_device import replace_device

    city, clock = chosen_city(city_code), clock_of_settings()
    by = _keeper(city, login, clock.now())
    done = replace_device(city, old, new, by, clock, reason=reason, serial=serial, type_=kind)
    if as_json:
        print_json({"old": old, "new": done.code, "secret": done.secret, "alarms_ended": done.alarms})
        return
    click.echo(f"{done.code} takes the place of {old}; {done.alarms} alarms of it ended.", err=True)
    click.echo(done.secret)


@click.command(epilog=example("cityloom devices due --days 30"))
@click.option("--days", type=click.IntRange(0), default=0, show_default=True, help="Due within so many days too.")
@CITY
@AS_JSON
@needs_database
def due(days: int, city_code: str | None, as_json: bool) -> None:
    """List the devices whose calibration is due, the longest due first."""
    from django.db import connection

    from cityloom.base.clock import clock_of_settings
    from cityloom.sensing.device_queries import list_due_calibrations

    city = chosen_city(city_code)
    until = clock_of_settings().now().astimezone(city.calendar().tz).date() + timedelta(days=days)
    with connection.cursor() as cursor:
        rows = list_due_calibrations(cursor, city, until)
    if as_json:
        print_json([{"code": r.code, "type": r.type, "owner": r.owner, "due": r.calibration_due} for r in rows])
        return
    for row in rows:
        click.echo(f"{row.calibration_due} {row.code:28} {row.type:18} {row.owner}")
    click.echo(f"{len(rows):,} devices")


def _keeper(city: City, login: str, at: datetime) -> Post:
    """The post of that login that looks after devices; the first one where there is none, which is refused with why.

    Raises NotAllowed for a login without any post.
    """
    from cityloom.cases.errors import NotAllowed
    from cityloom.city.held_posts import posts_held
    from cityloom.sensing.alarm_moves import OWNERS

    held = posts_held(city, login, at.astimezone(city.calendar().tz).date())
    if not held:
        raise NotAllowed("error.not_allowed", role=login, move="care", roles=sorted(OWNERS))
    return next((post for post in held if post.role in OWNERS), held[0])
