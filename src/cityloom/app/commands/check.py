"""Tell whether this installation is fit to run, and what to do where it is not."""

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(as_json: bool) -> None:
    """Look at the settings, the folder of running data, the servers and the tables.

    Exit code 3 when something is missing; each finding names the next step.
    """
    import json

    from cityloom.app.checking import findings

    found = findings()
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in found], ensure_ascii=False, indent=2))
    else:
        for finding in found:
            sign = click.style("ok  ", fg="green") if finding.ok else click.style("LACK", fg="red")
            click.echo(f"{sign} {finding.what}: {finding.says}")
    if not all(finding.ok for finding in found):
        raise click.exceptions.Exit(3)
