"""Check, load and list cities; each is a folder of plain files."""

import getpass
import importlib.util
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.completing import city_codes, city_folders, logins
from cityloom.app.exits import WrongUsage
from cityloom.app.options import AS_JSON, CITY_FOLDER, DAY, LANGUAGE, example, print_json

if TYPE_CHECKING:
    from cityloom.city.actions.load_city import LoadResult
    from cityloom.city.problems import Problem

_SHOWN_OF_A_KIND = 10


@click.group()
def command() -> None:
    """Check, load and list cities; each is a folder of plain files (docs/city-folder.md)."""


@command.command(epilog=example("cityloom city check cities/jinchuan"))
@CITY_FOLDER
@AS_JSON
@LANGUAGE
def check(folder: Path, as_json: bool, language: str) -> None:
    """Say what is wrong in the city folder DIR and what would be right. Changes nothing.

    Exit code 0: no errors (warnings may be there), 1: errors.
    """
    from cityloom.city.checks import check_folder
    from cityloom.city.problems import has_errors

    with _bar(f"Checking {folder.name}", as_json) as bar:
        _, problems = check_folder(folder, lambda step, share: _advance(bar, step, share))
        _advance(bar, "", 1.0)
    if as_json:
        print_json(_problems_as_json(problems, language))
    else:
        _tell_problems(problems, language)
    if has_errors(problems):
        raise click.exceptions.Exit(1)


@command.command(epilog=example("cityloom city load cities/jinchuan --note 'new duties of March'"))
@CITY_FOLDER
@click.option("--by", default=getpass.getuser, show_default="your login", help="Who loads it.")
@click.option("--note", default="", help="Why, for the list of versions.")
@click.option("--require-signature", is_flag=True, help="Refuse a folder that nobody of the signers signed.")
@AS_JSON
@LANGUAGE
def load(folder: Path, by: str, note: str, require_signature: bool, as_json: bool, language: str) -> None:
    """Make the city folder DIR the city's next version: all of it or, when it has errors, nothing.

    Loading the same folder again makes no new version. Open cases of units that have ended then go to their
    successors, as by `cityloom units take-over`. How many signatures a folder needs says CITYLOOM_SIGNATURES.
    Exit code 1: refused, the errors are listed.
    """
    from cityloom.app.ready import ready

    with ready():
        from cityloom.app.commands import _signing
        from cityloom.base.clock import RealClock
        from cityloom.city.actions.load_city import FolderRefused, load_city

        demanded = _signing.demanded_of(require_signature)
        try:
            with _bar(f"Loading {folder.name}", as_json) as bar:
                result = load_city(
                    folder, by, RealClock().now(), note, lambda step, share: _advance(bar, step, share), demanded
                )
                _advance(bar, "", 1.0)
        except FolderRefused as refused:
            if as_json:
                print_json(_problems_as_json(refused.problems, language))
            else:
                _tell_problems(refused.problems, language)
                click.echo(f"cityloom: {refused.in_language(language)}", err=True)
            raise click.exceptions.Exit(1) from None
        _go_on(result, as_json)


@command.command(epilog=example("cityloom city overlays CODE", "cityloom city overlays DIR --csv > crosswalk.csv"))
@click.argument("where", metavar="DIR|CODE", shell_complete=city_folders)
@AS_JSON
@click.option("--csv", "as_csv", is_flag=True, help="The crosswalk from unit grid to cell as CSV.")
def overlays(where: str, as_json: bool, as_csv: bool) -> None:
    """Tell how the departmental grids and micro-grids of a city lie over its unit grids.

    For each layer: the share of the city it covers, its gaps and overlaps with their size, and for every unit grid
    the cells it lies in, the largest share first. WHERE is a city folder or the code of a loaded city.
    """
    from cityloom.app.commands import _overlays

    reports = _overlays.reports_of(where)
    if as_json:
        print_json([_overlays.as_json(each) for each in reports])
    elif as_csv:
        click.echo(_overlays.as_csv(reports), nl=False)
    else:
        for line in _overlays.as_lines(reports):
            click.echo(line)
        if not reports:
            click.echo(f"{where} has no overlays; docs/city-folder.md describes overlays.geojson")


@command.command("list", epilog=example("cityloom city list --json"))
@AS_JSON
def list_(as_json: bool) -> None:
    """List the cities of this installation with their current version."""
    from cityloom.app.ready import ready

    with ready():
        from cityloom.city.snapshot import list_cities

        cities = list_cities()
        if as_json:
            print_json([{**vars(city), "name": {"zh": city.name.zh, "en": city.name.en}} for city in cities])
            return
        for city in cities:
            click.echo(f"{city.code}\t{city.name.zh}\t{city.name.en}\tversion {city.version}\t{city.time_zone}")
        if not cities:
            click.echo("No city is loaded. Load one with `cityloom city load DIR`.")


