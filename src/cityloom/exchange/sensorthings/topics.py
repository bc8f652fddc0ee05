"""MQTT topics of the standard, and the NATS subjects that they are: `v1.1/Datastreams(1)/Observations`.

NATS makes of a topic a subject: `/` becomes `.`, and a `.` within a level becomes `//`.
"""

from __future__ import annotations

from typing import NamedTuple

from cityloom.exchange.sensorthings.addressing import Address, read_address
from cityloom.exchange.sensorthings.errors import BadQuery

VERSION = "v1.1"


class Subscription(NamedTuple):
    """What somebody listens to: an address, and the properties that are told of each (none: all)."""

    address: Address
    select: tuple[str, ...]


def subject_of(topic: str) -> str:
    """The subject of NATS that a topic is: v1.1/Things(1) → v1//1.Things(1)."""
    return ".".join(level.replace(".", "//") for level in topic.split("/"))


def topic_of(subject: str) -> str:
    """The topic that a subject is: v1//1.Things(1) → v1.1/Things(1)."""
    return subject.replace("//", "\0").replace(".", "/").replace("\0", ".")


def read_topic(topic: str) -> Subscription:
    """What a topic asks to hear; raises BadQuery or NoResource."""
    path, _, query = topic.partition("?")
    version, _, rest = path.partition("/")
    if version != VERSION:
        raise BadQuery("sta.bad_path", path=topic[:60])
    address = read_address(rest)
    name, _, value = query.partition("=")
    if query and name != "$select":
        raise BadQuery("sta.unknown_option", name=name[:40], known=["$select"])
    select = tuple(part.strip() for part in value.split(",")) if value else ()
    for each in select:
        if each not in address.kind.properties and each not in address.kind.links:
            raise BadQuery("sta.no_property", entity=address.kind.name, name=each, known=[*address.kind.properties])
    return Subscription(address, select)
