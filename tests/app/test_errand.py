"""An errand is sent once: its end, good or bad, is no reason to send it again."""

import os
import sys

import pytest

from cityloom.app.running import Errand


@pytest.mark.parametrize("code", [0, 1])
def test_an_errand_that_ended_is_not_sent_again_and_leaves_no_process(tmp_path, code):
    argv = [sys.executable, "-c", f"print('done'); raise SystemExit({code})"]
    errand = Errand("errand", argv, tmp_path / "errand.log", dict(os.environ))
    assert errand.pid() is None
    errand.start()
    errand.process.wait(20)
    assert not errand.has_ended()
    assert errand.pid() is None
    errand.stop()
    assert "done" in (tmp_path / "errand.log").read_text()
