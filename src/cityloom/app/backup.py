"""A backup is one file: the database as pg_dump's archive, photos, files, archived days, a manifest to check it by.

While it is made no day of readings is moved into a file or out of one, so that database and files belong together.

Keys are not in it: who finds a backup must not be able to read names and phones. Keep `var/secrets`, or the
settings that hold the keys, in another safe place.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from cityloom.app.postgres import postgres_binaries
from cityloom.app.processes import CannotStart

if TYPE_CHECKING:
    import psycopg

FORMAT = 3  # 1, of release 0.1.0, had no checks.json and named no migrations; 2 had no archived days
ARCHIVE, CHECKS, DUMP, MANIFEST, MEDIA = "archive", "checks.json", "database.dump", "manifest.json", "media"
BLOCK_BYTES = 1 << 20

_TREES = {MEDIA: "photos", ARCHIVE: "days"}  # as progress calls them

Tell = Callable[[str, float], None]  # what is being done, and the share of all that is done


def untold(step: str, share: float) -> None:
    """Progress that nobody looks at."""


class BackupFailed(CannotStart):
    """pg_dump or pg_restore ended with an error; its words are in the message."""


class NotABackup(Exception):
    """The file is no backup of Cityloom, or one that this version cannot read."""


class BackupDamaged(NotABackup):
    """The file is a backup, but cut off or changed since it was made."""


class DatabaseNotEmpty(Exception):
    """The database to restore into holds tables already."""


class RestoredDiffers(Exception):
    """After restoring, a table has another number of rows than the backup says."""


@dataclass(frozen=True)
class Manifest:
    """What the backup holds: when it was made, by which version, the rows of each table, and the tables' version.

    `days`: the files of archived days that the database names, with their digests. `absent`: those of them that are
    not there as they were written; worked out when a backup is made, read or restored.
    """

    format: int
    made_at: str
    version: str
    rows: dict[str, int]
    migrations: list[str] = field(default_factory=list)
    days: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """A backup that was read to its end: what it holds, how many photos, files and days, how many bytes it has."""

    manifest: Manifest
    files: int
    days: int
    size: int


def make_backup(
    url: str,
    media: Path,
    target: Path,
    *,
    version: str,
    now: datetime,
    archive: Path | None = None,
    tell: Tell = untold,
) -> Manifest:
    """Write the backup to `target`, which appears only when it is whole; `archive`: the folder of archived days.

    `absent` of the answer names days whose file is missing or damaged: the backup is made without them.
    """
    draft = target.with_name(target.name + ".unfinished")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _days_held(url), tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            dump = Path(folder) / DUMP
            rows, migrations, days = _dump(url, dump, lambda what, share: tell(what, 0.6 * share))
            manifest = Manifest(FORMAT, now.isoformat(), version, rows, migrations, days)
            trees = {MEDIA: media} | ({ARCHIVE: archive} if archive else {})
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                with tarfile.open(fileobj=file, mode="w") as tar:
                    checks = _write(tar, manifest, dump, trees, lambda what, share: tell(what, 0.6 + 0.4 * share))
                file.flush()
                os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return dataclasses.replace(manifest, absent=_absent(manifest, checks))


def verify_backup(source: Path, tell: Tell = untold) -> Checked:
    """Read the backup to its end without restoring it: every file against its digest, the dump by pg_restore.

    Raises NotABackup or BackupDamaged.
    """
    with tempfile.TemporaryDirectory(prefix="cityloom-verify-") as folder:
        checked = _unpack(source, Path(folder), tell, keep_media=False)
        _check_dump(Path(folder) / DUMP, source)
    return checked


def restore_backup(
    url: str,
    media: Path,
    source: Path,
    *,
    archive: Path | None = None,
    replace: bool,
    known_migrations: Collection[str] | None = None,
    tell: Tell = untold,
) -> Manifest:
    """Bring back what the backup holds and check the number of rows of every table.

    Refuses a database with tables unless `replace`; then what is there is lost. Photos and archived days are added to
    their folders. `absent` of the answer names days that the database knows and that are not in `archive` afterwards.
    The file is read and checked whole before anything is touched; one with migrations that are not among the known
    ones is of a newer release and refused.
    """
    with tempfile.TemporaryDirectory(prefix="cityloom-restore-") as folder:
        manifest = _unpack(source, Path(folder), lambda what, share: tell(what, 0.3 * share)).manifest
        _refuse_newer(manifest, source, known_migrations)
        dump = Path(folder) / DUMP
        _check_dump(dump, source)
        _make_room(url, replace=replace)
        _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--verbose",
             "--dbname", url, str(dump),
             tell=_by_table(lambda what, share: tell(what, 0.3 + 0.6 * share), len(manifest.rows)))  # fmt: skip
        tell("counting", 0.9)
        found = count_rows(url)
        wrong = {name: (count, found.get(name)) for name, count in manifest.rows.items() if found.get(name) != count}
        if wrong:
            raise RestoredDiffers(
                "; ".join(f"{name}: backup {said}, now {now}" for name, (said, now) in wrong.items())
            )
        for name, target in ((MEDIA, media), (ARCHIVE, archive)):
            kept = Path(folder) / name
            if target is not None and kept.is_dir():
                tell(_TREES[name], 0.95)
                shutil.copytree(kept, target, dirs_exist_ok=True)
    absent = _check_days(url, archive, manifest) if archive is not None else manifest.absent
    tell("", 1.0)
    return dataclasses.replace(manifest, absent=absent)


def count_rows(url: str) -> dict[str, int]:
    """The number of rows of every table, by schema and name."""
    import psycopg

    with psycopg.connect(url) as connection:
        return _count(connection)


# --- the database -----------------------------------------------------------------------------------------------


def _dump(url: str, dump: Path, tell: Tell) -> tuple[dict[str, int], list[str], dict[str, str]]:
    """Dump and count in one snapshot, so that the numbers belong to exactly the rows dumped."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = row[0] if row else ""
        _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges", "--verbose",
             f"--file={dump}", "--dbname", url, tell=_by_table(tell, len(_tables(connection))))  # fmt: skip
        return _count(connection), _migrations(connection), _days(connection)


