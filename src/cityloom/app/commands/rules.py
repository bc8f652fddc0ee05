"""Check a city's alarm rules and try them on given series."""

from pathlib import Path
from typing import Any

import click

from cityloom.app.exits import language_of
from cityloom.app.options import AS_JSON, CITY_FOLDER, LANGUAGE, example, print_json


@click.group()
def command() -> None:
    """Check a city's alarm rules and try them on given series. Needs no database."""


@command.command(epilog=example("cityloom rules check cities/jinchuan"))
@CITY_FOLDER
@AS_JSON
@LANGUAGE
def check(folder: Path, as_json: bool, language: str) -> None:
    """List the rules of the city folder DIR with their kinds, and say what is wrong with `rules.toml`.

    Exit code 1: something is wrong.
    """
    from cityloom.city.checks import check_folder

    read, problems = check_folder(folder)
    mine = [problem for problem in problems if problem.file == "rules.toml"]
    rules = [
        {"rule": r.code, "kind": r.kind, "type": r.type, "stream": r.stream, "severity": r.severity}
        for r in read.rules
    ]
    if as_json:
        print_json({"rules": rules, "problems": [problem.as_json(language) for problem in mine]})
    else:
        for rule in rules:
            click.echo(
                "  ".join(str(rule[name]).ljust(12) for name in ("rule", "kind", "type", "stream", "severity"))
            )
        for problem in mine:
            where = problem.where(language)
            click.echo(f"{problem.level}: {where}: {problem.wrong(language)}; {problem.right(language)}")
    if any(problem.level == "error" for problem in mine):
        raise click.exceptions.Exit(1)


@command.command("test", epilog=example("cityloom rules test cities/jinchuan --series storm.csv --expect alarms.csv"))
@CITY_FOLDER
@click.option(
    "--series",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Readings: a CSV file with device, stream, time, value.",
)
@click.option(
    "--expect",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The alarms there must be: a CSV file with rule, subject, raised, cleared.",
)
@AS_JSON
def test(folder: Path, series: Path, expect: Path | None, as_json: bool) -> None:
    """Say which alarms the rules of DIR make of a series; with --expect, what is missing and what is too much.

    Exit code 1: the alarms are not those expected.
    """
    from cityloom.city.folder import read_folder
    from cityloom.sensing.rule_trying import differences, read_expected, read_series, try_rules

    read, _ = read_folder(folder)
    zone = read.config.time_zone if read.config else "UTC"
    found = try_rules(read, read_series(series, zone), series.name)
    missing, surplus = differences(found, read_expected(expect, zone)) if expect else ([], [])
    if as_json:
        told: dict[str, Any] = {"alarms": [_told(span) for span in found]}
        if expect:
            told |= {"missing": [_told(span) for span in missing], "surplus": [_told(span) for span in surplus]}
        print_json(told)
    else:
        for span in found:
            click.echo(_line(span))
        for mark, spans in (("-", missing), ("+", surplus)):
            for span in spans:
                click.echo(f"{mark} {_line(span)}")
        zh = f"{len(found)} 条告警" + (f"，缺少 {len(missing)} 条，多出 {len(surplus)} 条" if expect else "")
        en = f"{len(found)} alarms" + (f", {len(missing)} missing, {len(surplus)} too many" if expect else "")
        click.echo(zh if language_of() == "zh" else en)
    if missing or surplus:
        raise click.exceptions.Exit(1)


def _told(span: Any) -> dict[str, Any]:
    cleared = span.cleared.isoformat() if span.cleared else None
    return {"rule": span.rule, "subject": span.subject, "raised": span.raised.isoformat(), "cleared": cleared}


def _line(span: Any) -> str:
    until = span.cleared.isoformat() if span.cleared else "…"
    return f"{span.rule}  {span.subject}  {span.raised.isoformat()}  {until}"
