"""Let the shell complete commands, options and values with the Tab key: bash, zsh or fish."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cityloom.app.exits import Refused
from cityloom.app.options import AS_JSON, example, print_json

SHELLS = ("bash", "zsh", "fish")
PROGRAM, VARIABLE = "cityloom", "_CITYLOOM_COMPLETE"


@click.group()
def command() -> None:
    """Let the shell complete commands, options and values with the Tab key.

    Values are offered where they are at hand: city folders, and codes of cities, units, classes and areas and logins
    while the database runs. Nothing is started for it.
    """


def _printing(shell: str) -> click.Command:
    into = {"bash": 'eval "$(cityloom completion bash)"', "zsh": 'eval "$(cityloom completion zsh)"',
            "fish": "cityloom completion fish | source"}[shell]  # fmt: skip

    @click.command(shell, epilog=example(into))
    def print_script() -> None:
        click.echo(script_of(shell))

    print_script.help = f"Print the script for {shell}; put the line below into its start-up file."
    return print_script


for _shell in SHELLS:
    command.add_command(_printing(_shell))


@command.command(epilog=example("cityloom completion install", "cityloom completion install fish"))
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@AS_JSON
def install(shell: str | None, as_json: bool) -> None:
    """Write the script where SHELL, yours when not given, looks for it by itself; a new shell has it.

    Calling it again renews the file. No start-up file is changed; zsh needs the folder in `fpath`, as is told.
    """
    chosen = shell or Path(os.environ.get("SHELL", "")).name
    if chosen not in SHELLS:
        raise Refused("command.no_shell")
    file = _place_of(chosen)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(script_of(chosen) + "\n", encoding="utf-8")
    if as_json:
        print_json({"shell": chosen, "file": file})
        return
    click.echo(f"{file} is written; start a new {chosen}.")
    if chosen == "zsh":
        click.echo(f"~/.zshrc needs, once: fpath=({file.parent} $fpath); autoload -U compinit; compinit", err=True)


def script_of(shell: str) -> str:
    """The script by which that shell asks this program what may follow."""
    from click.shell_completion import get_completion_class

    from cityloom.app.cli import main

    kind = get_completion_class(shell)
    if kind is None:
        raise Refused("command.no_shell")
    # `source` would start a bash to ask its version; the shell that reads the script is the one that counts.
    asks = kind(main, {}, PROGRAM, VARIABLE)
    return asks.source_template % asks.source_vars()


def _place_of(shell: str) -> Path:
    """Where the shell looks for completions of programs, by the usual folders of a person's own files."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return {
        "bash": data / "bash-completion" / "completions" / PROGRAM,
        "zsh": data / "zsh" / "site-functions" / f"_{PROGRAM}",
        "fish": config / "fish" / "completions" / f"{PROGRAM}.fish",
    }[shell]
