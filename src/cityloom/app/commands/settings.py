"""Show the settings of this installation, where each comes from, and no secret."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from cityloom.app.options import AS_JSON, example, print_json


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from cityloom.app.environment import SETTINGS

    return [CompletionItem(s.name, help=s.help) for s in SETTINGS if s.name.startswith(incomplete.upper())]


@click.command(epilog=example("cityloom settings", "cityloom settings CITYLOOM_DATABASE_URL --json"))
@click.argument("names", nargs=-1, shell_complete=_names)
@click.option("--given", is_flag=True, help="Only those that the environment gives.")
@AS_JSON
def command(names: tuple[str, ...], given: bool, as_json: bool) -> None:
    """Show settings as this process has them: the environment's, defaults, generated ones. Secrets are hidden.

    All of them, or those whose names begin with one of NAMES. docs/settings.md says what each means.
    """
    from dataclasses import asdict

    from cityloom.app.environment import Environment
    from cityloom.app.shown_settings import shown_settings

    wanted = tuple(name.upper() for name in names)
    found = [s for s in shown_settings(Environment.of_process()) if not wanted or s.name.startswith(wanted)]
    found = [s for s in found if not given or s.source == "environment"]
    if as_json:
        print_json([asdict(setting) for setting in found])
        return
    for setting in found:
        click.echo(f"{setting.name:28} {setting.source:12} {setting.value}".rstrip())
