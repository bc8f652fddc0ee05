"""What a city folder says, checked as a whole: `check_folder` reads it and finds everything wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from cityloom.city.alarm_rules import Kind
from cityloom.city.check_areas import check_areas, check_coordinates
from cityloom.city.check_duties import check_duties, check_duty_rows
from cityloom.city.check_overlays import check_overlays
from cityloom.city.checking import Findings
from cityloom.city.clock_values import AfterHours
from cityloom.city.deputies import SPLIT
from cityloom.city.folder import Progress, read_folder, untold
from cityloom.city.folder_values import CityFolder
from cityloom.city.keys import day_key, group_key, post_key, words_key
from cityloom.city.knowledge import notes_of
from cityloom.city.paths import check_paths
from cityloom.city.problems import ERROR, Problem, nearest
from cityloom.city.table_files import spans_meet
from cityloom.city.trees import circles
from cityloom.city.values import Span
from cityloom.city.vital_checks import check_signs

_LEVELS = ("error", "warning", "info")


def check_folder(directory: Path, progress: Progress = untold) -> tuple[CityFolder, list[Problem]]:
    """The folder's values and every problem, errors first; nothing is changed. `progress` as in `read_folder`."""
    folder, problems = read_folder(directory, lambda step, share: progress(step, 0.7 * share))
    progress(directory.name, 0.7)
    problems = [*problems, *check_values(folder)]
    return folder, sorted(problems, key=lambda p: (_LEVELS.index(p.level), p.file))


def check_values(folder: CityFolder) -> list[Problem]:
    """Every problem of what the values say together; none where `city.toml` could not be read."""
    if folder.config is None:
        return []
    found = Findings(folder, folder.config)
    _check_tomls(found)
    check_coordinates(found)
    check_areas(found)
    _check_units(found)
    _check_people(found)
    _check_groups(found)
    _check_classes(found)
    _check_lexicon(found)
    _check_knowledge(found)
    _check_standards(found)
    check_duty_rows(found, (each.code for each in folder.classes))
    _check_components(found)
    _check_calendar(found)
    _check_things(found)
    check_signs(found)
    _check_features(found)
    _check_kiosks(found)
    _check_bikes(found)
    check_overlays(found)
    _check_patterns(found)
    if not any(p.level == ERROR and p.code in _BREAKS_TREES for p in found.problems):
        check_duties(found)
    return found.problems


def check_tables(folder: CityFolder, fields: Iterable[str]) -> list[Problem]:
    """Every problem of changed `duties` and `standards`, the rest of the folder being known as sound."""
    if folder.config is None:
        return []
    found, fields = Findings(folder, folder.config), set(fields)
    if "standards" in fields:
        _check_standards(found)
    if "duties" in fields:
        check_duty_rows(found, (each.code for each in folder.classes))
        _check_living(found, "duties")
        if not any(p.level == ERROR and p.code in _BREAKS_TREES for p in found.problems):
            check_duties(found)
    return found.problems


# The duty matrix is only looked at on sound trees: its gaps would else repeat these.
_BREAKS_TREES = ("circle", "code_unknown", "code_twice", "city_area_count")


def _check_tomls(found: Findings) -> None:
    """Both settings files can be stored, and the paths lead somewhere."""
    for file, data in (("city.toml", found.folder.raw_config), ("paths.toml", found.folder.paths)):
        try:
            json.dumps(data, allow_nan=False)
        except (TypeError, ValueError) as error:  # a date, a time, an infinite number
            found.in_file("file_unreadable", file, detail=str(error), form="TOML")
    try:
        problems = check_paths(found.folder.paths or None)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        found.in_file("file_unreadable", "paths.toml", detail=str(error), form="TOML")
        return
    for problem in problems:
        found.in_file(problem.code, "paths.toml", problem.where, **problem.params)


