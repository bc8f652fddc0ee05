"""Wrong usage told in Chinese; click tells it in English itself."""

from __future__ import annotations

import click


def in_chinese(wrong: click.ClickException) -> str:
    """The sentence for a wrong command, option or value. What a type says of a value stays as it is."""
    match wrong:
        case click.exceptions.NoSuchOption():
            return f"没有选项 {wrong.option_name}{_near(wrong.possibilities)}"
        case click.exceptions.NoSuchCommand():
            return f"没有命令 {wrong.command_name}{_near(wrong.possibilities)}"
        case click.MissingParameter():
            return f"缺少 {_name(wrong)}"
        case click.BadParameter():
            return f"{_name(wrong)} 的取值不对：{wrong.message}"
        case click.exceptions.BadOptionUsage():
            return f"选项 {wrong.option_name} 用法不对：{wrong.message}"
    return wrong.format_message()


def _name(wrong: click.BadParameter) -> str:
    hint = wrong.param_hint or (wrong.param.get_error_hint(wrong.ctx) if wrong.param and wrong.ctx else "")
    return hint if isinstance(hint, str) else "、".join(hint)


def _near(possibilities: list[str] | None) -> str:
    return f"；是不是 {'、'.join(possibilities)}？" if possibilities else ""
