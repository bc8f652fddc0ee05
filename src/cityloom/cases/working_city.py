"""The city a case lives in: units and duties of today, the standards and paths it was filed under."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from cityloom.city.snapshot import city_at_version
from cityloom.city.snapshot_values import City


def city_of_case(city: City, filed_version: int) -> City:
    """Today's city with the classes, standards and paths of the version the case was filed under."""
    return city if filed_version == city.version else _mixed(city, filed_version)


@lru_cache(maxsize=16)
def _mixed(city: City, filed_version: int) -> City:
    filed = city_at_version(city.code, filed_version)
    classes = {**filed.classes, **city.classes}
    standards = {**city.standards, **filed.standards}
    return replace(city, classes=classes, standards=standards, paths=filed.paths).warm()
