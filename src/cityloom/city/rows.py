"""How each kind of value is stored: the table, what names a row in it, its columns, and the way back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from cityloom.city import models
from cityloom.city.alarm_rules import AlarmRule, fields_of, more_of
from cityloom.city.folder_values import CalendarDay, CityFolder, Feature, Indicator, Thing
from cityloom.city.keys import day_key, duty_key, group_key, post_key, words_key
from cityloom.city.payload_files import PayloadEntry
from cityloom.city.reader_words import ReaderWords
from cityloom.city.values import (
    Area,
    ClassWords,
    Component,
    Duty,
    GroupPost,
    MatterClass,
    Name,
    Nature,
    Post,
    Role,
    Span,
    Standard,
    Unit,
    Urgency,
)
from cityloom.city.vital_values import VitalSign, sign_from_json

Columns = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """One kind of value: `name` as people see it in counts, and how it goes to the database and back."""

    name: str
    model: type[models.Row]
    values: Callable[[CityFolder], Iterable[Any]]
    key: Callable[[Any], str]
    to_columns: Callable[[Any], Columns]
    from_columns: Callable[[Columns], Any]


def digest_of(columns: Columns) -> str:
    """What the row says, in 32 hexadecimal digits; equal exactly when every column is."""
    return hashlib.blake2b(_ENCODER.encode(columns).encode(), digest_size=16).hexdigest()


def _as_text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=_as_text)


def _names(name: Name, prefix: str = "name") -> Columns:
    return {f"{prefix}_zh": name.zh, f"{prefix}_en": name.en}


def _name(row: Columns, prefix: str = "name") -> Name:
    return Name(row[f"{prefix}_zh"], row[f"{prefix}_en"])


def _days(span: Span) -> Columns:
    return {"valid_from": span.start, "valid_until": span.end}


def _span(row: Columns) -> Span:
    return Span(row["valid_from"], row["valid_until"])


def _box(geometry: bytes) -> Columns:
    west, south, east, north = shapely.from_wkb(geometry).bounds
    return {"geometry": geometry, "west": west, "south": south, "east": east, "north": north}


def _area_columns(area: Area) -> Columns:
    return {
        "code": area.code,
        "parent": area.parent or "",
        "level": area.level,
        **_names(area.name),
        "population": area.population,
        "scheme": area.scheme,
        "scheme_version": area.scheme_version,
        **_box(area.geometry),
    }


def _area(row: Columns) -> Area:
    return Area(
        code=row["code"],
        parent=row["parent"] or None,
        level=row["level"],
        name=_name(row),
        population=row["population"],
        geometry=bytes(row["geometry"]),
        scheme=row["scheme"],
        scheme_version=row["scheme_version"],
    )


def _unit_columns(unit: Unit) -> Columns:
    return {
        "code": unit.code,
        "parent": unit.parent or "",
        "kind": unit.kind,
        **_names(unit.name),
        "serves": list(unit.serves),
        **_days(unit.valid),
        "successors": list(unit.successors),
    }


def _unit(row: Columns) -> Unit:
    return Unit(
        code=row["code"],
        parent=row["parent"] or None,
        kind=row["kind"],
        name=_name(row),
        serves=tuple(row["serves"]),
        valid=_span(row),
        successors=tuple(row["successors"]),
    )


def _post_columns(post: Post) -> Columns:
    return {
        "login": post.login,
        "name": post.name,
        "role": post.role.value,
        "unit": post.unit or "",
        "area": post.area or "",
        **_days(post.valid),
    }


def _post(row: Columns) -> Post:
    return Post(
        login=row["login"],
        role=Role(row["role"]),
        unit=row["unit"] or None,
        area=row["area"] or None,
        valid=_span(row),
        name=row["name"],
    )


def _group_columns(each: GroupPost) -> Columns:
    return {
        "group": each.group,
        "role": each.role.value,
        "unit": each.unit or "",
        "area": each.area or "",
        **_days(each.valid),
    }


def _group(row: Columns) -> GroupPost:
    return GroupPost(row["group"], Role(row["role"]), row["unit"] or None, row["area"] or None, _span(row))


def _class_columns(each: MatterClass) -> Columns:
    return {
        "code": each.code,
        "scheme": each.scheme,
        "scheme_version": each.version,
        "parent": each.parent or "",
        "kind": each.kind,
        **_names(each.name),
        "nature": each.nature.value,
        "needs_verify": each.verify,
        "needs_check": each.check,
        **_days(each.valid),
    }


def _class(row: Columns) -> MatterClass:
    return MatterClass(
        code=row["code"],
        scheme=row["scheme"],
        version=row["scheme_version"],
        parent=row["parent"] or None,
        kind=row["kind"],
        name=_name(row),
        nature=Nature(row["nature"]),
        verify=row["needs_verify"],
        check=row["needs_check"],
        valid=_span(row),
    )


def _standard_columns(standard: Standard) -> Columns:
    return {
        "code": standard.code,
        "class_code": standard.class_code,
        **_names(standard.condition, "condition"),
        "urgency": standard.urgency.value,
        "limit": standard.limit,
        "unit": standard.unit or "",
        "hours": standard.hours,
        "after_hours": standard.after_hours,
        "due_time": standard.due_time,
        **_names(standard.closing, "closing"),
        "default": standard.default,
        **_days(standard.valid),
    }


def _standard(row: Columns) -> Standard:
    return Standard(
        code=row["code"],
        class_code=row["class_code"],
        condition=_name(row, "condition"),
        urgency=Urgency(row["urgency"]),
        limit=row["limit"],
        unit=row["unit"] or None,
        hours=row["hours"],
        after_hours=row["after_hours"],
        due_time=row["due_time"],
        closing=_name(row, "closing"),
        default=row["default"],
        valid=_span(row),
    )


def _duty_columns(duty: Duty) -> Columns:
    return {
        "class_pattern": duty.class_pattern,
        "area": duty.area,
        "unit": duty.unit,
        "role": duty.role,
        "order": duty.order,
        "source": duty.source,
        "hours": duty.hours,
        "pushed_down": duty.pushed_down,
        **_days(duty.valid),
    }


def _duty(row: Columns) -> Duty:
    return Duty(
        class_pattern=row["class_pattern"],
        area=row["area"],
        unit=row["unit"],
        role=row["role"],
        order=row["order"],
        source=row["source"],
        hours=row["hours"],
        pushed_down=row["pushed_down"],
        valid=_span(row),
    )


def _component_columns(component: Component) -> Columns:
    return {
        "code": component.code,
        "class_code": component.class_code,
        "name": component.name,
        "lon": component.lon,
        "lat": component.lat,
        "geometry": component.geometry,
        "owner": component.owner or "",
        "keeper": component.keeper or "",
        "supervisor": component.supervisor or "",
        "state": component.state,
        "since": component.since,
    }


def _component(row: Columns) -> Component:
    return Component(
        code=row["code"],
        class_code=row["class_code"],
        lon=row["lon"],
        lat=row["lat"],
        name=row["name"],
        owner=row["owner"] or None,
        keeper=row["keeper"] or None,
        supervisor=row["supervisor"] or None,
        state=row["state"],
        since=row["since"],
        geometry=bytes(row["geometry"]),
    )


def _calendar_columns(each: CalendarDay) -> Columns:
    return {"day": each.day, "calendar": each.calendar, "kind": each.kind, **_names(each.name)}


def _calendar_day(row: Columns) -> CalendarDay:
    return CalendarDay(row["day"], row["kind"], _name(row), row["calendar"])


def _feature_columns(feature: Feature) -> Columns:
    return {
        "layer": feature.layer,
        "code": feature.code,
        **_names(feature.name),
        "kind": feature.kind,
        "properties": dict(feature.properties),
        **_box(feature.geometry),
    }


def _feature(row: Columns) -> Feature:
    return Feature(
        layer=row["layer"],
        code=row["code"],
        name=_name(row),
        kind=row["kind"],
        properties=row["properties"],
        geometry=bytes(row["geometry"]),
    )


def _indicator_columns(each: Indicator) -> Columns:
    return {
        "code": each.code,
        **_names(each.name),
        "numerator": each.numerator,
        "denominator": each.denominator,
        "unit": each.unit,
        "period": each.period,
        "source": each.source,
        "target": each.target,
        "bands": list(each.bands),
    }


def _indicator(row: Columns) -> Indicator:
    return Indicator(
        code=row["code"],
        name=_name(row),
        numerator=row["numerator"],
        denominator=row["denominator"],
        unit=row["unit"],
        period=row["period"],
        source=row["source"],
        target=row["target"],
        bands=tuple(row["bands"]),
    )


def _thing_columns(thing: Thing) -> Columns:
    return {
        "code": thing.code,
        "type": thing.type,
        **_names(thing.name),
        "component": thing.component,
        "area": thing.area,
        "owner": thing.owner,
        "lon": thing.lon,
        "lat": thing.lat,
        "streams": list(thing.streams),
        "interval_s": thing.interval_s,
        **_days(thing.valid),
    }


def _thing(row: Columns) -> Thing:
    return Thing(
        code=row["code"],
        type=row["type"],
        name=_name(row),
        component=row["component"],
        area=row["area"],
        owner=row["owner"],
        lon=row["lon"],
        lat=row["lat"],
        streams=tuple(row["streams"]),
        interval_s=row["interval_s"],
        valid=_span(row),
    )


def _rule_columns(rule: AlarmRule) -> Columns:
    return {
        "code": rule.code,
        **_names(rule.name),
        "type": rule.type,
        "stream": rule.stream,
        "above": rule.above,
        "below": rule.below,
        "missing_s": rule.missing_s,
        "clear": rule.clear,
        "for_s": rule.for_s,
        "class_code": rule.class_code,
        "severity": rule.severity,
        "more": more_of(rule),
    }


def _rule(row: Columns) -> AlarmRule:
    return AlarmRule(
        code=row["code"],
        name=_name(row),
        type=row["type"],
        stream=row["stream"],
        class_code=row["class_code"],
        severity=row["severity"],
        above=row["above"],
        below=row["below"],
        missing_s=row["missing_s"],
        clear=row["clear"],
        for_s=row["for_s"],
        **fields_of(row["more"]),
    )


def _sign_columns(sign: VitalSign) -> Columns:
    return {"code": sign.code, **_names(sign.name), "told": sign.as_json()}


def _sign(row: Columns) -> VitalSign:
    return sign_from_json(row["code"], _name(row), row["told"])


def _words_columns(each: ClassWords) -> Columns:
    return {"class_code": each.class_code, "zh": list(each.zh), "en": list(each.en), "weight": each.weight}


def _words(row: Columns) -> ClassWords:
    return ClassWords(row["class_code"], tuple(row["zh"]), tuple(row["en"]), row["weight"])


def _by_code(value: Any) -> str:
    code: str = value.code
    return code


def _paths(folder: CityFolder) -> list[Mapping[str, Any]]:
    return [folder.paths]


FEATURES = Table(
    "features",
    models.Feature,
    lambda f: f.features,
    lambda each: f"{each.layer}|{each.code}",
    _feature_columns,
    _feature,
)
TABLES: tuple[Table, ...] = (
    Table("areas", models.Area, lambda f: f.areas, _by_code, _area_columns, _area),
    Table("units", models.Unit, lambda f: f.units, _by_code, _unit_columns, _unit),
    Table("posts", models.Post, lambda f: f.posts, post_key, _post_columns, _post),
    Table("groups", models.GroupPost, lambda f: f.groups, group_key, _group_columns, _group),
    Table("classes", models.MatterClass, lambda f: f.classes, _by_code, _class_columns, _class),
    Table("standards", models.Standard, lambda f: f.standards, _by_code, _standard_columns, _standard),
    Table("paths", models.PathSet, _paths, lambda _: "paths", lambda d: {"data": dict(d)}, lambda r: r["data"]),
    Table("duties", models.Duty, lambda f: f.duties, duty_key, _duty_columns, _duty),
    Table("components", models.Component, lambda f: f.components, _by_code, _component_columns, _component),
    Table(
        "calendar",
        models.CalendarDay,
        lambda f: f.calendar,
        day_key,
        _calendar_columns,
        _calendar_day,
    ),
    FEATURES,
    Table("indicators", models.Indicator, lambda f: f.indicators, _by_code, _indicator_columns, _indicator),
    Table("things", models.Thing, lambda f: f.things, _by_code, _thing_columns, _thing),
    Table("lexicon", models.ClassWords, lambda f: f.lexicon, words_key, _words_columns, _words),
    Table(
        "reader_words",
        models.ReaderWords,
        lambda f: [*f.urgency_words, *f.route_words, *f.knowledge],
        _by_code,
        lambda each: {"code": each.code, "told": dict(each.told)},
        lambda row: ReaderWords(row["code"], row["told"]),
    ),
    Table("rules", models.AlarmRule, lambda f: f.rules, _by_code, _rule_columns, _rule),
    Table(
        "payloads",
        models.Payload,
        lambda f: f.payloads,
        _by_code,
        lambda each: {"code": each.code, "told": each.told},
        lambda row: PayloadEntry(row["code"], row["told"]),
    ),
    Table("vital_signs", models.VitalSign, lambda f: f.vital_signs, _by_code, _sign_columns, _sign),
)
