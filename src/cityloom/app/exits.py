"""How a command ends: the codes, what each means, and the ends that carry a reason in both languages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import click

from cityloom.app import reasons as _sentences  # noqa: F401 (registers them)
from cityloom.base.reasons import Reason, render


class Exit(IntEnum):
    """The exit codes of every command; `MEANING` says what each tells."""

    DONE = 0
    FOUND = 1
    USAGE = 2
    LACKING = 3
    FAULT = 4
    STOPPED = 130


MEANING: Mapping[Exit, tuple[str, str]] = {
    Exit.DONE: ("完成，没有发现问题", "done, and nothing is wrong"),
    Exit.FOUND: (
        "被拒绝，或检查发现问题：见输出的原因",
        "refused, or what was looked at has faults: the output says which",
    ),
    Exit.USAGE: ("用法不对：没有这个命令、选项或取值", "wrong usage: no such command, option or value"),
    Exit.LACKING: (
        "缺少条件：设置、服务器、数据表或端口",
        "the machine lacks something: a setting, a server, the tables, a free port",
    ),
    Exit.FAULT: ("程序自身的错误，请反馈", "a fault in Cityloom itself, worth a report"),
    Exit.STOPPED: ("被 Ctrl-C 中止", "stopped by Ctrl-C"),
}


def language_of(given: Mapping[str, str] | None = None) -> str:
    """`zh` or `en`: what CITYLOOM_LANG says, else the locale (LC_ALL, LC_MESSAGES, LANG), else English."""
    environ = os.environ if given is None else given
    named = next((environ[n] for n in ("CITYLOOM_LANG", "LC_ALL", "LC_MESSAGES", "LANG") if environ.get(n)), "")
    return "zh" if named.lower().startswith("zh") else "en"


class Refused(click.ClickException):
    """The command was understood and will not do it; says why and what to do, in the language of the process."""

    exit_code = Exit.FOUND

    def __init__(self, code: str, /, **params: Any) -> None:
        self.reason = Reason(code, params)
        super().__init__(render(self.reason, language_of()))


class WrongUsage(click.UsageError):
    """The options do not go together, or a value is none of those there are."""

    exit_code = Exit.USAGE

    def __init__(self, code: str, /, **params: Any) -> None:
        self.reason = Reason(code, params)
        super().__init__(render(self.reason, language_of()))