def _check_units(found: Findings) -> None:
    units = {unit.code: unit for unit in found.folder.units}
    areas = {area.code for area in found.folder.areas}
    found.repeated("units", (unit.code for unit in found.folder.units))
    for ring in circles({code: unit.parent for code, unit in units.items()}):
        found.in_file("circle", "units.csv", ring[0], codes=list(ring))
    for i, unit in enumerate(found.folder.units):
        if unit.parent and unit.parent not in units:
            found.unknown("units", i, unit.code, "parent", unit.parent, units)
        for area in unit.serves:
            if area not in areas:
                found.unknown("units", i, unit.code, "serves", area, areas)
        for successor in unit.successors:
            if successor not in units:
                found.unknown("units", i, unit.code, "successors", successor, units)
        if unit.valid.end and not unit.successors:
            found.at("successor_missing", "units", i, unit.code)
    last_resort = found.config.settings.last_resort
    if last_resort and last_resort not in units:
        near = nearest(last_resort, units)
        found.in_file(
            "code_unknown", "city.toml", "dispatch.last_resort", key="last_resort", code=last_resort, near=near
        )
    for field in ("posts", "groups", "duties"):
        _check_living(found, field)


_NAMED_BY = {"posts": "login", "groups": "group", "duties": "class_pattern"}


def _check_living(found: Findings, field: str) -> None:
    """A post or a duty of a unit does not outlast the unit."""
    units = {unit.code: unit for unit in found.folder.units}
    for i, value in enumerate(getattr(found.folder, field)):
        if not value.unit:
            continue
        unit = units.get(value.unit)
        name = getattr(value, _NAMED_BY[field])
        if unit is None:
            found.unknown(field, i, name, "unit", value.unit, units)
        elif unit.valid.end and (value.valid.end or date.max) > unit.valid.end:
            near = ", ".join(unit.successors) or "…"
            found.at("unit_ended", field, i, name, key="unit", code=unit.code, until=unit.valid.end, near=near)


def _check_people(found: Findings) -> None:
    areas = {area.code for area in found.folder.areas}
    names: dict[str, list[str]] = {}
    found.repeated("posts", map(post_key, found.folder.posts), "row_twice")
    for i, post in enumerate(found.folder.posts):
        if post.area and post.area not in areas:
            found.unknown("posts", i, post.login, "area", post.area, areas)
        known = names.setdefault(post.login, [post.name])
        if post.name not in known:
            known.append(post.name)
            found.at("person_named_twice", "posts", i, post.login, login=post.login, names=list(known))


def _check_groups(found: Findings) -> None:
    areas = {area.code for area in found.folder.areas}
    found.repeated("groups", map(group_key, found.folder.groups), "row_twice")
    for i, each in enumerate(found.folder.groups):
        if each.area and each.area not in areas:
            found.unknown("groups", i, each.group, "area", each.area, areas)
    roles: dict[str, set[str]] = {}
    for i, each in enumerate(found.folder.groups):
        if each.role in SPLIT:
            apart = roles.setdefault(each.group, set())
            apart.add(each.role.value)
            if len(apart) > 1:
                found.at("group_joins_apart", "groups", i, each.group, group=each.group, roles=sorted(apart))


def _check_classes(found: Findings) -> None:
    classes = {each.code: each for each in found.folder.classes}
    schemes = found.config.schemes
    found.repeated("classes", (each.code for each in found.folder.classes))
    for ring in circles({code: each.parent for code, each in classes.items()}):
        found.in_file("circle", "catalogue.csv", ring[0], codes=list(ring))
    for i, each in enumerate(found.folder.classes):
        if each.scheme not in schemes:
            found.unknown("classes", i, each.code, "scheme", each.scheme, schemes)
        elif each.version and each.version != schemes[each.scheme].version:
            expected = schemes[each.scheme].version
            found.at("version_contradicts", "classes", i, each.code, version=each.version, expected=expected)
        if each.parent and each.parent not in classes:
            found.unknown("classes", i, each.code, "parent", each.parent, classes)
        elif each.parent and classes[each.parent].kind != each.kind:
            expected = classes[each.parent].kind
            found.at("kind_contradicts", "classes", i, each.code, kind=each.kind, expected=expected)
    parents = {each.parent for each in classes.values()}
    judged = {standard.class_code for standard in found.folder.standards}
    for i, each in enumerate(found.folder.classes):
        if each.code not in parents and each.code not in judged:
            found.at("class_without_standard", "classes", i, each.code)


