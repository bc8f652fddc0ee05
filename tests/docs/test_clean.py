"""Nothing in the project tells of the machine it was written on, or binds it to one place to fetch packages from."""

from __future__ import annotations

import re

import pytest
from tests.docs.repository import files, name_of, text_of

# Written in halves, so that this file does not find itself.
UNWANTED = {
    "a folder of the machine it was written on": [
        r"(?<![\w.])/wo" + r"rk/",
        "/t" + "mp/bash",
        r"(?<![\w.])/ro" + "ot/",
        r"/home/" + r"\w",
    ],
    "the host of a package index": [
        "pyp" + r"i\.org",
        "pythonho" + "sted",
        "registry\\.np" + "mjs",
        "npmm" + "irror",
    ],
    "something to be done later": [r"@@[A-Z]+" + "@@", r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b"],
    "a name of who or what wrote it": ["(?i)anthro" + "pic", "(?i)chat" + "gpt", r"\bClau" + r"de\b"],
}


@pytest.mark.parametrize(("what", "patterns"), UNWANTED.items(), ids=UNWANTED.keys())
def test_no_file_holds(what, patterns):
    found = [
        f"{name_of(path)}: {match.group(0)}"
        for path in files()
        if path.name != "package-lock.json" or "host" in what
        for pattern in patterns
        if (match := re.search(pattern, text_of(path) or ""))
    ]
    assert not found, what


def test_no_file_is_larger_than_a_reader_or_a_clone_wants():
    large = [f"{name_of(path)}: {path.stat().st_size:,} bytes" for path in files() if path.stat().st_size > 2_000_000]
    assert not large
