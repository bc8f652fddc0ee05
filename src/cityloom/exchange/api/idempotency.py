"""Once is enough: what was sent under an Idempotency-Key is done once, and asked again is answered as before.

The key's row is written in the transaction of what it stands for: a refused request leaves none, and two that come
at once wait for each other at the row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest

from cityloom.exchange import models
from cityloom.exchange.api.errors import BadRequest, KeyReused, as_json

KEPT = timedelta(days=7)
_KEY = re.compile(r"[\x21-\x7e]{8,120}")


@dataclass
class Once:
    """A key at work: `again` tells that it led to `answer` before; else what is put into `answer` is kept."""

    again: bool
    answer: dict[str, Any] = field(default_factory=dict)


def key_of(request: HttpRequest, *, must: bool) -> str:
    """The request's Idempotency-Key; empty where none came and none is needed. Raises BadRequest."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        if must:
            raise BadRequest("api.no_key")
        return ""
    if not _KEY.fullmatch(key):
        raise BadRequest("api.bad_key")
    return key


@contextmanager
def once(owner: str, key: str, digest: bytes, at: datetime) -> Iterator[Once]:
    """Inside, do it unless it was done: one transaction with the row of the key. No key: do it as ever.

    Raises KeyReused where the key stands for something else.
    """
    if not key:
        yield Once(again=False)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exchange_idempotency_key (owner, key, digest, answer, created_at) "
            "VALUES (%s, %s, %s, '{}', %s) ON CONFLICT (owner, key) DO NOTHING",
            [owner, key, digest, at],
        )
        if not cursor.rowcount:
            before = models.IdempotencyKey.objects.get(owner=owner, key=key)
            if bytes(before.digest) != digest:
                raise KeyReused("api.key_reused")
            yield Once(again=True, answer=before.answer)
            return
        doing = Once(again=False)
        yield doing
        cursor.execute(
            "UPDATE exchange_idempotency_key SET answer = %s::jsonb WHERE owner = %s AND key = %s",
            [as_json(doing.answer), owner, key],
        )


def done_once(owner: str, key: str, digest: bytes, at: datetime, do: Callable[[], dict[str, Any]]) -> Once:
    """Do it, or give the answer it led to before."""
    with once(owner, key, digest, at) as doing:
        if not doing.again:
            doing.answer = do()
    return doing


def forget_keys(before: datetime) -> int:
    """Drop the keys of requests older than that; how many there were."""
    return models.IdempotencyKey.objects.filter(created_at__lt=before).delete()[0]
