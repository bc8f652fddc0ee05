"""The command line: fast, described, and plain about what is wrong."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from cityloom.app.cli import main
from cityloom.app.processes import CannotStart

NAMES = main.list_commands(click.Context(main))


def walk(command, path=()):
    """Every command with its words, groups included."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), (*path, name))


def test_help_is_shown_without_loading_django_or_any_command():
    code = (
        "import sys; from click.testing import CliRunner; from cityloom.app.cli import main; "
        "result = CliRunner().invoke(main, ['--help']); assert result.exit_code == 0, result.output; "
        "loaded = [name for name in sys.modules if name.split('.')[0] in ('django', 'numpy', 'shapely', 'psycopg') "
        "or name.startswith('cityloom.app.commands.')]; assert not loaded, loaded; print(result.output)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in NAMES:
        assert name in done.stdout


@pytest.mark.parametrize(
    ("path", "command"), list(walk(main)), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_describes_itself_and_each_option(path, command):
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, (path, parameter.name)


@pytest.mark.parametrize("name", NAMES)
def test_the_list_shows_a_line_for_each_command(name):
    line = next(
        line for line in CliRunner().invoke(main, ["--help"]).output.splitlines() if line.startswith(f"  {name} ")
    )
    assert len(line.split(maxsplit=1)) == 2


@pytest.mark.parametrize(
    ("raised", "code", "because"),
    [
        (CannotStart("no server; run make setup"), 3, "the machine lacks something"),
        (click.UsageError("no such option"), 2, "wrong usage"),
        (click.ClickException("a bad row"), 1, "bad input"),
        (None, 0, "done"),
    ],
)
def test_the_exit_code_says_what_kind_of_end_it_was(raised, code, because, monkeypatch):
    @click.command()
    def command():
        if raised is not None:
            raise raised

    monkeypatch.setattr(type(main), "get_command", lambda self, context, name: command)
    result = CliRunner().invoke(main, ["anything"])
    assert result.exit_code == code, because
    assert "Traceback" not in result.output


def test_an_unknown_command_is_wrong_usage():
    assert CliRunner().invoke(main, ["weave"]).exit_code == 2