@command.command(epilog=example("cityloom city versions CODE --json"))
@click.argument("code", shell_complete=city_codes)
@AS_JSON
def versions(code: str, as_json: bool) -> None:
    """List the versions of the city CODE: when each was loaded, by whom, and what it changed."""
    from cityloom.app.ready import ready

    with ready():
        from cityloom.city.snapshot import list_versions

        rows = list_versions(code)
        if as_json:
            print_json([_version_as_json(row) for row in rows])
            return
        for row in rows:
            changed = ", ".join(
                f"{name} +{c['added']} ~{c['changed']} -{c['removed']}"
                for name, c in row.counts.items()
                if c["added"] or c["changed"] or c["removed"]
            )
            signed = f"\tsigned by {', '.join(s['by'] for s in row.signatures)}" if row.signatures else ""
            note = f"\t{row.note}{signed}" if row.note else signed
            click.echo(f"{row.number}\t{row.loaded_at:%Y-%m-%d %H:%M %Z}\t{row.loaded_by}\t{changed}{note}")


@command.command(epilog=example("cityloom city diff cities/jinchuan", "cityloom city diff CODE --before 3 --after 5"))
@click.argument("where", metavar="DIR|CODE", shell_complete=city_folders)
@click.option(
    "--before", type=click.IntRange(1), help="Version to compare with; DIR: the current, CODE: the one before."
)
@click.option("--after", type=click.IntRange(1), help="The version compared; the current one when not given.")
@AS_JSON
def diff(where: str, before: int | None, after: int | None, as_json: bool) -> None:
    """Tell what loading DIR would change, or what changed between two versions of the city CODE, row by row.

    Changes nothing. `cityloom city replay-duties` tells what a change would have meant for past cases.
    """
    from cityloom.app.commands import _city_diff
    from cityloom.app.ready import ready

    with ready():
        found = _city_diff.differences_of(where, before, after)
    if as_json:
        print_json({name: vars(difference) for name, difference in found.items()})
        return
    for line in _city_diff.as_lines(found):
        click.echo(line)


@command.command("replay-duties", epilog=example("cityloom city replay-duties DIR_NEW --since 90d"))
@click.argument("where", metavar="DIR_NEW", type=click.Path(exists=True, path_type=Path))
@click.option("--since", default="365d", show_default=True, help="Days like 365d, or a first day like 2026-01-31.")
@click.option(
    "--city",
    "code",
    shell_complete=city_codes,
    help="Code of the city, where DIR_NEW is a single duties.csv or standards.csv.",
)
@click.option("--as-of", type=DAY, help="Let the rules of this day hold on every day.")
@click.option("--limit", "most", type=click.IntRange(1), help="Only so many cases, the newest.")
@AS_JSON
@LANGUAGE
def replay_duties(
    where: Path, since: str, code: str | None, as_of: Any, most: int | None, as_json: bool, language: str
) -> None:
    """Tell what other duties, limits or paths would have changed in the stored history. Writes nothing.

    DIR_NEW is the changed city folder, or a changed duties.csv or standards.csv alone. It is checked first; exit
    code 1: it has errors, they are listed and nothing was replayed. `city sign --replay` takes what --json prints.
    """
    from cityloom.app.ready import ready

    with ready():
        from cityloom.app.commands import _rule_replay
        from cityloom.base.clock import clock_of_settings
        from cityloom.cases.replaying import replay_rules

        city, after, digest, problems = _rule_replay.proposed_of(where, code)
        if after is None:
            if as_json:
                print_json(_problems_as_json(problems, language))
            else:
                _tell_problems(problems, language)
            raise click.exceptions.Exit(1)
        now = clock_of_settings().now()
        begins, day = _rule_replay.since_of(since, now, city), as_of.date() if as_of else None
        with _bar("Replaying", as_json) as bar:
            result = replay_rules(
                city, after, begins, now, most=most, as_of=day,
                progress=lambda done, of: _advance(bar, f"{done:,}", done / of if of else 1.0),
            )  # fmt: skip
        if as_json:
            told = _rule_replay.as_json(result, city, digest, begins, day)
            print_json(told)
        else:
            for line in _rule_replay.as_lines(result, after, language):
                click.echo(line)


