"""A backup is one file: the database as pg_dump's archive, photos and files, and a manifest to check it by.

Keys are not in it: who finds a backup must not be able to read names and phones. Keep `var/secrets`, or the
settings that hold the keys, in another safe place.
"""

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityloom.app.postgres import postgres_binaries
from cityloom.app.processes import CannotStart

if TYPE_CHECKING:
    import psycopg

FORMAT = 1


class BackupFailed(CannotStart):
    """pg_dump or pg_restore ended with an error; its words are in the message."""


class NotABackup(Exception):
    """The file is no backup of Cityloom, or a newer kind of one."""


class DatabaseNotEmpty(Exception):
    """The database to restore into holds tables already."""


class RestoredDiffers(Exception):
    """After restoring, a table has another number of rows than the backup says."""


@dataclass(frozen=True)
class Manifest:
    """What the backup holds: when it was made, by which version, and the rows of each table."""

    format: int
    made_at: str
    version: str
    rows: dict[str, int]


def make_backup(url: str, media: Path, target: Path, *, version: str, now: datetime) -> Manifest:
    """Write the backup to `target`, which appears only when it is whole."""
    draft = target.with_name(target.name + ".unfinished")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            dump = Path(folder) / "database.dump"
            rows = _dump(url, dump)
            manifest = Manifest(FORMAT, now.isoformat(), version, rows)
            listed = Path(folder) / "manifest.json"
            listed.write_text(json.dumps(asdict(manifest), indent=2))
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                with tarfile.open(fileobj=file, mode="w") as archive:
                    archive.add(listed, "manifest.json")
                    archive.add(dump, "database.dump")
                    if media.is_dir():
                        archive.add(media, "media")
                file.flush()
                os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def restore_backup(url: str, media: Path, source: Path, *, replace: bool) -> Manifest:
    """Bring back what the backup holds and check the number of rows of every table.

    Refuses a database with tables unless `replace`; then what is there is lost. Photos are added to the folder.
    """
    with tempfile.TemporaryDirectory(prefix="cityloom-restore-") as folder:
        manifest = _unpack(source, Path(folder))
        _make_room(url, replace=replace)
        _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--dbname", url,
             str(Path(folder) / "database.dump"))  # fmt: skip
        found = count_rows(url)
        wrong = {name: (count, found.get(name)) for name, count in manifest.rows.items() if found.get(name) != count}
        if wrong:
            raise RestoredDiffers(
                "; ".join(f"{name}: backup {said}, now {now}" for name, (said, now) in wrong.items())
            )
        kept = Path(folder) / "media"
        if kept.is_dir():
            shutil.copytree(kept, media, dirs_exist_ok=True)
    return manifest


def count_rows(url: str) -> dict[str, int]:
    """The number of rows of every table, by schema and name."""
    import psycopg

    with psycopg.connect(url) as connection:
        return _count(connection)


def _dump(url: str, dump: Path) -> dict[str, int]:
    """Dump and count in one snapshot, so that the numbers belong to exactly the rows dumped."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = row[0] if row else ""
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges",
             f"--file={dump}", "--dbname", url)  # fmt: skip
        return _count(connection)


def _count(connection: "psycopg.Connection[Any]") -> dict[str, int]:
    from psycopg import sql

    names = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    ).fetchall()
    rows = {}
    for schema, name in names:
        counted = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name)))
        rows[f"{schema}.{name}"] = int(counted.fetchall()[0][0])
    return rows


def _unpack(source: Path, folder: Path) -> Manifest:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        said = json.loads((folder / "manifest.json").read_text())
    except (tarfile.TarError, FileNotFoundError, json.JSONDecodeError) as wrong:
        raise NotABackup(f"{source} is no backup made by `cityloom backup`: {wrong}") from wrong
    if said["format"] > FORMAT:
        raise NotABackup(f"{source} was made by Cityloom {said['version']}; restore it with that version or newer")
    return Manifest(**said)


def _make_room(url: str, *, replace: bool) -> None:
    import psycopg

    if count_rows(url) and not replace:
        raise DatabaseNotEmpty(
            "the database holds tables already; name an empty one with CITYLOOM_DATABASE_URL, "
            "or say --replace to lose what it holds"
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(postgres_binaries() / program), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program} ended with {done.returncode}: {done.stderr.strip()}")
