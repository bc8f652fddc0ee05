"""An errand is sent once: its end, good or bad, is no reason to send it again."""

import os
import sys
import time

import pytest

from cityloom.app.running import Errand


@pytest.mark.parametrize("code", [0, 1])
def test_an_errand_that_ended_is_not_sent_again_and_leaves_no_process(tmp_path, code):
    argv = [sys.executable, "-c", f"print('done'); raise SystemExit({code})"]
    errand = Errand("errand", argv, tmp_path / "errand.log", dict(os.environ))
    assert errand.pid() is None
    errand.start()
    until = time.monotonic() + 60
    while errand.process.returncode is None and time.monotonic() < until:
        assert not errand.has_ended()
        time.sleep(0.01)
    assert errand.process.returncode == code, "who looks after it has collected it"
    assert errand.pid() is None
    errand.stop()
    assert "done" in (tmp_path / "errand.log").read_text()
