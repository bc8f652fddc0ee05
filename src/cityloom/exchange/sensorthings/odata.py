"""Expressions of `$filter` and `$orderby` become a tree, by the grammar of odata-query.

Words of SensorThings that the library's lexer lacks are added here: `@iot.id`, names in any script, intervals
`FROM/TO`, `geometry'…'` beside `geography'…'`; and words such as `any` are told from names that begin with them.
Which functions there are is no matter of grammar: `functions.py` has their table.
"""

# mypy: disable-error-code="name-defined,untyped-decorator"
from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from cityloom.exchange.sensorthings.errors import BadQuery

LONGEST = 8000  # signs of one expression
EXAMPLE = "result gt 10 and phenomenonTime ge 2026-06-01T00:00:00Z"

_DATE = r"[1-9]\d{3}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])"
_ZONE = r"(?:Z|[+\- ](?:[01]\d|2[0-3]):[0-5]\d)"  # a plus that a query string has turned into a space
_MOMENT = rf"{_DATE}T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{{1,12}})?)?{_ZONE}?"


@dataclass(frozen=True)
class Interval(ast._Literal):
    """`FROM/TO`, two moments as they were written."""

    start: str
    end: str


@dataclass(frozen=True)
class Moment(ast._Literal):
    """A moment as it was written."""

    val: str


class _Lexer(ODataLexer):
    """The library's words, and those of SensorThings."""

    tokens = ODataLexer.tokens
    literals = ODataLexer.literals - {"="}  # no parameters by name

    @_(rf"{_MOMENT}(?:/{_MOMENT})?")  # noqa: F821
    def DATETIME(self, t: Any) -> Any:
        start, _, end = t.value.partition("/")
        t.value = Interval(start, end) if end else Moment(start)
        return t

    @_(r"geo(?:graphy|metry)'(?:[^']|'')*'")  # noqa: F821
    def GEOGRAPHY(self, t: Any) -> Any:
        t.value = ast.Geography(t.value.partition("'")[2][:-1])
        return t

    @_(r"(?:true|false)(?!\w)")  # noqa: F821
    def BOOLEAN(self, t: Any) -> Any:
        t.value = ast.Boolean(t.value)
        return t

    @_(r"null(?!\w)")  # noqa: F821
    def NULL(self, t: Any) -> Any:
        t.value = ast.Null()
        return t

    @_(r"any(?=\s*\()")  # noqa: F821
    def ANY(self, t: Any) -> Any:
        t.value = ast.Any()
        return t

    @_(r"all(?=\s*\()")  # noqa: F821
    def ALL(self, t: Any) -> Any:
        t.value = ast.All()
        return t

    @_(r"@?[^\W\d](?:\.?\w){0,127}")  # noqa: F821
    def ODATA_IDENTIFIER(self, t: Any) -> Any:
        *space, name = t.value.split(".")
        t.value = ast.Identifier(name, tuple(space))
        return t


def parse(text: str) -> Any:
    """The tree of an expression; raises BadQuery telling where it cannot be read."""
    if len(text) > LONGEST:
        raise BadQuery("sta.filter_too_long")
    parser: Any = ODataParser()
    parser._function_call = ast.Call
    try:
        tree = parser.parse(_Lexer().tokenize(text.strip()))
    except RecursionError as deep:
        raise BadQuery("sta.filter_too_long") from deep
    except (ODataException, AttributeError, NotImplementedError) as wrong:  # the library's own ways of giving up
        raise BadQuery("sta.bad_filter", at=_where(text.strip(), wrong), example=EXAMPLE) from wrong
    if tree is None:
        raise BadQuery("sta.bad_filter", at=text.strip()[:40] or "…", example=EXAMPLE)
    return tree


def _where(text: str, wrong: Exception) -> str:
    """The rest of the expression from where it could not be read on; its end where something is missing there."""
    token = getattr(wrong, "token", None)
    return text[token.index :][:40] if token is not None else text[-20:]


def path_of(tree: Any) -> list[str] | None:
    """The names of a path such as `Datastream/ObservedProperty/name`; None for what is no path."""
    names: list[str] = []
    while isinstance(tree, ast.Attribute):
        names.append(tree.attr)
        tree = tree.owner
    if not isinstance(tree, ast.Identifier):
        return None
    name = name_of(tree)
    names.append("id" if name == "@iot.id" else name)
    return names[::-1]


def name_of(identifier: ast.Identifier) -> str:
    """A name with what stands before its dots."""
    return ".".join((*identifier.namespace, identifier.name))


def moment_of(text: str) -> datetime:
    """A moment as it was written, in UTC where it names no zone; raises ValueError."""
    made = datetime.fromisoformat(text.replace(" ", "+").replace("Z", "+00:00"))
    return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)


def split_outside(text: str, sign: str) -> list[str]:
    """The parts between a sign that stands outside of quotes and parentheses."""
    parts, depth, quoted, begun = [], 0, False, 0
    for i, each in enumerate(text):
        if each == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif each in "([{":
            depth += 1
        elif each in ")]}":
            depth -= 1
        elif each == sign and depth == 0:
            parts.append(text[begun:i])
            begun = i + 1
    return [*parts, text[begun:]]
