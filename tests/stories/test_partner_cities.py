"""Two cities of one installation work on one matter: one trace, both clocks, and nothing of the resident crosses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cases.life import NOISE, Life, photo

from cityloom.cases.actions.swap_with_partners import swap_with_partners
from cityloom.city.actions.load_city import load_city
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.city.snapshot_values import City

pytestmark = pytest.mark.django_db(transaction=True)
REFUSE = "gb2013:E0110"


@pytest.fixture
def neighbour(life: Life, small_city_folder: Path, tmp_path: Path) -> City:
    """The same small town once more, as the city 990200 across the river."""
    folder = tmp_path / "neighbour"
    shutil.copytree(small_city_folder, folder)
    for file in folder.rglob("*"):
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            swapped = text.replace("990200", "@").replace("9901", "9902").replace("@", "990100")
            file.write_text(swapped, encoding="utf-8")
    load_city(folder, "test", life.clock.now())
    forget_cities()
    return current_city("990200")


def _over(life: Life, class_code: str = NOISE, source: str = "hotline", by: str = "agent") -> str:
    number = life.report(source, by=by, class_code=class_code, words="河对岸工地夜里施工，我叫秦晓梅").number
    life.move("hand_over", "dispatcher", reason="partner.their_duty", note="对岸工地夜间施工", partner="990200")
    life.decide("grant", "supervisor")
    return number


def _swap(life: Life, *cities: City) -> int:
    by_code = {c.code: c for c in cities}
    return swap_with_partners(life.city, by_code.get, life.clock)


def test_a_case_is_opened_there_and_what_was_done_comes_back(life: Life, neighbour: City) -> None:
    number = _over(life)
    assert _swap(life, neighbour) == 1
    ours = life.file.case
    theirs = Life(neighbour, life.clock, number=ours.partner_number or "")
    case = theirs.file.case
    assert (case.trace, case.partner, case.partner_number) == (ours.trace, "990100", number)
    assert (case.source, case.state) == ("partner", "dispatched")
    assert theirs.running()["promise"].due_at, "their own clocks run there"
    assert set(life.running()) == {"promise", "partner"}, "and both run here"
    report = theirs.file.reports[0]
    assert report.words == "对岸工地夜间施工"
    assert report.reporter_id is None, "who reported stays with the city that was told"
    assert _swap(life, neighbour) == 0, "nothing is sent twice, and nothing has ended"
    for move in ("sign", "contact", "handle", "reply"):
        theirs.move(move, "handler_e1", note="已责令停工")
    assert theirs.state == "closed"
    assert _swap(life, neighbour) == 1
    assert life.state == "replied"
    assert life.entries[-1].text == "已责令停工"
    life.call_back()
    assert life.state == "closed"
    assert life.broken() == []
    assert theirs.broken() == []


def test_what_the_partner_does_not_accept_comes_back_and_is_dispatched_here(life: Life, neighbour: City) -> None:
    _over(life, REFUSE, "grid_worker", "collector")
    _swap(life, neighbour)
    theirs = Life(neighbour, life.clock, number=life.file.case.partner_number or "")
    theirs.move("void", "shift", reason="voided.mistake", note="查无此地")
    assert _swap(life, neighbour) == 1
    assert life.state == "dispatched"
    assert "hand_back" in life.moves
    assert life.broken() == []


def test_a_street_matter_done_there_is_checked_here(life: Life, neighbour: City) -> None:
    _over(life, REFUSE, "grid_worker", "collector")
    _swap(life, neighbour)
    theirs = Life(neighbour, life.clock, number=life.file.case.partner_number or "")
    theirs.move("sign", "handler_east")
    theirs.move("handle", "handler_east", note="已清运", pictures=[photo()])
    theirs.move("pass_check", "checker", note="干净")
    _swap(life, neighbour)
    assert life.state == "handled"
    life.move("pass_check", "checker", note="看过了")
    assert life.state == "closed"


def test_a_partner_that_is_not_here_waits_for_a_person(life: Life) -> None:
    _over(life)
    assert _swap(life) == 0
    assert life.state == "with_partner"
