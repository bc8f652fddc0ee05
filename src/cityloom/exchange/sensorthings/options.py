"""The query options `$filter`, `$expand` and so on, read into values; whatever cannot be understood is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.exchange.sensorthings.odata import parse, split_outside
from cityloom.exchange.sensorthings.schema import KINDS, EntityKind

USUAL_TOP = 100
MOST_TOP = {"Observation": 10_000}
MOST_TOP_ELSE = 1000
MOST_SKIP = 100_000
MOST_LEVELS, MOST_EXPANDS = 6, 30
RESULT_FORMATS = ("default", "dataArray", "GeoJSON")
_NAMES = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$skiptoken", "$resultFormat")
_OF_EXPAND = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$levels")
_OF_ONE = ("$select", "$expand", "$resultFormat")  # those that fit a single entity
_EXAMPLES = {
    "$top": "10",
    "$skip": "20",
    "$count": "true",
    "$select": "id,name",
    "$orderby": "phenomenonTime desc",
    "$expand": "Datastreams($select=name)",
    "$resultFormat": "dataArray",
}


@dataclass(frozen=True)
class Order:
    """One of the expressions by which a list is ordered; `text` as it was written."""

    tree: Any
    descends: bool
    text: str


@dataclass(frozen=True)
class Expand:
    """A link whose entities are told within, with options of their own."""

    link: str
    options: Options


@dataclass(frozen=True)
class Options:
    """What is asked of a collection or an entity."""

    condition: Any = None
    orders: tuple[Order, ...] = ()
    select: tuple[str, ...] = ()
    expands: tuple[Expand, ...] = ()
    top: int | None = None
    skip: int = 0
    counts: bool = False
    token: str = ""
    result_format: str = "default"
    written: dict[str, str] = field(default_factory=dict)  # as they came, for the link to the next page

    def limit(self, kind: EntityKind) -> int:
        """How many entities a page holds."""
        most = MOST_TOP.get(kind.name, MOST_TOP_ELSE)
        return min(self.top if self.top is not None else USUAL_TOP, most)


def read_options(pairs: Iterable[tuple[str, str]], kind: EntityKind, *, of_one: bool = False) -> Options:
    """The options of an address for a kind of entity; raises BadQuery. `of_one`: the address is one entity's."""
    found = _once(pairs, _NAMES, reads=True)
    if of_one:
        for name in found.keys() - set(_OF_ONE):
            raise BadQuery("sta.option_not_here", name=name)
    return _options(found, kind, 1)


def _once(pairs: Iterable[tuple[str, str]], known: tuple[str, ...], *, reads: bool = False) -> dict[str, str]:
    spelled = {name.lower(): name for name in known}
    found: dict[str, str] = {}
    for key, value in pairs:
        if reads and not key.startswith("$"):
            continue  # a client's own parameter, such as one against caches
        name = spelled.get(key.strip().lower())
        if name is None:
            raise BadQuery("sta.unknown_option", name=key[:40], known=list(known))
        if name in found:
            raise BadQuery("sta.option_twice", name=name)
        found[name] = value
    return found


def _options(found: dict[str, str], kind: EntityKind, level: int) -> Options:
    made = Options(
        condition=parse(found["$filter"]) if "$filter" in found else None,
        orders=_orders(found.get("$orderby", "")) if "$orderby" in found else (),
        select=_select(found["$select"], kind) if "$select" in found else (),
        expands=_expands(found["$expand"], kind, level) if "$expand" in found else (),
        top=_whole("$top", found["$top"]) if "$top" in found else None,
        skip=_whole("$skip", found["$skip"]) if "$skip" in found else 0,
        counts=_truth("$count", found["$count"]) if "$count" in found else False,
        token=found.get("$skiptoken", ""),
        result_format=_format(found["$resultFormat"]) if "$resultFormat" in found else "default",
        written=found,
    )
    if made.skip > MOST_SKIP:
        raise BadQuery("sta.skip_too_deep", most=MOST_SKIP)
    if level == 1 and count_expands(made) > MOST_EXPANDS:
        raise BadQuery("sta.expand_too_deep", most=MOST_LEVELS, all=MOST_EXPANDS)
    return made


