"""The drill: a living city is backed up, lost, and brought back into an empty place as it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from django.test import override_settings
from tests.cases.life import Life, at
from tests.own_database import own_database
from tests.stories.lives import live_many
from tests.upgrades.make_dump import DATA_KEY
from tests.upgrades.test_upgrade import RELEASES

from cityloom.app.backup import count_rows
from cityloom.app.cli import main
from cityloom.cases.models import Case
from cityloom.cases.reporters import open_contacts
from cityloom.city.snapshot import current_city

FIRST_RELEASE = RELEASES[0]
Files = dict[str, bytes]


@dataclass(frozen=True)
class BackedUp:
    """A backup of the city, and what the city was when it was made."""

    file: Path
    rows: dict[str, int]
    photos: Files
    cases: dict[str, tuple[str, int, bytes]]  # number → state, version, head of its history
    said: str


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def files_of(folder: Path) -> Files:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def heads() -> dict[str, tuple[str, int, bytes]]:
    rows = Case.objects.values_list("number", "state", "version", "head")
    return {number: (state, version, bytes(head)) for number, state, version, head in rows}


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Path]:
    """The empty photos' folder of the place to restore into."""
    folder = tmp_path / "media"
    with override_settings(MEDIA_ROOT=folder):
        yield folder


@pytest.fixture(scope="module")
def backed_up(
    small_city_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_url,
    django_db_setup,
    django_db_blocker,
) -> BackedUp:
    """A city with cases in every state, photos and reporters; its backup; and then the city is gone."""
    from datetime import UTC, datetime

    from cityloom.city.actions.load_city import load_city

    folder = tmp_path_factory.mktemp("lost")
    with (
        own_database(postgres_url, "lost", django_db_blocker) as url,
        override_settings(MEDIA_ROOT=folder / "media"),
    ):
        assert call("migrate").exit_code == 0
        load_city(small_city_folder, "test", datetime(2026, 1, 1, tzinfo=UTC))
        live_many(Life(current_city("990100")))
        done = call("backup", folder / "city.tar")
        assert done.exit_code == 0, done.output
        made = BackedUp(folder / "city.tar", count_rows(url), files_of(folder / "media"), heads(), done.output)
    shutil.rmtree(folder / "media")
    return made


@pytest.fixture
def empty_place(postgres_url, django_db_setup, django_db_blocker) -> Iterator[str]:
    """An empty database on which Django and the commands work."""
    with own_database(postgres_url, "restored", django_db_blocker) as url:
        yield url


def test_what_was_lost_is_brought_back_as_it_was(backed_up: BackedUp, empty_place: str, media: Path) -> None:
    assert len(backed_up.cases) >= 40, "the drill is worth the name"
    assert len(backed_up.photos) >= 2
    assert backed_up.rows["public.cases_reporter"] > 10

    done = call("restore", backed_up.file)
    assert done.exit_code == 0, done.output
    assert f"Restored {sum(backed_up.rows.values()):,} rows" in done.output
    assert count_rows(empty_place) == backed_up.rows
    assert heads() == backed_up.cases
    assert files_of(media) == backed_up.photos

    audit = call("audit", "verify")
    assert audit.exit_code == 0, audit.output
    assert "0 breaks" in audit.output


def test_names_and_phones_open_with_the_keys_that_were_kept_apart(
    backed_up: BackedUp, empty_place: str, media: Path
) -> None:
    assert "The keys are not in it" in backed_up.said
    call("restore", backed_up.file)
    life = Life(current_city("990100"))
    life.clock.at = at(6, 10)
    life.number = next(n for n, (state, _, _) in sorted(backed_up.cases.items()) if state == "closed")
    contacts = open_contacts(life.file, life.post("callback"), "callback", life.clock)
    assert [(c.name, c.phone) for c in contacts] == [("秦晓梅", "13800138000")]


