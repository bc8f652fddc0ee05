"""Imports point down the stair only, and so does everything that imports cannot show: relations, lookups, folders."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ManyToManyField
from django.db.models.fields.related import RelatedField

from cityloom.app.places import project_root

ROOT = project_root()
PACKAGE = ROOT / "src" / "cityloom"
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0][
    "layers"
]
# The steps from the lowest (0) up; folders on one step do not know each other.
STEP = {folder.strip(" ()"): height for height, layer in enumerate(reversed(LAYERS)) for folder in layer.split("|")}
OWN_LABELS = {
    config.label: config.name.split(".")[1] for config in apps.get_app_configs() if "cityloom" in config.name
}
IGNORED = shutil.ignore_patterns("__pycache__", "node_modules", "assets", "static", "*.pyc")


def lint(package_root: Path) -> subprocess.CompletedProcess[str]:
    """The contracts of `pyproject.toml`, held against the package under this root."""
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()",
         "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"],
        cwd=package_root,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(package_root), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def points_down(below: str, above: str) -> bool:
    """Whether `above` may lean on `below`: the same folder or one on a lower step."""
    return above == below or STEP[below] < STEP[above]


def folders() -> list[str]:
    return sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def folder_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


# --- imports ----------------------------------------------------------------------------------------------------


def test_the_package_keeps_every_contract():
    done = lint(ROOT / "src")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.fixture
def copy_of_package(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "cityloom", ignore=IGNORED)
    return tmp_path


IN_A_FUNCTION = "\n\ndef planted():\n    {}\n"
FOR_TYPES_ONLY = "\n\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\n"


@pytest.mark.parametrize(
    ("file", "form", "planted", "because"),
    [
        ("city/values.py", "\n{}\n", "import cityloom.cases.values", "city lies below cases"),
        ("city/trees.py", IN_A_FUNCTION, "from cityloom.cases import values", "a function hides nothing"),
        ("base/errors.py", FOR_TYPES_ONLY, "from cityloom.city import values", "knowing a type is knowing"),
        ("sla/values.py", IN_A_FUNCTION, "import cityloom.city.models", "clocks know plain values, no tables"),
        ("sla/clocks.py", IN_A_FUNCTION, "from django.db import connection", "clocks know no database"),
        ("city/clock_values.py", IN_A_FUNCTION, "import django", "nor do they know one through what they import"),
        ("cases/moves.py", IN_A_FUNCTION, "from django.utils import timezone", "deciding is given its time"),
        ("exchange/slugs.py", IN_A_FUNCTION, "import cityloom.web.urls", "neighbours do not know each other"),
        ("cases/values.py", IN_A_FUNCTION, "import cityloom.app.settings", "nobody knows the top"),
    ],
)
def test_a_forbidden_import_breaks_a_contract(copy_of_package, file, form, planted, because):
    path = copy_of_package / "cityloom" / file
    path.write_text(path.read_text(encoding="utf-8") + form.format(planted), encoding="utf-8")
    done = lint(copy_of_package)
    assert done.returncode == 1, because
    assert "BROKEN" in done.stdout, because


def test_a_folder_outside_the_stair_breaks_the_contract(copy_of_package):
    stranger = copy_of_package / "cityloom" / "helpers"
    stranger.mkdir()
    (stranger / "__init__.py").write_text('"""Whatever fitted nowhere."""\n', encoding="utf-8")
    done = lint(copy_of_package)
    assert done.returncode == 1
    assert "cityloom.helpers" in done.stdout


@pytest.mark.parametrize("folder", [name for name in ("triage", "sla") if (PACKAGE / name).is_dir()])
def test_a_pure_folder_runs_without_django(folder):
    modules = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for path in sorted((PACKAGE / folder).rglob("*.py"))
    ]
    code = (
        f"import importlib, sys; [importlib.import_module(name) for name in {modules}]; "
        "loaded = [name for name in sys.modules if name.split('.')[0] in ('django', 'psycopg')]; "
        "assert not loaded, loaded"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- what import-linter cannot see ------------------------------------------------------------------------------


def relations() -> list[tuple[str, str, RelatedField]]:
    """(folder of the table, folder it points at, relation) for all own tables, however the target was named."""
    return [
        (OWN_LABELS[model._meta.app_label], OWN_LABELS.get(field.related_model._meta.app_label, ""), field)
        for label in OWN_LABELS
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, RelatedField)
    ]


def test_the_test_sees_the_relations_of_cases_to_the_city():
    assert ("cases", "city") in {(above, below) for above, below, _ in relations()}


@pytest.mark.parametrize(("above", "below", "field"), [pytest.param(*row, id=str(row[2])) for row in relations()])
def test_a_relation_points_down_the_stair(above, below, field):
    assert not below or points_down(below, above), f"{field}: {above} lies below {below}"


@pytest.mark.parametrize(("above", "below", "field"), [pytest.param(*row, id=str(row[2])) for row in relations()])
def test_a_relation_leaves_no_way_back_up(above, below, field):
    assert field.remote_field.related_name == "+", f"{field} needs related_name='+'"


def test_no_table_is_joined_by_a_hidden_table():
    hidden = [str(field) for _, _, field in relations() if isinstance(field, ManyToManyField)]
    assert not hidden, "a link between two tables is a table with a name and a sentence"


def migrations() -> list[Path]:
    return [path for path in python_files() if path.parent.name == "migrations" and path.name[0].isdigit()]


@pytest.mark.parametrize("path", migrations(), ids=lambda path: f"{folder_of(path)}-{path.stem}")
def test_a_migration_waits_only_for_those_below(path):
    waits_for = re.findall(r"\(\s*\"(\w+)\",\s*\"\d{4}\w+\"\s*\)", path.read_text(encoding="utf-8"))
    for label in waits_for:
        assert points_down(OWN_LABELS.get(label, "base"), folder_of(path)), label


def named_in_strings(path: Path) -> Iterator[tuple[str, int]]:
    """Folders that a file names by a dotted string, as importing by name does, with the line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if found := re.fullmatch(r"cityloom\.(\w+)(\.\w+)*(:\w+)?", node.value):
                yield found.group(1), node.lineno
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get_model" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and (label := str(first.value).split(".")[0]) in OWN_LABELS:
                yield OWN_LABELS[label], node.lineno


