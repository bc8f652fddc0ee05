"""The small city with micro-grids, for stories of wardens."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cases.micro_life import MicroLife
from tests.city.micro_city import write_micro_city

from cityloom.base.ids import ids
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities


@pytest.fixture(scope="session")
def micro_city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small city with micro-grids and overlays."""
    return write_micro_city(tmp_path_factory.mktemp("micro-city"))


@pytest.fixture
def micro_life(db: None, micro_city_folder: Path) -> MicroLife:
    """A warden's life, beginning on Monday 1 June 2026 at nine."""
    ids.forget()
    forget_cities()
    load_city(micro_city_folder, "test", datetime(2026, 1, 1, tzinfo=UTC))
    return MicroLife(current_city("990100"))