def test_the_city_goes_on_where_it_stood(backed_up: BackedUp, empty_place: str, media: Path) -> None:
    call("restore", backed_up.file)
    life = Life(current_city("990100"))
    life.clock.at = at(6, 10)
    before = set(backed_up.cases)
    life.report("hotline", by="agent")
    assert life.number not in before, "numbers go on, none is given twice"
    life.move("sign", "handler_e1")
    assert life.broken() == []
    assert life.fire(at(7, 1)) > 0
    assert "0 breaks" in call("audit", "verify").output


@pytest.mark.parametrize(
    ("harm", "because"),
    [
        (lambda data: data[: len(data) // 2], "cut off while it was copied"),
        (lambda data: b"not a backup", "another file of that name"),
        (lambda data: data.replace(b"PGDMP", b"PGDMQ"), "changed"),
    ],
)
def test_a_bad_file_is_refused_and_the_city_that_works_stays(
    backed_up: BackedUp, empty_place: str, media: Path, tmp_path: Path, harm: Callable[[bytes], bytes], because: str
) -> None:
    call("restore", backed_up.file)
    bad = tmp_path / "bad.tar"
    bad.write_bytes(harm(backed_up.file.read_bytes()))
    for words in (("backup", "--verify", bad), ("restore", "--replace", bad)):
        refused = call(*words)
        assert refused.exit_code == 1, because
        assert "bad.tar" in refused.output
    assert count_rows(empty_place) == backed_up.rows
    assert files_of(media) == backed_up.photos


def test_a_city_that_works_is_not_overwritten_by_an_older_backup_unasked(
    backed_up: BackedUp, empty_place: str, media: Path
) -> None:
    call("restore", backed_up.file)
    life = Life(current_city("990100"))
    life.clock.at = at(6, 10)
    life.report("hotline", by="agent")
    refused = call("restore", backed_up.file)
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    assert Case.objects.filter(number=life.number).exists()
    assert call("restore", "--replace", backed_up.file).exit_code == 0
    assert not Case.objects.filter(number=life.number).exists()


def test_a_whole_backup_is_verified_without_touching_any_database(backed_up: BackedUp, monkeypatch) -> None:
    monkeypatch.delenv("CITYLOOM_DATABASE_URL", raising=False)
    done = call("backup", "--verify", backed_up.file)
    assert done.exit_code == 0
    assert f"is whole: {sum(backed_up.rows.values()):,} rows" in done.output
    assert f"{len(backed_up.photos)} photos" in done.output


def test_verifying_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert call("backup", "--verify", tmp_path / "none.tar").exit_code == 2


def test_a_backup_of_an_older_release_is_brought_to_this_version(
    tmp_path: Path, media: Path, postgres_url, django_db_setup, django_db_blocker
) -> None:
    def fill(url: str) -> None:
        with psycopg.connect(url) as fresh:
            fresh.execute(FIRST_RELEASE.read_text(encoding="utf-8"))

    with own_database(postgres_url, "older", django_db_blocker, fill) as url:
        assert call("backup", tmp_path / "older.tar").exit_code == 0
        rows = count_rows(url)
    with (
        own_database(postgres_url, "newer", django_db_blocker) as url,
        override_settings(CITYLOOM_DATA_KEYS=[DATA_KEY], CITYLOOM_DATA_KEY_FILE=None),
    ):
        kept = call("restore", "--no-migrate", tmp_path / "older.tar")
        assert kept.exit_code == 0, kept.output
        assert "run `cityloom migrate`" in kept.output
        assert count_rows(url) == rows
        done = call("restore", "--replace", tmp_path / "older.tar")
        assert "migrations applied" in done.output
        assert call("migrate", "--check").exit_code == 0
        assert count_rows(url)["public.cases_entry"] == rows["public.cases_entry"]
        assert "0 breaks" in call("audit", "verify").output


def test_a_backup_is_for_its_owner_only(backed_up: BackedUp) -> None:
    assert os.stat(backed_up.file).st_mode & 0o077 == 0
