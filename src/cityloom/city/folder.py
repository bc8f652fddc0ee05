"""Reading a city folder: every file into values, everything wrong collected, nothing ever raised for its content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cityloom.city import map_files, table_files
from cityloom.city.alarm_rule_files import rules_of
from cityloom.city.config import parse_config
from cityloom.city.folder_values import CityConfig, CityFolder, Feature
from cityloom.city.knowledge import knowledge_of
from cityloom.city.maps import MapForm, read_map
from cityloom.city.payload_files import payload_entries_of
from cityloom.city.problems import Place, Problem, nearest
from cityloom.city.reader_words import route_words_of, urgency_words_of
from cityloom.city.sheets import Column, Notes, read_sheet
from cityloom.city.toml_files import indicators_of, read_toml
from cityloom.city.vital_files import signs_of

NEEDED = (
    "city.toml",
    "areas.geojson",
    "units.csv",
    "people.csv",
    "catalogue.csv",
    "standards.csv",
    "duties.csv",
    "calendar.csv",
)
OPTIONAL = (
    "groups.csv",
    "paths.toml",
    "components.geojson",
    "indicators.toml",
    "things.csv",
    "lexicon.csv",
    "urgency_words.toml",
    "route_words.toml",
    "knowledge.toml",
    "rules.toml",
    "payloads.toml",
    "vital_signs.toml",
    "history.csv",
    "history.toml",
)
_DATA_ENDINGS = (".csv", ".toml", ".json", ".xlsx", ".xls", ".tsv", ".shp", ".gpkg", ".kml")

_TABLES: dict[str, tuple[str, tuple[Column, ...], Callable[..., Any]]] = {
    "units.csv": ("units", table_files.UNITS, table_files.units_of),
    "people.csv": ("posts", table_files.PEOPLE, table_files.posts_of),
    "groups.csv": ("groups", table_files.GROUPS, table_files.groups_of),
    "catalogue.csv": ("classes", table_files.CATALOGUE, table_files.classes_of),
    "standards.csv": ("standards", table_files.STANDARDS, table_files.standards_of),
    "duties.csv": ("duties", table_files.DUTIES, table_files.duties_of),
    "calendar.csv": ("calendar", table_files.CALENDAR, table_files.calendar_of),
    "things.csv": ("things", table_files.THINGS, table_files.things_of),
    "lexicon.csv": ("lexicon", table_files.LEXICON, table_files.lexicon_of),
}
_MAPS: dict[str, tuple[str, MapForm, Callable[..., Any]]] = {
    "areas.geojson": ("areas", map_files.AREAS, map_files.areas_of),
    "components.geojson": ("components", map_files.COMPONENTS, map_files.components_of),
}


Progress = Callable[[str, float], None]


def untold(step: str, share: float) -> None:
    """Progress that nobody asked for."""


def read_folder(directory: Path, progress: Progress = untold) -> tuple[CityFolder, list[Problem]]:
    """The folder's values and all that is wrong with how they are written; what they say is for `checks.py`.

    `progress` is told each large part before it is read and the share of the bytes read so far.
    """
    if not directory.is_dir():
        return CityFolder(None), [Problem("folder_missing", str(directory))]
    problems = _check_names(directory)
    config, raw_config, found = _read_config(directory)
    problems += found
    done = _Sizes(directory)
    values: dict[str, Any] = {}
    where: dict[str, tuple[int, ...]] = {}
    for file, (name, columns, to_values) in _TABLES.items():
        if (directory / file).is_file():
            notes = Notes(file)
            values[name], where[name] = to_values(read_sheet(directory / file, columns, notes), notes)
            problems += notes.problems
    for file, (name, form, to_values) in _MAPS.items():
        if (directory / file).is_file():
            progress(file, done.before(file))
            notes = Notes(file)
            values[name], where[name] = to_values(read_map(directory / file, form, notes), notes)
            problems += notes.problems
    values["features"], where["features"], found = _read_layers(directory, done, progress)
    problems += found
    for name, found_values, found in _read_tomls(directory):
        values[name] = found_values
        problems += found
    return CityFolder(config=config, raw_config=raw_config, where=where, **values), problems


def file_of(name: str) -> str:
    """The file in which the values of a field of CityFolder are written."""
    names = {field: file for file, (field, _, _) in (*_TABLES.items(), *_MAPS.items())}
    return names.get(name, f"{name}.toml")


def _check_names(directory: Path) -> list[Problem]:
    """Missing files, and files that look like data of the city but have no known name."""
    problems = [Problem("file_missing", file) for file in NEEDED if not (directory / file).is_file()]
    known = (*NEEDED, *OPTIONAL)
    for path in sorted(directory.iterdir()):
        is_data = path.is_file() and path.suffix.lower() in _DATA_ENDINGS and not path.name.startswith(".")
        is_mapping = path.name == "map.toml" or path.name.endswith(".map.toml")
        if is_data and path.name not in known and not is_mapping:
            unused = [file for file in known if not (directory / file).exists()]
            problems.append(Problem("file_unknown", path.name, params={"near": nearest(path.name, unused or known)}))
    return problems


def _read_config(directory: Path) -> tuple[CityConfig | None, dict[str, Any], list[Problem]]:
    if not (directory / "city.toml").is_file():
        return None, {}, []
    notes = Notes("city.toml")
    data = read_toml(directory / "city.toml", notes)
    if data is None:
        return None, {}, notes.problems
    config, problems = parse_config(data)
    return config, data, [*notes.problems, *problems]


class _Sizes:
    """How much of the maps, which take the time, comes before each of them."""

    def __init__(self, directory: Path) -> None:
        maps = sorted(directory.glob("*.geojson"), key=lambda path: (path.name not in _MAPS, path.name))
        self._before: dict[str, int] = {}
        self._all = 0
        for path in maps:
            self._before[path.name] = self._all
            self._all += path.stat().st_size

    def before(self, file: str) -> float:
        """The share of all bytes that is read when this file's turn comes."""
        return self._before[file] / self._all if self._all else 0.0


