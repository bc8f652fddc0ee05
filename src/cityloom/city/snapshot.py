"""The cities in memory: built once per version, exchanged when a new version was loaded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import F, Q

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city import models
from cityloom.city.calendars import calendars_of
from cityloom.city.config import parse_config
from cityloom.city.device_types import device_types_of
from cityloom.city.folder_values import CityConfig, Feature
from cityloom.city.knowledge import KNOWLEDGE, notes_of
from cityloom.city.locating import Locator
from cityloom.city.paths import parse_paths
from cityloom.city.payload_files import payloads_of, topic_rules_of
from cityloom.city.rows import FEATURES, TABLES, Table
from cityloom.city.snapshot_values import City
from cityloom.city.values import Area, Name

CHECK_EVERY_S = 1.0

register(
    {
        "city.unknown": (
            "没有代码为 {code} 的城市；已有：{known}。用 cityloom city load 载入城市文件夹",
            "there is no city {code}; known: {known}. Load its folder with `cityloom city load`",
        ),
        "city.version_unknown": (
            "城市 {code} 没有第 {number} 版；最新是第 {newest} 版",
            "the city {code} has no version {number}; the newest is {newest}",
        ),
    }
)


class NoSuchCity(CityloomError):
    """No city of that code was ever loaded."""

    status = 404

    def __init__(self, code: str, known: Iterable[str]) -> None:
        super().__init__("city.unknown", code=code, known=sorted(known))


class NoSuchVersion(CityloomError):
    """The city has no version of that number."""

    status = 404

    def __init__(self, code: str, number: int, newest: int) -> None:
        super().__init__("city.version_unknown", code=code, number=number, newest=newest)


class Identity(NamedTuple):
    """What tells one stored version from every other one."""

    city_id: int
    number: int
    digest: str


@dataclass(frozen=True)
class CityInList:
    """A city of this installation: `version` is its current one, 0 while none was loaded."""

    code: str
    name: Name
    time_zone: str
    version: int


class Layers(Mapping[str, tuple[Feature, ...]]):
    """The layers of the map at a version; each is read when it is first asked for, ordered by code."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        rows = models.Feature.objects.filter(rows_at(identity)).order_by("layer")
        self._names = tuple(rows.values_list("layer", flat=True).distinct())
        self._read: dict[str, tuple[Feature, ...]] = {}

    def __getitem__(self, layer: str) -> tuple[Feature, ...]:
        if layer not in self._names:
            raise KeyError(layer)
        if layer not in self._read:
            self._read[layer] = tuple(read_values(FEATURES, self._identity, layer=layer))
        return self._read[layer]

    def __contains__(self, layer: object) -> bool:
        return layer in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass
class _Kept:
    city: City
    identity: Identity
    asked_at: float  # on the monotonic clock


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


def current_city(code: str) -> City:
    """The city at its current version, or NoSuchCity.

    Kept per process; at most once a second one caller asks the database for the version's number and, if there
    is a new one, builds it while the others go on with the one before.
    """
    kept = _kept.get(code)
    if kept is not None:
        now = time.monotonic()
        if now - kept.asked_at < CHECK_EVERY_S or not _lock.acquire(blocking=False):
            return kept.city
        try:
            kept.asked_at = now
            return _renewed(code, kept)
        finally:
            _lock.release()
    with _lock:
        kept = _kept.get(code)
        return kept.city if kept is not None else _renewed(code, None)


def city_at_version(code: str, number: int) -> City:
    """The city as it was at an older version, or NoSuchCity, NoSuchVersion; the last few are kept."""
    current = current_city(code)
    if current.version == number:
        return current
    return _older_city(current.id, code, number)


def list_cities() -> list[CityInList]:
    """Every city of this installation that has a version, by code."""
    rows = models.City.objects.filter(version__gt=0).order_by("code")
    return [CityInList(r.code, Name(r.name_zh, r.name_en), r.time_zone, r.version) for r in rows]


def list_versions(code: str) -> list[models.Version]:
    """Every version of a city, the newest first, or NoSuchCity."""
    if not models.City.objects.filter(code=code).exists():
        raise NoSuchCity(code, (city.code for city in list_cities()))
    return list(models.Version.objects.filter(city__code=code).order_by("-number"))


