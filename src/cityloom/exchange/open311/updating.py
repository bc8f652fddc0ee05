"""An update that another system sends about a case: a word more, or the end of what was handed to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from cityloom.base.clock import Clock
from cityloom.base.reasons import Reason
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import get_file, list_entries
from cityloom.cases.permissions import may_see
from cityloom.cases.values import Details, Entry
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.exchange.open311.errors import BadRequest
from cityloom.exchange.open311.reading import Sent

WITH_PARTNER = "with_partner"
# Words of statuses, in capitals and without blanks: done, or not theirs. All others say that work goes on.
DONE = frozenset({"CLOSED", "FIXED", "FIXED_COUNCIL", "NO_FURTHER_ACTION", "COMPLETED"})
NOT_THEIRS = frozenset({"NOT_COUNCILS_RESPONSIBILITY", "REJECTED", "RETURNED"})
UPDATE = "open311.update_from"


@dataclass(frozen=True)
class Update:
    """What was sent: the sender's own id of it, the case, the status in capitals, the words."""

    number: str
    update_id: str
    status: str
    words: str


def update_of(sent: Sent) -> Update:
    """The update of a form; raises BadRequest for what is missing."""
    update_id = sent.text("update_id", 100) or sent.text("update_id_ext", 100)
    found = Update(
        sent.text("service_request_id", 100),
        update_id,
        sent.text("status", 40).upper().replace(" ", "_"),
        sent.text("description", 4000),
    )
    if not found.number:
        raise BadRequest("open311.missing", name="service_request_id")
    if not found.update_id:
        raise BadRequest("open311.missing", name="update_id")
    if not found.words:
        raise BadRequest("open311.missing", name="description")
    return found


def receive_update(city: City, update: Update, by: Post, clock: Clock) -> int:
    """Keep the update as a move of the case by the token's post; the id of its entry.

    A case that waits with a partner is done or comes back when the status says so; all else supplements it. The same
    id of the same sender gives the same entry. Raises what `move_case` raises, and then nothing has changed.
    """
    with connection.cursor() as cursor:
        file = get_file(cursor, city.id, update.number)
        if (refused := may_see(by, file)) is not None:
            raise NotAllowed(refused.code, **refused.params)
        known = _known(list_entries(cursor, file.case.id), update, by)
    if known is not None:
        return known.id
    move = move_of(file.case.state, update.status)
    reason = Reason("partner.returned") if move == "hand_back" else Reason(UPDATE, {"update": update.update_id})
    details = Details(reason, note=update.words)
    move_case(city, update.number, move, by, details, clock, version=file.case.version)
    with connection.cursor() as cursor:
        kept = _known(list_entries(cursor, file.case.id, file.case.seq), update, by)
    assert kept is not None
    return kept.id


def move_of(state: str, status: str) -> str:
    """The move that a status asks for in a state of the case."""
    if state == WITH_PARTNER and status in DONE:
        return "partner_done"
    if state == WITH_PARTNER and status in NOT_THEIRS:
        return "hand_back"
    return "supplement"


def _known(entries: list[Entry], update: Update, by: Post) -> Entry | None:
    """The entry that keeps this update already. A case given back names no update: its words tell it."""
    for entry in entries:
        if entry.by_login != by.login:
            continue
        if entry.reason.get("code") == UPDATE and entry.reason.get("params") == {"update": update.update_id}:
            return entry
        if entry.move == "hand_back" and entry.text == update.words and update.status in NOT_THEIRS:
            return entry
    return None
