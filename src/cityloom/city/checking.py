"""What the checks of a city folder share: the values with their places, and a place for what is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cityloom.city.folder import file_of, place_of
from cityloom.city.folder_values import CityConfig, CityFolder
from cityloom.city.problems import Place, Problem, nearest


class Findings:
    """Problems found in a folder whose `city.toml` could be read."""

    def __init__(self, folder: CityFolder, config: CityConfig) -> None:
        self.folder = folder
        self.config = config
        self.problems: list[Problem] = []

    def at(self, problem: str, field: str, index: int, name: str = "", /, **params: Any) -> None:
        """Note a problem of the value at that position of a field of CityFolder."""
        place = place_of(self.folder, field, index, name)
        file = self.file_of_value(field, index)
        self.problems.append(Problem(problem, file, place, params))

    def in_file(self, problem: str, file: str, name: str = "", /, **params: Any) -> None:
        """Note a problem that has no one row."""
        self.problems.append(Problem(problem, file, Place(name=name), params))

    def file_of_value(self, field: str, index: int) -> str:
        if field == "features":
            return f"{self.folder.features[index].layer}.geojson"
        return file_of(field)

    def unknown(
        self, field: str, index: int, name: str, key: str, code: str, known: Mapping[str, Any] | Iterable[str]
    ) -> None:
        """Note that `key` names a code that does not exist, with the one most like it."""
        self.at("code_unknown", field, index, name, key=key, code=code, near=nearest(code, known))

    def repeated(self, field: str, keys: Iterable[str], problem: str = "code_twice") -> None:
        """Note each value whose key was there before."""
        first: dict[str, int] = {}
        for index, key in enumerate(keys):
            if key in first:
                before = place_of(self.folder, field, first[key])
                self.at(problem, field, index, key, code=key, first=before)
            else:
                first[key] = index
