"""Programs forked from the process that has read everything: as if they had been started anew."""

import copy
import subprocess
import sys

import pytest
from django.db import connections

from cityloom import __version__
from cityloom.app.ready import keep_pool

FORK_TWO = """
import sys
from pathlib import Path
from cityloom.app.forking import fork_cityloom

log = Path(sys.argv[1])
for arguments in (["--version"], ["no-such-command"]):
    forked = fork_cityloom("told", arguments, log)
    print(forked.wait(60), forked.poll(), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_a_forked_command_speaks_into_its_log_and_ends_with_its_own_code(tmp_path):
    log = tmp_path / "log" / "told.log"
    done = subprocess.run(
        [sys.executable, "-c", FORK_TWO, str(log)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["0", "0", "2", "2"], "nothing but the codes is said outside the log"
    said = log.read_text()
    assert __version__ in said
    assert "no-such-command" in said


def test_a_process_that_read_its_settings_before_keeps_a_pool_of_its_own_size(monkeypatch):
    entry = copy.deepcopy(connections.settings["default"])
    entry["OPTIONS"].pop("pool", None)
    monkeypatch.setitem(connections.settings, "default", entry)
    keep_pool(6)
    assert entry["OPTIONS"]["pool"]["max_size"] == 6
    assert entry["CONN_MAX_AGE"] == 0, "Django refuses a pool beside connections that it keeps itself"
    keep_pool(9)
    assert entry["OPTIONS"]["pool"]["max_size"] == 6, "what the settings name stands"
