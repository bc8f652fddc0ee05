"""What each method does at an address: the same for a request by itself and for one within a batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from cityloom.city.snapshot_values import City
from cityloom.exchange.api.tokens import Caller, TokenNeeded
from cityloom.exchange.sensorthings.addressing import Address, Step, read_address
from cityloom.exchange.sensorthings.arrays import create_observations, groups_of
from cityloom.exchange.sensorthings.asking import Asking, bounded
from cityloom.exchange.sensorthings.changing import change, patched
from cityloom.exchange.sensorthings.creating import Creation
from cityloom.exchange.sensorthings.deleting import delete
from cityloom.exchange.sensorthings.errors import BadEntity, BadQuery, NoMethod, NoResource, NotOffered
from cityloom.exchange.sensorthings.expanding import expand
from cityloom.exchange.sensorthings.options import Options, read_options
from cityloom.exchange.sensorthings.owning import Writer, writer_of
from cityloom.exchange.sensorthings.reading import Row, count_all, find_one, list_page, properties_of
from cityloom.exchange.sensorthings.root import root_document
from cityloom.exchange.sensorthings.schema import KINDS, EntityKind, Within
from cityloom.exchange.sensorthings.shaping import GEOMETRIES, id_of, next_link, tell, tell_page, value_of
from cityloom.exchange.sensorthings.translating import Viewer
from cityloom.sensing.ingest_rows import hold_register, tell_register_changed
from cityloom.sensing.reading_feeds import SENSORTHINGS, note_readings
from cityloom.sensing.values import reading_of

NEEDS_TOKEN = "sensorthings_needs_token"  # noqa: S105 - the figure of city.toml [limits] by which reading asks for a token
SCOPE_READ, SCOPE_OBSERVE, SCOPE_DEVICES = "readings:read", "readings:write", "devices:write"
CREATE_OBSERVATIONS = "CreateObservations"
_NOT_OFFERED = ("MultiDatastreams", "Tasks", "Actuators", "TaskingCapabilities")
_OF_REGISTER = ("Thing", "Datastream", "Sensor", "ObservedProperty")  # the last two take their streams along
_READS, _LISTS, _ENTITY = ("GET", "HEAD"), ("GET", "HEAD", "POST"), ("GET", "HEAD", "PATCH", "PUT", "DELETE")


@dataclass(frozen=True)
class Call:
    """Who calls, of which city, when, and what the address of the root is."""

    city: City
    caller: Caller | None
    now: datetime
    base: str


@dataclass
class Answer:
    """What is answered: a status and JSON, or plain text; where something new lies."""

    status: int
    body: Any = None
    text: str | None = None
    location: str = ""


@dataclass(frozen=True)
class Asked:
    """A request without the wire: the method, the path behind the root, the options, the body and its type."""

    method: str
    path: str
    pairs: Sequence[tuple[str, str]] = ()
    body: Any = None
    is_json_patch: bool = False


def serve(call: Call, asked: Asked) -> Answer:
    """The answer to a request; raises a CityloomError of its own kind for whatever is refused."""
    path = asked.path.strip("/")
    if path == "":
        _allow(asked, _READS)
        told = settings.CITYLOOM_MQTT_ADDRESS
        return Answer(200, root_document(call.base, (told,) if told else ()))
    if path == CREATE_OBSERVATIONS:
        return _create_observations(call, asked)
    if path.split("(")[0].split("/")[0] in _NOT_OFFERED:
        raise NotOffered("sta.not_offered", what=path.split("(")[0].split("/")[0])
    address = read_address(path)
    is_plain = not (address.property_name or address.is_ref or address.is_count)
    allowed = _READS if not is_plain else _LISTS if address.is_many else _ENTITY
    _allow(asked, allowed)
    if asked.method in _READS:
        with bounded():
            return _get(call, address, asked)
    with transaction.atomic():
        return _write(call, address, asked)


def _allow(asked: Asked, allowed: tuple[str, ...]) -> None:
    if asked.method not in allowed:
        raise NoMethod(asked.method, allowed)


# --- reading ------------------------------------------------------------------------------------------------------


def viewer_of(call: Call) -> Viewer:
    """What the caller may see; raises TokenNeeded where the city lets nobody read without one."""
    if call.caller is not None and SCOPE_READ in call.caller.token.scopes:
        unit = call.caller.post.unit
        return Viewer((unit,)) if unit else Viewer(sees_all=True)
    if call.city.settings.limits.get(NEEDS_TOKEN):
        if call.caller is not None:
            call.caller.needs(SCOPE_READ)
        raise TokenNeeded("sta.read_needs_token")
    return Viewer()


def asking_of(call: Call, viewer: Viewer | None = None) -> Asking:
    """The question that a call puts."""
    return Asking(call.city.id, viewer if viewer is not None else viewer_of(call), call.now, call.base)


def _get(call: Call, address: Address, asked: Asked) -> Answer:
    asking = asking_of(call)
    if address.property_name:
        return _get_property(asking, address, asked)
    options = read_options(asked.pairs, address.kind, of_one=not address.is_many)
    if options.result_format == "GeoJSON" and address.kind.name not in (*GEOMETRIES, "Thing", "Observation"):
        raise BadQuery("sta.not_geo", entity=address.kind.name)
    within = way_to(asking, address.steps[:-1], address.steps[-1])
    if address.is_many:
        return _get_list(asking, address, within, options)
    row = get_one(asking, address, within, properties_of(address.kind, options))
    if address.is_ref:
        number = id_of(address.kind, row)
        return Answer(200, {"@iot.selfLink": f"{asking.base}/{address.kind.plural}({number})"})
    expand(asking, address.kind, [row], options)
    return Answer(200, tell(asking, address.kind, row, options))


def _get_list(asking: Asking, address: Address, within: Within | None, options: Options) -> Answer:
    kind = address.kind
    if address.is_count:
        return Answer(200, text=str(count_all(asking, kind, within, options)))
    page = list_page(asking, kind, within, options)
    own = f"{asking.base}/{address.text()}"
    if address.is_ref:
        links = [{"@iot.selfLink": f"{asking.base}/{kind.plural}({id_of(kind, row)})"} for row in page.rows]
        told: dict[str, Any] = {"@iot.count": page.count} if page.count is not None else {}
        if page.token:
            told["@iot.nextLink"] = next_link(f"{own}/$ref", options, page.token)
        return Answer(200, told | {"value": links})
    expand(asking, kind, page.rows, options)
    return Answer(200, tell_page(asking, kind, page, options, own))


def _get_property(asking: Asking, address: Address, asked: Asked) -> Answer:
    """A property as `{"name": value}`; `$value` bare; 204 where there is nothing."""
    read_options(asked.pairs, address.kind, of_one=True)
    within = way_to(asking, address.steps[:-1], address.steps[-1])
    row = get_one(asking, address, within, [address.property_name])
    value: Any = value_of(address.kind, row, address.property_name)
    for name in address.inside:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise NoResource("sta.no_resource", path=asked.path[:200])
    if value is None:
        return Answer(204)
    if address.is_value:
        return Answer(200, text=value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    name = "@iot.id" if address.property_name == "id" else (address.inside or (address.property_name,))[-1]
    return Answer(200, {name: value})


def way_to(asking: Asking, steps: Sequence[Step], last: Step) -> Within | None:
    """The row on which the last step hangs, each step before it looked up; raises NoResource where one is missing."""
    within: Within | None = None
    for step, following in zip(steps, (*steps, last)[1:], strict=True):
        row = _find(asking, step, within)
        assert following.link is not None, "every step but the first follows a link"
        within = Within(step.kind, row, following.link)
    return within


def _find(asking: Asking, step: Step, within: Within | None, names: Sequence[str] = ()) -> Row:
    row = find_one(asking, step.kind, within, step.id, names)
    if row is None:
        if step.id is not None:
            raise NoResource("sta.no_entity", entity=step.kind.plural, id=step.id)
        raise NoResource("sta.no_related", path=step.name, entity=step.kind.name)
    return row


def get_one(asking: Asking, address: Address, within: Within | None, names: Sequence[str]) -> Row:
    """The entity at the end of an address; raises NoResource."""
    return _find(asking, address.steps[-1], within, names)


# --- writing ------------------------------------------------------------------------------------------------------


def _needs(call: Call, kind: EntityKind) -> Caller:
    if call.caller is None:
        raise TokenNeeded("token.needed")
    call.caller.needs(SCOPE_OBSERVE if kind.name == "Observation" else SCOPE_DEVICES)
    return call.caller


def _write(call: Call, address: Address, asked: Asked) -> Answer:
    kind = address.kind
    writer = writer_of(call.city, _needs(call, kind), call.now)
    asking = asking_of(call, Viewer((writer.unit,)) if writer.unit else Viewer(sees_all=True))
    with connection.cursor() as cursor:
        if not _is_mere_reading(address, asked.body):
            hold_register(cursor, call.city.id)  # before any other row, so that two writers never wait for each other
    within = way_to(asking, address.steps[:-1], address.steps[-1])
    if asked.method == "POST":
        number = Creation(writer).create(kind, asked.body, _given(within, address))
        if kind.name == "Observation":
            _note_feed(call, writer, [reading_of(number)[0]])
        return _told_after(asking, kind, number, 201)
    row = get_one(asking, address, within, list(kind.properties))
    number = id_of(kind, row)
    if asked.method == "DELETE":
        delete(writer, kind, row)
        _tell_ingest(call, kind)
        return Answer(200)
    body = patched(kind, row, asked.body) if asked.is_json_patch else asked.body
    number = change(writer, kind, row, body, whole=asked.method == "PUT")
    _tell_ingest(call, kind)
    return _told_after(asking, kind, number, 200)


def _note_feed(call: Call, writer: Writer, streams: Sequence[int], refused: int = 0) -> None:
    """That the account brought observations of these streams, so that its silence is an alarm."""
    assert call.caller is not None, "nobody writes without a token"
    account = call.caller.token.login
    with connection.cursor() as cursor:
        note_readings(
            cursor, call.city.id, SENSORTHINGS, account, call.now, streams, refused=refused, owner=writer.unit or ""
        )


def _is_mere_reading(address: Address, body: Any) -> bool:
    """Whether what is written is an observation of a stream that links to nothing else."""
    links = KINDS["Observation"].links
    is_plain = isinstance(body, dict) and not any(name in body for name in links)
    return address.kind.name == "Observation" and len(address.steps) > 1 and is_plain


def _tell_ingest(call: Call, kind: EntityKind) -> None:
    """Have what takes in readings look at the register anew; what is new it finds by itself."""
    if kind.name in _OF_REGISTER:
        with connection.cursor() as cursor:
            tell_register_changed(cursor, call.city.id)


def _given(within: Within | None, address: Address) -> dict[str, int]:
    """The link back from what is created to the entity whose collection it is posted to."""
    if within is None:
        return {}
    for name, link in address.kind.links.items():
        if link.target == within.kind.name:
            return {name: id_of(within.kind, dict(within.row))}
    raise BadEntity("sta.link_and_entity", name=address.steps[-1].name)


def _told_after(asking: Asking, kind: EntityKind, number: int, status: int) -> Answer:
    row = find_one(asking, kind, None, number, list(kind.properties))
    assert row is not None, "what was written can be read"
    location = f"{asking.base}/{kind.plural}({number})"
    return Answer(status, tell(asking, kind, row, Options()), location=location)


def _create_observations(call: Call, asked: Asked) -> Answer:
    _allow(asked, ("POST",))
    writer = writer_of(call.city, _needs(call, KINDS["Observation"]), call.now)
    groups = groups_of(asked.body)
    with transaction.atomic():
        made = create_observations(writer, groups)
        kept = [reading_of(number)[0] for number in made if number is not None]
        _note_feed(call, writer, kept, len(made) - len(kept))
    links = [f"{call.base}/Observations({n})" if n is not None else "error" for n in made]
    return Answer(201, links)


def with_numbers(path: str, known: Mapping[str, int]) -> str:
    """A path of a batch with `$id` replaced by the number that an earlier request of it made."""
    for name, number in known.items():
        path = path.replace(f"(${name})", f"({number})").replace(f"('${name}')", f"({number})")
    return path
