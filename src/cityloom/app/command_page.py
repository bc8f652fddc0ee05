"""The page of all commands, made from the commands themselves: `cityloom docs commands` writes it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cityloom.app.cli import main
from cityloom.app.exits import MEANING

_HEAD = """# Commands

Everything an administrator does without a page, as `cityloom …`. `--help` after any of them tells all its options
with an example; `--json` prints the same answer for programs, with keys that stay. Made by `cityloom docs commands`.

- Errors say the next step, in Chinese or English: `CITYLOOM_LANG` decides, else the locale.
- What lasts longer than a moment shows how far it has come, on the error output and only at a terminal.
- A command needs no running pages. Without `CITYLOOM_DATABASE_URL` the embedded database is started for the while.

## Exit codes

| code | means | 含义 |
|---:|---|---|
"""
_COMPLETION = """
## The Tab key

`eval "$(cityloom completion bash)"` lets a shell complete commands, options and values at once; so do zsh and fish.
`cityloom completion install` makes it stay. Offered are city folders and, while the database runs, codes of cities,
units, classes and areas and logins; nothing is started for it.

## All commands

"""


def commands_markdown() -> str:
    """The page: exit codes, completion, and a table of each command with its line."""
    codes = "".join(f"| {code.value} | {en} | {zh} |\n" for code, (zh, en) in MEANING.items())
    return _HEAD + codes + _COMPLETION + "".join(_sections(main, click.Context(main)))


def walk(
    command: click.Command = main, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with its words after `cityloom`; groups only lead to theirs."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        if found is not None and not found.hidden:
            yield from walk(found, (*words, name))


def _sections(group: click.Group, context: click.Context) -> Iterator[str]:
    yield "| command | does | `--json` |\n|---|---|:---:|\n"
    for words, command in walk(group):
        told = "yes" if any("--json" in param.opts for param in command.params) else ""
        arguments = " ".join(_argument(param) for param in command.params if isinstance(param, click.Argument))
        typed = " ".join(filter(None, ("cityloom", *words, arguments))).replace("|", "\\|")
        yield f"| `{typed}` | {_sentence(command)} | {told} |\n"


def _argument(param: click.Argument) -> str:
    name = param.metavar or (param.name or "").upper()
    return name if param.required else f"[{name}]"


def _sentence(command: click.Command) -> str:
    """The first paragraph of its help, on one line."""
    text = " ".join((command.help or "").split("\n\n")[0].split())
    return text.replace("|", "\\|")