def _check_lexicon(found: Findings) -> None:
    classes = {each.code for each in found.folder.classes}
    found.repeated("lexicon", map(words_key, found.folder.lexicon), "row_twice")
    for i, each in enumerate(found.folder.lexicon):
        if each.class_code not in classes:
            found.unknown("lexicon", i, each.class_code, "class", each.class_code, classes)


def _check_knowledge(found: Findings) -> None:
    classes = {each.code for each in found.folder.classes}
    for i, each in enumerate(found.folder.knowledge):
        for note in notes_of(each.told):
            if note.class_code is not None and note.class_code not in classes:
                found.unknown("knowledge", i, f"note.{note.code}", "class", note.class_code, classes)


def _check_standards(found: Findings) -> None:
    found.repeated("standards", (standard.code for standard in found.folder.standards))
    profiles = [profile.name for profile in found.config.hours]
    defaults: dict[str, list[tuple[str, Span]]] = {}
    for i, standard in enumerate(found.folder.standards):
        _check_leaf(found, "standards", i, standard.code, standard.class_code)
        if standard.hours and standard.hours not in profiles:
            found.unknown("standards", i, standard.code, "hours", standard.hours, profiles)
        if standard.limit and standard.unit in ("work_day", "natural_day") and standard.limit % 1:
            found.at("value_form", "standards", i, standard.code, key="limit", value=standard.limit, form="2")
        if standard.after_hours == AfterHours.NEXT_DAY and not standard.due_time:
            found.at("next_day_without_end", "standards", i, standard.code)
        if standard.default:
            before = defaults.setdefault(standard.class_code, [])
            same = [code for code, span in before if spans_meet(span, standard.valid)]
            if same:
                codes = [*same, standard.code]
                told = {"class": standard.class_code, "codes": codes}
                found.at("two_defaults", "standards", i, standard.code, **told)
            before.append((standard.code, standard.valid))


def _check_leaf(found: Findings, field: str, index: int, name: str, class_code: str) -> None:
    """The class exists and is one that can be filed."""
    codes = {each.code for each in found.folder.classes}
    if class_code not in codes:
        found.unknown(field, index, name, "class", class_code, codes)
    elif any(each.parent == class_code for each in found.folder.classes):
        found.at("class_not_leaf", field, index, name, code=class_code)


def _check_kiosks(found: Findings) -> None:
    """What a terminal asks for when somebody wants help is a class that can be filed."""
    codes = {each.code for each in found.folder.classes}
    parents = {each.parent for each in found.folder.classes}
    for kiosk in found.config.kiosks.values():
        key, code = f"kiosks.{kiosk.code}.help_class", kiosk.help_class
        if code and code not in codes:
            found.in_file("code_unknown", "city.toml", key, key=key, code=code, near=nearest(code, codes))
        elif code and code in parents:
            found.in_file("class_not_leaf", "city.toml", key, code=code)


def _check_bikes(found: Findings) -> None:
    """What a heap of bikes is filed as can be filed, and who clears it exists."""
    bikes = found.config.scenarios.bikes
    if bikes is None:
        return
    codes = {each.code for each in found.folder.classes}
    units = {unit.code for unit in found.folder.units}
    if bikes.class_code and bikes.class_code not in _known_leaves(found):
        near = nearest(bikes.class_code, codes)
        found.in_file("code_unknown", "city.toml", "bikes.class", key="class", code=bikes.class_code, near=near)
    for operator in bikes.operators.values():
        if operator.unit and operator.unit not in units:
            key, near = f"bikes.operators.{operator.code}", nearest(operator.unit, units)
            found.in_file("code_unknown", "city.toml", key, key="unit", code=operator.unit, near=near)