@contextmanager
def _days_held(url: str) -> Iterator[None]:
    """Inside, no day of readings is moved into a file or out of one; waits for one that is being moved."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(hashtext('sensing_archive'))")
        yield


def _days(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The files of archived days that the database names, with their digests."""
    if ("public", "sensing_archive") not in _tables(connection):
        return {}
    return dict(connection.execute("SELECT file, digest FROM sensing_archive WHERE dropped ORDER BY day").fetchall())


def _check_days(url: str, archive: Path, manifest: Manifest) -> list[str]:
    """The days whose files are not in the folder as the database says; raises RestoredDiffers for one from here."""
    import psycopg

    with psycopg.connect(url) as connection:
        named = _days(connection)
    absent = [name for name, digest in named.items() if _digest_of(archive / name) != digest]
    if brought := [name for name in absent if name in manifest.days and name not in manifest.absent]:
        raise RestoredDiffers(f"archived days are not as they were written: {', '.join(brought[:3])}")
    return absent


def _digest_of(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _absent(manifest: Manifest, found: Mapping[str, tuple[int, str]]) -> list[str]:
    """The days that the database names and that are not among the parts as they were written."""
    return [name for name, digest in manifest.days.items() if found.get(f"{ARCHIVE}/{name}", (0, ""))[1] != digest]


def _tables(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    ).fetchall()


def _count(connection: psycopg.Connection[Any]) -> dict[str, int]:
    from psycopg import sql

    rows = {}
    for schema, name in _tables(connection):
        counted = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name)))
        rows[f"{schema}.{name}"] = int(counted.fetchall()[0][0])
    return rows


def _migrations(connection: psycopg.Connection[Any]) -> list[str]:
    """The migrations the database has seen, as `app.name`."""
    if ("public", "django_migrations") not in _tables(connection):
        return []
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    return [name for (name,) in rows]


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


def _check_dump(dump: Path, source: Path) -> None:
    """Have pg_restore read the whole dump without a database."""
    try:
        _run("pg_restore", f"--file={os.devnull}", str(dump))
    except BackupFailed as wrong:
        raise BackupDamaged(f"{source} holds a database dump that cannot be read: {wrong}") from wrong


