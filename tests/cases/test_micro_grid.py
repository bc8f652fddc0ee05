"""What a warden solves on the spot is a case that nobody queues, everybody can find, and every figure counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from tests.cases.life import REFUSE, at, photo
from tests.cases.micro_life import AT_CHEN, AT_GU, BETWEEN, MicroLife

from cityloom.cases.actions.receive_report import NewReport
from cityloom.cases.actions.solve_on_the_spot import solve_on_the_spot
from cityloom.cases.errors import BadReport, MissingNeed, NotAllowed
from cityloom.cases.filters import parse_filter
from cityloom.cases.micro_grid import BadMicroPlace, Found, MicroCount, NoMicroPath, count_found, micro_path
from cityloom.cases.permissions import may_see
from cityloom.cases.places import locate
from cityloom.cases.queries import list_cases
from cityloom.cases.queries_micro import classes_of_wardens, list_of_warden, list_solved_before, micro_figures
from cityloom.city.micro_grids import micro_grids_in
from cityloom.city.paths import Paths
from cityloom.city.values import Role

NOW = at(6, 1)


# --- the story --------------------------------------------------------------------------------------------------


def test_a_wardens_day(micro_life: MicroLife) -> None:
    life = micro_life
    life.solve(photos=(photo(),))
    assert life.state == "solved_on_spot"
    assert life.moves == ["receive", "solve_on_spot"]
    assert (life.file.case.closed_at, life.file.clocks, life.file.tasks) == (NOW, (), ())
    assert life.file.reports[0].state == "exempt"
    assert life.broken() == []

    life.clock.advance(minutes=20)
    life.pass_on(words="井盖破了，我弄不了", class_code="gb2013:0103", place=AT_CHEN)
    assert (life.file.case.path, life.state, life.file.case.lead_unit) == ("street", "dispatched", "water_co")

    with connection.cursor() as cursor:
        figures = micro_figures(cursor, life.city, NOW)
        day = list_of_warden(cursor, life.city, "warden_chen", NOW)
    assert figures.by_grid["990101001001-w01"] == MicroCount(solved=1, passed_on=1)
    assert figures.by_grid["990101001001-w01"].share == 0.5
    assert [row.state for row in day] == ["dispatched", "solved_on_spot"]


def test_what_was_solved_is_in_no_queue_of_any_post_and_in_everyones_history(micro_life: MicroLife) -> None:
    number = micro_life.solve().number
    for login in ("dispatcher", "shift", "handler_e1", "collector", "checker", "supervisor", "leader"):
        post = micro_life.post(login)
        with connection.cursor() as cursor:
            for view, expected in (("waiting", False), ("open", False), ("all", post.role is not Role.HANDLER)):
                asked = parse_filter({"view": view}, micro_life.city, post)
                rows = list_cases(cursor, micro_life.city, post, asked, NOW, None, 50).rows
                assert (number in {row.number for row in rows}) == expected, (login, view)


def test_what_comes_back_goes_on_as_a_street_matter_and_is_told_at_the_place(micro_life: MicroLife) -> None:
    life = micro_life
    first = life.solve().number
    life.clock.advance(days=2)
    life.move("reopen", "warden_chen", reason="reopened.came_back")
    assert (life.state, life.file.case.lead_unit) == ("dispatched", "east_urban")
    assert "promise" in life.running()
    life.clock.advance(days=1)
    again = life.report(class_code=REFUSE, words="又堆起来了", place=AT_CHEN)
    with connection.cursor() as cursor:
        before = list_solved_before(cursor, life.city, again.file.case.place, life.clock.now(), besides=life.number)
        figures = micro_figures(cursor, life.city, NOW)
    assert [row.number for row in before] == [first]
    assert figures.total == MicroCount(solved=1, came_back=1)
    assert figures.total.share == 0


def test_what_is_sent_twice_is_kept_once(micro_life: MicroLife) -> None:
    one, other = (micro_life.solve(idempotency_key="walk-1") for _ in range(2))
    assert (one.number, one.again, other.again) == (other.number, False, True)


def test_inside_a_house_the_micro_grid_is_place_enough(micro_life: MicroLife) -> None:
    micro_life.solve("warden_gu", "990101001001-w02", place=None, words="调解了楼上楼下漏水")
    case = micro_life.file.case
    assert (case.lon, case.area, case.address) == (None, "990101001001", "微网格02")
    assert micro_life.entries[1].reason["params"] == {"micro_grid": "990101001001-w02"}


@pytest.mark.parametrize(
    ("by", "said", "micro_grid", "error", "because"),
    [
        ("collector", {}, "", NotAllowed, "solving on the spot is the warden's"),
        ("warden_chen", {"class_code": None}, "", MissingNeed, "what is counted has a class"),
        ("warden_chen", {"words": ""}, "", BadReport, "it says what was done, or shows it"),
        ("warden_chen", {"place": None}, "", BadMicroPlace, "it has a place"),
        ("warden_chen", {"place": None}, "990101001001-w02", BadMicroPlace, "a neighbour's grid is not hers"),
        ("warden_gu", {"place": None}, "990101001002-w01", BadMicroPlace, "hers by another post than this"),
        ("warden_chen", {"place": (110.0091, 30.0031)}, "", BadMicroPlace, "another community is not hers"),
        ("warden_chen", {"place": (0.0, 0.0)}, "", BadReport, "outside the city"),
    ],
)
def test_what_cannot_be_recorded_leaves_nothing(
    micro_life: MicroLife, by: str, said: dict, micro_grid: str, error: type[Exception], because: str
) -> None:
    with pytest.raises(error):
        micro_life.solve(by, micro_grid, **said)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_case")
        assert cursor.fetchone() == (0,), because


def test_a_warden_reads_what_wardens_found_and_not_what_neighbours_reported(micro_life: MicroLife) -> None:
    life, chen = micro_life, micro_life.post("warden_chen")
    life.report(words="隔壁夜里吵架", place=AT_CHEN)
    theirs = life.file
    assert may_see(chen, theirs) is not None
    life.pass_on(class_code="gb2013:0103")
    own = life.file
    assert may_see(chen, own) is None
    with connection.cursor() as cursor:
        asked = parse_filter({"view": "all"}, life.city, chen)
        rows = list_cases(cursor, life.city, chen, asked, life.clock.now(), None, 50).rows
    assert [row.number for row in rows] == [own.case.number]


def test_the_short_list_holds_what_is_found_most(micro_life: MicroLife) -> None:
    for code in (REFUSE, REFUSE, "gb2013:E0136"):
        micro_life.solve(class_code=code)
    with connection.cursor() as cursor:
        found = classes_of_wardens(cursor, micro_life.city, "990101001001", micro_life.clock.now())
    assert found == [REFUSE, "gb2013:E0136"]


def test_a_city_with_paths_of_its_own_is_told_what_it_lacks() -> None:
    with pytest.raises(NoMicroPath, match="extends"):
        micro_path(Paths((), {}, {}))


def test_the_same_words_as_a_resident_would_still_be_the_wardens(micro_life: MicroLife) -> None:
    new = NewReport(source="resident", words="扫干净了", class_code=REFUSE, lon=AT_CHEN[0], lat=AT_CHEN[1])
    solved = solve_on_the_spot(micro_life.city, new, micro_life.post("warden_chen"), micro_life.clock)
    assert (solved.file.case.source, solved.file.reports[0].tracking_hash) == ("warden", None)


# --- the figures ------------------------------------------------------------------------------------------------


def found(path: str = "micro", place: tuple[float, float] | None = AT_CHEN, by: str = "warden_chen", **more: object):
    lon, lat = place or (None, None)
    facts = {"state": "solved_on_spot", "community": "990101001001", "reopened": 0, "opened_at": NOW, **more}
    return Found(path=path, lon=lon, lat=lat, by_login=by, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "grid", "community", "because"),
    [
        ([found(), found("street")], MicroCount(1, 1), MicroCount(1, 1), "the point decides"),
        ([found(place=AT_GU)], MicroCount(), MicroCount(1), "another micro-grid of the community"),
        ([found(place=BETWEEN)], MicroCount(), MicroCount(1), "between the houses counts for the community"),
        ([found(place=None)], MicroCount(1), MicroCount(1), "without a point: the warden's only micro-grid"),
        ([found(place=None, by="warden_gu")], MicroCount(), MicroCount(1), "whoever has two may mean either"),
        ([found(reopened=1)], MicroCount(1, 0, 1), MicroCount(1, 0, 1), "what came back is told apart"),
        ([found(state="voided")], MicroCount(), MicroCount(), "a mistake does not count"),
        ([], MicroCount(), MicroCount(), "nothing found is nothing, not a share of 0 or 100"),
    ],
)
def test_a_case_counts_for_its_micro_grid_and_community(
    micro_life: MicroLife, rows: list[Found], grid: MicroCount, community: MicroCount, because: str
) -> None:
    figures = count_found(rows, micro_grids_in(micro_life.city))
    assert figures.by_grid["990101001001-w01"] == grid, because
    assert figures.by_community["990101001001"] == community, because
    assert (grid.share is None) == (grid.all == 0)


def test_figures_are_of_the_days_and_the_area_asked_for(micro_life: MicroLife) -> None:
    micro_life.solve()
    micro_life.clock.advance(days=3)
    micro_life.solve()
    with connection.cursor() as cursor:
        city = micro_life.city
        assert micro_figures(cursor, city, NOW).total.solved == 2
        assert micro_figures(cursor, city, NOW + timedelta(days=1)).total.solved == 1
        assert micro_figures(cursor, city, NOW, "990102").total.solved == 0


def test_nothing_was_solved_before_at_an_open_place(micro_life: MicroLife) -> None:
    with connection.cursor() as cursor:
        place = locate(micro_life.city, None, None)
        assert list_solved_before(cursor, micro_life.city, place, NOW) == []
