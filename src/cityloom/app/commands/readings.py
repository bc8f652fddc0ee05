"""Fill in a history of readings from a file, and write readings to one."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from cityloom.app.exits import Exit
from cityloom.app.options import AS_JSON, CITY, REJECTS, chosen_city, example, print_json, rejects_of, shown_count
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Fill in a history of readings from a file, and write readings to one."""


@command.command("import", epilog=example("cityloom readings import history.parquet"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@CITY
@REJECTS
@AS_JSON
@needs_database
def import_command(file: Path, city_code: str | None, rejects: Path | None, as_json: bool) -> None:
    """Store the readings of FILE (CSV or Parquet with the columns device, stream, t, v).

    No rule judges them. Nothing is stored twice, so an import that was interrupted is called again. Exit code 1 when
    rows were rejected.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.import_readings import import_readings

    city, rejects = chosen_city(city_code), rejects_of(file, rejects)
    with shown_count() as count:
        done = import_readings(
            city,
            file,
            clock_of_settings(),
            rejects,
            lambda d: count(f"{d.rows:,} rows, {d.stored:,} stored, {d.rejected:,} rejected"),
        )
    if as_json:
        print_json(vars(done))
    else:
        click.echo(
            f"{done.rows:,} rows: {done.stored:,} stored, {done.repeated:,} known before, {done.rejected:,} rejected"
        )
    if done.rejected:
        click.echo(f"The rejected rows and their reasons are in {rejects}.", err=True)
        raise click.exceptions.Exit(Exit.FOUND)


@command.command(epilog=example("cityloom readings export week.parquet --device DEVICE --days 7"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--device", "devices", multiple=True, help="A device; all of the city's when none is named.")
@click.option("--from", "begins", type=click.DateTime(), help="From this moment on, in UTC.")
@click.option("--to", "ends", type=click.DateTime(), help="Until before this moment, in UTC; now when not given.")
@click.option(
    "--days", type=click.IntRange(1), default=1, show_default=True, help="Days before --to, without --from."
)
@CITY
@AS_JSON
@needs_database
def export(
    file: Path, devices: tuple[str, ...], begins: datetime | None, ends: datetime | None, days: int,
    city_code: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Write what devices said to FILE, as CSV or as Parquet by its ending, from wherever it is kept."""
    from cityloom.app.progress import counted_progress
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.export_readings import export_readings
    from cityloom.sensing.models import Device

    city = chosen_city(city_code)
    until = ends.replace(tzinfo=UTC) if ends else clock_of_settings().now()
    since = begins.replace(tzinfo=UTC) if begins else until - timedelta(days=days)
    wanted = list(devices) or list(Device.objects.filter(city_id=city.id).values_list("code", flat=True))
    with counted_progress("readings", len(wanted), sys.stderr) as progress:
        count = export_readings(city, wanted, since, until, file, progress)
    if as_json:
        print_json({"readings": count, "file": str(file)})
    else:
        click.echo(f"{count:,} readings are in {file}.")


@command.command(epilog=example("cityloom readings history DEVICE level_m --days 30"))
@click.argument("device")
@click.argument("stream")
@click.option("--from", "begins", type=click.DateTime(), help="From this moment on, in UTC.")
@click.option("--to", "ends", type=click.DateTime(), help="Until before this moment, in UTC; now when not given.")
@click.option(
    "--days", type=click.IntRange(1), default=1, show_default=True, help="Days before --to, without --from."
)
@click.option(
    "--step", type=click.Choice(["auto", "raw", "hour", "day"]), default="auto", show_default=True,
    help="Single readings, hours or days; auto: readings up to two days, hours up to 62, else days.",
)  # fmt: skip
@CITY
@AS_JSON
@needs_database
def history(
    device: str, stream: str, begins: datetime | None, ends: datetime | None, days: int, step: str,
    city_code: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Print what the STREAM of a DEVICE said, and before it the devices whose place it took.

    Longer spans are told by hours or days with how many readings there were, the lowest, the mean and the highest.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.sensing.place_history import tell_history

    city = chosen_city(city_code)
    until = ends.replace(tzinfo=UTC) if ends else clock_of_settings().now()
    since = begins.replace(tzinfo=UTC) if begins else until - timedelta(days=days)
    told = tell_history(city, device, stream, since, until, "" if step == "auto" else step)
    rows = [
        *({"t": at, "v": value} for at, value in told.points),
        *({"t": b.at, "readings": b.readings, "low": b.low, "mean": b.mean, "high": b.high} for b in told.buckets),
    ]
    if as_json:
        borders = [{"t": each.at, "before": each.before, "after": each.after} for each in told.borders]
        print_json({"device": device, "stream": stream, "step": told.step, "replaced": borders, "items": rows})
        return
    zone = city.calendar().tz
    for border in told.borders:
        click.echo(f"{border.at.astimezone(zone):%Y-%m-%d %H:%M} {border.before} was replaced by {border.after}")
    for at, value in told.points:
        click.echo(f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S} {value:>14g}")
    for b in told.buckets:
        click.echo(f"{b.at:%Y-%m-%d %H:%M} {b.readings:>8,} {b.low:>14g} {b.mean:>14g} {b.high:>14g}")
    step_said = {"raw": "single readings", "hour": "by hours", "day": "by days"}[told.step]
    columns = "" if told.step == "raw" else ": readings, lowest, mean, highest; single ones with --step raw"
    click.echo(f"{len(rows):,} rows, {step_said}{columns}.")