def _run(program: str, *arguments: str, tell: Callable[[str], None] = lambda line: None) -> None:
    """Run a program of PostgreSQL; `tell` hears each line it says."""
    said: list[str] = []
    with subprocess.Popen(
        [str(postgres_binaries() / program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stderr or ():
            said.append(line.strip())
            tell(line)
    if process.returncode != 0:
        wrong = [line for line in said if re.search("error|fatal|detail|hint", line, re.IGNORECASE)] or said[-3:]
        raise BackupFailed(f"{program} ended with {process.returncode}: {' '.join(wrong)}")


def _by_table(tell: Tell, tables: int) -> Callable[[str], None]:
    """Progress by the tables that a program names when it comes to their rows."""
    done: set[str] = set()

    def hear(line: str) -> None:
        if found := re.search(r"(?:contents of|data for) table \"([^\"]+)\"", line):
            done.add(found[1])
            tell(found[1], min(1.0, len(done) / max(1, tables)))

    return hear


# --- the file ---------------------------------------------------------------------------------------------------


def _write(
    archive: tarfile.TarFile, manifest: Manifest, dump: Path, trees: Mapping[str, Path], tell: Tell
) -> dict[str, tuple[int, str]]:
    """The manifest, the dump, every photo, file and day, at the very end the digest of each; the digests."""
    checks: dict[str, tuple[int, str]] = {}
    _write_text(archive, MANIFEST, json.dumps(asdict(manifest), indent=2), checks)
    _write_file(archive, DUMP, dump, checks)
    for tree, folder in trees.items():
        paths = sorted(folder.rglob("*")) if folder.is_dir() else []
        if folder.is_dir():
            archive.add(folder, tree, recursive=False)
        for done, path in enumerate(paths, 1):
            name = f"{tree}/{path.relative_to(folder).as_posix()}"
            if path.is_dir():
                archive.add(path, name, recursive=False)
            elif path.is_file() and path.suffix != ".draft":
                _write_file(archive, name, path, checks)
            tell(_TREES[tree], done / len(paths))
    _write_text(archive, CHECKS, json.dumps(checks, indent=0), {})
    return checks


def _write_text(archive: tarfile.TarFile, name: str, text: str, checks: dict[str, tuple[int, str]]) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))
    checks[name] = (len(data), hashlib.sha256(data).hexdigest())


def _write_file(archive: tarfile.TarFile, name: str, path: Path, checks: dict[str, tuple[int, str]]) -> None:
    """The file as it is now; one that was removed since the folder was listed is left out."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        entry = archive.gettarinfo(arcname=name, fileobj=file)
        digest = hashlib.sha256()
        for block in _blocks(file, entry.size):
            digest.update(block)
        file.seek(0)
        archive.addfile(entry, file)
    checks[name] = (entry.size, digest.hexdigest())


def _blocks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (block := file.read(min(BLOCK_BYTES, size))):
        size -= len(block)
        yield block


def _unpack(source: Path, folder: Path, tell: Tell = untold, *, keep_media: bool = True) -> Checked:
    """Read the file to its end into the folder, each part held against its digest."""
    found: dict[str, tuple[int, str]] = {}
    try:
        with tarfile.open(source, mode="r:") as archive:
            for entry in archive:
                tell(entry.name.partition("/")[0], archive.offset / max(1, source.stat().st_size))
                keep = keep_media or not entry.name.startswith((f"{MEDIA}/", f"{ARCHIVE}/"))
                if keep:
                    archive.extract(entry, folder, filter="data")
                if entry.isfile() and (file := archive.extractfile(entry)) is not None:
                    digest = hashlib.sha256()
                    for block in _blocks(file, entry.size):
                        digest.update(block)
                    found[entry.name] = (entry.size, digest.hexdigest())
    except tarfile.ReadError as wrong:
        if MANIFEST in found:
            raise BackupDamaged(f"{source} is cut off: {wrong}; take another copy of it") from wrong
        raise NotABackup(f"{source} is no backup made by `cityloom backup`: {wrong}") from wrong
    except (tarfile.TarError, OSError) as wrong:
        raise NotABackup(f"{source} cannot be read as a backup: {wrong}") from wrong
    manifest = _manifest_in(folder, source)
    _check_parts(manifest, found, folder, source)
    files, days = (sum(name.startswith(f"{tree}/") for name in found) for tree in (MEDIA, ARCHIVE))
    manifest = dataclasses.replace(manifest, absent=_absent(manifest, found))
    return Checked(manifest, files, days, source.stat().st_size)


def _manifest_in(folder: Path, source: Path) -> Manifest:
    try:
        said = json.loads((folder / MANIFEST).read_text())
        made_by, form = said["version"], said["format"]
        if form > FORMAT:
            raise NotABackup(f"{source} was made by Cityloom {made_by}; restore it with that version or newer")
        return Manifest(**said)
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as wrong:
        raise NotABackup(f"{source} is no backup made by `cityloom backup`: {wrong}") from wrong


def _check_parts(manifest: Manifest, found: dict[str, tuple[int, str]], folder: Path, source: Path) -> None:
    """Everything that was written is there as it was written; a backup of release 0.1.0 has no digests."""
    if DUMP not in found:
        raise BackupDamaged(f"{source} holds no database; take another copy of it")
    if manifest.format == 1:
        return
    if CHECKS not in found:
        raise BackupDamaged(f"{source} is cut off: its end is missing; take another copy of it")
    try:
        said = {name: tuple(each) for name, each in json.loads((folder / CHECKS).read_text()).items()}
    except (ValueError, TypeError, AttributeError) as wrong:
        raise BackupDamaged(f"{source} was changed since it was made: {CHECKS} cannot be read") from wrong
    there = {name: each for name, each in found.items() if name != CHECKS}
    differing = sorted(name for name in said.keys() | there.keys() if said.get(name) != there.get(name))
    if differing:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise BackupDamaged(f"{source} was changed since it was made: {', '.join(differing[:3])}{more}")


def _refuse_newer(manifest: Manifest, source: Path, known: Collection[str] | None) -> None:
    strange = [name for name in manifest.migrations if known is not None and name not in known]
    if strange:
        raise NotABackup(
            f"{source} was made by Cityloom {manifest.version}, whose tables this version does not know "
            f"({', '.join(strange[:3])}); restore it with that version or newer"
        )
