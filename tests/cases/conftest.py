"""The small city with micro-grids, for stories of wardens."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cases.micro_life import MicroLife
from tests.city.laid_city import lay_city
from tests.city.micro_city import write_micro_city


@pytest.fixture(scope="session")
def micro_city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small city with micro-grids and overlays."""
    return write_micro_city(tmp_path_factory.mktemp("micro-city"))


@pytest.fixture
def micro_life(db: None, micro_city_folder: Path) -> MicroLife:
    """A warden's life, beginning on Monday 1 June 2026 at nine."""
    return MicroLife(lay_city(micro_city_folder))
