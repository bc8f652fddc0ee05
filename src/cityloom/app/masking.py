"""The last net under every line of a log: phones, identity numbers and private codes are masked. Pure.

Nothing personal should be logged in the first place; this catches what slips into a message or an exception.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.triage.masking import Personal, find_personal

PHONE, IDENTITY, CODE = "[phone]", "[identity]", "[code]"

_LETTERS = "2-9A-HJ-NP-Za-hj-np-z"  # of tracking codes, however they were typed
_EDGE, _END = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    # the address of a report's own page
    (re.compile(r"(/t/)[^/\s?#\"'<>]+"), rf"\1{CODE}"),
    # 26 letters and digits: together, or in groups as people read them out
    (re.compile(rf"{_EDGE}[{_LETTERS}]{{26}}{_END}"), CODE),
    (re.compile(rf"{_EDGE}(?=[A-Za-z \-]*[2-9])(?:[{_LETTERS}][ \-]?){{25}}[{_LETTERS}]{_END}"), CODE),
)  # fmt: skip
_INSTEAD = {Personal.IDENTITY: IDENTITY, Personal.MOBILE: PHONE, Personal.LANDLINE: PHONE}
_NUMBERS = frozenset(_INSTEAD)
# What a database adds to an error: the values of the row that failed.
_ROW_VALUES = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*$", re.MULTILINE)


def mask(text: str) -> str:
    """The text with phones, identity numbers, private codes and their pages' addresses masked."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    parts, last = [], 0
    for span in find_personal(text, _NUMBERS):
        parts += [text[last : span.start], _INSTEAD[span.kind]]
        last = span.end
    return "".join([*parts, text[last:]])


def masked_value(value: Any) -> Any:
    """A value of a log's field, masked through lists and tables."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(str(key)): masked_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value(each) for each in value]
    return value


def told_exception(error: BaseException, *, messages: bool) -> str:
    """An exception as a log may tell it: kinds and places, never the values of a frame.

    Its message may quote what a person said, so it is told only where `messages` asks for it, then masked and
    without the rows a database quotes. Without it a refusal tells its code, a database its state and its names.
    """
    parts = []
    for each in _chain(error):
        frames = [f"  {f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(each.__traceback__)]
        said = mask(_ROW_VALUES.sub(r"\1: [row]", str(each))) if messages else _known_of(each)
        parts.append("\n".join([*frames, f"{type(each).__name__}: {said}" if said else type(each).__name__]))
    return "\nafter\n".join(parts)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it came from, the last one first."""
    seen: set[int] = set()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        yield now
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)


def _known_of(error: BaseException) -> str:
    """What of an exception cannot hold a person's words."""
    if isinstance(error, CityloomError):
        return error.reason.code
    if isinstance(error, OSError):
        return f"errno={error.errno} {error.strerror or ''}".strip()
    diag = getattr(error, "diag", None)  # psycopg
    names = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")
    known = {name: getattr(diag, name, None) for name in names}
    return " ".join(f"{name}={value}" for name, value in known.items() if value)
