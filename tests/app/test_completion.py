"""The Tab key: what shells are told that may follow, asked the way they ask it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from cityloom.app import completing
from cityloom.app.cli import main
from cityloom.app.commands.completion import SHELLS, script_of
from cityloom.app.ready import DATABASE_URL

PROGRAM = Path(sys.executable).parent / "cityloom"


def asked(*words: str, **more: str) -> list[str]:
    """What bash is told may stand in place of the last word."""
    environ = {**os.environ, **more, "_CITYLOOM_COMPLETE": "bash_complete"}
    environ |= {"COMP_WORDS": " ".join(("cityloom", *words)), "COMP_CWORD": str(len(words))}
    done = subprocess.run([PROGRAM], env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert not done.stderr, done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def offered(offer: completing.Offer, begin: str, **params: Any) -> list[str]:
    context = click.Context(main)
    context.params = params
    return [item.value for item in offer(context, click.Option(["--x"]), begin)]


@pytest.mark.parametrize(
    ("words", "told", "because"),
    [
        (("ci",), ["city"], "a command"),
        (("city", "ch"), ["check"], "a command of a group"),
        (("audit", "verify", "--si"), ["--since"], "an option"),
        (("report", "daily", "--format", ""), ["docx", "pdf"], "a choice"),
        (("completion", "install", "f"), ["fish"], "a choice of an argument"),
        (("city", "check", "examples/bei"), ["examples/beijing"], "a city folder of the project"),
        (("settings", "cityloom_database_u"), ["CITYLOOM_DATABASE_URL"], "a setting"),
        (("chores", "run", "ti"), ["tidy"], "a chore"),
        (("chores", "run", "meet"), ["meet-open311"], "a chore that waits for others"),
        (("limits", "reset", "--limit", "report_p"), ["report_phone"], "a limit"),
    ],
)
def test_what_may_follow_is_told(words: tuple[str, ...], told: list[str], because: str):
    assert asked(*words) == told, because


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_bash_completes_by_the_printed_script(tmp_path: Path):
    script = tmp_path / "cityloom.bash"
    script.write_text(CliRunner().invoke(main, ["completion", "bash"]).stdout, encoding="utf-8")
    asking = f"source {script}; COMP_WORDS=(cityloom city ve); COMP_CWORD=2; _cityloom_completion cityloom ve city; "
    environ = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", asking + 'printf "%s\\n" "${COMPREPLY[@]}"'],
        env=environ, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.split()) == (0, ["versions"]), done.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell_asks_this_program(shell: str):
    assert f"_CITYLOOM_COMPLETE={shell}_complete" in script_of(shell)
    assert CliRunner().invoke(main, ["completion", shell]).stdout.strip() == script_of(shell).strip()


@pytest.mark.parametrize(
    ("shell", "file"),
    [
        ("bash", "data/bash-completion/completions/cityloom"),
        ("zsh", "data/zsh/site-functions/_cityloom"),
        ("fish", "config/fish/completions/cityloom.fish"),
    ],
)
def test_install_writes_where_the_shell_looks(shell: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    for _ in range(2):
        assert CliRunner().invoke(main, ["completion", "install"]).exit_code == 0
    assert (tmp_path / file).read_text(encoding="utf-8").strip() == script_of(shell).strip()
    monkeypatch.setenv("SHELL", "/usr/bin/tcsh")
    assert CliRunner().invoke(main, ["completion", "install"]).exit_code == 1


@pytest.mark.django_db(transaction=True)
def test_codes_come_from_the_current_city(small_city: Any, monkeypatch: pytest.MonkeyPatch, database_url: str):
    monkeypatch.setenv(DATABASE_URL, database_url)
    assert offered(completing.city_codes, "99") == [small_city.code]
    unit = sorted(small_city.units)[0]
    assert unit in offered(completing.unit_codes, unit[:2], city_code=small_city.code)
    assert offered(completing.unit_codes, "", city_code="elsewhere") == []
    assert "hotline:0101" in offered(completing.class_codes, "hotline:01")
    assert offered(completing.area_codes, "9901") == sorted(code for code in small_city.areas if code[:4] == "9901")
    assert "checker" in offered(completing.logins, "che")
    assert small_city.code in asked("audit", "verify", "--city", "", **{DATABASE_URL: database_url})


def test_without_a_database_nothing_is_offered_and_nothing_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(DATABASE_URL, raising=False)
    monkeypatch.setenv("CITYLOOM_VAR", str(tmp_path / "var"))
    assert offered(completing.city_codes, "") == []
    assert not (tmp_path / "var").exists()
    monkeypatch.setenv(DATABASE_URL, "postgresql://nobody@127.0.0.1:1/none")
    assert offered(completing.city_codes, "") == []


def test_completing_loads_no_django():
    code = (
        "import os, sys; os.environ |= {'_CITYLOOM_COMPLETE': 'bash_complete', 'COMP_WORDS': 'cityloom city load c', "
        "'COMP_CWORD': '3'}\nfrom cityloom.app.cli import main\ntry:\n    main(prog_name='cityloom')\n"
        "except SystemExit:\n    pass\n"
        "assert not {'django', 'numpy', 'shapely'} & {name.split('.')[0] for name in sys.modules}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
