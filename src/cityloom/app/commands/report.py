"""Write the reports that a city hands out: the daily report as Word or PDF."""

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import click

from cityloom.app.options import AS_JSON, CITY, DAY, LANGUAGE, chosen_city, example, print_json
from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """Write the reports that a city hands out: the daily report as Word or PDF."""


@command.command(epilog=example("cityloom report daily --day 2026-03-17 --format pdf"))
@CITY
@click.option("--day", type=DAY, help="The day, YYYY-MM-DD; yesterday when not given.")
@click.option("--format", "format_name", type=click.Choice(["docx", "pdf"]),
              help="Word or PDF; as the name of the file ends, else Word.")  # fmt: skip
@LANGUAGE
@click.option("--out", "file", type=click.Path(path_type=Path, dir_okay=False), help="File to write; in this folder "
              "and named by city and day when not given.")  # fmt: skip
@click.option("--base-url", help="Address of the pages, to which the numbers lead; CITYLOOM_SITE_URL when not given.")
@AS_JSON
@needs_database
def daily(
    city_code: str | None,
    day: datetime | None,
    format_name: str | None,
    language: str,
    file: Path | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Write the daily report (日报) of a city; each number in it leads to its list.

    What is open is counted at the moment of making, so that the lists behind the numbers agree with them.
    """
    from django.conf import settings

    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.daily_report import make_daily_report
    from cityloom.exchange.daily_report_docx import as_docx
    from cityloom.exchange.daily_report_pdf import as_pdf

    city, at = chosen_city(city_code), clock_of_settings().now()
    asked = day.date() if day else (at.astimezone(city.calendar().tz) - timedelta(days=1)).date()
    report = make_daily_report(city, asked, at, base_url or settings.CITYLOOM_SITE_URL, language)
    format_name = format_name or ("pdf" if file and file.suffix.lower() == ".pdf" else "docx")
    file = file or Path.cwd() / f"{city.code}-{asked.isoformat()}.{format_name}"
    file.write_bytes(as_docx(report) if format_name == "docx" else as_pdf(report))
    if as_json:
        print_json(asdict(report))
    click.echo(f"{report.title}: {file}", err=as_json)
