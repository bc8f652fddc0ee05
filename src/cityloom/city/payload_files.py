"""`payloads.toml`: how types of devices write, what they are called, and where a bridge finds a device in a topic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cityloom.city.problems import nearest
from cityloom.city.sheets import CODE_CHARS, Notes

TIME_UNITS = ("auto", "s", "ms", "us", "iso")
_TYPE_KEYS = ("name_zh", "name_en", "calibrate_days", "streams", "time", "time_unit", "items")
_TOPIC_KEYS = ("match", "device", "stream")
MOST_DAYS = 36_500
_LEVEL = re.compile(r"\{(\d)\}")


class Payload(NamedTuple):
    """How a type of device writes: `streams` names what is to be found under which path; empty: under its own name.

    `time` is the path of the time, empty: under `t`, `time`, `ts` or `timestamp`. `items`: the path of a list of
    such objects.
    """

    streams: Mapping[str, tuple[str, ...]] = {}
    time: tuple[str, ...] = ()
    time_unit: str = "auto"
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicRule:
    """Topics of another broker that a bridge takes: a filter of MQTT, and the device and stream its levels name."""

    code: str
    match: str
    device: str
    stream: str = ""


@dataclass(frozen=True, slots=True)
class PayloadEntry:
    """One entry of the file: `[type.CODE]` or `[topic.CODE]`."""

    code: str  # `type.CODE` or `topic.CODE`
    told: Mapping[str, Any] = field(default_factory=dict)


def payload_entries_of(data: Mapping[str, Any], notes: Notes) -> tuple[PayloadEntry, ...]:
    """`payloads.toml`; an entry with a fault is left out and its fault noted."""
    found = []
    for table, rows in data.items():
        if table not in ("type", "topic"):
            notes.at_key("key_unknown", table, key=table, near="[type.…], [topic.…]")
            continue
        for code, row in (rows if isinstance(rows, Mapping) else {}).items():
            where, before = f"{table}.{code}", len(notes.problems)
            if len(code) > CODE_CHARS:
                notes.at_key("too_long", code[:CODE_CHARS], key=table, length=len(code), longest=CODE_CHARS)
            if not isinstance(row, Mapping):
                notes.at_key("value_form", where, key=where, value=row, form=f"[{where}]")
            else:
                _check_keys(where, row, _TYPE_KEYS if table == "type" else _TOPIC_KEYS, notes)
                (_check_type if table == "type" else _check_topic)(where, row, notes)
            if len(notes.problems) == before:
                found.append(PayloadEntry(where, dict(row)))
    return tuple(found)


def payloads_of(entries: Mapping[str, PayloadEntry]) -> dict[str, Payload]:
    """How each type of device writes, by type."""
    return {
        code.removeprefix("type."): Payload(
            {name: _path(path) for name, path in each.told.get("streams", {}).items()},
            _path(each.told.get("time", "")),
            each.told.get("time_unit", "auto"),
            _path(each.told.get("items", "")),
        )
        for code, each in entries.items()
        if code.startswith("type.")
    }


def topic_rules_of(entries: Mapping[str, PayloadEntry]) -> tuple[TopicRule, ...]:
    """What a bridge takes, in the order of the file."""
    return tuple(
        TopicRule(code.removeprefix("topic."), each.told["match"], each.told["device"], each.told.get("stream", ""))
        for code, each in entries.items()
        if code.startswith("topic.")
    )


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _check_keys(where: str, row: Mapping[str, Any], known: tuple[str, ...], notes: Notes) -> None:
    for key in row:
        if key not in known:
            notes.at_key("key_unknown", f"{where}.{key}", key=key, near=nearest(key, known))


def _check_type(where: str, row: Mapping[str, Any], notes: Notes) -> None:
    streams = row.get("streams", {})
    if not isinstance(streams, Mapping) or not all(isinstance(path, str) and path for path in streams.values()):
        notes.at_key(
            "value_form", f"{where}.streams", key="streams", value=streams, form='{ level_m = "data.level" }'
        )
    for key, form in (("time", '"data.ts"'), ("items", '"records"'), ("name_zh", '"…"'), ("name_en", '"…"')):
        if not isinstance(row.get(key, ""), str):
            notes.at_key("value_form", f"{where}.{key}", key=key, value=row[key], form=form)
    days = row.get("calibrate_days", 0)
    if type(days) is not int or not 0 <= days <= MOST_DAYS:
        notes.at_key("value_form", f"{where}.calibrate_days", key="calibrate_days", value=days, form="365")
    unit = row.get("time_unit", "auto")
    if unit not in TIME_UNITS:
        near = nearest(str(unit), TIME_UNITS)
        notes.at_key("value_unknown", f"{where}.time_unit", key="time_unit", value=unit, near=near, known=TIME_UNITS)


def _check_topic(where: str, row: Mapping[str, Any], notes: Notes) -> None:
    match = row.get("match")
    if not isinstance(match, str) or not _is_filter(match):
        notes.at_key("value_form", f"{where}.match", key="match", value=match, form='"zigbee/+/state"')
        return
    levels = match.count("/") + 1
    for key in ("device", "stream"):
        text = row.get(key, "")
        named = [int(n) for n in _LEVEL.findall(text)] if isinstance(text, str) else []
        if not isinstance(text, str) or any(n >= levels and not match.endswith("#") for n in named):
            notes.at_key("value_form", f"{where}.{key}", key=key, value=text, form='"{1}"')
    if not row.get("device"):
        notes.at_key("key_missing", f"{where}.device", key="device")


def _is_filter(match: str) -> bool:
    """Whether it is a filter of MQTT: `+` for one level, `#` only as the last one."""
    levels = match.split("/")
    return bool(match) and all(
        level in ("+", "#") or not set(level) & {"+", "#"} for level in levels
    ) and "#" not in levels[:-1]  # fmt: skip
