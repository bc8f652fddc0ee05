"""Types hold in the whole package: mypy, strict, finds nothing."""

from __future__ import annotations

from mypy import api

from cityloom.app.places import project_root


def test_the_types_of_the_package_hold() -> None:
    root = project_root()
    said, wrong, status = api.run(["--config-file", str(root / "pyproject.toml"), str(root / "src" / "cityloom")])
    assert status == 0, said + wrong
