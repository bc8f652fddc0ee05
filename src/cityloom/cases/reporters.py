"""Names and phones of those who report: sealed in a table of their own, each field kept for its purpose only.

Every opening goes through `open_rows`: a coded reason, a post that may have it, and a line in the log of reads that
names who, by which post, which fields, why and when.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.crypto import canonical, code_of_bits
from cityloom.base.ids import ids
from cityloom.base.keys import vault
from cityloom.base.reasons import register
from cityloom.base.statements import Statement
from cityloom.cases.errors import NotAllowed
from cityloom.cases.permissions import may_see
from cityloom.cases.values import CaseFile
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

register(
    {
        "error.not_seen_by_role": (
            "您的岗位不能以“{reading}”为由查看诉求人信息；可由{roles}查看",
            "your post may not see who reported for “{reading}”; {roles} may",
        ),
        "error.unknown_read_reason": (
            "请说明查看诉求人信息的理由：{readings}",
            "say why you look at who reported: {readings}",
        ),
        "read.callback": ("回访", "callback"),
        "read.rights_request": ("办理个人信息权利请求", "a rights request"),
        "read.emergency": ("紧急情况，须立即联系诉求人", "an emergency: the person must be reached at once"),
        "read.retention": ("保存期满删除", "erasing what was kept long enough"),
        "read.relay": ("告知诉求人有新的转达消息", "telling the person of a relayed message"),
    }
)

FIELDS = ("name", "phone", "address")
# What each field is asked for; nothing else is asked for, above all no number of an identity card.
PURPOSES: Mapping[str, tuple[str, ...]] = {
    "name": ("callback",),
    "phone": ("callback", "relay"),
    "address": ("callback",),
}
CONSENTS = ("callback", "sms", "relay", "photo_place")
# Who may open what is sealed, by reason. A rights request and an emergency open every field, the others by purpose.
MAY_OPEN: Mapping[str, frozenset[Role]] = {
    "callback": frozenset({Role.CALLBACK_AGENT}),
    "rights_request": frozenset({Role.DATA_STEWARD, Role.SYSTEM}),
    "emergency": frozenset({Role.SHIFT_LEAD}),
    "relay": frozenset({Role.SYSTEM}),
    "retention": frozenset({Role.SYSTEM}),
}
_WHATEVER_PURPOSE = frozenset({"rights_request", "emergency", "retention"})


@dataclass(frozen=True)
class Person:
    """Who reports, as far as he or she said; `quiet_hours` like `21:00-08:00` are hours without calls."""

    name: str = ""
    phone: str = ""
    address: str = ""
    consents: tuple[str, ...] = ("callback",)
    language: str = "zh"
    quiet_hours: str = ""
    sensitive: bool = False
    under_14: bool = False

    @property
    def said_nothing(self) -> bool:
        return not (self.name.strip() or self.phone.strip() or self.address.strip())


class Contact(NamedTuple):
    """What was opened of one report's person; a field that has no such purpose stays empty."""

    report_id: int
    name: str
    phone: str
    address: str = ""


@dataclass(frozen=True)
class Wishes:
    """What a person agreed to and asked for; nothing of it is sealed, nothing of it tells who."""

    consents: tuple[str, ...]
    language: str
    quiet_hours: str
    sensitive: bool
    under_14: bool


@dataclass(frozen=True)
class Opened:
    """One person's data, opened."""

    id: int
    name: str
    phone: str
    address: str


def plain_phone(phone: str) -> str:
    """The digits of a phone number, so that the same number is found however it was written."""
    digits = re.sub(r"\D", "", phone)
    return digits[2:] if digits.startswith("86") and len(digits) == 13 else digits


def masked_name(name: str) -> str:
    """A name as pages show it once it is kept: 陈**."""
    plain = name.strip()
    return f"{plain[0]}**" if plain else ""


def masked_phone(phone: str) -> str:
    """A phone number as pages show it once it is kept: 138****8000; a short one shows its last two digits."""
    digits = plain_phone(phone)
    if len(digits) >= 7:
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-2:]}" if digits else ""


# --- keeping ----------------------------------------------------------------------------------------------------

COLUMNS = (
    "id", "city_id", "name_sealed", "phone_sealed", "address_sealed", "phone_index", "key_mark", "purposes",
    "consents", "language", "quiet_hours", "sensitive", "under_14", "created_at",
)  # fmt: skip
_HOLDERS = {"purposes": "%s::jsonb", "consents": "%s::varchar[]"}
_VALUES = ", ".join(_HOLDERS.get(name, "%s") for name in COLUMNS)
_INSERT = f"INSERT INTO cases_reporter ({', '.join(COLUMNS)}) VALUES ({_VALUES})"  # noqa: S608


def reporter_row(reporter_id: int, city_id: int, person: Person, at: datetime) -> tuple[Any, ...]:
    """The row of a person in the order of `COLUMNS`, sealed with the key in use."""
    safe = vault()
    given = {"name": person.name, "phone": person.phone, "address": person.address}
    purposes = {field: list(PURPOSES[field]) for field, value in given.items() if value.strip()}
    return (
        reporter_id, city_id, *(safe.seal(given[f].strip()) if given[f].strip() else b"" for f in FIELDS),
        index_of(person.phone), safe.key_mark, purposes, tuple(person.consents),
        person.language, person.quiet_hours, person.sensitive, person.under_14, at,
    )  # fmt: skip


def index_of(phone: str) -> bytes:
    """Under which bytes a phone is found with the key in use; nothing for none."""
    digits = plain_phone(phone)
    return vault().blind_index(digits) if digits else b""


