"""The files of the project as a reader of the repository sees them, and the Markdown among them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cityloom.app.places import project_root

ROOT = project_root()
_BUILT = {".git", ".venv", "var", "node_modules", "build", "dist", "__pycache__"}
_FENCE = re.compile(r"^(```+|~~~+)(\w*)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language and its text."""

    language: str
    text: str


@cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the project: known to git or about to be; a copy without git is walked."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        found = [ROOT / name for name in names if name]
    else:
        found = [path for path in ROOT.rglob("*") if not _BUILT & set(path.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in found if path.is_file()))


def text_of(path: Path) -> str | None:
    """The text of a file; None for one that is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def name_of(path: Path) -> str:
    """A file's name from the project's root."""
    return path.relative_to(ROOT).as_posix()


@cache
def pages() -> tuple[Path, ...]:
    """Every Markdown page."""
    return tuple(path for path in files() if path.suffix == ".md")


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [Block(found.group(2), found.group(3)) for found in _FENCE.finditer(text)]


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text)


def inline_code(text: str) -> list[str]:
    """What stands between backticks in the prose of a page, on one line each."""
    return [" ".join(found.split()) for found in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose(text))]


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings make, as the usual sites of repositories make them."""
    found: dict[str, int] = {}
    names: set[str] = set()
    for line in prose(text).splitlines():
        if heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1)).lower()
            name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            seen = found.get(name, 0)
            found[name] = seen + 1
            names.add(f"{name}-{seen}" if seen else name)
    return names