def count_expands(options: Options) -> int:
    """How many links are told within, over all levels: as many statements."""
    return sum(1 + count_expands(e.options) for e in options.expands)


def _bad(name: str, value: str) -> BadQuery:
    return BadQuery("sta.bad_option", name=name, value=value[:40], example=_EXAMPLES.get(name, ""))


def _whole(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise _bad(name, value)
    return int(value)


def _truth(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise _bad(name, value)
    return value.lower() == "true"


def _format(value: str) -> str:
    known = {name.lower(): name for name in RESULT_FORMATS}
    if value.lower() not in known:
        raise _bad("$resultFormat", value)
    return known[value.lower()]


def _orders(text: str) -> tuple[Order, ...]:
    made = []
    for part in split_outside(text, ","):
        words = part.strip()
        head, _, last = words.rpartition(" ")
        descends = last.lower() == "desc"
        expression = head if head and last.lower() in ("asc", "desc") else words
        made.append(Order(parse(expression), descends and bool(head), words))
    if len(made) > 10:
        raise _bad("$orderby", text)
    return tuple(made)


def _select(text: str, kind: EntityKind) -> tuple[str, ...]:
    """Properties and links; `@iot.id` is the id."""
    names = []
    for part in text.split(","):
        name = part.strip()
        name = "id" if name == "@iot.id" else name
        if name == "*":
            names += list(kind.properties)
        elif name in kind.properties or name in kind.links:
            names.append(name)
        else:
            known = [*kind.properties, *kind.links]
            raise BadQuery("sta.no_property", entity=kind.name, name=name[:40], known=known)
    return tuple(dict.fromkeys(names))


def _expands(text: str, kind: EntityKind, level: int) -> tuple[Expand, ...]:
    """Each link once; `Datastreams/Sensor` is the same as `Datastreams($expand=Sensor)`."""
    if level > MOST_LEVELS:
        raise BadQuery("sta.expand_too_deep", most=MOST_LEVELS, all=MOST_EXPANDS)
    merged: dict[str, Options] = {}
    for part in split_outside(text, ","):
        path, options = _path_and_options(part.strip())
        first, *rest = path.split("/")
        link = kind.links.get(first)
        if link is None:
            raise BadQuery("sta.no_link", entity=kind.name, name=first[:40], known=sorted(kind.links))
        target = KINDS[link.target]
        if rest:
            written = {"$expand": "/".join(rest) + (f"({options})" if options else "")}
        else:
            pairs = [p.strip().partition("=")[::2] for p in split_outside(options, ";") if p.strip()]
            written = _once(pairs, _OF_EXPAND)
            written.pop("$levels", None)
        made = _options(written, target, level + 1)
        merged[first] = _merged(merged[first], made) if first in merged else made
    return tuple(Expand(name, options) for name, options in merged.items())


def _path_and_options(part: str) -> tuple[str, str]:
    """`Datastreams/Sensor($select=name)` as its path and what stands in its parentheses."""
    path, opened, rest = part.partition("(")
    if opened and not rest.endswith(")"):
        raise _bad("$expand", part)
    return path.strip(), rest[:-1] if opened else ""


def _merged(a: Options, b: Options) -> Options:
    """The same link named twice: all that is expanded below either; other options of the one that has some."""
    base, other = (a, b) if len(a.written) >= len(b.written) else (b, a)
    by_link = {e.link: e.options for e in base.expands}
    for each in other.expands:
        known = by_link.get(each.link)
        by_link[each.link] = _merged(known, each.options) if known is not None else each.options
    return replace(base, expands=tuple(Expand(name, options) for name, options in by_link.items()))
