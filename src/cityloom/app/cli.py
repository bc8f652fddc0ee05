"""The command `cityloom`: each file of `commands/` is one command, loaded only when it is called.

What the exit codes mean stands in `exits.py`; docs/commands.md is made from these files.
"""

from __future__ import annotations

import ast
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = Path(__file__).parent / "commands"
# Their error output is a log: an unexpected error stands there whole.
SERVING = frozenset({"run", "web", "live", "worker", "ingest"})


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

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names with their line, without importing them."""
        from click.shell_completion import CompletionItem

        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [
            *(CompletionItem(name, help=_first_line(name)) for name in names),
            *click.Command.shell_complete(self, ctx, incomplete),
        ]

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """As click's own, with what it refuses told in the language of the process."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        from cityloom.app.exits import Exit

        try:
            ended = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as wrong:
            _show(wrong)
            sys.exit(int(wrong.exit_code))
        except click.Abort:
            click.echo(_said("已中止", "stopped"), err=True)
            sys.exit(int(Exit.STOPPED))
        sys.exit(ended if isinstance(ended, int) else int(Exit.DONE))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a refusal or a lack is told in one paragraph instead of a traceback."""
        from cityloom.app.environment import Lack
        from cityloom.app.exits import Exit, language_of
        from cityloom.base.errors import CityloomError

        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, KeyboardInterrupt, BrokenPipeError):
            raise
        except Lack as lack:
            _end(ctx, Exit.LACKING, _said(lack.zh or f"本机缺少条件：{lack}", str(lack)))
        except CityloomError as refusal:
            _end(ctx, Exit.FOUND, refusal.in_language(language_of()))
        except Exception as wrong:
            if _is_database_silence(wrong):
                _end(ctx, Exit.LACKING, _silence(wrong))
            if ctx.invoked_subcommand in SERVING or os.environ.get("CITYLOOM_LOG_LEVEL", "").upper() == "DEBUG":
                raise
            _end(ctx, Exit.FAULT, _fault(wrong))
        return None


def _end(ctx: click.Context, code: int, sentence: str) -> None:
    click.echo(f"cityloom: {sentence}", err=True)
    ctx.exit(int(code))


def _show(wrong: click.ClickException) -> None:
    """Click's own words in English; in Chinese ours, below the line of usage."""
    from cityloom.app.exits import language_of
    from cityloom.app.usage_words import in_chinese

    ctx = getattr(wrong, "ctx", None)
    if language_of() == "en" or isinstance(wrong, click.exceptions.NoArgsIsHelpError):
        wrong.show()
        return
    if isinstance(wrong, click.UsageError) and ctx is not None:
        click.echo(f"{ctx.get_usage()}\n{ctx.command_path} --help 有说明。\n", err=True)
    click.echo(f"cityloom: {in_chinese(wrong)}", err=True)


def _said(zh: str, en: str) -> str:
    from cityloom.app.exits import language_of

    return zh if language_of() == "zh" else en


def _silence(wrong: Exception) -> str:
    return _said(
        f"数据库没有应答：{str(wrong).strip()}\n用 `cityloom run` 启动它，或用 `cityloom check` 查看原因。",
        f"the database does not answer: {str(wrong).strip()}\n"
        "Start it with `cityloom run`, or see what is wrong with `cityloom check`.",
    )


def _fault(wrong: Exception) -> str:
    """What went wrong inside, and where; the whole way there is shown on demand."""
    place = traceback.extract_tb(wrong.__traceback__)[-1]
    what = f"{type(wrong).__name__}: {wrong} ({Path(place.filename).name}:{place.lineno})"
    return _said(
        f"程序内部出错：{what}\n请反馈此错误；设置 CITYLOOM_LOG_LEVEL=DEBUG 再执行一次可看到全部过程。",
        f"something went wrong inside: {what}\n"
        "Please report it; run it again with CITYLOOM_LOG_LEVEL=DEBUG to see the whole way there.",
    )


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
