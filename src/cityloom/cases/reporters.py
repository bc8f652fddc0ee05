"""Names and phones of those who report: sealed in a table of their own, read only by posts that call back."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.crypto import Vault, code_of_bits
from cityloom.base.ids import ids
from cityloom.base.statements import Statement
from cityloom.cases.errors import NotAllowed
from cityloom.cases.permissions import SEES_REPORTER, may_see
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post


class Contact(NamedTuple):
    report_id: int
    name: str
    phone: str


@lru_cache(maxsize=1)
def vault() -> Vault:
    """The vault with the keys of this installation."""
    return Vault(settings.CITYLOOM_DATA_KEYS)


def plain_phone(phone: str) -> str:
    """The digits of a phone number, so that the same number is found however it was written."""
    digits = re.sub(r"\D", "", phone)
    return digits[2:] if digits.startswith("86") and len(digits) == 13 else digits


def keeping_reporter(city: City, name: str, phone: str, at: datetime) -> tuple[int, Statement]:
    """The id that a report points at, and the statement that keeps the name and phone, sealed, for callback."""
    reporter_id = ids.one()
    safe = vault()
    statement = Statement(
        "INSERT INTO cases_reporter (id, city_id, name_sealed, phone_sealed, phone_index, purpose, created_at) "
        "VALUES (%s, %s, %s, %s, %s, 'callback', %s)",
        [reporter_id, city.id, safe.seal(name.strip()), safe.seal(phone.strip()),
         safe.blind_index(plain_phone(phone)), at],
    )  # fmt: skip
    return reporter_id, statement


def open_contacts(file: CaseFile, by: Post, reason: str, clock: Clock) -> list[Contact]:
    """Names and phones behind a case's reports, for a post that calls back; the reading itself is recorded.

    Raises NotAllowed for every other post.
    """
    if by.role not in SEES_REPORTER:
        raise NotAllowed("error.not_seen_by_role")
    if (refusal := may_see(by, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)
    wanted = {r.reporter_id: r.id for r in file.reports if r.reporter_id is not None}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name_sealed, phone_sealed FROM cases_reporter WHERE id = ANY(%s) ORDER BY id",
            [list(wanted)],
        )
        rows = cursor.fetchall()
        for reporter_id, _, _ in rows:
            cursor.execute(
                "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, reason, at) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [reporter_id, file.case.id, by.login, by.role.value, reason, clock.now()],
            )
    safe = vault()
    return [Contact(wanted[i], safe.open(bytes(name)), safe.open(bytes(phone))) for i, name, phone in rows]


def list_case_ids_by_phone(city: City, phone: str) -> list[int]:
    """Cases reported from this number, newest first, found without opening anybody's data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT r.case_id FROM cases_reporter p JOIN cases_report r ON r.reporter_id = p.id "
            "WHERE p.city_id = %s AND p.phone_index = %s ORDER BY r.case_id DESC LIMIT 50",
            [city.id, vault().blind_index(plain_phone(phone))],
        )
        return [i for (i,) in cursor.fetchall()]


def tracking_code_for(city: City, idempotency_key: str | None) -> str | None:
    """The tracking code that belongs to an idempotency key, so that a sender who asks again gets the same one."""
    if not idempotency_key:
        return None
    mark = vault().mark(f"tracking\0{city.code}\0{idempotency_key}")
    return code_of_bits(int.from_bytes(mark[:16], "big"))
