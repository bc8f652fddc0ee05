"""Tell whether this installation is fit to run, and what to do where it is not."""

import click

from cityloom.app.exits import Exit
from cityloom.app.options import AS_JSON, example, print_json


@click.command(epilog=example("cityloom check"))
@AS_JSON
def command(as_json: bool) -> None:
    """Look at the settings, the folder of running data, the servers and the tables.

    Exit code 3 when something is missing; each finding names the next step.
    """
    from cityloom.app.checking import findings

    found = findings()
    if as_json:
        print_json([vars(finding) for finding in found])
    else:
        for finding in found:
            sign = click.style("ok  ", fg="green") if finding.ok else click.style("LACK", fg="red")
            click.echo(f"{sign} {finding.what}: {finding.says}")
    if not all(finding.ok for finding in found):
        raise click.exceptions.Exit(Exit.LACKING)
