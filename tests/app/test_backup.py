"""A backup brings everything back, and nothing that should stay secret."""

import subprocess
import tarfile
from datetime import UTC, datetime

import psycopg
import pytest

from cityloom.app.backup import (
    BackupFailed,
    DatabaseNotEmpty,
    NotABackup,
    count_rows,
    make_backup,
    restore_backup,
)

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def city(start_own_postgres, tmp_path):
    """A database with two tables, an extension and a photo."""
    server = start_own_postgres()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        connection.execute("CREATE TABLE matter (id bigint PRIMARY KEY, text text NOT NULL)")
        connection.execute("CREATE TABLE step (matter bigint REFERENCES matter, at timestamptz)")
        connection.execute("INSERT INTO matter SELECT n, '路灯不亮 ' || n FROM generate_series(1, 50) n")
        connection.execute("INSERT INTO step SELECT n, now() FROM generate_series(1, 50) n")
    media = tmp_path / "media"
    (media / "photos").mkdir(parents=True)
    (media / "photos" / "lamp.jpg").write_bytes(b"picture")
    return server.url, media


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
            "database.dump", "manifest.json", "media", "media/photos", "media/photos/lamp.jpg",
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
