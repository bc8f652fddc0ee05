"""Settings come from the environment, are described, and production guesses nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cityloom.app.environment import SETTINGS, Environment, SettingMissing, SettingNotUnderstood
from cityloom.app.places import kept_secret, project_root

KEY = "A" * 43 + "="
ROOT = project_root()
DOCS = ROOT / "docs" / "settings.md"
COMPLETE = {
    "CITYLOOM_ENV": "production",
    "CITYLOOM_SECRET_KEY": "s" * 50,
    "CITYLOOM_DATA_KEYS": KEY,
    "CITYLOOM_ALLOWED_HOSTS": "city.example",
    "CITYLOOM_DATABASE_URL": "postgresql://city@db.example/city",
    "CITYLOOM_AUDIT_KEY": "/etc/cityloom/audit-key.pem",
}


def test_production_starts_when_everything_required_is_given():
    Environment(COMPLETE).require_for_production()


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.required])
def test_production_refuses_to_start_without(name):
    with pytest.raises(SettingMissing, match=name):
        Environment(COMPLETE | {name: ""}).require_for_production()


def test_a_process_in_production_names_every_missing_setting_and_ends_with_3(var_folder):
    env = {"PATH": os.environ["PATH"], "CITYLOOM_ENV": "production", "CITYLOOM_VAR": str(var_folder)}
    done = subprocess.run(
        [sys.executable, "-m", "cityloom", "migrate"],
        env=env | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    for setting in SETTINGS:
        assert (setting.name in done.stderr) == (setting.required or setting.name == "CITYLOOM_ENV"), setting
    assert not (var_folder / "secrets").exists(), "production must not make keys of its own"


@pytest.mark.parametrize(
    ("name", "value", "because"),
    [
        ("CITYLOOM_ENV", "prod", "a misspelt mode must not fall back to the unsafe one"),
        ("CITYLOOM_TRUSTED_PROXIES", "-1", "a count is no negative number"),
        ("CITYLOOM_DATA_KEYS", "hunter2", "a password is no key"),
        ("CITYLOOM_DATA_KEYS", f"{KEY},short", "every key counts, not only the first"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(name, value, because, tmp_path):
    env = Environment({name: value})
    with pytest.raises(SettingNotUnderstood, match=name):
        _ = (env.is_production, env.number("CITYLOOM_TRUSTED_PROXIES"), env.data_keys(tmp_path))


def test_a_generated_secret_is_made_once_and_closed_to_others(tmp_path):
    first = kept_secret(tmp_path, "secret-key")
    assert kept_secret(tmp_path, "secret-key") == first
    assert len(first) == 64
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert (tmp_path / "secrets" / "secret-key").stat().st_mode & 0o077 == 0


def test_the_generated_data_key_seals_and_opens(tmp_path):
    from cryptography.fernet import Fernet

    keys = Environment({}).data_keys(tmp_path)
    assert keys == Environment({}).data_keys(tmp_path)
    fernet = Fernet(keys[0])
    assert fernet.decrypt(fernet.encrypt(b"13800138000")) == b"13800138000"


def test_the_settings_page_says_of_each_setting_what_the_code_says():
    rows = re.findall(r"^\| `(CITYLOOM_\w+)` \| (.*?) \| (.*) \|$", DOCS.read_text(), re.M)
    described = {name: (default, text) for name, default, text in rows}
    assert list(described) == [setting.name for setting in SETTINGS]
    for setting in SETTINGS:
        default, text = described[setting.name]
        assert text == setting.help
        assert ("production" in default) == setting.required, setting.name
        assert setting.default in default


def test_every_variable_that_the_code_or_the_tests_name_is_on_the_settings_page():
    described = set(re.findall(r"CITYLOOM_[A-Z_]+", DOCS.read_text()))
    for folder in ("src", "tests", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            for name in re.findall(r"[\"'](CITYLOOM_[A-Z_]+)[\"']", path.read_text(encoding="utf-8")):
                assert name in described, f"{path} reads {name}"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:p%40ss@db.example:6432/city?sslmode=require",
            {"NAME": "city", "USER": "ann", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": "6432",
             "OPTIONS": {"sslmode": "require"}},
        ),
        (
            "postgresql://cityloom@/cityloom?host=%2Frun%2Fsocket&connect_timeout=60",
            {"NAME": "cityloom", "USER": "cityloom", "HOST": "/run/socket", "PORT": "",
             "OPTIONS": {"connect_timeout": "60"}},
        ),
    ],
)  # fmt: skip
def test_a_database_address_is_read_whole(url, expected):
    from cityloom.app.settings import GIVES_UP, database_from_url

    entry = database_from_url(url, pool=0)
    assert {key: entry[key] for key in expected} == expected | {"OPTIONS": GIVES_UP | expected["OPTIONS"]}


def test_a_database_address_of_another_kind_is_refused():
    from cityloom.app.settings import database_from_url

    with pytest.raises(SettingNotUnderstood, match="postgresql://"):
        database_from_url("mysql://x@y/z", pool=0)


def test_no_secret_lies_in_the_project():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/var/" in ignored
    assert not list(Path(ROOT / "src").rglob("*secret-key*"))