def _read_layers(
    directory: Path, done: _Sizes, progress: Progress
) -> tuple[tuple[Feature, ...], tuple[int, ...], list[Problem]]:
    features: list[Feature] = []
    numbers: list[int] = []
    problems: list[Problem] = []
    for path in sorted(directory.glob("*.geojson")):
        if path.name in _MAPS:
            continue
        progress(path.name, done.before(path.name))
        notes = Notes(path.name)
        form = map_files.LAYERS.get(path.stem, map_files.ANY_LAYER)
        found, places = map_files.layer_of(path.stem, read_map(path, form, notes))
        features += found
        numbers += places
        problems += notes.problems
    return tuple(features), tuple(numbers), problems


def _read_tomls(directory: Path) -> list[tuple[str, Any, list[Problem]]]:
    read: list[tuple[str, Any, list[Problem]]] = []
    makers: dict[str, Callable[[dict[str, Any], Notes], Any]] = {
        "paths": lambda data, _: data,
        "indicators": indicators_of,
        "rules": rules_of,
        "payloads": payload_entries_of,
        "vital_signs": signs_of,
        "urgency_words": urgency_words_of,
        "route_words": route_words_of,
        "knowledge": knowledge_of,
    }
    for name, make in makers.items():
        path = directory / f"{name}.toml"
        if path.is_file():
            notes = Notes(path.name)
            data = read_toml(path, notes)
            if data is not None:
                read.append((name, make(data, notes), notes.problems))
            else:
                read.append((name, {} if name == "paths" else (), notes.problems))
    return read


def place_of(folder: CityFolder, name: str, index: int, code: str = "") -> Place:
    """Where in its file a value stands: the line of a table, the number of a feature, else its code."""
    numbers = folder.where.get(name)
    if numbers is None:
        return Place(name=code)
    if file_of(name).endswith(".csv"):
        return Place(line=numbers[index], name=code)
    return Place(feature=numbers[index], name=code)
