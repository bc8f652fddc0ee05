"""Registers, records and checks between their tables and `register_values.py`; personal fields sealed on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from cityloom.base.crypto import canonical
from cityloom.base.ids import ids
from cityloom.base.keys import vault
from cityloom.cases import models
from cityloom.cases.register_checks import NoSuchCheck, NoSuchRegister
from cityloom.cases.register_values import Check, Record, Register, register_of
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


def list_registers(city: City) -> dict[str, Register]:
    """The registers that were loaded for the city, by kind."""
    rows = models.Register.objects.filter(city_id=city.id).order_by("kind")
    return {row.kind: register_of(row.kind, row.spec) for row in rows}


def cities_with_registers() -> list[int]:
    """The ids of the cities that have registers."""
    return list(models.Register.objects.values_list("city_id", flat=True).distinct().order_by("city_id"))


def get_register(city: City, kind: str) -> Register:
    """The register of that kind, or NoSuchRegister."""
    known = list_registers(city)
    if kind not in known:
        raise NoSuchRegister("register.no_register", kind=kind[:40], known=list(known))
    return known[kind]


def record_of(row: models.RegisterRecord, opened: bool = False) -> Record:
    """The record; `opened` also unseals its personal fields, which whoever asks must have recorded."""
    personal = open_sealed(row.sealed) if opened else {}
    return Record(
        id=row.id,
        kind=row.kind,
        code=row.code,
        values={**row.fields, **personal},
        lon=row.lon,
        lat=row.lat,
        area=row.area,
        areas=tuple(row.areas),
        address=row.address,
        state=row.state,
        verified_at=row.verified_at,
        due_on=row.due_on,
    )


def check_of(row: models.RegisterCheck) -> Check:
    """The check with its open corrections; those of personal fields stay sealed."""
    return Check(
        id=row.pk,
        record_id=row.record.pk,
        kind=row.kind,
        why=str(row.why.get("code", "")),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        due_on=row.due_on,
        worker=row.worker,
        outcome=row.outcome,
        corrections={key: (old, new) for key, (old, new) in row.corrections.items()},
        note=row.note,
        by_login=row.by_login,
        at=row.at,
        case_number=row.case_number,
    )


def get_check_row(city: City, check_id: int, lock: bool = False) -> models.RegisterCheck:
    """The stored check with its record, or NoSuchCheck; `lock` holds both against anybody else."""
    rows = models.RegisterCheck.objects.select_related("record")
    found = (rows.select_for_update() if lock else rows).filter(city_id=city.id, pk=check_id).first()
    if found is None:
        raise NoSuchCheck("register.no_check")
    return found


def seal(values: Mapping[str, object]) -> bytes | None:
    """Personal values as one sealed text; None for none."""
    return vault().seal(canonical(dict(values)).decode()) if values else None


def open_sealed(sealed: bytes | memoryview | None) -> dict[str, str]:
    return dict(json.loads(vault().open(bytes(sealed)))) if sealed else {}


def mark_of(values: Mapping[str, object], place: Iterable[object]) -> bytes:
    """What tells whether a source says something new, telling nothing of what it says."""
    return vault().mark("register\0" + canonical([dict(values), list(place)]).decode())


def note_read(record_id: int, check_id: int, by: Post, at: datetime) -> None:
    """Record that somebody saw the personal fields of a record."""
    models.RegisterRead.objects.create(
        record_id=record_id, check_id=check_id, by_login=by.login, by_role=by.role.value, at=at
    )


def new_id() -> int:
    return ids.one()
