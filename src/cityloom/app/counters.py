"""Where the processes of one machine keep their counters, so that one scrape tells of all of them.

`prometheus_client` decides when it is first imported how it keeps them; so this knows nothing of it, and is called
before.
"""

from __future__ import annotations

import os
from pathlib import Path

from cityloom.app.processes import is_alive

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share_counters(var: Path) -> Path:
    """Let this process and those it starts keep their counters in the running data; gives the folder.

    Counters of processes that are gone are removed: whoever reads them takes the step down as a restart.
    """
    folder = Path(os.environ.setdefault(FOLDER, str(var / "metrics")))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    drop_dead(folder)
    return folder


def drop_dead(folder: Path, kind: str = "") -> None:
    """Remove the files of ended processes, of one kind if given."""
    for path in folder.glob(f"{kind}*_*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdigit() and not is_alive(int(pid)):
            path.unlink(missing_ok=True)