def _check_components(found: Findings) -> None:
    components = found.folder.components
    found.repeated("components", (each.code for each in components))
    units = {unit.code for unit in found.folder.units}
    leaves_known = _known_leaves(found)
    for i, each in enumerate(components):
        if each.class_code not in leaves_known:
            _check_leaf(found, "components", i, each.code, each.class_code)
        for key, unit in (("owner", each.owner), ("keeper", each.keeper), ("supervisor", each.supervisor)):
            if unit and unit not in units:
                found.unknown("components", i, each.code, key, unit, units)


def _known_leaves(found: Findings) -> set[str]:
    return {each.code for each in found.folder.classes} - {
        each.parent for each in found.folder.classes if each.parent
    }


def _check_calendar(found: Findings) -> None:
    first, last = found.config.years
    found.repeated("calendar", map(day_key, found.folder.calendar), "row_twice")
    covered: dict[str, set[int]] = {"": set()}
    for i, each in enumerate(found.folder.calendar):
        if not first <= each.day.year <= last:
            found.at("calendar_year_outside", "calendar", i, day_key(each), day=each.day, first=first, last=last)
        elif each.kind == "holiday" or each.day.weekday() < 5:  # a worked weekday: its holiday is not kept here
            covered.setdefault(each.calendar, set()).add(each.day.year)
    for name, years in covered.items():
        for year in range(first, last + 1):
            if year not in years:
                found.in_file("calendar_year_missing", "calendar.csv", name, year=year)


def _check_things(found: Findings) -> None:
    things = found.folder.things
    found.repeated("things", (each.code for each in things))
    known = {
        "component": {each.code for each in found.folder.components},
        "area": {each.code for each in found.folder.areas},
        "owner": {each.code for each in found.folder.units},
    }
    for i, thing in enumerate(things):
        for key, codes in known.items():
            code = getattr(thing, key)
            if code and code not in codes:
                found.unknown("things", i, thing.code, key, code, codes)
    types = {thing.type for thing in things}
    for i, entry in enumerate(found.folder.payloads):
        if entry.code.startswith("type.") and entry.code.removeprefix("type.") not in types:
            found.unknown("payloads", i, entry.code, "type", entry.code.removeprefix("type."), types)
    streams = {(thing.type, stream) for thing in things for stream in thing.streams}
    for i, rule in enumerate(found.folder.rules):
        if rule.class_code:
            _check_leaf(found, "rules", i, f"rule.{rule.code}", rule.class_code)
        for key in ("level", "silences_level"):
            if (level := getattr(rule, key)) and level not in found.config.levels:
                found.unknown("rules", i, f"rule.{rule.code}", key, level, found.config.levels)
        if rule.kind != Kind.COMBINED and (rule.type, rule.stream) not in streams:
            told = {"type": rule.type, "stream": rule.stream}
            found.at("rule_without_thing", "rules", i, f"rule.{rule.code}", **told)


def _check_features(found: Findings) -> None:
    found.repeated("features", (f"{each.layer}:{each.code}" for each in found.folder.features))


def _check_patterns(found: Findings) -> None:
    """Codes have as many digits as `[codes]` states for their kind."""
    folder = found.folder
    for key, pattern in found.config.code_patterns.items():
        digits = int(pattern.removesuffix("-digit"))
        coded: Iterable[tuple[str, int, str]]
        if key in ("unit", "component", "thing"):
            field = f"{key}s"
            coded = ((field, i, each.code) for i, each in enumerate(getattr(folder, field)))
        elif key == "class":
            coded = (("classes", i, each.code) for i, each in enumerate(folder.classes))
        else:
            coded = (("areas", i, area.code) for i, area in enumerate(folder.areas) if key in ("area", area.level))
        for field, i, code in coded:
            plain = code.split(":", 1)[-1]
            if len(plain) != digits or not plain.isdecimal() or not plain.isascii():
                found.at("code_pattern", field, i, code, code=plain, pattern=pattern, key=key)