def forget_cities() -> None:
    """Build anew at the next asking: after a load in this process, after a restore, between tests."""
    with _lock:
        _kept.clear()
    _older_city.cache_clear()


def _renewed(code: str, kept: _Kept | None) -> City:
    identity = _current_identity(code)
    if identity is None:
        _kept.pop(code, None)
        raise NoSuchCity(code, (city.code for city in list_cities()))
    if kept is None or kept.identity != identity:
        kept = _Kept(_build(identity), identity, time.monotonic())
        _kept[code] = kept
    return kept.city


def _current_identity(code: str) -> Identity | None:
    rows = models.Version.objects.filter(city__code=code, number=F("city__version"))
    found = rows.values_list("city_id", "number", "digest").first()
    return Identity(*found) if found else None


@lru_cache(maxsize=4)
def _older_city(city_id: int, code: str, number: int) -> City:
    stored = models.Version.objects.filter(city_id=city_id)
    version = stored.filter(number=number).first()
    if version is None:
        raise NoSuchVersion(code, number, stored.count())
    return _build(Identity(city_id, number, version.digest))


def _build(identity: Identity) -> City:
    """Read every table of the version and make the snapshot of it."""
    version = models.Version.objects.get(city_id=identity.city_id, number=identity.number)
    config, _ = parse_config(version.settings)
    if config is None:
        raise ValueError(f"the stored settings of version {identity.number} cannot be read")
    values = {table.name: list(read_values(table, identity)) for table in TABLES if table is not FEATURES}
    return make_city(identity, config, values, Layers(identity))


def read_values(table: Table, identity: Identity, **only: Any) -> Iterable[Any]:
    """The values of one table at a version, ordered by their keys; `only` those with such columns."""
    rows = table.model._default_manager.filter(rows_at(identity), **only)
    fields = [f.attname for f in table.model._meta.concrete_fields if f.attname not in _BOOKKEEPING]
    for row in rows.order_by("key").values_list(*fields).iterator(chunk_size=5000):
        yield table.from_columns(dict(zip(fields, row, strict=True)))


def rows_at(identity: Identity) -> Q:
    """The rows that belong to a version."""
    still = Q(version_to=None) | Q(version_to__gt=identity.number)
    return Q(city_id=identity.city_id, version_from__lte=identity.number) & still


_BOOKKEEPING = {"id", "city_id", "key", "version_from", "version_to", "digest"}


def make_city(
    identity: Identity,
    config: CityConfig,
    values: Mapping[str, list[Any]],
    features: Mapping[str, tuple[Feature, ...]],
) -> City:
    """The snapshot of a city's values, its tables made ready."""
    areas: dict[str, Area] = {area.code: area for area in values["areas"]}
    divided = {area.parent for area in areas.values()}
    (path_data,) = values["paths"] or [{}]
    reader_words = {each.code: each.told for each in values["reader_words"]}
    return City(
        id=identity.city_id,
        version=identity.number,
        digest=identity.digest,
        config=config,
        areas=areas,
        units={unit.code: unit for unit in values["units"]},
        classes={each.code: each for each in values["classes"]},
        standards=_grouped(values["standards"], "class_code"),
        duties=tuple(values["duties"]),
        components={each.code: each for each in values["components"]},
        posts=_grouped(values["posts"], "login"),
        groups=_grouped(values["groups"], "group"),
        calendars=calendars_of(config, values["calendar"]),
        paths=parse_paths(path_data or None),
        locator=Locator(area for area in areas.values() if area.code not in divided),
        indicators={each.code: each for each in values["indicators"]},
        things={each.code: each for each in values["things"]},
        rules={each.code: each for each in values["rules"]},
        payloads=payloads_of({each.code: each for each in values["payloads"]}),
        device_types=device_types_of({each.code: each for each in values["payloads"]}),
        topic_rules=topic_rules_of({each.code: each for each in values["payloads"]}),
        vital_signs={each.code: each for each in sorted(values["vital_signs"], key=lambda sign: sign.rank)},
        lexicon=tuple(values["lexicon"]),
        reader_words=reader_words,
        knowledge=notes_of(reader_words.get(KNOWLEDGE, {})),
        features=features,
    ).warm()


def _grouped(values: Iterable[Any], by: str) -> dict[str, tuple[Any, ...]]:
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(getattr(value, by), []).append(value)
    return {key: tuple(group) for key, group in groups.items()}
