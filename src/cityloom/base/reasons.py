"""A reason is a code with parameters; here it becomes a sentence in Chinese or English.

History stores `Reason.as_json()`, never a sentence, so that a wording can be mended for old decisions too.
Each context keeps a table `code -> (zh, en)` in its own `reasons.py` and registers it once at import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TEMPLATES: dict[str, tuple[str, str]] = {}


class UnknownReason(KeyError):
    """A code that no context has registered: add it to the table of the context that uses it."""


@dataclass(frozen=True)
class Reason:
    """Why something was decided: `Reason("duty.matched", {"unit": "..."})`. Parameters are plain JSON values."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, **({"params": dict(self.params)} if self.params else {})}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Reason:
        return Reason(data["code"], data.get("params", {}))


def register(table: Mapping[str, tuple[str, str]]) -> None:
    """Add a context's sentences; the same code with another wording is a mistake and refused."""
    for code, pair in table.items():
        if _TEMPLATES.get(code, pair) != pair:
            raise ValueError(f"reason {code!r} is registered twice with different words")
        _TEMPLATES[code] = pair


def render(reason: Reason, language: str = "zh") -> str:
    """The sentence for a person; a parameter that is itself a list is joined, a missing one shows as `…`."""
    try:
        zh, en = _TEMPLATES[reason.code]
    except KeyError:
        raise UnknownReason(reason.code) from None
    in_chinese = language.startswith("zh")
    return (zh if in_chinese else en).format_map(_Shown(reason.params, "、" if in_chinese else ", "))


def known_codes() -> frozenset[str]:
    """All registered codes, for the tests that keep every used code worded."""
    return frozenset(_TEMPLATES)


class _Shown(dict[str, Any]):
    def __init__(self, params: Mapping[str, Any], comma: str) -> None:
        super().__init__(
            {k: comma.join(map(str, v)) if isinstance(v, list | tuple | set) else v for k, v in params.items()}
        )

    def __missing__(self, key: str) -> str:
        return "…"
