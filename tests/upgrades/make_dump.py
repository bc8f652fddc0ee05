"""Makes `<version>.sql` beside this file: the database of a release, with cases in every kind of state.

A release's own code makes it, so it is run once, at the commit of the release, and the dump is kept:

    git worktree add ../cityloom-release COMMIT
    PYTHONPATH=../cityloom-release/src:../cityloom-release .venv/bin/python tests/upgrades/make_dump.py
    git worktree remove ../cityloom-release

The small city of the tests lives one day of every story of `tests/stories/lives.py`; names and phones are sealed
with the key below, which is for these dumps only. `test_upgrade.py` loads each dump and goes on from there.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

DATA_KEY = base64.urlsafe_b64encode(b"the key of the tests of upgrades").decode()


def make_dump(into: Path) -> Path:
    """The dump of the release whose code is imported."""
    from cityloom import __version__
    from cityloom.app.postgres import start_postgres

    var = Path(tempfile.mkdtemp(prefix="cityloom-dump-"))
    var.chmod(0o755)
    server = start_postgres(var, durable=False)
    try:
        os.environ |= {
            "CITYLOOM_VAR": str(var),
            "CITYLOOM_DATABASE_URL": server.url,
            "CITYLOOM_DATA_KEYS": DATA_KEY,
            "DJANGO_SETTINGS_MODULE": "cityloom.app.settings",
        }
        _live(var)
        target = into / f"{__version__}.sql"
        target.write_text(dumped(server.url, "--rows-per-insert=200"), encoding="utf-8")
        return target
    finally:
        server.stop()
        shutil.rmtree(var, ignore_errors=True)


def _live(var: Path) -> None:
    """Tables, the small city, and its cases."""
    import django

    django.setup()
    from django.core.management import call_command
    from tests.cases.life import Life, at
    from tests.city.small_city import CITY_CODE, write_small_city
    from tests.stories.lives import SOUTHEAST, STORIES

    from cityloom.city.actions.load_city import load_city
    from cityloom.city.snapshot import current_city

    call_command("migrate", verbosity=0, interactive=False)
    load_city(write_small_city(var / "small-city"), "steward", datetime(2026, 1, 1, tzinfo=UTC))
    life = Life(current_city(CITY_CODE))
    for story in STORIES:
        life.clock.at = at(6, 1, 9)
        story(life, SOUTHEAST)
    life.fire(at(6, 4, 12))


def dumped(url: str, *wishes: str) -> str:
    """The database as SQL, without the words that only psql knows, comments and empty lines."""
    from cityloom.app.postgres import postgres_binaries

    dump = [str(postgres_binaries() / "pg_dump"), "--no-owner", "--no-privileges", *wishes, "--dbname", url]
    done = subprocess.run(dump, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(("\\", "--"))]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(make_dump(Path(__file__).parent), file=sys.stderr)