def keeping_reporter(city: City, person: Person, at: datetime) -> tuple[int, Statement]:
    """The id that a report points at, and the statement that keeps the person, sealed."""
    reporter_id = ids.one()
    row = reporter_row(reporter_id, city.id, person, at)
    plain = [canonical(v).decode() if isinstance(v, dict) else list(v) if isinstance(v, tuple) else v for v in row]
    return reporter_id, Statement(_INSERT, plain)


# --- opening ----------------------------------------------------------------------------------------------------


def open_contacts(file: CaseFile, by: Post, why: str, clock: Clock) -> list[Contact]:
    """Names and phones behind a case's reports, for a post that may have them; the reading itself is recorded.

    `why` is a word of `MAY_OPEN`. Raises NotAllowed for every other post and every other word.
    """
    check_reason(by, why)
    if (refusal := may_see(by, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)
    wanted = {r.reporter_id: r.id for r in file.reports if r.reporter_id is not None}
    with transaction.atomic(), connection.cursor() as cursor:
        opened = open_rows(cursor, file.case.id, list(wanted), by, why, clock)
    return [Contact(wanted[p.id], p.name, p.phone, p.address) for p in opened]


def check_reason(by: Post, why: str) -> None:
    """Raise NotAllowed when this post may not open personal data for this reason."""
    if why not in MAY_OPEN:
        raise NotAllowed("error.unknown_read_reason", readings=sorted(MAY_OPEN))
    if by.role not in MAY_OPEN[why]:
        raise NotAllowed("error.not_seen_by_role", reading=why, roles=sorted(MAY_OPEN[why]))


def open_rows(
    cursor: CursorWrapper, case_id: int, reporter_ids: Sequence[int], by: Post, why: str, clock: Clock
) -> list[Opened]:
    """Open these persons' data, each reading logged in the same transaction: the only place that does."""
    check_reason(by, why)
    cursor.execute(
        "SELECT id, name_sealed, phone_sealed, address_sealed, purposes::text FROM cases_reporter "
        "WHERE id = ANY(%s) ORDER BY id",
        [list(reporter_ids)],
    )
    return [_open_row(cursor, case_id, row, by, why, clock) for row in cursor.fetchall()]


def _open_row(cursor: CursorWrapper, case_id: int, row: Sequence[Any], by: Post, why: str, clock: Clock) -> Opened:
    reporter_id, *sealed, purposes = row
    kept = json.loads(purposes)
    given = {
        field: vault().open(bytes(value)) if value and _serves(why, kept.get(field, ())) else ""
        for field, value in zip(FIELDS, sealed, strict=True)
    }
    cursor.execute(
        "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, by_unit, reason, fields, at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s::varchar[], %s)",
        [reporter_id, case_id, by.login, by.role.value, by.unit or "", why, [f for f in FIELDS if given[f]],
         clock.now()],
    )  # fmt: skip
    return Opened(reporter_id, **given)


def _serves(why: str, purposes: Iterable[str]) -> bool:
    return why in _WHATEVER_PURPOSE or why in purposes


def wishes_of(cursor: CursorWrapper, reporter_ids: Sequence[int]) -> dict[int, Wishes]:
    """What these persons agreed to and asked for, by id; nothing sealed is opened."""
    cursor.execute(
        "SELECT id, consents, language, quiet_hours, sensitive, under_14 FROM cases_reporter WHERE id = ANY(%s)",
        [list(reporter_ids)],
    )
    return {i: Wishes(tuple(consents), *rest) for i, consents, *rest in cursor.fetchall()}


# --- finding without opening ------------------------------------------------------------------------------------


def list_case_ids_by_phone(city: City, phone: str) -> list[int]:
    """Cases reported from this number, newest first, found without opening anybody's data."""
    if not (digits := plain_phone(phone)):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT r.case_id FROM cases_reporter p JOIN cases_report r ON r.reporter_id = p.id "
            "WHERE p.city_id = %s AND p.phone_index = ANY(%s) ORDER BY r.case_id DESC LIMIT 50",
            [city.id, vault().blind_indexes(digits)],
        )
        return [i for (i,) in cursor.fetchall()]


def is_phone_of(cursor: CursorWrapper, reporter_id: int, phone: str) -> bool:
    """Whether the person left this number, found without opening it; an empty number is nobody's."""
    digits = plain_phone(phone)
    cursor.execute("SELECT phone_index FROM cases_reporter WHERE id = %s", [reporter_id])
    row = cursor.fetchone()
    return bool(digits) and row is not None and bytes(row[0]) in vault().blind_indexes(digits)


def list_reporter_ids_by_phone(cursor: CursorWrapper, city_id: int, phone: str) -> list[int]:
    """All rows of the persons who left this number."""
    digits = plain_phone(phone)
    if not digits:
        return []
    cursor.execute(
        "SELECT id FROM cases_reporter WHERE city_id = %s AND phone_index = ANY(%s) ORDER BY id",
        [city_id, vault().blind_indexes(digits)],
    )
    return [i for (i,) in cursor.fetchall()]


# --- tracking codes of a repeated sending -----------------------------------------------------------------------


def tracking_code_for(city: City, idempotency_key: str | None) -> str | None:
    """The tracking code that belongs to an idempotency key, so that a sender who asks again gets the same one."""
    return next(iter(tracking_codes_for(city, idempotency_key)), None)


def tracking_codes_for(city: City, idempotency_key: str | None) -> list[str]:
    """The code under each present key, the one in use first: the key may have changed since the first sending."""
    if not idempotency_key:
        return []
    marks = vault().marks(f"tracking\0{city.code}\0{idempotency_key}")
    return [code_of_bits(int.from_bytes(mark[:16], "big")) for mark in marks]
