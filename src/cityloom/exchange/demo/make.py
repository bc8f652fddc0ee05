"""Make the whole city folder, step by step, each file by its own part of the package."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.exchange.demo import (
    calendar,
    catalogue,
    components,
    history,
    micro_grids,
    people,
    registers,
    units,
    watched,
    ways,
)
from cityloom.exchange.demo.areas import AreaShape, divide_city
from cityloom.exchange.demo.blocks import cut_blocks
from cityloom.exchange.demo.city import City
from cityloom.exchange.demo.network import build_network
from cityloom.exchange.demo.places import Feature, settle
from cityloom.exchange.demo.settings import city_toml
from cityloom.exchange.demo.skeleton import frame, lay_skeleton, quarters
from cityloom.exchange.demo.streets import lay_streets, lay_trails
from cityloom.exchange.demo.terrain import Plane, shape_terrain
from cityloom.exchange.demo.writing import read_text, write_csv, write_layer

Progress = Callable[[str, float], None]
MADE_HERE = "made by `cityloom demo make`"

register({
    "demo.folder_in_the_way": (
        "{folder} 已存在且不是演示城市；请换一个空文件夹或新的名字",
        "{folder} holds something else than a demo city; name an empty or a new folder",
    ),
    "demo.until_outside_calendar": (
        "--until {until} 不在日历年份 {first} 至 {last} 之内；请选择其中一天",
        "--until {until} is outside the calendar's years {first} to {last}; choose a day inside",
    ),
})  # fmt: skip


class FolderInTheWay(CityloomError):
    """The folder holds something that a demo city must not replace."""

    def __init__(self, folder: Path) -> None:
        super().__init__("demo.folder_in_the_way", folder=str(folder))


class UntilOutsideCalendar(CityloomError):
    """History up to that day would need holidays that the demo's calendar does not have."""

    def __init__(self, until: date) -> None:
        first, last = calendar.YEARS
        super().__init__("demo.until_outside_calendar", until=until.isoformat(), first=first + 1, last=last)


def make_city(folder: Path, seed: int, until: date, history_count: int, progress: Progress) -> None:
    """Write the city of the seed into `folder`, with finished cases of the year before `until`.

    The same arguments give the same bytes. All is written beside the folder first and put in place at the end,
    so that a crash leaves the old folder as it was. Raises FolderInTheWay, UntilOutsideCalendar.
    """
    if not calendar.YEARS[0] < until.year <= calendar.YEARS[1]:
        raise UntilOutsideCalendar(until)
    if not may_replace(folder):
        raise FolderInTheWay(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write_city(build_city(seed, progress), work, seed, until, history_count, progress)
        _put_in_place(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    progress("done", 1.0)


def may_replace(folder: Path) -> bool:
    """Whether the folder is free: not there, empty, or a demo city made earlier."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    settings = folder / "city.toml"
    if settings.is_file():
        return MADE_HERE in settings.read_text(encoding="utf-8")
    return not any(folder.iterdir())


def build_city(seed: int, progress: Progress) -> City:
    """The land, the roads, the blocks, the areas and what stands on them."""
    progress("land and roads", 0.02)
    plane, terrain = Plane(), shape_terrain(seed)
    skeleton = lay_skeleton(terrain, seed)
    streets = lay_streets(quarters(terrain, skeleton), seed)
    network = build_network(skeleton + frame(terrain) + streets + lay_trails(terrain, seed), plane)
    progress("blocks and areas", 0.25)
    blocks = cut_blocks(network, terrain, plane, seed)
    areas = divide_city(network, blocks, seed)
    progress("parks, housing, facilities", 0.40)
    places = settle(blocks, areas, terrain, plane, seed)
    named = ways.name_ways(network, blocks, seed)
    return City(plane, terrain, network, blocks, areas, places, named, units.list_units(areas))


def write_city(city: City, folder: Path, seed: int, until: date, history_count: int, progress: Progress) -> None:
    """All files of the city into an existing folder."""
    matters = catalogue.list_matters()
    families = catalogue.list_limits()
    progress("components and devices", 0.55)
    register_of_things = components.place_components(
        matters, city.network, city.ways, city.blocks, city.areas, city.units, city.terrain, city.plane, seed
    )
    things = list(components.thing_rows(register_of_things, city.blocks, city.areas, city.plane, seed))
    write_csv(folder / "things.csv", components.THING_COLUMNS, things)
    watched.write_watched(folder, things, register_of_things, city.ways.features(city.network), seed)
    write_layer(folder / "components.geojson", (row.feature() for row in register_of_things))
    progress("layers", 0.65)
    write_layer(folder / "areas.geojson", (_area_feature(area) for area in city.areas.all))
    write_layer(folder / "roads.geojson", city.ways.features(city.network))
    write_layer(folder / "parks.geojson", city.places.parks)
    write_layer(folder / "housing.geojson", city.places.housing)
    write_layer(folder / "facilities.geojson", city.places.facilities)
    write_layer(folder / "water.geojson", ways.water_features(city.terrain, city.plane))
    write_layer(folder / "overlays.geojson", micro_grids.draw_overlays(city.areas, city.units))
    registers.write_registers(folder, city.places.housing, seed)
    progress("units, people, catalogue", 0.75)
    _write_tables(city, folder, matters, families, seed)
    progress("history", 0.80)
    rows = history.write_history(city, matters, families, seed, until, history_count)
    write_csv(folder / "history.csv", history.COLUMNS, rows)
    (folder / "history.toml").write_text(history.MAPPING, encoding="utf-8")


def _write_tables(
    city: City, folder: Path, matters: list[catalogue.Matter], families: dict[str, list[catalogue.Limit]], seed: int
) -> None:
    (folder / "city.toml").write_text(city_toml() + micro_grids.CITY_TOML, encoding="utf-8")
    for name in ("indicators.toml", "rules.toml", "vital_signs.toml", "knowledge.toml"):
        (folder / name).write_text(read_text(name), encoding="utf-8")
    micro = micro_grids.draw_micro_grids(city.areas, city.units, city.places.housing)
    write_layer(folder / "micro_grids.geojson", (each.feature() for each in micro))
    wardens = micro_grids.list_wardens(micro, city.areas, city.units, seed)
    staff = (post.cells() for post in [*people.list_people(city.areas, city.units, seed), *wardens])
    duties = catalogue.duty_rows(matters, city.areas, city.units)
    write_csv(folder / "units.csv", units.COLUMNS, (row.cells() for row in city.units.rows))
    write_csv(folder / "people.csv", people.COLUMNS, staff)
    write_csv(folder / "catalogue.csv", catalogue.CATALOGUE_COLUMNS, catalogue.catalogue_rows(matters))
    write_csv(folder / "lexicon.csv", catalogue.LEXICON_COLUMNS, catalogue.lexicon_rows())
    write_csv(folder / "standards.csv", catalogue.STANDARD_COLUMNS, catalogue.standard_rows(matters, families))
    write_csv(folder / "duties.csv", catalogue.DUTY_COLUMNS, duties)
    write_csv(folder / "calendar.csv", calendar.COLUMNS, calendar.calendar_rows())


def _area_feature(area: AreaShape) -> Feature:
    return area.shape, {
        "code": area.code, "parent": area.parent, "level": area.level, "name_zh": area.name.zh,
        "name_en": area.name.en, "population": area.population,
    }  # fmt: skip


def _put_in_place(work: Path, folder: Path) -> None:
    """Let the new folder take the old one's name; the old one goes only after that."""
    old = None
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        os.replace(folder, old)
    os.replace(work, folder)
    folder.chmod(0o755)
    if old is not None:
        shutil.rmtree(old)
