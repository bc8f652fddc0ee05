"""Every command that a page or a message tells a person to type exists, with the options it names."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from tests.docs.repository import ROOT, blocks, files, inline_code, name_of, pages, prose, text_of

from cityloom.app.cli import main

SHELLS = {"sh", "bash", "shell", "console"}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
IN_CODE = re.compile(r"`((?:cityloom|make) [a-z][^`\n]*)`")


def commands_of(text: str) -> list[str]:
    """The command lines that a page shows: in shell blocks, and in its sentences between backticks."""
    lines = [
        line.removeprefix("$ ").strip()
        for block in blocks(text)
        for line in block.text.replace("\\\n", " ").splitlines()
        if block.language in SHELLS or line.startswith("$ ")
    ]
    indented = re.findall(r"^ {4}(\S.*)$", prose(text), re.MULTILINE)
    return [line for line in (*lines, *indented, *inline_code(text)) if re.match(r"(\S*/)?cityloom( |$)", line)]


def words_of(line: str) -> list[str]:
    """The words after `cityloom`, up to a pipe, a redirection, a comment or what is passed on."""
    words = shlex.split(line.split(" | ")[0], comments=True)[1:]
    return words[: next((i for i, word in enumerate(words) if word in (">", "<", "&&", "&", ";", "--")), len(words))]


def check(line: str) -> str | None:
    """What is wrong with a shown command; None when it exists as shown."""
    command: click.Command = main
    context = click.Context(main)
    words = words_of(line)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        name = words.pop(0)
        if name in ("…", "..."):
            return None
        found = command.get_command(context, name)
        if found is None:
            return f"there is no command {name}"
        command, context = found, click.Context(found, parent=context)
    known = {o for p in command.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)}
    known |= set(command.get_help_option_names(context)) | {"--help"}
    unknown = [w.partition("=")[0] for w in words if w.startswith("-") and w.partition("=")[0] not in known]
    return f"{command.name} has no {unknown[0]}" if unknown else None


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_command_shown_exists_with_its_options(page):
    for line in commands_of(text_of(page) or ""):
        assert check(line) is None, f"{name_of(page)}: `{line}`: {check(line)}"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_target_of_make_shown_exists(page):
    text = text_of(page) or ""
    shown = [*inline_code(text), *(line for block in blocks(text) for line in block.text.splitlines())]
    for line in shown:
        if found := re.match(r"make ([a-z-]+)", line.strip()):
            assert found.group(1) in TARGETS, f"{name_of(page)}: {line}"


def test_every_command_named_by_a_message_exists():
    for path in files():
        if path.suffix == ".py" and path.is_relative_to(ROOT / "src"):
            for line in IN_CODE.findall(text_of(path) or ""):
                if "{" in line:
                    line = re.sub(r"\{[^}]*\}", "X", line)
                if line.startswith("make "):
                    assert line.split()[1] in TARGETS, f"{name_of(path)}: {line}"
                else:
                    assert check(line) is None, f"{name_of(path)}: `{line}`: {check(line)}"


@pytest.mark.parametrize(
    ("line", "because"),
    [
        ("cityloom fly", "no such command"),
        ("cityloom web --prot 8000", "no such option"),
        (".venv/bin/cityloom city chek cities/jinchuan", "no such command of the group"),
    ],
)
def test_a_wrong_command_would_be_seen(line, because):
    assert check(line) is not None, because


def test_every_command_is_told_of_in_the_docs():
    told = {word for page in pages() for line in commands_of(text_of(page) or "") for word in words_of(line)[:1]}
    assert set(main.list_commands(click.Context(main))) - told == set()