def test_no_file_names_an_upper_folder_in_a_string():
    found = [
        f"{path.relative_to(ROOT)}:{line} names cityloom.{named}"
        for path in python_files()
        if path.parent != PACKAGE
        for named, line in named_in_strings(path)
        if named in STEP and not points_down(named, folder_of(path))
    ]
    assert not found


def test_a_name_in_a_string_is_seen(tmp_path):
    file = tmp_path / "hidden.py"
    file.write_text('import_module("cityloom.cases.moves")\napps.get_model("city", "Area")\n', encoding="utf-8")
    assert {name for name, _ in named_in_strings(file)} == {"cases", "city"}


# --- folders ----------------------------------------------------------------------------------------------------


def test_no_folder_lies_outside_the_stair():
    strangers = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))} - STEP.keys()
    assert not strangers


@pytest.mark.parametrize("folder", folders())
def test_a_folder_says_in_one_sentence_what_it_is_for(folder):
    source = (PACKAGE / folder / "__init__.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    sentence = ast.get_docstring(tree) or ""
    assert sentence.endswith("."), "a sentence ends with a full stop"
    assert "\n" not in sentence, "one line"
    assert ". " not in sentence, "one sentence"
    assert len(tree.body) == 1, "the folder's sentence stands alone"


def test_every_file_says_what_it_is_for():
    written_by_django = {
        path
        for path in python_files()
        if path.parent.name == "migrations" and path.name in ("__init__.py", "0001_initial.py")
    }
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if path not in written_by_django and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent
