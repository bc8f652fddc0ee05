"""A city changes while cases are open: standards, areas, units that merge or split. What was promised stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cases.life import HEAP, NOISE, PARKING, SHANGHAI, Life, at

from cityloom.cases.errors import NotAllowed
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.city.values import Post

Change = Callable[[dict[str, list[tuple[str, str]]]], None]
ONE_DAY_FOR_PARKING = {"standards.csv": [("bad parking,ordinary,3,work_day", "bad parking,ordinary,1,work_day")]}


@pytest.fixture
def change(life: Life, small_city_folder: Path, tmp_path: Path) -> Change:
    """Edit files of the folder, load it as the next version and let the life go on in it."""
    folder = Path(shutil.copytree(small_city_folder, tmp_path / "city"))

    def edit(changes: dict[str, list[tuple[str, str]]]) -> None:
        for file, pairs in changes.items():
            text = (folder / file).read_text(encoding="utf-8")
            for old, new in pairs:
                assert old in text, old
                text = text.replace(old, new)
            (folder / file).write_text(text, encoding="utf-8")
        load_city(folder, "test", life.clock.now())
        forget_cities()  # in a running process the new version is seen within a second
        life.city = current_city("990100")

    return edit


def test_an_open_case_keeps_the_standard_it_was_filed_under(life: Life, change: Change) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    old, promised = life.number, life.due("promise")
    assert promised == at(6, 4, 9), "three working days"

    change(ONE_DAY_FOR_PARKING)
    life.report("hotline", by="agent", class_code=PARKING)
    assert life.due("promise") == at(6, 2, 9), "a new case is promised by the new standard"

    life.number = old
    life.move("return", "handler_e1", reason="return.not_ours")
    life.move("redispatch", "dispatcher", unit="water_co", reason="adjudicated.redispatched")
    assert life.due("handling") == at(6, 4, 9), "the next unit of the old case has the old limit"
    assert life.due("promise") == promised
    assert life.file.case.city_version == 1


def test_a_corrected_class_is_judged_by_todays_catalogue(life: Life, change: Change) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    change(ONE_DAY_FOR_PARKING)
    life.move("reclassify", "dispatcher", class_code=PARKING, reason="corrected.class")
    assert life.file.case.promise_due_at.astimezone(SHANGHAI) == at(6, 2, 9)
    assert life.file.case.city_version == 2


def test_the_work_of_a_merged_unit_goes_on_in_its_successor(life: Life, change: Change) -> None:
    life.report("hotline", by="agent", class_code=NOISE)
    with pytest.raises(NotAllowed):
        life.move("sign", "handler_e2")
    change(
        {
            "units.csv": [
                ("Southeast Street Office,990101001,,,", "Southeast Street Office,990101001,,2026-06-01,street_e2"),
                ("Northeast Street Office,990101002,", "Northeast Street Office,990101001;990101002,"),
            ],
            "people.csv": [("handler,street_e1,990101001,,", "handler,street_e1,990101001,,2026-06-01")],
            "duties.csv": [("street_e1,lead", "street_e2,lead")],
        }
    )
    life.clock.at = at(6, 2, 9)
    assert life.file.case.lead_unit == "street_e1", "history keeps the unit that was sent the case"
    heir: Post = life.post("handler_e2")
    assert heir.units == ("street_e2", "street_e1")
    life.move("sign", "handler_e2")
    assert life.state == "signed"
    life.report("hotline", by="agent", class_code=NOISE)
    assert life.file.case.lead_unit == "street_e2", "new cases go to the successor"
    assert life.broken() == []


def test_a_version_loaded_twice_changes_nothing(life: Life, change: Change) -> None:
    life.report("resident", class_code=HEAP)
    change({})
    assert life.city.version == 1
