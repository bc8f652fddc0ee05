"""Ask whether history is as it was written, and sign how far it has come."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.commands._audit_papers import export, reads, sample
from cityloom.app.options import AS_JSON, EACH_CITY, chosen_codes, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.cases.audit_verifying import Verified

Told = Callable[[int, int], None]


@click.group()
def command() -> None:
    """Ask whether history is as it was written, and sign how far it has come."""


command.add_command(sample)
command.add_command(export)
command.add_command(reads)


@command.command(epilog=example("cityloom audit key /etc/cityloom/audit-key.pem"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@AS_JSON
def key(file: Path, as_json: bool) -> None:
    """Make the key that signs roots, in a new file that only its owner reads; prints its public half.

    Name the file with CITYLOOM_AUDIT_KEY. Keep a copy apart from the database and its backups.
    """
    from cityloom.city.signing import make_key

    public = make_key(file)
    if as_json:
        print_json({"file": file, "public_key": public})
    else:
        click.echo(public)


@command.command(epilog=example("cityloom audit root"))
@EACH_CITY
@click.option(
    "--accept-late",
    default="",
    metavar="WHY",
    help="Why cases that say they are older than the last root come with this one, such as a load of old cases.",
)
@AS_JSON
@needs_database
def root(city_code: str | None, accept_late: str, as_json: bool) -> None:
    """Sign one root over all histories now; the worker does it once a day of the city has ended.

    The root says the moment at which it is made. Days without a root stay without one.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.sign_root import sign_root
    from cityloom.cases.audit_roots import as_json as told_of
    from cityloom.city.snapshot import current_city

    made = []
    for code in chosen_codes(city_code):
        done = sign_root(current_city(code), clock_of_settings(), accept_late[:300])
        made.append(told_of(done, code))
        if not as_json:
            click.echo(
                f"{code}: root {done.serial} of {done.day} over {done.cases:,} cases, {done.orders:,} orders and "
                f"{done.logs:,} log rows: {done.hash.hex()}"
            )
    if as_json:
        print_json(made)


@command.command(epilog=example("cityloom audit verify", "cityloom audit verify --since 120 --json"))
@EACH_CITY
@click.option(
    "--since", type=click.IntRange(min=1), metavar="ROOT", help="Walk only cases that moved after this root."
)
@click.option(
    "--anchor",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File of roots kept outside the database; that of CITYLOOM_AUDIT_ANCHOR if not given.",
)
@AS_JSON
@click.option("--progress/--no-progress", default=None, help="Show how far it has come; at a terminal it does.")
@needs_database
def verify(
    city_code: str | None, since: int | None, anchor: Path | None, as_json: bool, progress: bool | None
) -> None:
    """Follow every chain, hold its rows against it and the chains against the signed roots.

    Finds what was changed, taken out, put in, cut off or made to vanish, names it, and says which root still
    vouches for all it covers. Sees everything as it stood when it began; nothing has to be stopped for it. Exit code
    1 when anything was found.
    """
    from django.conf import settings

    from cityloom.cases.anchors import read_anchor
    from cityloom.cases.audit_keys import trusted_keys
    from cityloom.cases.audit_verifying import verify_city
    from cityloom.city.models import City

    if anchor is None and settings.CITYLOOM_AUDIT_ANCHOR:
        anchor = Path(settings.CITYLOOM_AUDIT_ANCHOR)
    trusted, told, clean = trusted_keys(), {}, True
    shown = sys.stderr.isatty() if progress is None else progress
    for code in chosen_codes(city_code):
        anchored = read_anchor(anchor, code, trusted) if anchor is not None else {}
        city_id = City.objects.values_list("pk", flat=True).get(code=code)
        verified = verify_city(city_id, code, trusted, anchored, since, _progress(code, shown))
        clean = clean and not verified.findings
        told[code] = _as_json(verified)
        if not as_json:
            _say(code, verified)
    if as_json:
        print_json(told)
    if not clean:
        raise click.exceptions.Exit(1)


def _progress(code: str, shown: bool) -> Told:
    """Tells how many cases are done, on the error output."""

    def tell(done: int, whole: int) -> None:
        click.echo(f"\r{code}: {done:,} of {whole:,} cases", nl=done >= whole, err=True)

    return tell if shown else lambda done, whole: None


def _say(code: str, verified: "Verified") -> None:
    for each in verified.findings:
        place = f"{each.kind} {each.number}" + (f" entry {each.seq}" if each.seq else "")
        click.echo(f"{code}  {place}: {each.what}")
    click.echo(
        f"{code}: {verified.cases:,} cases, {verified.orders:,} orders, {verified.entries:,} entries, "
        f"{verified.roots:,} roots, {len(verified.findings):,} breaks"
    )
    click.echo(f"{code}: {_vouching(verified)}")


def _vouching(verified: "Verified") -> str:
    if verified.last is None:
        return "no root was signed yet; only the chains themselves were followed"
    if verified.vouched is None:
        return "no root vouches for all it covers"
    root = verified.vouched
    until = f"everything up to root {root.serial} of {root.day} is as signed"
    if root.serial == verified.last.serial:
        return f"{until}; what came after it is vouched for by the chains alone"
    return f"{until}; after it, see above"


def _as_json(verified: "Verified") -> dict[str, Any]:
    vouched = verified.vouched
    return {
        "cases": verified.cases,
        "orders": verified.orders,
        "entries": verified.entries,
        "roots": verified.roots,
        "broken": [vars(each) for each in verified.findings],
        "vouched": {"root": vouched.serial, "day": vouched.day.isoformat()} if vouched else None,
    }
