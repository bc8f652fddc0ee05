"""What must not be found after the storm: a report lost or kept twice, a case by half, a moment or a move untold."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nats
import psycopg

from benchmarks.kill_clients import REFUSED, Ack
from cityloom.app.relay import STREAM
from cityloom.base.crypto import tracking_hash

ANSWER_S = 30.0
MOVED = "case.moved"

# The clock that somebody owes in each state of an open case: one of these runs, or the case was kept by half.
OWED = {
    "reported": ("verification", "filing"),
    "verified": ("filing",),
    "registered": ("dispatch",),
    "filed": ("dispatch",),
    "dispatched": ("sign",),
    "signed": ("handling", "contact"),
    "contacted": ("handling",),
    "returned": ("adjudication",),
    "checked": ("callback", "promise"),
    "replied": ("callback",),
}


@dataclass(frozen=True)
class Told:
    """What the stream holds: for each message its outbox id and, where a case moved, the case's number."""

    keys: dict[int, str]
    stored: int

    @property
    def again(self) -> int:
        """Messages that the stream holds more than once."""
        return self.stored - len(self.keys)


def lost(connection: psycopg.Connection, acks: Sequence[Ack]) -> Iterator[str]:
    """Acknowledged reports that are not there as they were acknowledged, and refused ones that are there."""
    rows = connection.execute(
        "SELECT r.idempotency_key, c.number, r.tracking_hash, "
        "(SELECT count(*) FROM cases_photo p WHERE p.report_id = r.id) "
        "FROM cases_report r JOIN cases_case c ON c.id = r.case_id"
    ).fetchall()
    kept = {key: (number, bytes(code or b""), photos) for key, number, code, photos in rows}
    for ack in acks:
        number, code, photos = kept.get(ack.key, (None, b"", 0))
        if ack.was_refused:
            if number is not None:
                yield f"refused {ack.key}, kept as {number}"
        elif number != ack.number:
            yield f"acknowledged {ack.key} as {ack.number}, kept as {number}"
        elif ack.code != REFUSED and code != tracking_hash(ack.code):
            yield f"acknowledged {ack.key} with a code that does not open it"
        elif photos != ack.photos:
            yield f"acknowledged {ack.key} with {ack.photos} photos, kept with {photos}"


def halved(connection: psycopg.Connection) -> Iterator[str]:
    """Cases without a report, a first entry, or the clock that their state owes."""
    for what, condition in {
        "no report": "NOT EXISTS (SELECT 1 FROM cases_report r WHERE r.case_id = c.id)",
        "no first entry": "NOT EXISTS (SELECT 1 FROM cases_entry e WHERE e.case_id = c.id AND e.seq = 1)",
    }.items():
        for (number,) in connection.execute(f"SELECT number FROM cases_case c WHERE {condition}"):  # noqa: S608
            yield f"{number}: {what}"
    for state, kinds in OWED.items():
        rows = connection.execute(
            "SELECT number, path FROM cases_case c WHERE state = %s AND closed_at IS NULL AND NOT EXISTS "
            "(SELECT 1 FROM cases_clock k WHERE k.case_id = c.id AND k.kind = ANY(%s) AND k.state = 'running')",
            [state, list(kinds)],
        )
        for number, path in rows:
            yield f"{number}: {path} case is {state} and no clock of {kinds} runs"


def told_twice(connection: psycopg.Connection) -> Iterator[str]:
    """Moments of a clock that were written down more than once.

    A clock that was paused and goes on may be overdue again, at its new moment.
    """
    rows = connection.execute(
        "SELECT subject_id, move, occurred_at, count(*) FROM cases_entry WHERE subject = 'clock' "
        "GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    for clock, move, moment, times in rows:
        yield f"clock {clock}: {move} of {moment} was told {times} times"


def untold(connection: psycopg.Connection, told: Told) -> Iterator[str]:
    """Outbox rows that the stream never got, and cases that have not exactly one message for each version."""
    rows = connection.execute("SELECT id, topic, key, waiting FROM base_outbox ORDER BY id").fetchall()
    for message, topic, key, waits in rows:
        if waits:
            yield f"outbox row {message}, {topic} of {key}, still waits"
        elif message not in told.keys:
            yield f"outbox row {message}, {topic} of {key}, is done and was never told"
    messages = Counter((told.keys | {message: key for message, topic, key, _ in rows if topic == MOVED}).values())
    for number, version in connection.execute("SELECT number, version FROM cases_case"):
        if messages[number] != version:
            yield f"{number}: not one message a version, {messages[number]} for {version}"


def without_photo(connection: psycopg.Connection, media: Path) -> Iterator[str]:
    """Photos whose file is not what their row says."""
    for name, digest in connection.execute("SELECT file, sha256 FROM cases_photo"):
        path = media / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).digest() != bytes(digest):
            yield f"photo {name} is not what its row says"


def read_stream(url: str) -> Told:
    """Every message that the stream holds."""
    return asyncio.run(_read(url))


async def _read(url: str) -> Told:
    client = await nats.connect(url, connect_timeout=ANSWER_S)
    try:
        stream = client.jetstream(timeout=ANSWER_S)
        stored = (await stream.stream_info(STREAM)).state.messages
        keys: dict[int, str] = {}
        coming = await stream.subscribe("city.>", ordered_consumer=True)
        for _ in range(stored):
            message = await coming.next_msg(ANSWER_S)
            body = json.loads(message.data)
            keys[int((message.headers or {})["Nats-Msg-Id"])] = body["key"] if body["topic"] == MOVED else ""
        return Told(keys, stored)
    finally:
        await client.close()


def forget_last_message(url: str) -> None:
    """Take the last message out of the stream, to see that its absence is seen."""

    async def forget() -> None:
        client = await nats.connect(url, connect_timeout=ANSWER_S)
        try:
            stream = client.jetstream(timeout=ANSWER_S)
            await stream.delete_msg(STREAM, (await stream.stream_info(STREAM)).state.last_seq)
        finally:
            await client.close()

    asyncio.run(forget())
