"""Pass a message on between handler and resident: screened, sealed, its digest in the chain, the other side told."""

from __future__ import annotations

import json
from datetime import datetime, time

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from cityloom.base.clock import Clock
from cityloom.base.crypto import new_salt, salted_digest
from cityloom.base.ids import ids
from cityloom.base.keys import vault
from cityloom.base.messages import About, Template, register_templates, send_later
from cityloom.base.reasons import Reason
from cityloom.base.statements import Statement
from cityloom.cases.changes import Draft
from cityloom.cases.errors import BadReport, NoSuchReport, NotAllowed, TooManyMessages
from cityloom.cases.keeping import get_file, keep_moves
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.relay import (
    A_DAY,
    CHARS,
    UNIT_SIDE,
    RelayMessage,
    Screened,
    count_since,
    ended_for_relay,
    screen,
    side_of,
)
from cityloom.cases.reporters import open_rows, wishes_of
from cityloom.cases.values import CaseFile, Report
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

register_templates(
    {
        "relay.waiting": Template(
            "您反映的事项（{number}）有新的转达消息，请用查询码查看。",
            "There is a new message about the matter you reported ({number}); use your code to read it.",
        ),
    }
)


def send_relay_message(
    city: City, number: str, report_id: int, text: str, by: Post, clock: Clock, *, owns: bool = False
) -> RelayMessage:
    """Keep the message and tell the other side that one waits; `owns`: the resident has shown the report's code.

    Raises NotAllowed, NoSuchReport, BadReport or TooManyMessages, and then nothing is kept. Contact details in the
    text are masked unless the city set `limits.relay_shows_contacts`.
    """
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        file = get_file(cursor, city.id, number, lock=True)
        report = next((r for r in file.reports if r.id == report_id), None)
        if report is None:
            raise NoSuchReport("error.no_report")
        side = side_of(by, file, owns)
        if side is None:
            raise NotAllowed("error.relay_not_yours")
        _refuse_beyond(cursor, city, file, report, side, text, at)
        shown = "relay_shows_contacts" in city.settings.limits
        screened = Screened(text.strip(), 0) if shown else screen(text.strip())
        message = _message(report, side, by, screened, at)
        row, digest = _row(city, file, message)
        _keep_entry(cursor, file, message, digest, by, at, [row, _telling(city, file, message, at)])
        if side == UNIT_SIDE:
            _tell_resident(cursor, city, file, message, clock)
    return message


def _refuse_beyond(
    cursor: CursorWrapper, city: City, file: CaseFile, report: Report, side: str, text: str, at: datetime
) -> None:
    limits = city.settings.limits
    if not text.strip():
        raise BadReport("error.relay_empty")
    most_chars = int(limits.get("relay_chars", CHARS))
    if len(text.strip()) > most_chars:
        raise BadReport("error.too_long", most=most_chars)
    if (ended := ended_for_relay(file, at, city)) is not None:
        raise NotAllowed(ended.code, **ended.params)
    most = int(limits.get("relay_a_day", A_DAY))
    local = at.astimezone(city.calendar().tz)
    if count_since(cursor, report.id, side, datetime.combine(local.date(), time(), local.tzinfo)) >= most:
        raise TooManyMessages("error.relay_too_many", most=most)


def _message(report: Report, side: str, by: Post, screened: Screened, at: datetime) -> RelayMessage:
    return RelayMessage(
        ids.one(),
        report.id,
        side,
        by.login,
        by.unit or "",
        screened.text.replace("\x00", ""),
        screened.hidden,
        at,
        None,
    )


def _row(city: City, file: CaseFile, message: RelayMessage) -> tuple[Statement, bytes]:
    salt, safe = new_salt(), vault()
    digest = salted_digest(message.text, salt)
    statement = Statement(
        "INSERT INTO cases_relay (id, city_id, case_id, report_id, side, by_login, by_unit, text_sealed, key_mark, "
        "salt, digest, hidden, sent_at, read_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL)",
        [message.id, city.id, file.case.id, message.report_id, message.side, message.by_login, message.by_unit,
         safe.seal(message.text), safe.key_mark, salt, digest, message.hidden, message.sent_at],
    )  # fmt: skip
    return statement, digest


def _keep_entry(
    cursor: CursorWrapper,
    file: CaseFile,
    message: RelayMessage,
    digest: bytes,
    by: Post,
    at: datetime,
    also: list[Statement],
) -> None:
    code = "relay.passed_on_masked" if message.hidden else "relay.passed_on"
    told = {"id": message.id, "report": message.report_id, "side": message.side, "digest": digest.hex()}
    draft = Draft(
        subject="relay",
        subject_id=message.id,
        move="relay",
        from_state=file.case.state,
        to_state=file.case.state,
        by=by,
        reason=Reason(code, {"count": message.hidden} if message.hidden else {}),
        text="",
        occurred_at=at,
        changes={"relay": told},
    )
    keep_moves(cursor, file, file, [draft], at, also)


def _telling(city: City, file: CaseFile, message: RelayMessage, at: datetime) -> Statement:
    """The outbox row: that a message waits and for which side, nothing of what it says."""
    payload = {"number": file.case.number, "report": message.report_id, "side": message.side, "id": message.id}
    return Statement(
        "INSERT INTO base_outbox (id, city, topic, key, payload, created_at, waiting) "
        "VALUES (%s, %s, 'relay.sent', %s, %s::jsonb, %s, true)",
        [ids.one(), str(city.id), file.case.number, json.dumps(payload), at],
    )


def _tell_resident(cursor: CursorWrapper, city: City, file: CaseFile, message: RelayMessage, clock: Clock) -> None:
    """An SMS that a message waits, to whoever agreed to it and left a number that can be reached."""
    report = next(r for r in file.reports if r.id == message.report_id)
    if report.reporter_id is None:
        return
    wishes = wishes_of(cursor, [report.reporter_id]).get(report.reporter_id)
    if wishes is None or "sms" not in wishes.consents:
        return
    for person in open_rows(cursor, file.case.id, [report.reporter_id], SYSTEM, "relay", clock):
        digits = "".join(c for c in person.phone if c.isdigit())
        if 5 <= len(digits) <= 15:
            send_later(
                "sms", digits, "relay.waiting", {"number": file.case.number}, language=wishes.language,
                purpose="progress", about=About(city.code, file.case.number, report.id), clock=clock,
                once=f"relay:{message.id}",
            )  # fmt: skip
