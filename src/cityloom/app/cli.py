"""The command `cityloom`: each file of `commands/` is one command, loaded only when it is called.

Exit codes: 0 done, 1 refused or bad input, 2 wrong usage, 3 the machine lacks something.
"""

import ast
import importlib
import sys
from pathlib import Path

import click

_COMMANDS = Path(__file__).parent / "commands"

REFUSED = 1
ENVIRONMENT = 3


class OneFileOneCommand(click.Group):
    """Finds commands by file name; `import_.py` is the command `import`. Help is read without importing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(path.stem.rstrip("_").replace("_", "-") for path in _COMMANDS.glob("[a-z]*.py"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        path = _file_of(cmd_name)
        if path is None:
            return None
        command = importlib.import_module(f"cityloom.app.commands.{path.stem}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"{path} must define `command`, a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, _first_line(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a refusal or a lack is told in one paragraph instead of a traceback."""
        from cityloom.app.environment import SettingMissing, SettingNotUnderstood
        from cityloom.app.processes import CannotStart
        from cityloom.base.errors import CityloomError

        try:
            return super().invoke(ctx)
        except (CannotStart, SettingMissing, SettingNotUnderstood) as lack:
            click.echo(f"cityloom: {lack}", err=True)
            ctx.exit(ENVIRONMENT)
        except CityloomError as refusal:
            click.echo(f"cityloom: {refusal}", err=True)
            ctx.exit(REFUSED)
        except Exception as wrong:
            if _is_database_silence(wrong):
                click.echo(
                    f"cityloom: the database does not answer: {str(wrong).strip()}\n"
                    "Start it with `cityloom run`, or see what is wrong with `cityloom check`.",
                    err=True,
                )
                ctx.exit(ENVIRONMENT)
            raise
        return None


def _is_database_silence(wrong: Exception) -> bool:
    """Whether the error says that no connection could be had; asked without importing Django."""
    django = sys.modules.get("django.db.utils")
    psycopg = sys.modules.get("psycopg")
    kinds = [kind.OperationalError for kind in (django, psycopg) if kind is not None]
    return any(isinstance(wrong, kind) for kind in kinds) and "connection" in str(wrong)


def _file_of(name: str) -> Path | None:
    plain = name.replace("-", "_")
    for stem in (plain, f"{plain}_"):
        path = _COMMANDS / f"{stem}.py"
        if path.is_file():
            return path
    return None


def _first_line(name: str) -> str:
    path = _file_of(name)
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) if path else None
    return text.splitlines()[0] if text else ""


@click.command(cls=OneFileOneCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version=__import__("cityloom").__version__, prog_name="cityloom")
def main() -> None:
    """Cityloom 织城: every sign of trouble in a city becomes a case and is seen through to a checked end.

    `cityloom run` starts everything with a demo city on http://127.0.0.1:8000.
    """