@command.command(epilog=example("cityloom city sign cities/jinchuan --by LOGIN --replay report.json"))
@CITY_FOLDER
@click.option("--by", required=True, shell_complete=logins, help="Your login, as the list of signers knows it.")
@click.option("--replay", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The report relied on.")
@AS_JSON
@LANGUAGE
def sign(folder: Path, by: str, replay: Path | None, as_json: bool, language: str) -> None:
    """Sign what the city folder DIR says, in the file city.sig beside it, with the key of CITYLOOM_SIGNING_KEY.

    A second person signs the same way; changing the folder makes all signatures void. Exit code 1: the folder has
    errors and was not signed.
    """
    from cityloom.app.commands import _signing
    from cityloom.app.ready import set_up_django

    set_up_django()
    signatures, problems = _signing.sign_folder(folder, by, replay)
    if not signatures:
        if as_json:
            print_json(_problems_as_json(problems, language))
        else:
            _tell_problems(problems, language)
        raise click.exceptions.Exit(1)
    if as_json:
        print_json([each.as_json() for each in signatures])
        return
    click.echo(f"{signatures[-1].digest}\tsigned by {', '.join(each.by for each in signatures)}")


@command.command("signing-key", epilog=example("cityloom city signing-key ~/.cityloom-signing-key --by LOGIN"))
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--by", required=True, shell_complete=logins, help="Whose key it is: the login.")
@AS_JSON
def signing_key(file: Path, by: str, as_json: bool) -> None:
    """Make a key for signing city folders in FILE, and print the line for the list of signers.

    FILE stays with its owner, outside every repository; the line goes into the file of CITYLOOM_SIGNERS.
    """
    from cityloom.city.signing import make_key

    public = make_key(file)
    if as_json:
        print_json({"login": by, "file": file, "public_key": public})
    else:
        click.echo(f"{by} {public}")


@command.command(
    context_settings={"ignore_unknown_options": True},
    epilog=example("cityloom city build examples/boston311 -- --help"),
)
@CITY_FOLDER
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def build(folder: Path, options: tuple[str, ...]) -> None:
    """Make the files of the city folder DIR from outside data, as its own build.py does; OPTIONS go to it.

    `cityloom city build DIR -- --help` tells what it needs. Python code of the folder runs: build only what you
    trust.
    """
    script = folder / "build.py"
    if not script.is_file():
        raise WrongUsage("command.no_build", folder=folder)
    spec = importlib.util.spec_from_file_location("cityloom_city_build", script)
    if spec is None or spec.loader is None:
        raise WrongUsage("command.not_python", file=script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.build.main(list(options), prog_name=f"cityloom city build {folder}", standalone_mode=False)


def _bar(label: str, as_json: bool) -> Any:
    """A progress bar for a person at a terminal; elsewhere, and beside JSON, nothing."""
    hidden = as_json or not sys.stderr.isatty()
    return click.progressbar(
        length=100, label=label, show_eta=False, item_show_func=_shown, hidden=hidden, file=sys.stderr
    )


def _advance(bar: Any, step: str, share: float) -> None:
    bar.update(round(share * 100) - bar.pos, step)


def _shown(step: str | None) -> str:
    return step or ""


def _problems_as_json(problems: "list[Problem]", lang: str) -> dict[str, Any]:
    levels = Counter(problem.level for problem in problems)
    return {
        "errors": levels["error"],
        "warnings": levels["warning"],
        "infos": levels["info"],
        "problems": [problem.as_json(lang) for problem in problems],
    }


def _tell_problems(problems: "list[Problem]", lang: str) -> None:
    """One line a problem, the first few of each kind in a file, and how many there are."""
    told: Counter[tuple[str, str]] = Counter()
    stop = "；" if lang == "zh" else "; "
    for problem in problems:
        kind = (problem.code, problem.file)
        told[kind] += 1
        if told[kind] <= _SHOWN_OF_A_KIND:
            where = ", ".join(part for part in (problem.file, problem.where(lang)) if part)
            click.echo(f"{problem.level}: {where}: {problem.wrong(lang)}{stop}{problem.right(lang)}")
    for (code, file), count in told.items():
        if count > _SHOWN_OF_A_KIND:
            click.echo(f"… {count - _SHOWN_OF_A_KIND} more of {code} in {file}; --json lists all")
    levels = Counter(problem.level for problem in problems)
    click.echo(f"{levels['error']} errors, {levels['warning']} warnings, {levels['info']} notes")


def _go_on(result: "LoadResult", as_json: bool) -> None:
    """Tell the result and let the open work of ended units go on with their successors."""
    from cityloom.app.commands._service_warnings import warn_of
    from cityloom.app.taking_over import take_over_and_tell
    from cityloom.city.service_accounts import accounts_without_person

    if not as_json:
        _tell_result(result)
        warn_of(accounts_without_person())
        take_over_and_tell(result.city, click.echo, dry_run=False, bar=sys.stderr.isatty())
        return
    taken_over = take_over_and_tell(result.city, lambda text: None, dry_run=False, bar=False)
    tables = {name: vars(change) for name, change in result.tables.items()}
    told = {"city": result.city, "version": result.version, "unchanged": result.unchanged, "tables": tables}
    lost = [each.name for each in accounts_without_person()]
    print_json(told | {"taken_over": taken_over, "services_without_person": lost})


def _tell_result(result: "LoadResult") -> None:
    if result.unchanged:
        click.echo(f"{result.city}: nothing new, version {result.version} stays.")
    else:
        click.echo(f"{result.city}: version {result.version}")
        for name, change in result.tables.items():
            if change.total or change.removed:
                click.echo(
                    f"  {name}: {change.total} ({change.added} added, {change.changed} changed, "
                    f"{change.removed} removed)"
                )


def _version_as_json(row: Any) -> dict[str, Any]:
    return {
        "number": row.number,
        "loaded_at": row.loaded_at.isoformat(),
        "loaded_by": row.loaded_by,
        "note": row.note,
        "digest": row.digest,
        "signatures": row.signatures,
        "tables": row.counts,
    }
