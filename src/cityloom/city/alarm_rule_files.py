"""`rules.toml`: each `[rule.CODE]` as a value, and what is wrong with it, key by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cityloom.city.alarm_rules import DAYS, AlarmRule, Kind, Per, Severity
from cityloom.city.problems import nearest
from cityloom.city.sheets import CODE_CHARS, Notes
from cityloom.city.toml_files import NUMBER, NUMBERS, TEXT, WORD, named_entries
from cityloom.city.values import Name

WORDS, FLAG = '["…", "…"]', "true / false"
MORE_KINDS: dict[str, Callable[[object], bool]] = {
    WORDS: lambda value: isinstance(value, list) and all(isinstance(w, str) and len(w) <= CODE_CHARS for w in value),
    FLAG: lambda value: isinstance(value, bool),
}
# Which key says what kind of rule it is; a rule has exactly one of them.
KIND_OF: dict[str, Kind] = {
    "above": Kind.THRESHOLD,
    "below": Kind.THRESHOLD,
    "rises": Kind.RATE,
    "falls": Kind.RATE,
    "missing_s": Kind.MISSING,
    "missing_intervals": Kind.MISSING,
    "stuck_s": Kind.STUCK,
    "out_of_range": Kind.RANGE,
    "mads": Kind.SEASONAL,
    "all_of": Kind.COMBINED,
    "any_of": Kind.COMBINED,
    "of": Kind.COMBINED,
}
KEYS: dict[str, str] = {
    "name_zh": TEXT,
    "name_en": TEXT,
    "type": WORD,
    "stream": WORD,
    "class": TEXT,
    "severity": WORD,
    **dict.fromkeys(("above", "below", "clear", "for_s", "rises", "falls", "per_s"), NUMBER),
    **dict.fromkeys(("missing_s", "missing_intervals", "stuck_s", "stuck_within"), NUMBER),
    **dict.fromkeys(("mads", "clear_mads", "weeks", "spread", "at_least", "within_m"), NUMBER),
    **dict.fromkeys(("flaps", "flap_s", "return_s"), NUMBER),
    **dict.fromkeys(("out_of_range", "months", "escalate_min"), NUMBERS),
    **dict.fromkeys(("all_of", "any_of", "of", "days", "silences"), WORDS),
    **dict.fromkeys(("hours", "per", "level", "silences_level"), WORD),
    "alone": FLAG,
}
_WHOLE = ("weeks", "at_least", "flaps")
_ABOVE_ZERO = ("rises", "falls", "per_s", "missing_s", "missing_intervals", "stuck_s", "mads", "clear_mads", "weeks",
               "at_least", "within_m", "flaps", "flap_s")  # fmt: skip
_NOT_BELOW_ZERO = ("for_s", "stuck_within", "spread", "return_s")
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
MOST_WEEKS = 12


def rules_of(data: Mapping[str, Any], notes: Notes) -> tuple[AlarmRule, ...]:
    """`rules.toml`: the rules without a fault."""
    rows = named_entries(data, "rule", KEYS, ("severity",), notes, MORE_KINDS)
    rules = []
    for code, row in rows.items():
        faults = len(notes.problems)
        _check_row(code, row, notes)
        if len(notes.problems) == faults:
            rules.append(_rule(code, row))
    known = {rule.code: rule for rule in rules}
    return tuple(rule for rule in rules if _members_known(rule, known, notes))


def _check_row(code: str, row: Mapping[str, Any], notes: Notes) -> None:
    given = [key for key in KIND_OF if key in row]
    if len(given) != 1:
        notes.at_key("one_threshold", f"rule.{code}", count=len(given), keys=", ".join(KIND_OF))
        return
    kind = KIND_OF[given[0]]
    for key in _needed(row, kind):
        if not row.get(key):
            notes.at_key("key_missing", f"rule.{code}.{key}", key=key)
    _check_numbers(code, row, kind, notes)
    _check_words(code, row, notes)


def _needed(row: Mapping[str, Any], kind: Kind) -> tuple[str, ...]:
    """The keys that must be there: a combination asks other rules, a notice opens no case."""
    device = () if kind is Kind.COMBINED else ("type", "stream")
    matter = () if row["severity"] == Severity.NOTICE or row.get("alone") is False else ("class",)
    area = ("level",) if row.get("per") == Per.AREA else ()
    silenced = ("silences_level",) if row.get("silences") else ()
    return (*device, *matter, *area, *silenced, *(("at_least",) if "of" in row else ()))


def _check_numbers(code: str, row: Mapping[str, Any], kind: Kind, notes: Notes) -> None:
    for key in _ABOVE_ZERO:
        if key in row and row[key] <= 0:
            _form(code, key, row, "> 0", notes)
    for key in _NOT_BELOW_ZERO:
        if key in row and row[key] < 0:
            _form(code, key, row, ">= 0", notes)
    for key in _WHOLE:
        if key in row and row[key] != int(row[key]):
            _form(code, key, row, "1, 2, 3, …", notes)
    if row.get("weeks", 1) > MOST_WEEKS:
        _form(code, "weeks", row, f"1–{MOST_WEEKS}", notes)
    for key in ("all_of", "any_of", "of"):
        if row.get(key) == []:
            _form(code, key, row, '["rule_1", "rule_2"]', notes)
    limits = row.get("out_of_range")
    if (limits is not None and len(limits) not in (0, 2)) or (limits and limits[0] >= limits[1]):
        _form(code, "out_of_range", row, "[low, high]", notes)
    if any(month not in range(1, 13) for month in row.get("months", ())):
        _form(code, "months", row, "[1, 2, …, 12]", notes)
    steps = row.get("escalate_min", [])
    if any(step <= 0 for step in steps) or sorted(set(steps)) != list(steps):
        _form(code, "escalate_min", row, "[10, 30]", notes)
    if kind is Kind.THRESHOLD and "clear" in row:
        wrong = row["clear"] > row["above"] if "above" in row else row["clear"] < row["below"]
        if wrong:
            limit = f"<= above ({row['above']})" if "above" in row else f">= below ({row['below']})"
            _form(code, "clear", row, limit, notes)
    if row.get("clear_mads", 0) > row.get("mads", 0):
        _form(code, "clear_mads", row, f"<= mads ({row.get('mads')})", notes)


def _check_words(code: str, row: Mapping[str, Any], notes: Notes) -> None:
    _known(code, "severity", row["severity"], tuple(Severity), notes)
    _known(code, "per", row.get("per", Per.DEVICE), tuple(Per), notes)
    for day in row.get("days", ()):
        _known(code, "days", day, DAYS, notes)
    if "hours" in row and not _HOURS.fullmatch(row["hours"]):
        _form(code, "hours", row, '"22:00-06:00"', notes)


def _known(code: str, key: str, value: str, known: tuple[str, ...], notes: Notes) -> None:
    if value not in known:
        words = [str(each) for each in known]
        notes.at_key(
            "value_unknown", f"rule.{code}.{key}", key=key, value=value, near=nearest(value, words), known=words
        )


def _form(code: str, key: str, row: Mapping[str, Any], form: str, notes: Notes) -> None:
    notes.at_key("value_form", f"rule.{code}.{key}", key=key, value=row[key], form=form)


def _rule(code: str, row: Mapping[str, Any]) -> AlarmRule:
    key = next(key for key in KIND_OF if key in row)
    said: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    for name in ("name_zh", "name_en", "class"):
        said.pop(name, None)
    for name in _WHOLE:
        if name in said:
            said[name] = int(said[name])
    if "months" in said:
        said["months"] = tuple(int(month) for month in said["months"])
    named = Name(row.get("name_zh", ""), row.get("name_en", ""))
    said = {"type": "", "stream": "", **said}
    return AlarmRule(code=code, name=named, class_code=row.get("class", ""), kind=KIND_OF[key].value, **said)


def _members_known(rule: AlarmRule, known: Mapping[str, AlarmRule], notes: Notes) -> bool:
    """A combination asks rules of the file that are none themselves, and has room for as many as it wants."""
    key = "all_of" if rule.all_of else "any_of" if rule.any_of else "of"
    faults = len(notes.problems)
    simple = [each.code for each in known.values() if each.kind != Kind.COMBINED]
    for member in rule.members:
        if member not in simple:
            _known(rule.code, key, member[:CODE_CHARS], tuple(simple), notes)
    return len(notes.problems) == faults
