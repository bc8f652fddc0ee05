"""What a fresh clone is set up from: pinned by hash, from whatever index the machine is configured for."""

import json
import re
import subprocess

import pytest

from cityloom.app.places import project_root

ROOT = project_root()
ASSETS = ROOT / "src" / "cityloom" / "web" / "assets"


LOCKS = ("requirements.lock", "requirements-blur.lock")  # the second holds what only the extra `blur` needs


def requirements():
    text = "\n".join((ROOT / name).read_text() for name in LOCKS).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def test_every_python_package_is_pinned_with_hashes():
    for line in requirements():
        assert re.match(r"^[a-z0-9._-]+==\S+ ", line), line
        assert "--hash=sha256:" in line, line


def test_every_dependency_that_the_project_names_is_locked():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [name for extra in project["optional-dependencies"].values() for name in extra]
    locked = {re.split(r"[=\s]", line)[0] for line in requirements()}
    for name in wanted:
        plain = re.split(r"[\[=<>~ ]", name)[0].lower().replace("_", "-").replace(".", "-")
        assert plain in {lock.replace(".", "-").replace("_", "-") for lock in locked}, name


def test_every_script_package_is_pinned_by_its_content():
    lock = json.loads((ASSETS / "package-lock.json").read_text())
    named = json.loads((ASSETS / "package.json").read_text())
    root = lock["packages"][""]
    assert root["dependencies"] == named["dependencies"]
    assert root["devDependencies"] == named["devDependencies"]
    for path, package in lock["packages"].items():
        if path:
            assert package["integrity"].startswith("sha512-"), path
            assert "resolved" not in package, path


@pytest.mark.parametrize("name", [*LOCKS, "pyproject.toml", "Makefile", ".ci/run"])
def test_no_file_of_the_set_up_names_an_index(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"https?://|--index-url|--extra-index|--find-links", text)


def test_the_lock_of_the_scripts_names_no_registry():
    text = (ASSETS / "package-lock.json").read_text()
    assert not re.search(r"registry|\"resolved\"", text)


@pytest.mark.parametrize("target", ["setup", "assets", "run", "test", "bench", "screens", "clean"])
def test_make_knows_the_target(target):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
