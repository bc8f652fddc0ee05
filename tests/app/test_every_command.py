"""Every command tells what it does with an example, names its options like the others, prints JSON for programs."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from tests.docs.test_commands import check

from cityloom.app.cli import main
from cityloom.app.command_page import commands_markdown, walk
from cityloom.app.exits import MEANING, Exit, language_of
from cityloom.app.places import project_root
from cityloom.app.ready import DATABASE_URL

COMMANDS = list(walk())
NAMES = [" ".join(words) for words, _ in COMMANDS]
NO_FACTS = {
    "run": "serves until it is stopped",
    "web": "serves until it is stopped",
    "live": "serves until it is stopped",
    "worker": "works until it is stopped",
    "ingest": "takes in until it is stopped",
    "demo live": "plays until it is stopped",
    "demo play": "plays until it is stopped",
    "city build": "runs a program of the city's folder with options of its own",
    "docs commands": "writes a page",
    "docs paths": "writes a page",
    "completion bash": "prints a script",
    "completion zsh": "prints a script",
    "completion fish": "prints a script",
}
# The same thing is asked under the same name everywhere: parameter → its options.
ALIKE = {
    "as_json": {"--json"},
    "city_code": {"--city"},
    "first": {"--since", "--from"},
    "last": {"--until"},
    "language": {"--language", "--lang"},
    "map_file": {"--map"},
    "rejects": {"--rejects"},
    "as_csv": {"--csv"},
    "dry_run": {"--dry-run"},
    "most": {"--most", "--limit"},
}


def options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=NAMES)
def test_help_ends_with_an_example_that_exists(words: tuple[str, ...], command: click.Command):
    lines = (command.epilog or "").splitlines()
    typed = [line.strip() for line in lines if re.search(r"\bcityloom\b", line)]
    assert "Example:" in lines, f"cityloom {' '.join(words)} needs epilog=example(…) of app/options.py"
    assert typed
    for line in typed:
        if line.startswith("cityloom"):
            assert line.startswith(f"cityloom {' '.join(words)}")
            assert check(line) is None


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=NAMES)
def test_an_unknown_option_is_wrong_usage(words: tuple[str, ...], command: click.Command):
    if words == ("city", "build"):
        return  # passes options on to the program of the folder
    done = CliRunner().invoke(main, [*words, "--weave"])
    assert done.exit_code == Exit.USAGE
    assert "Traceback" not in done.output


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=NAMES)
def test_a_command_prints_json_unless_it_tells_nothing(words: tuple[str, ...], command: click.Command):
    has_json = any("--json" in option.opts for option in options(command))
    assert has_json == (" ".join(words) not in NO_FACTS), (
        "add AS_JSON of app/options.py, or say why there are no facts"
    )


def test_the_same_thing_has_the_same_option_everywhere():
    found: dict[str, set[str]] = defaultdict(set)
    for _, command in COMMANDS:
        for option in options(command):
            found[str(option.name)] |= set(option.opts)
    for name, allowed in ALIKE.items():
        assert found[name] <= allowed, name
    spelt = {opt for opts in found.values() for opt in opts if opt.startswith("--")}
    assert all(re.fullmatch(r"--[a-z][a-z0-9-]*", opt) for opt in spelt)


def test_the_page_of_commands_is_made_from_the_commands():
    page = (project_root() / "docs" / "commands.md").read_text(encoding="utf-8")
    assert page == commands_markdown(), "run `cityloom docs commands`"


def test_every_exit_code_is_told_in_both_languages():
    assert set(MEANING) == set(Exit)
    assert all(zh and en and zh != en for zh, en in MEANING.values())


@pytest.mark.parametrize(
    ("given", "language", "because"),
    [
        ({"CITYLOOM_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh", "the setting goes before the locale"),
        ({"CITYLOOM_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en", "the setting goes before the locale"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh", "LC_ALL goes before LANG"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "C"}, "zh", "LC_MESSAGES goes before LANG"),
        ({"LANG": "zh_TW.UTF-8"}, "zh", "any Chinese locale"),
        ({"LANG": "C.UTF-8"}, "en", "nothing said"),
        ({}, "en", "nothing said"),
    ],
)
def test_the_language_of_commands_follows_the_setting_then_the_locale(given: Any, language: str, because: str):
    assert language_of(given) == language, because


@pytest.mark.parametrize(
    ("words", "code", "zh", "en"),
    [
        (["weave"], 2, "没有命令 weave", "No such command 'weave'"),
        (["city", "chek"], 2, "是不是 check", "check"),
        (["city", "check"], 2, "缺少", "Missing argument"),
        (["web", "--prot", "1"], 2, "没有选项 --prot", "No such option"),
        (["web", "--port", "x"], 2, "取值不对", "Invalid value"),
        (["settings", "--weave"], 2, "--help 有说明", "--help"),
    ],
)
def test_wrong_usage_is_told_in_the_language_of_the_process(
    words: list[str], code: int, zh: str, en: str, monkeypatch: pytest.MonkeyPatch
):
    assert en in CliRunner().invoke(main, words).stderr
    monkeypatch.setenv("CITYLOOM_LANG", "zh")
    done = CliRunner().invoke(main, words)
    assert (done.exit_code, zh in done.stderr) == (code, True), done.stderr


def _raising(wrong: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise wrong

    return command


def test_a_fault_inside_is_one_sentence_with_its_place(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(type(main), "get_command", lambda *_: _raising(ZeroDivisionError("by zero")))
    done = CliRunner().invoke(main, ["settings"])
    assert done.exit_code == Exit.FAULT
    assert "ZeroDivisionError: by zero (test_every_command.py:" in done.stderr
    assert "Traceback" not in done.stderr
    assert isinstance(CliRunner().invoke(main, ["web"]).exception, ZeroDivisionError), "what serves logs all of it"
    monkeypatch.setenv("CITYLOOM_LOG_LEVEL", "DEBUG")
    assert isinstance(CliRunner().invoke(main, ["settings"]).exception, ZeroDivisionError), "on demand all of it"


def test_ctrl_c_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(type(main), "get_command", lambda *_: _raising(KeyboardInterrupt()))
    assert CliRunner().invoke(main, ["settings"]).exit_code == Exit.STOPPED


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ({"CITYLOOM_ENV": "prod"}, "只能是 `demo` 或 `production`", "it may be `demo` or `production`"),
        ({"CITYLOOM_ENV": "production"}, "CITYLOOM_ENV=production 需要以下设置", "needs these settings"),
    ],
)
def test_what_the_machine_lacks_is_told_in_the_language_of_the_process(
    given: dict[str, str], zh: str, en: str, monkeypatch: pytest.MonkeyPatch
):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(main, ["city", "list"])
    assert (done.exit_code, en in done.stderr) == (Exit.LACKING, True), done.stderr
    monkeypatch.setenv("CITYLOOM_LANG", "zh")
    done = CliRunner().invoke(main, ["city", "list"])
    assert (done.exit_code, zh in done.stderr) == (Exit.LACKING, True), done.stderr


# What looks only, on a database with a city in it: words → the keys of the answer, or of its first row.
LOOKING = {
    "audit verify": {},
    "audit reads": None,
    "chores list": {"name", "every_s", "done_at", "took_ms", "found", "late", "what"},
    "city list": {"code", "name", "time_zone", "version"},
    "city versions": {"number", "loaded_at", "loaded_by", "note", "digest", "signatures", "tables"},
    "keys status": {"table", "rows", "older", "unknown"},
    "keys new": {"key"},
    "limits show": {"limits", "counted", "refused"},
    "migrate": {"waiting", "applied"},
    "open311 partners": None,
    "outbox show": None,
    "people requests": None,
    "registers show": {},
    "retention run": {},
    "settings": {"name", "value", "source", "help"},
    "status": {"ready", "checks", "open_cases", "outbox", "late_clocks"},
    "tokens list": None,
    "units take-over": {},
    "users list": None,
}
MORE_WORDS = {"city versions": ["{city}"], "migrate": ["--check"], "retention run": ["--dry-run"],
              "units take-over": ["--dry-run"]}  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", LOOKING)
def test_what_looks_prints_json_that_parses_with_its_keys(
    words: str, small_city: Any, monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path
):
    monkeypatch.setenv(DATABASE_URL, database_url)
    more = [word.format(city=small_city.code) for word in MORE_WORDS.get(words, [])]
    done = CliRunner().invoke(main, [*words.split(), *more, "--json"])
    assert done.exit_code in (Exit.DONE, Exit.FOUND, Exit.LACKING), done.output
    answer, keys = json.loads(done.stdout), LOOKING[words]
    if keys:
        first = answer[0] if isinstance(answer, list) else answer
        assert keys <= first.keys()
