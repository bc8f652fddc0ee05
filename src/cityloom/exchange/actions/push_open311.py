"""Push what was handed to a partner with an Open311 server, and take back what has ended there.

No name, phone or words of a resident cross over; the note of who handed the case over does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial as bound

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from cityloom.base.clock import Clock
from cityloom.base.errors import CityloomError
from cityloom.base.ids import ids
from cityloom.base.reasons import Reason
from cityloom.cases.changes import Draft, changes_between
from cityloom.cases.deciding import decide
from cityloom.cases.following import follow
from cityloom.cases.keeping import get_file_by_id, keep_moves, list_entries
from cityloom.cases.moves import carry_out
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.values import Case, CaseFile, Details
from cityloom.cases.working_city import city_of_case
from cityloom.city.snapshot_values import City
from cityloom.city.values import PartnerDoor
from cityloom.exchange.actions.pull_open311 import service_of
from cityloom.exchange.open311.client import Server, ServerAway
from cityloom.exchange.open311.theirs import TheirRequest

MOST = 50
TOKEN = "token:"  # noqa: S105 (what a number begins with until the server gives the real one)
WITH_PARTNER = "with_partner"


@dataclass
class Pushed:
    """What a push did; `refused`: the number of our case → the code of the reason."""

    sent: int = 0
    numbered: int = 0
    taken_back: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def push_open311(city: City, partner: str, server: Server, clock: Clock) -> Pushed:
    """Send, learn numbers for tokens, take back. Each case is one transaction; it may be called at any time.

    A case whose sending was not committed is sent again under the same key.
    """
    door, done = city.settings.partner_doors[partner], Pushed()
    for case_id in _ids(city, partner, "partner_number IS NULL"):
        _each(case_id, done, bound(_send, city, door, case_id, server, clock, done))
    for case_id in _ids(city, partner, f"partner_number LIKE '{TOKEN}%%'"):
        _each(case_id, done, bound(_number, city, case_id, server, clock, done))
    waiting = _numbers(city, partner)
    ended = {r.id: r for r in server.list_by_id(list(waiting)) if r.is_closed}
    for number, case_id in waiting.items():
        if (theirs := ended.get(number)) is not None:
            _each(case_id, done, bound(_take_back, city, case_id, theirs, clock, done))
    return done


def _each(case_id: int, done: Pushed, act: Callable[[], None]) -> None:
    try:
        act()
    except ServerAway:  # nothing else will get there now either
        raise
    except CityloomError as refusal:  # told in the result; the others go on
        done.refused[_number_of(case_id)] = refusal.reason.code


def _ids(city: City, partner: str, condition: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM cases_case WHERE city_id = %s AND state = 'with_partner' AND closed_at IS NULL "  # noqa: S608
            f"AND partner = %s AND {condition} ORDER BY id LIMIT %s",
            [city.id, partner, MOST],
        )
        return [i for (i,) in cursor.fetchall()]


def _numbers(city: City, partner: str) -> dict[str, int]:
    """Their numbers of the cases that wait there, with our ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT partner_number, id FROM cases_case WHERE city_id = %s AND state = 'with_partner' "
            "AND closed_at IS NULL AND partner = %s AND partner_number NOT LIKE %s ORDER BY id LIMIT 1000",
            [city.id, partner, f"{TOKEN}%"],
        )
        return dict(cursor.fetchall())


def _number_of(case_id: int) -> str:
    with connection.cursor() as cursor:
        return get_file_by_id(cursor, case_id).case.number


def _send(city: City, door: PartnerDoor, case_id: int, server: Server, clock: Clock, done: Pushed) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        case = before.case
        if case.state != WITH_PARTNER or case.partner_number is not None:
            return
        entries = reversed(list_entries(cursor, case_id))
        said = next((e.text for e in entries if e.move == "hand_over" and e.text), case.number)  # erased: the number
        told = server.post_request(fields_of(before, door, said), _key_of(case))
        _note(before, told.id or f"{TOKEN}{told.token}", clock)
    done.sent += 1


def _key_of(case: Case) -> str:
    """The same at every attempt to send the case as it stands, and nothing that a stranger could guess."""
    return salted_hmac("cityloom.open311.push", f"{case.number}#{case.seq}", algorithm="sha256").hexdigest()


def fields_of(file: CaseFile, door: PartnerDoor, said: str) -> dict[str, str]:
    """What is told of a case: its class, its place, the note of who handed it over."""
    case = file.case
    fields = {
        "service_code": service_of(door, case.class_code),
        "description": said,
        "address_string": case.address,
        "account_id": case.number,
    }
    if case.lon is not None and case.lat is not None:
        fields |= {"lat": f"{case.lat:.7f}", "long": f"{case.lon:.7f}"}
    return {name: value for name, value in fields.items() if value}


def _number(city: City, case_id: int, server: Server, clock: Clock, done: Pushed) -> None:
    """Their number in place of the token, once they have given one."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        token = (before.case.partner_number or "").removeprefix(TOKEN)
        if before.case.state != WITH_PARTNER or not (number := server.find_by_token(token)):
            return
        _note(before, number, clock)
    done.numbered += 1


def _note(before: CaseFile, number: str, clock: Clock) -> None:
    case, at = before.case, clock.now()
    after = before.with_case(partner_number=number)
    reason = Reason("partner.received", {"partner": case.partner, "number": number})
    changes = changes_between(before, after)
    draft = Draft("case", case.id, "hand_over", case.state, case.state, SYSTEM, reason, "", at, changes)
    with connection.cursor() as cursor:
        keep_moves(cursor, before, after, [draft], at)


def _take_back(city: City, case_id: int, theirs: TheirRequest, clock: Clock, done: Pushed) -> None:
    """What is closed there is done here, with what they noted."""
    with transaction.atomic(), connection.cursor() as cursor:
        before = get_file_by_id(cursor, case_id, lock=True)
        if before.case.state != WITH_PARTNER:
            return
        at, its_city = clock.now(), city_of_case(city, before.case.city_version)
        details = Details(Reason("partner.done"), note=theirs.status_notes or "—")
        step = decide(before, "partner_done", SYSTEM, details, at, its_city)
        after, draft = carry_out(before, step, SYSTEM, details, at, its_city, ids.one)
        after, more = follow(after, at, its_city, ids.one)
        keep_moves(cursor, before, after, [draft, *more], at)
    done.taken_back += 1
