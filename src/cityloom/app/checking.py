"""What `cityloom check` looks at: one small function a thing, each giving a finding with its next step."""

import os
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cityloom.app.environment import Environment, SettingMissing, SettingNotUnderstood
from cityloom.app.places import var_dir
from cityloom.app.processes import CannotStart

FREE_SPACE_WANTED = 2 * 1024**3  # bytes
OLDEST_SERVER = 150000  # PostgreSQL's own number of version 15


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and what a person should know or do."""

    what: str
    ok: bool
    says: str


def findings() -> list[Finding]:
    """Everything that was looked at, in the order of a start."""
    env = Environment.of_process()
    var = var_dir()
    before = [_settings(env, var), _folder(var), _secrets(var)]
    return [*before, *_database(), _messages(env, var), _photos()]


def _settings(env: Environment, var: Path) -> Finding:
    try:
        env.require_for_production()
        env.data_keys(var)
    except (SettingMissing, SettingNotUnderstood) as wrong:
        return Finding("settings", False, str(wrong))
    return Finding("settings", True, "production" if env.is_production else "demo (keys generated, servers embedded)")


def _folder(var: Path) -> Finding:
    place = var if var.exists() else var.parent
    if not os.access(place, os.W_OK):
        return Finding("folder", False, f"{place} cannot be written to; name another one with CITYLOOM_VAR")
    free = shutil.disk_usage(place).free
    says = f"{var}, {free / 1024**3:.1f} GB free"
    if free < FREE_SPACE_WANTED:
        return Finding("folder", False, f"{says}; free at least 2 GB or name another folder with CITYLOOM_VAR")
    return Finding("folder", True, says)


def _secrets(var: Path) -> Finding:
    folder = var / "secrets"
    if not folder.exists():
        return Finding("secrets", True, "none kept yet")
    open_ones = [path for path in (folder, *folder.iterdir()) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_ones:
        names = ", ".join(str(path) for path in open_ones)
        return Finding("secrets", False, f"others can read {names}; run chmod -R go-rwx {folder}")
    return Finding("secrets", True, f"{folder} is closed to others")


def _database() -> list[Finding]:
    """The database, and where it is well what rests on it: a city, the keys of its data, the photos."""
    import psycopg

    from cityloom.app.ready import ready

    try:
        with ready(migrated=False):
            server = _server()
            return [server, *_resting_on_it()] if server.ok else [server]
    except (CannotStart, SettingMissing, SettingNotUnderstood) as wrong:
        return [Finding("database", False, str(wrong))]
    except Exception as wrong:
        from django.db.utils import Error

        if not isinstance(wrong, (Error, psycopg.Error)):
            raise
        return [Finding("database", False, f"{str(wrong).strip()}; see that CITYLOOM_DATABASE_URL is right")]


def _server() -> Finding:
    """A server that is new enough, with the tables of this version."""
    from django.db import connection

    from cityloom.app.ready import waiting_migrations

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        version = cursor.fetchone()[0]
    if version < OLDEST_SERVER:
        return Finding("database", False, f"PostgreSQL {version // 10000} is too old; 15 or newer is needed")
    waiting = waiting_migrations()
    if waiting:
        return Finding("database", False, f"{len(waiting)} migrations wait; run `cityloom migrate`")
    return Finding("database", True, f"PostgreSQL {version // 10000}, tables up to date")


def _resting_on_it() -> list[Finding]:
    """What `/readyz` looks at as well. That no city is loaded yet is told, and no lack of the installation."""
    from cityloom.app.health_checks import looks

    found = [look for look in looks() if look.what in ("city", "keys", "storage")]
    return [
        Finding(
            look.what, look.ok or look.what == "city", "; ".join(part for part in (look.says, look.next_step) if part)
        )
        for look in found
    ]


def _messages(env: Environment, var: Path) -> Finding:
    named = env.text("CITYLOOM_NATS_URL")
    if not named:
        from cityloom.app.nats_server import nats_binary

        try:
            return Finding("messages", True, f"embedded NATS: {nats_binary()}")
        except CannotStart as wrong:
            return Finding("messages", False, str(wrong))
    parts = urlsplit(named)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 4222), timeout=3):
            return Finding("messages", True, f"NATS answers at {parts.hostname}:{parts.port or 4222}")
    except OSError as wrong:
        return Finding("messages", False, f"NATS does not answer: {wrong}; see that CITYLOOM_NATS_URL is right")


def _photos() -> Finding:
    """Whether faces and plates are blurred; a city may do without, so its absence is told and is no lack."""
    from cityloom.cases.blurring import installed_detector

    detector = installed_detector()
    if detector is None:
        return Finding(
            "photos", True, "faces and plates are not blurred; `pip install 'cityloom[blur]'` brings a detector"
        )
    return Finding("photos", True, f"faces and plates are blurred: {detector.name}")
