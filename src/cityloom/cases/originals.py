"""What people said word for word: sealed apart, wherever the text that is shown was masked.

Pages, doors, exports and the chain hold the masked text only. Whoever must read the original, to call a number that
somebody wrote into a report or to find the flat, opens it for a coded reason, and each opening is logged like that of
a name or phone (`reporters.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.keys import vault
from cityloom.base.reasons import register
from cityloom.base.statements import Statement
from cityloom.cases.errors import NotAllowed
from cityloom.cases.permissions import may_see
from cityloom.cases.values import CaseFile, Entry, Original, Report
from cityloom.city.values import Post, Role
from cityloom.triage.masking import Personal, mask

register(
    {
        "read.intake": ("受理核对诉求内容", "checking what was said at intake"),
        "error.original_reason": (
            "请说明查看原文的理由：{readings}",
            "say why you read the original words: {readings}",
        ),
        "error.original_not_yours": (
            "您的岗位不能查看原文；可由{roles}查看",
            "your post may not read the original words; {roles} may",
        ),
        "mask.old_words": (
            "隐去诉求文字中的个人信息，原文密封保存",
            "personal data in the words was masked, the original sealed",
        ),
    }
)

MASKED_LATER = "mask"  # the move of an entry that vouches anew for words masked after they were received
# Who may read what was said word for word, by reason; never the unit that handles it.
MAY_READ: Mapping[str, frozenset[Role]] = {
    "intake": frozenset({Role.HOTLINE_AGENT}),
    "callback": frozenset({Role.CALLBACK_AGENT}),
    "emergency": frozenset({Role.SHIFT_LEAD}),
}
# In what staff write, only what no reply may ever hold; its contacts are the unit's own.
_OF_STAFF = frozenset({Personal.IDENTITY, Personal.BANK_CARD})


@dataclass(frozen=True)
class Said:
    """The words and the address of a report."""

    words: str
    address: str

    def shown(self) -> Said:
        """The same without personal data."""
        return Said(shown_text(self.words), shown_text(self.address))


@dataclass(frozen=True)
class OpenedWords:
    """What one report said word for word."""

    report_id: int
    said: Said


def shown_text(text: str) -> str:
    """A text as everybody may see it; masking twice is masking once."""
    return mask(text).text if text else text


def shown_entry_text(entry: Entry) -> str | None:
    """The text of an entry as everybody may see it: a resident's is masked also where it was kept before masking."""
    return shown_text(entry.text) if entry.text and entry.by_role == Role.RESIDENT.value else entry.text


# --- keeping ----------------------------------------------------------------------------------------------------


def originals_of(report: Report, said: Said, at: datetime) -> tuple[Original, ...]:
    """The sealed original of a report whose row holds something else than was said; none where it holds the same."""
    if (report.words, report.address) == (said.words, said.address):
        return ()
    return (_sealed(report.id, report.city_id, {"words": said.words, "address": said.address}, at),)


def keeping_original(report: Report, words: str, address: str, at: datetime) -> tuple[Statement, ...]:
    """What keeps the original of a new report, where its row holds something else."""
    columns = "id, city_id, sealed, key_mark, kept_at"
    return tuple(
        Statement(
            f"INSERT INTO cases_original ({columns}) VALUES (%s, %s, %s, %s, %s)",  # noqa: S608
            [row.id, row.city_id, row.sealed, row.key_mark, row.kept_at],
        )
        for row in originals_of(report, Said(words, address), at)
    )


def kept_text(entry_id: int, city_id: int, text: str, by: Post, at: datetime) -> tuple[str, Original | None]:
    """A text as an entry holds it, and its sealed original where that differs: a resident's without personal data,
    one of staff without numbers of identity and bank cards."""
    if not text:
        return text, None
    shown = shown_text(text) if by.role is Role.RESIDENT else mask(text, _OF_STAFF).text
    return shown, None if shown == text else _sealed(entry_id, city_id, {"text": text}, at)


def _sealed(row_id: int, city_id: int, said: Mapping[str, str], at: datetime) -> Original:
    safe = vault()
    return Original(row_id, city_id, safe.seal(json.dumps(said, ensure_ascii=False)), safe.key_mark, at)


# --- reading ----------------------------------------------------------------------------------------------------


def list_masked(cursor: CursorWrapper, file: CaseFile) -> frozenset[int]:
    """The reports of a case that said more than is shown, by their ids; nothing is opened."""
    wanted = {r.split_from or r.id: r.id for r in file.reports}
    cursor.execute("SELECT id FROM cases_original WHERE id = ANY(%s)", [list(wanted)])
    return frozenset(wanted[i] for (i,) in cursor.fetchall())


def open_words(file: CaseFile, by: Post, why: str, clock: Clock) -> list[OpenedWords]:
    """What the reports of a case said word for word, for a post that may read it; the reading itself is recorded.

    `why` is a word of `MAY_READ`. Raises NotAllowed for every other post and every other word.
    """
    if why not in MAY_READ:
        raise NotAllowed("error.original_reason", readings=sorted(MAY_READ))
    if by.role not in MAY_READ[why]:
        raise NotAllowed("error.original_not_yours", roles=sorted({r.value for rs in MAY_READ.values() for r in rs}))
    if (refusal := may_see(by, file)) is not None:
        raise NotAllowed(refusal.code, **refusal.params)
    with transaction.atomic(), connection.cursor() as cursor:
        masked = list_masked(cursor, file)
        found = []
        for report in file.reports:
            if report.id in masked:
                found.append(OpenedWords(report.id, original_of(cursor, report)))
                cursor.execute(
                    "INSERT INTO cases_reporter_read (reporter_id, case_id, by_login, by_role, by_unit, reason, "
                    "fields, at) VALUES (%s, %s, %s, %s, %s, %s, '{words}', %s)",
                    [report.reporter_id or 0, file.case.id, by.login, by.role.value, by.unit or "", why, clock.now()],
                )
    return found


def original_of(cursor: CursorWrapper, report: Report) -> Said:
    """What a report said word for word, for the person's own export or a logged reading; else what its row holds."""
    cursor.execute("SELECT sealed FROM cases_original WHERE id = %s", [report.split_from or report.id])
    row = cursor.fetchone()
    if row is None:
        return Said(report.words, report.address)
    said = json.loads(vault().open(bytes(row[0])))
    return Said(said["words"], said["address"])
