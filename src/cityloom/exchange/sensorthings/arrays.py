"""CreateObservations: many observations of several Datastreams in one body, kept together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cityloom.base.errors import CityloomError
from cityloom.exchange.sensorthings.creating import Creation, feature_of_place
from cityloom.exchange.sensorthings.errors import BadEntity, TooLarge
from cityloom.exchange.sensorthings.observing import New, check_time, keep_observations, streams_for
from cityloom.exchange.sensorthings.owning import Writer
from cityloom.exchange.sensorthings.said import observed_of
from cityloom.exchange.sensorthings.schema import KINDS

MOST_ROWS = 20_000
FEATURE = "FeatureOfInterest/id"


class Group(NamedTuple):
    """The rows of one Datastream: what stands in their columns."""

    stream: int
    components: Sequence[str]
    rows: Sequence[Any]


def groups_of(body: Any) -> list[Group]:
    """The groups of a body; raises BadEntity where it is not of the standard's form, TooLarge for too many rows."""
    if not isinstance(body, list) or not all(isinstance(g, dict) for g in body):
        raise BadEntity("sta.bad_json")
    found = []
    for i, each in enumerate(body):
        link, components, rows = each.get("Datastream"), each.get("components"), each.get("dataArray")
        number = link.get("@iot.id") if isinstance(link, dict) else None
        if isinstance(number, bool) or not isinstance(number, int):
            raise BadEntity("sta.missing", entity=f"[{i}]", names=["Datastream/@iot.id"])
        if not isinstance(components, list) or "result" not in components or not isinstance(rows, list):
            raise BadEntity("sta.missing", entity=f"[{i}]", names=["components", "dataArray"])
        known = [*KINDS["Observation"].properties, FEATURE]
        for name in components:
            if name not in known or name == "id":
                raise BadEntity("sta.unknown_name", entity="Observation", name=str(name)[:40], known=known[1:])
        found.append(Group(number, components, rows))
    if sum(len(g.rows) for g in found) > MOST_ROWS:
        raise TooLarge("sta.too_many", most=MOST_ROWS)
    return found


def create_observations(writer: Writer, groups: Sequence[Group]) -> list[int | None]:
    """Keep what can be kept; for each row in order its observation's number, None for one that was refused.

    Raises NotYours for a Datastream of another unit. Inside the caller's transaction.
    """
    streams = streams_for(writer, [g.stream for g in groups])
    made: list[New | None] = []
    features: set[int] = set()
    for group in groups:
        stream = streams.get(group.stream)
        for row in group.rows:
            made.append(_observation(writer, group, row) if stream is not None else None)
        if stream is not None and any(new is not None and new.feature is None for new in made[-len(group.rows) :]):
            feature_of_place(writer, stream)
        features |= {new.feature for new in made[-len(group.rows) :] if new is not None and new.feature is not None}
    for number in features:
        Creation(writer).linked(KINDS["FeatureOfInterest"], "FeatureOfInterest", {"@iot.id": number})
    good = [i for i, new in enumerate(made) if new is not None]
    refused = keep_observations(writer, [new for new in made if new is not None], streams) if good else set()
    differing = {good[i] for i in refused}
    return [new.id if new is not None and i not in differing else None for i, new in enumerate(made)]


def _observation(writer: Writer, group: Group, row: Any) -> New | None:
    """The observation of a row; None for one that is none."""
    if not isinstance(row, list) or len(row) != len(group.components):
        return None
    values = dict(zip(group.components, row, strict=True))
    feature = values.pop(FEATURE, None)
    try:
        observed = observed_of(values, writer.now)
        check_time(observed, writer.now)
    except CityloomError:
        return None  # its place in the answer says "error", as the standard has it
    if feature is not None and (isinstance(feature, bool) or not isinstance(feature, int)):
        return None
    return New(group.stream, observed, feature)
