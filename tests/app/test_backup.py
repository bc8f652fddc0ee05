"""A backup brings everything back, and nothing that should stay secret."""

import hashlib
import os
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime

import psycopg
import pytest

from cityloom.app.backup import (
    BackupDamaged,
    BackupFailed,
    DatabaseNotEmpty,
    NotABackup,
    count_rows,
    make_backup,
    restore_backup,
    verify_backup,
)

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def city(postgres_url, tmp_path):
    """A database with two tables, an extension and a photo."""
    name = f"backup_{os.getpid()}"
    url = postgres_url.replace("@/cityloom?", f"@/{name}?")
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE TABLE matter (id bigint PRIMARY KEY, text text NOT NULL)")
        connection.execute("CREATE TABLE step (matter bigint REFERENCES matter, at timestamptz)")
        connection.execute("INSERT INTO matter SELECT n, '路灯不亮 ' || n FROM generate_series(1, 50) n")
        connection.execute("INSERT INTO step SELECT n, now() FROM generate_series(1, 50) n")
    media = tmp_path / "media"
    (media / "photos").mkdir(parents=True)
    (media / "photos" / "lamp.jpg").write_bytes(b"picture")
    yield url, media
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def rows_of(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT id, text FROM matter ORDER BY id").fetchall()


def test_what_was_lost_comes_back_row_by_row_as_often_as_wanted(city, tmp_path):
    url, media = city
    before, counted = rows_of(url), count_rows(url)
    for round_ in range(2):
        target = tmp_path / f"backup-{round_}.tar"
        made = make_backup(url, media, target, version="1", now=NOON)
        assert made.rows == counted == {"public.matter": 50, "public.step": 50}
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM step")
            connection.execute("DELETE FROM matter WHERE id > 3")
        (media / "photos" / "lamp.jpg").unlink()
        restore_backup(url, media, target, replace=True)
        assert rows_of(url) == before
        assert (media / "photos" / "lamp.jpg").read_bytes() == b"picture"


def test_archived_days_come_along_and_what_is_missing_of_them_is_named(city, tmp_path):
    url, media = city
    archive, target = tmp_path / "archive", tmp_path / "backup.tar"
    (archive / "2026").mkdir(parents=True)
    days = {"2026/06-01.parquet": b"first", "2026/06-02.parquet": b"second"}
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE sensing_archive (day date, file text, digest text, dropped bool)")
        for name, content in days.items():
            (archive / name).write_bytes(content)
            row = ["2026-06-" + name[8:10], name, hashlib.sha256(content).hexdigest()]
            connection.execute("INSERT INTO sensing_archive VALUES (%s, %s, %s, true)", row)
    (archive / "2026" / "06-03.4711.draft").write_bytes(b"half a day")

    def make():
        return make_backup(url, media, target, version="1", now=NOON, archive=archive)

    assert (sorted(make().days), make().absent) == (sorted(days), [])
    assert (verify_backup(target).days, verify_backup(target).manifest.absent) == (2, [])
    shutil.rmtree(archive)
    restored = restore_backup(url, media, target, archive=archive, replace=True)
    assert restored.absent == []
    assert {f"2026/{path.name}": path.read_bytes() for path in (archive / "2026").iterdir()} == days

    (archive / "2026/06-01.parquet").write_bytes(b"changed")
    (archive / "2026/06-02.parquet").unlink()
    assert make().absent == sorted(days), "the rest is kept all the same, and these are named"
    assert verify_backup(target).manifest.absent == sorted(days)
    assert restore_backup(url, media, target, archive=archive, replace=True).absent == sorted(days)


def test_a_database_with_tables_is_not_overwritten_unasked(city, tmp_path):
    url, media = city
    target = tmp_path / "backup.tar"
    make_backup(url, media, target, version="1", now=NOON)
    with pytest.raises(DatabaseNotEmpty, match="--replace"):
        restore_backup(url, media, target, replace=False)
    assert len(rows_of(url)) == 50


def test_a_backup_is_closed_to_others_and_holds_no_key(city, tmp_path):
    url, media = city
    target = tmp_path / "backup.tar"
    make_backup(url, media, target, version="1", now=NOON)
    assert target.stat().st_mode & 0o077 == 0
    with tarfile.open(target) as archive:
        assert sorted(archive.getnames()) == [
            "checks.json", "database.dump", "manifest.json", "media", "media/photos", "media/photos/lamp.jpg",
        ]  # fmt: skip


def test_a_backup_that_fails_leaves_no_half_file(tmp_path):
    nowhere = "postgresql://cityloom@/cityloom?host=%2Fnonexistent"
    with pytest.raises((BackupFailed, psycopg.OperationalError)):
        make_backup(nowhere, tmp_path / "media", tmp_path / "backup.tar", version="1", now=NOON)
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_refused_before_the_database_is_touched(city, tmp_path):
    url, media = city
    stranger = tmp_path / "holiday.tar"
    subprocess.run(["tar", "cf", str(stranger), "-C", str(media), "photos"], check=True)
    with pytest.raises(NotABackup, match=r"holiday\.tar"):
        restore_backup(url, media, stranger, replace=True)
    assert len(rows_of(url)) == 50


@pytest.fixture
def whole(city, tmp_path):
    """A whole backup of the city."""
    url, media = city
    make_backup(url, media, tmp_path / "whole.tar", version="1", now=NOON)
    return tmp_path / "whole.tar"


def test_a_whole_backup_is_said_whole_with_what_it_holds(whole):
    found = verify_backup(whole)
    assert (found.files, found.size) == (1, whole.stat().st_size)
    assert found.manifest.rows == {"public.matter": 50, "public.step": 50}


def _cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def _change(data: bytes, what: bytes) -> bytes:
    at = data.index(what)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("harm", "error", "because"),
    [
        (lambda d: b"", NotABackup, "an empty file"),
        (lambda d: b"%PDF-1.7 " + d[:2000], NotABackup, "another kind of file"),
        (lambda d: _cut(d, 0.05), NotABackup, "cut in the first part"),
        (lambda d: _cut(d, 0.3), BackupDamaged, "cut in the dump"),
        (lambda d: d[: d.index(b"checks.json") + 600], BackupDamaged, "cut in the last part"),
        (lambda d: d[: d.index(b"checks.json") // 512 * 512], BackupDamaged, "cut between two parts: the end misses"),
        (lambda d: _change(d, b"PGDMP"), BackupDamaged, "the dump was changed"),
        (lambda d: _change(d, b"picture"), BackupDamaged, "a photo was changed"),
        (lambda d: _change(d, b'"public.matter"'), NotABackup, "the manifest was changed"),
        (lambda d: d.replace(b"photos/lamp.jpg", b"photos/rope.jpg", 1), NotABackup, "a photo was renamed"),
    ],
)  # fmt: skip
def test_a_harmed_file_is_refused_and_nothing_is_changed(city, whole, tmp_path, harm, error, because):
    url, media = city
    harmed = tmp_path / "harmed.tar"
    harmed.write_bytes(harm(whole.read_bytes()))
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM step WHERE matter > 10")
    (media / "photos" / "lamp.jpg").write_bytes(b"newer picture")
    before = count_rows(url)
    with pytest.raises(error, match=r"harmed\.tar"):
        verify_backup(harmed)
    with pytest.raises(error, match=r"harmed\.tar"):
        restore_backup(url, media, harmed, replace=True)
    assert count_rows(url) == before, because
    assert (media / "photos" / "lamp.jpg").read_bytes() == b"newer picture"


def test_a_backup_of_a_newer_release_is_refused_before_anything_is_touched(city, tmp_path):
    url, media = city
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE django_migrations (app text, name text)")
        connection.execute("INSERT INTO django_migrations VALUES ('cases', '0001_initial'), ('cases', '0999_new')")
    made = make_backup(url, media, tmp_path / "newer.tar", version="9.0", now=NOON)
    assert made.migrations == ["cases.0001_initial", "cases.0999_new"]
    with pytest.raises(NotABackup, match=r"9\.0.*cases\.0999_new"):
        restore_backup(url, media, tmp_path / "newer.tar", replace=True, known_migrations={"cases.0001_initial"})
    assert len(rows_of(url)) == 50


def test_a_backup_of_the_first_release_without_digests_is_still_read(city, whole, tmp_path):
    """Format 1: the manifest, the dump and the photos, as release 0.1.0 wrote them."""
    import json

    url, media = city
    first = tmp_path / "first.tar"
    with tarfile.open(whole) as archive:
        archive.extractall(tmp_path / "parts", filter="data")
    said = json.loads((tmp_path / "parts" / "manifest.json").read_text())
    del said["migrations"]
    (tmp_path / "parts" / "manifest.json").write_text(json.dumps(said | {"format": 1}))
    with tarfile.open(first, "w") as archive:
        for name in ("manifest.json", "database.dump", "media"):
            archive.add(tmp_path / "parts" / name, name)
    assert verify_backup(first).manifest.format == 1
    assert restore_backup(url, media, first, replace=True, known_migrations=set()).rows == count_rows(url)


def test_progress_never_goes_back_and_names_what_is_done(city, tmp_path):
    url, media = city
    told = []
    make_backup(
        url, media, tmp_path / "b.tar", version="1", now=NOON, tell=lambda what, share: told.append((what, share))
    )
    assert {"public.matter", "public.step", "photos"} <= {what for what, _ in told}
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    told.clear()
    restore_backup(url, media, tmp_path / "b.tar", replace=True, tell=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
