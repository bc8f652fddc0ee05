"""The tree of an expression becomes SQL: names only from the table of properties, values only as parameters.

A path to one entity is a LEFT JOIN; a path to many asks whether one of them fits: EXISTS around the smallest
condition that names it. What the asker may not see is left out of every join, so that no filter can probe it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from odata_query import ast

from cityloom.exchange.sensorthings.comparing import arithmetic, compare, compare_numbers
from cityloom.exchange.sensorthings.conditions import time_bounds
from cityloom.exchange.sensorthings.errors import BadQuery
from cityloom.exchange.sensorthings.functions import call
from cityloom.exchange.sensorthings.literals import literal
from cityloom.exchange.sensorthings.odata import name_of, path_of
from cityloom.exchange.sensorthings.schema import KINDS, READINGS_OF_BOTH, EntityKind, Link
from cityloom.exchange.sensorthings.sieving import fits_of
from cityloom.exchange.sensorthings.terms import (
    FilesQuestion,
    GeoColumn,
    Kind,
    Sql,
    Term,
    Wanted,
    all_of,
    as_condition,
    as_number,
    joined,
    sql,
)

DEEPEST = 100


@dataclass(frozen=True)
class Viewer:
    """Who asks: of which units private devices are seen as well; `sees_all` of every unit."""

    units: tuple[str, ...] = ()
    sees_all: bool = False

    def sees(self, kind: EntityKind, alias: str) -> Sql:
        """The condition that a row may be seen by the asker; empty where all may."""
        if self.sees_all or not kind.visible:
            return Sql("")
        text = kind.visible.replace("{a}", alias)
        return Sql(text, (list(self.units),) * text.count("%s"))


@dataclass
class _Frame:
    """A FROM clause in the making; `first` where it begins with the row itself, else inside of an EXISTS."""

    begun: bool
    froms: list[Sql] = field(default_factory=list)
    where: list[Sql] = field(default_factory=list)
    known: dict[tuple[str, str], tuple[EntityKind, str]] = field(default_factory=dict)

    def add(self, source: Sql, on: Sql, *, outer: bool) -> None:
        """One more row source: beside the others, or with nothing where none fits."""
        if outer:
            self.froms.append(sql(" LEFT JOIN {} ON {}", source, on))
            return
        self.froms.append(sql(" CROSS JOIN {}" if self.begun else "{}", source))
        self.where.append(on)
        self.begun = True


class Translator:
    """Translates expressions over one row of a kind of entity; `joins` is what they need beside that row."""

    def __init__(self, kind: EntityKind, alias: str, viewer: Viewer, now: datetime, names: Any = None) -> None:
        self._kind, self._alias, self._viewer, self._now = kind, alias, viewer, now
        self._root = _Frame(begun=True)
        self._frames: list[_Frame] = []
        self._names = names if names is not None else (f"{alias}_{i}" for i in count(1))
        self._variables: dict[str, tuple[EntityKind, str, _Frame]] = {}
        self._held: tuple[Any, tuple[str, ...] | None] = None, None  # what must hold of what a path to many leads to
        self._depth = 0

    @property
    def joins(self) -> Sql:
        """The LEFT JOINs for what the expressions so far reach over links to one."""
        return joined(self._root.froms, "")

    def condition(self, tree: Any) -> Sql:
        """The expression as a condition; raises BadQuery."""
        with_depth = self._enter()
        try:
            if isinstance(tree, ast.BoolOp):
                word = "AND" if isinstance(tree.op, ast.And) else "OR"
                return sql(f"({{}} {word} {{}})", self.condition(tree.left), self.condition(tree.right))
            if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
                return sql("(({}) IS NOT TRUE)", self.condition(tree.operand))
            if isinstance(tree, ast.Call) and name_of(tree.func).lower() == "not" and len(tree.args) == 1:
                return sql("(({}) IS NOT TRUE)", self.condition(tree.args[0]))
            if isinstance(tree, ast.CollectionLambda):
                return self._lambda(tree)
            return self._within_exists(tree)
        finally:
            self._depth = with_depth

    def value(self, tree: Any) -> Term:
        """The expression as a value, such as `$orderby` wants; raises BadQuery."""
        before = self._enter()
        try:
            return self._value(tree)
        finally:
            self._depth = before

    # --- conditions -----------------------------------------------------------------------------------------

    def _enter(self) -> int:
        before, self._depth = self._depth, self._depth + 1
        if self._depth > DEEPEST:
            raise BadQuery("sta.filter_too_long")
        return before

    def _within_exists(self, tree: Any) -> Sql:
        frame = _Frame(begun=False)
        self._frames.append(frame)
        held, self._held = self._held, (tree, None)
        try:
            holds = as_condition(self._value(tree), "$filter").sql
        finally:
            self._frames.pop()
            self._held = held
        return self._exists(frame, holds)

    def _exists(self, frame: _Frame, holds: Sql) -> Sql:
        if not frame.begun:
            return holds
        return sql("EXISTS (SELECT 1 FROM {} WHERE {})", joined(frame.froms, ""), all_of([*frame.where, holds]))

    def _lambda(self, tree: Any) -> Sql:
        """`Datastreams/any(d: …)`: one of them fits; `all`: none does not."""
        path = path_of(tree.owner)
        if path is None:
            raise BadQuery("sta.bad_filter", at="any", example="Datastreams/any(d: d/name eq 'level')")
        frame = _Frame(begun=False)
        self._frames.append(frame)
        name = tree.lambda_.identifier.name if tree.lambda_ is not None else ""
        before = self._variables.get(name)
        is_any = tree.lambda_ is not None and not isinstance(tree.operator, ast.All)
        held, self._held = self._held, ((tree.lambda_.expression, (name,)) if is_any else (None, None))
        try:
            kind, alias, rest, _ = self._walk(path)
            if rest or not frame.begun:
                raise BadQuery("sta.no_link", entity=kind.name, name="/".join(rest), known=sorted(kind.links))
            holds = Sql("TRUE")
            if tree.lambda_ is not None:
                self._variables[name] = (kind, alias, frame)
                holds = self.condition(tree.lambda_.expression)
        finally:
            self._frames.pop()
            self._held = held
            self._variables.pop(name, None)
            if before is not None:
                self._variables[name] = before
        if isinstance(tree.operator, ast.All):
            return sql("NOT {}", self._exists(frame, sql("(({}) IS NOT TRUE)", holds)))
        return self._exists(frame, holds)

    # --- values ---------------------------------------------------------------------------------------------

    def _value(self, tree: Any) -> Term:
        if isinstance(tree, ast._Literal) and not isinstance(tree, ast.List):
            return literal(tree)
        if isinstance(tree, ast.Identifier | ast.Attribute):
            return self._property(tree)
        if isinstance(tree, ast.Call):
            name = name_of(tree.func)
            if name.lower() == "not":
                return Term(self.condition(tree), Kind.BOOL)
            return call(name, [self.value(a) for a in tree.args], self._now)
        if isinstance(tree, ast.Compare):
            return self._compared(tree)
        if isinstance(tree, ast.BinOp):
            return arithmetic(type(tree.op).__name__, self.value(tree.left), self.value(tree.right))
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
            term = self.value(tree.operand)
            made = term if term.kind is Kind.DURATION else as_number(term, "-")
            return Term(sql("(-({}))", made), made.kind)
        if isinstance(tree, ast.BoolOp | ast.UnaryOp | ast.CollectionLambda):
            return Term(self.condition(tree), Kind.BOOL)
        raise BadQuery("sta.bad_filter", at=type(tree).__name__, example="id in (1, 2)")

    def _compared(self, tree: Any) -> Term:
        left = self.value(tree.left)
        if isinstance(tree.comparator, ast.In):
            each = [compare("Eq", left, self.value(v)) for v in tree.right.val]
            return Term(sql("({})", joined(each, " OR ")), Kind.BOOL)
        operator, right = type(tree.comparator).__name__, self.value(tree.right)
        if Kind.READING in (left.kind, right.kind):
            return Term(compare_numbers(operator, left, right), Kind.BOOL)
        return Term(compare(operator, left, right), Kind.BOOL)

    def _property(self, tree: Any) -> Term:
        path = path_of(tree)
        assert path, "an identifier or attribute is a path"
        kind, alias, rest, _ = self._walk(path)
        if not rest:
            raise BadQuery("sta.no_property", entity=kind.name, name=path[-1], known=sorted(kind.properties))
        return property_term(kind, alias, rest)

    def _walk(self, path: list[str]) -> tuple[EntityKind, str, list[str], _Frame]:
        """Along the links of a path: the kind and alias at their end, and what of the path is left."""
        kind, alias, frame = self._kind, self._alias, self._root
        rest = list(path)
        if rest[0] in self._variables:
            kind, alias, frame = self._variables[rest.pop(0)]
        while rest and rest[0] in kind.links:
            link = kind.links[rest[0]]
            owner = frame
            if link.is_many:
                if not self._frames:
                    raise BadQuery("sta.wrong_kind", where="$orderby", wanted="one value", given=rest[0])
                owner = self._frames[-1]
            name = rest.pop(0)
            kind, alias = self._linked(owner, alias, name, link, tuple(path[: len(path) - len(rest)]))
            frame = owner
        return kind, alias, rest, frame

    def _linked(
        self, frame: _Frame, alias: str, name: str, link: Link, path: tuple[str, ...]
    ) -> tuple[EntityKind, str]:
        if (alias, name) in frame.known:
            return frame.known[alias, name]
        kind, new = KINDS[link.target], next(self._names)
        on = Sql(link.on.replace("{p}", alias).replace("{c}", new))
        seen = all_of([on, self._viewer.sees(kind, new)])
        frame.add(self._source(kind, new, path), seen, outer=not link.is_many)
        frame.known[alias, name] = kind, new
        return kind, new

    def _source(self, kind: EntityKind, alias: str, path: tuple[str, ...]) -> Sql:
        """Where the entities of a link lie; observations also in files, as far as they may fit what must hold."""
        if kind.name != "Observation":
            return Sql(kind.source.replace("{a}", alias))
        tree, variable = self._held
        prefix = variable or path
        wanted = Wanted(fits_of(tree, prefix), *time_bounds(tree, prefix))
        return Sql(READINGS_OF_BOTH.replace("{a}", alias), tuple(FilesQuestion(wanted, part) for part in range(3)))


def property_term(kind: EntityKind, alias: str, path: list[str]) -> Term:
    """A property of a row, or what stands at a path inside of it; raises BadQuery."""
    name, *inside = path
    known = kind.properties.get(name)
    if known is None:
        raise BadQuery("sta.no_property", entity=kind.name, name=name[:40], known=sorted(kind.properties))
    text, end = known.sql.replace("{a}", alias), known.end.replace("{a}", alias)
    if len(inside) == 1 and inside[0] in known.parts:
        return Term(Sql(known.parts[inside[0]].replace("{a}", alias)), Kind.TEXT)
    if known.kind is Kind.GEOMETRY:
        if inside:
            return Term(Sql(f"({text} #> (%s)::text[])", (inside,)), Kind.JSON)
        return Term(Sql(text), known.kind, geo=GeoColumn(kind.name, f"{alias}.id"))
    if inside:
        source = end if known.kind is Kind.RESULT else text
        if known.kind not in (Kind.JSON, Kind.RESULT):
            raise BadQuery("sta.no_property", entity=name, name="/".join(inside)[:40], known=sorted(known.parts))
        return Term(Sql(f"({source} #> (%s)::text[])", (inside,)), Kind.JSON)
    return Term(Sql(text), known.kind, end=Sql(end) if end else None, alias=alias)
