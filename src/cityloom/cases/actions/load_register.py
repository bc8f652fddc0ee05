"""Load a register: new records are kept, changed ones get a row with old and new, corrections made since stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.base.reasons import register as register_reasons
from cityloom.cases import models
from cityloom.cases.places import locate
from cityloom.cases.register_checks import divided
from cityloom.cases.register_rows import mark_of, open_sealed, seal
from cityloom.cases.register_values import RELOADED, BadValue, Register, clean_value
from cityloom.cases.values import Place
from cityloom.city.snapshot_values import City

BATCH = 1000
_LOCK = 0x52656773  # "Regs": loads of registers wait for each other

register_reasons({
    "register.no_code": ("{column} 没有填", "{column} is empty"),
    "register.code_twice": ("{code} 在文件中出现两次", "{code} is in the file twice"),
    "register.bad_place": ("坐标不是有效的经纬度：{lon}, {lat}", "not a longitude and latitude: {lon}, {lat}"),
})  # fmt: skip

Row = tuple[int, Mapping[str, Any]]  # its number in the file, its cells by column


@dataclass(frozen=True)
class Loaded:
    """What a load did: records new, changed, as they were; rows refused, with their number and why."""

    new: int
    changed: int
    same: int
    refused: tuple[tuple[int, Reason], ...]


@dataclass(frozen=True)
class _Said:
    """What the source says of one record."""

    code: str
    values: Mapping[str, str]
    place: Place
    mark: bytes


def load_register(city: City, register: Register, rows: Iterable[Row], by: str, clock: Clock) -> Loaded:
    """Keep a register's records, all or nothing; a row that cannot be understood is refused and the rest kept.

    Loading the same file again changes nothing, and a value that somebody corrected on the spot stays until the
    source itself says something new of that record. Records that are not in the file stay as they are.
    """
    at = clock.now()
    refused: list[tuple[int, Reason]] = []
    said = _read(city, register, rows, refused)
    new = changed = same = 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, city.id])
        _keep_spec(city, register, at)
        while batch := list(islice(said, BATCH)):
            stored = _stored(city, register.kind, [each.code for each in batch])
            fresh = [_new_row(city, register, each, at) for each in batch if each.code not in stored]
            models.RegisterRecord.objects.bulk_create(fresh)
            known = [(stored[each.code], each) for each in batch if each.code in stored]
            altered = [(row, each) for row, each in known if bytes(row.said) != each.mark]
            for row, each in altered:
                _renew(city, register, row, each, by, at)
            new, changed, same = new + len(fresh), changed + len(altered), same + len(known) - len(altered)
    return Loaded(new, changed, same, tuple(refused))


def _read(city: City, register: Register, rows: Iterable[Row], refused: list[tuple[int, Reason]]) -> Iterator[_Said]:
    seen: set[str] = set()
    for number, cells in rows:
        try:
            yield _said(city, register, cells, seen)
        except CityloomError as wrong:
            refused.append((number, wrong.reason))


def _said(city: City, register: Register, cells: Mapping[str, Any], seen: set[str]) -> _Said:
    code = _text(cells.get(register.column("code")))[:100]
    if not code:
        raise BadValue("register.no_code", column=register.column("code"))
    if code in seen:
        raise BadValue("register.code_twice", code=code)
    values = {each.key: clean_value(each, cells.get(each.column)) for each in register.fields}
    lon, lat = _degrees(cells, register)
    address = _text(cells.get(register.column("address")))[:300]
    place = locate(city, lon, lat, address, _text(cells.get(register.column("area"))) or None)
    seen.add(code)
    return _Said(code, values, place, mark_of(values, (lon, lat, place.area if lon is None else "", address)))


def _degrees(cells: Mapping[str, Any], register: Register) -> tuple[float | None, float | None]:
    lon, lat = (_text(cells.get(register.column(key))) for key in ("lon", "lat"))
    if not lon and not lat:
        return None, None
    try:
        return float(lon), float(lat)
    except ValueError as wrong:
        raise BadValue("register.bad_place", lon=lon[:20], lat=lat[:20]) from wrong


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).replace("\x00", "").strip()


def _keep_spec(city: City, register: Register, at: datetime) -> None:
    models.Register.objects.update_or_create(
        city_id=city.id,
        kind=register.kind,
        defaults={"spec": register.as_json(), "loaded_at": at},
        create_defaults={"id": ids.one(), "spec": register.as_json(), "loaded_at": at},
    )


def _stored(city: City, kind: str, codes: list[str]) -> dict[str, models.RegisterRecord]:
    rows = models.RegisterRecord.objects.select_for_update().filter(city_id=city.id, kind=kind, code__in=codes)
    return {row.code: row for row in rows}


def _new_row(city: City, register: Register, said: _Said, at: datetime) -> models.RegisterRecord:
    plain, personal = divided(said.values, register)
    return models.RegisterRecord(
        id=ids.one(),
        city_id=city.id,
        kind=register.kind,
        code=said.code,
        fields=plain,
        sealed=seal(personal),
        said=said.mark,
        state="current",
        due_on=at.astimezone(city.calendar().tz).date(),
        loaded_at=at,
        **_columns_of(said.place),
    )


def _columns_of(place: Place) -> dict[str, Any]:
    return {
        "lon": place.lon, "lat": place.lat, "area": place.area, "areas": list(place.areas), "address": place.address,
    }  # fmt: skip


def _renew(city: City, register: Register, row: models.RegisterRecord, said: _Said, by: str, at: datetime) -> None:
    """The source says something new: its values stand from now on, old and new kept as a row of the checks."""
    before: dict[str, Any] = {**row.fields, **open_sealed(row.sealed), "address": row.address, "state": row.state}
    before |= {"lon": row.lon, "lat": row.lat}
    after: dict[str, Any] = {**said.values, "address": said.place.address, "state": "current"}
    after |= {"lon": said.place.lon, "lat": said.place.lat}
    changes = {key: [before.get(key), new] for key, new in after.items() if before.get(key) != new}
    plain, personal = divided(changes, register)
    if changes:
        models.RegisterCheck.objects.create(
            id=ids.one(), city_id=city.id, record=row, kind=row.kind, why=Reason("register.reloaded").as_json(),
            asked_by=by, asked_at=at, due_on=at.date(), worker="", rank=0, outcome=RELOADED, corrections=plain,
            sealed_corrections=seal(personal), note="", by_login=by, by_role="", at=at, case_number="", photo="",
        )  # fmt: skip
    open_fields, sealed_fields = divided(said.values, register)
    row.fields, row.sealed, row.said, row.state = open_fields, seal(sealed_fields), said.mark, "current"
    for name, value in _columns_of(said.place).items():
        setattr(row, name, value)
    row.due_on = row.due_on or at.date()
    row.save()
