"""`cityloom city diff`: what changed or would change, as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cityloom.app.exits import WrongUsage

if TYPE_CHECKING:
    from cityloom.city.differences import Difference

_SHOWN = 20


def differences_of(where: str, before: int | None, after: int | None) -> dict[str, Difference]:
    """The differing tables of a folder and a version, or of two versions of the city of that code."""
    from cityloom.city.differences import compare_folder, compare_versions
    from cityloom.city.folder import read_folder
    from cityloom.city.snapshot import list_cities, list_versions

    if Path(where).is_dir():
        if after is not None:
            raise WrongUsage("command.version_of_folder")
        folder, _ = read_folder(Path(where))
        if folder.config is None:
            raise WrongUsage("command.no_city_file", folder=where)
        code = folder.config.code
        current = next((city.version for city in list_cities() if city.code == code), 0)
        return compare_folder(folder, code, before or current)
    numbers = [version.number for version in list_versions(where)]
    newer = after or numbers[0]
    older = before or newer - 1
    if older < 1:
        raise WrongUsage("command.first_version", code=where)
    return compare_versions(where, older, newer)


def as_lines(found: Mapping[str, Difference]) -> Iterator[str]:
    """A line a table with the counts, then the first rows of each kind: + new, ~ says something else, - gone."""
    for name, each in found.items():
        yield f"{name}: {len(each.added)} added, {len(each.changed)} changed, {len(each.removed)} removed"
        for sign, keys in (("+", each.added), ("~", each.changed), ("-", each.removed)):
            yield from (f"  {sign} {key}" for key in keys[:_SHOWN])
            if len(keys) > _SHOWN:
                yield f"  … {len(keys) - _SHOWN} more; --json lists all"
    if not found:
        yield "No row differs."
