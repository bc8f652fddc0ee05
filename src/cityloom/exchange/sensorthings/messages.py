"""Observations that come as MQTT messages under the standard's topics: read, kept, or refused with a named reason."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from cityloom.base.errors import CityloomError
from cityloom.city.snapshot_values import City
from cityloom.exchange.sensorthings.creating import Creation
from cityloom.exchange.sensorthings.errors import BadEntity, BadQuery
from cityloom.exchange.sensorthings.owning import Writer
from cityloom.exchange.sensorthings.topics import read_topic, topic_of

OURS = "@iot.selfLink"  # what our own news have and nobody's observation has


def take_message(city: City, subject: str, body: bytes, now: Any) -> CityloomError | int | None:
    """Keep the observation of a message: its number, the refusal where it is none, None where it is our own news.

    Who may write under the subject was decided by the message server, when the sender came in.
    """
    try:
        said = _said(body)
        if isinstance(said, dict) and OURS in said:
            return None
        address = read_topic(topic_of(subject)).address
        if len(address.steps) != 2 or address.steps[0].id is None or address.kind.name != "Observation":
            raise BadQuery("sta.bad_path", path=topic_of(subject)[:60])
        first = address.steps[0]
        with transaction.atomic():
            return Creation(Writer(city, None, now)).create(address.kind, said, {first.kind.name: first.id or 0})
    except CityloomError as refusal:
        return refusal


def _said(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as wrong:
        raise BadEntity("sta.bad_json") from wrong
