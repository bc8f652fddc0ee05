"""The reason of a move from the code that was given, with the parameters its sentence asks for."""

from __future__ import annotations

from string import Formatter

from cityloom.base.reasons import Reason
from cityloom.cases.errors import MissingNeed, UnknownWord
from cityloom.cases.reasons import REASONS, REASONS_OF
from cityloom.city.values import Post


def reason_given(
    code: str, move: str, by: Post, *, unit: str = "", number: str = "", note: str = ""
) -> Reason | None:
    """The reason; None where none was given. A dispatch tells its unit by itself.

    Raises UnknownWord for a code that is none of this move's, MissingNeed when what its sentence names did not come.
    """
    if move == "dispatch" and unit:
        return Reason("dispatch.chosen", {"unit": unit})
    if move == "pass_on" and unit:
        return Reason("dispatch.passed_on", {"from": by.unit or "", "unit": unit})
    if not code:
        return None
    if code not in REASONS_OF.get(move, ()):
        raise UnknownWord("error.unknown_reason", code=code, move=move, known=list(REASONS_OF.get(move, ())))
    return Reason(code, _params_of(code, move, {"unit": unit, "number": number.strip(), "why": note.strip()}))


def _params_of(code: str, move: str, given: dict[str, str]) -> dict[str, str]:
    wanted = {name for _, name, _, _ in Formatter().parse(REASONS[code][0]) if name}
    missing = [name for name in wanted if name in given and not given[name]]
    if missing:
        needs = [{"number": "number", "why": "note"}.get(name, name) for name in missing]
        raise MissingNeed("error.missing_need", move=move, needs=needs)
    return {name: given[name] for name in wanted if name in given}
