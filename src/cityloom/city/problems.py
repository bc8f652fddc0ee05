"""What can be wrong in a city folder: each kind with its level and its words, in both languages.

`WORDS` is the one table: code → (level, what is wrong zh, en, what would be right zh, en).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cityloom.base.reasons import Reason, register, render

ERROR, WARNING, INFO = "error", "warning", "info"

WORDS: dict[str, tuple[str, str, str, str, str]] = {
    # --- files, columns, cells ---
    "folder_missing": (
        ERROR,
        "没有这个文件夹",
        "there is no such folder",
        "给出一个城市文件夹",
        "name a city folder",
    ),
    "file_missing": (
        ERROR,
        "缺少文件",
        "the file is missing",
        "加入该文件，格式见 docs/city-folder.md",
        "add it as docs/city-folder.md describes",
    ),
    "file_unknown": (
        ERROR,
        "不认识这个文件",
        "the file is not part of a city folder",
        "改名为 {near}，或移出文件夹",
        "rename it to {near} or move it out of the folder",
    ),
    "file_unreadable": (
        ERROR,
        "读不懂：{detail}",
        "cannot be read: {detail}",
        "存为 UTF-8 编码的 {form}",
        "save it as {form} in UTF-8",
    ),
    "column_missing": (
        ERROR,
        "缺少列 {column}",
        "the column {column} is missing",
        "加上该列",
        "add the column to the header row",
    ),
    "column_unknown": (
        ERROR,
        "不认识的列 {column}",
        "the column {column} is not known",
        "改名为 {near}，或删去",
        "rename it to {near} or remove it",
    ),
    "column_twice": (ERROR, "列 {column} 出现两次", "the column {column} appears twice", "只留一列", "keep one"),
    "cells_count": (
        ERROR,
        "有 {count} 格，表头有 {expected} 格",
        "the row has {count} cells, the header {expected}",
        "补齐或删去格子；含逗号的文字加引号",
        "add or remove cells; put text with commas in quotes",
    ),
    "key_missing": (ERROR, "缺少 {key}", "{key} is missing", "写上 {key}", "state {key}"),
    "key_unknown": (
        ERROR,
        "不认识的项 {key}",
        "{key} is not known",
        "改名为 {near}，或删去",
        "rename it to {near} or remove it",
    ),
    "property_unknown": (
        WARNING,
        "图层不认识属性 {key}",
        "the layer does not know the property {key}",
        "若写错了，改为 {near}；否则它原样保留",
        "if it is misspelt write {near}; otherwise it is kept as it is",
    ),
    "too_long": (
        ERROR,
        "{key} 有 {length} 个字符",
        "{key} has {length} characters",
        "最多 {longest} 个字符",
        "write at most {longest}",
    ),
    "value_empty": (ERROR, "{key} 没有填", "{key} is empty", "填写 {key}", "fill in {key}"),
    "value_unknown": (
        ERROR,
        "{key} 不能是“{value}”",
        "{key} cannot be “{value}”",
        "改为 {near}；可用：{known}",
        "write {near}; known: {known}",
    ),
    "value_form": (
        ERROR,
        "{key} 的值“{value}”不对",
        "{key} has the value “{value}”",
        "写成 {form}",
        "write it as {form}",
    ),
    "not_positive": (
        ERROR,
        "{key} 的值 {value} 不大于零",
        "{key} is {value}, which is not above zero",
        "写一个大于零的数；没有时限就留空",
        "write a number above zero; leave it empty for no promise",
    ),
    "days_reversed": (
        ERROR,
        "结束日 {until} 早于开始日 {start}",
        "it ends on {until}, before it begins on {start}",
        "改正 from 或 until",
        "correct from or until",
    ),
    "hours_wrong": (
        ERROR,
        "工作时间不对：{detail}",
        "the working hours are wrong: {detail}",
        '写成 ["09:00-12:00", "13:00-17:00"]',
        'write them like ["09:00-12:00", "13:00-17:00"]',
    ),
    "hours_default_missing": (
        ERROR,
        "没有 default 工作时间",
        "there are no default working hours",
        "加上 [hours.default]",
        "add [hours.default]",
    ),
    # --- codes ---
    "code_twice": (
        ERROR,
        "代码 {code} 重复，先见于{first}",
        "the code {code} is given twice, first in {first}",
        "每个代码只用一次",
        "use every code once",
    ),
    "row_twice": (ERROR, "与{first}重复", "the row repeats {first}", "只留一行", "keep one of them"),
    "code_pattern": (
        ERROR,
        "代码 {code} 不合 {pattern}",
        "the code {code} does not fit {pattern}",
        "改正代码，或改 [codes] 的 {key}",
        "correct the code, or {key} in [codes]",
    ),
    "code_unknown": (
        ERROR,
        "{key} 指向不存在的 {code}",
        "{key} names {code}, which does not exist",
        "改为 {near}，或先加上它",
        "write {near}, or add it first",
    ),
    "circle": (
        ERROR,
        "{codes} 互为上级",
        "{codes} are above each other",
        "断开其中一个 parent",
        "remove one of these parents",
    ),
    "unit_ended": (
        ERROR,
        "{key} 指向 {until} 已撤销的单位 {code}",
        "{key} names the unit {code}, which ended on {until}",
        "改为其承接单位 {near}，或写上 until",
        "write its successor {near}, or an until",
    ),
    "successor_missing": (
        ERROR,
        "撤销的单位没有承接单位",
        "the unit ends and names no successor",
        "在 successors 写上承接单位",
        "name who took over in successors",
    ),
    # --- areas ---
    "city_area_count": (
        ERROR,
        "应有一个最高级区域，实有 {count} 个",
        "there must be one area without a parent, not {count}",
        "只有城市本身的 parent 留空",
        "leave the parent empty for the city alone",
    ),
    "level_wrong": (
        ERROR,
        "级别 {level} 的区域不能在级别 {parent_level} 之下",
        "an area of level {level} cannot be inside one of level {parent_level}",
        "上级应为级别 {expected}",
        "its parent should be of level {expected}",
    ),
    "area_childless": (
        WARNING,
        "区域没有下级 {expected}",
        "the area is not divided into any {expected}",
        "划分下级，或接受以它为最小区域",
        "divide it, or accept it as a smallest area",
    ),
    "geometry_missing": (ERROR, "没有几何图形", "there is no geometry", "加上 {form}", "add a {form}"),
    "geometry_kind": (ERROR, "几何类型是 {kind}", "the geometry is a {kind}", "用 {form}", "use a {form}"),
    "geometry_invalid": (
        ERROR,
        "图形不合法：{detail}",
        "the geometry is invalid: {detail}",
        "在绘图软件中修复（如消除自相交）",
        "repair it in a map editor (self-crossings, open rings)",
    ),
    "coordinates_range": (
        ERROR,
        "坐标 {lon}, {lat} 不是经纬度",
        "the coordinates {lon}, {lat} are no longitude and latitude",
        "写成 经度, 纬度（度）",
        "write longitude, latitude in degrees",
    ),
    "coordinates_outside": (
        ERROR,
        "坐标 {lon}, {lat} 在 bounds 之外",
        "the coordinates {lon}, {lat} lie outside bounds",
        "改正坐标，或扩大 city.toml 的 bounds",
        "correct them, or widen bounds in city.toml",
    ),
    "coordinates_swapped": (
        ERROR,
        "坐标 {lon}, {lat} 像是把经纬度写反了",
        "the coordinates {lon}, {lat} look like latitude before longitude",
        "经度在前，纬度在后",
        "write the longitude first",
    ),
    "coordinates_gcj02": (
        ERROR,
        "坐标系是 GCJ02",
        "the coordinates are in GCJ02",
        "先转换为 CGCS2000 或 WGS84，再写 crs",
        "convert them to CGCS2000 or WGS84, then state that crs",
    ),
    "crs_contradicts": (
        ERROR,
        "文件写着坐标系 {stated}，city.toml 写着 {crs}",
        "the file states {stated}, city.toml {crs}",
        "转换坐标，或改正其一",
        "convert, or correct one of them",
    ),
    "area_gap": (
        ERROR,
        "下级区域留下 {size_m2} 平方米空隙，最大一处在 {lon}, {lat}",
        "the areas inside it leave {size_m2} m² uncovered, the largest gap at {lon}, {lat}",
        "补齐边界；允许 {tolerance_m2} 平方米",
        "make the borders meet; {tolerance_m2} m² are allowed",
    ),
    "area_overlap": (
        ERROR,
        "{codes} 重叠 {size_m2} 平方米，在 {lon}, {lat}",
        "{codes} overlap by {size_m2} m² at {lon}, {lat}",
        "让边界重合；每个上级允许 {tolerance_m2} 平方米",
        "make the borders meet; {tolerance_m2} m² a parent are allowed",
    ),
    "area_outside": (
        ERROR,
        "超出上级区域 {size_m2} 平方米，在 {lon}, {lat}",
        "it reaches {size_m2} m² beyond its parent at {lon}, {lat}",
        "收回边界；允许 {tolerance_m2} 平方米",
        "draw it back; {tolerance_m2} m² are allowed",
    ),
    # --- what lies over the areas ---
    "overlay_gap": (
        WARNING,
        "图层 {layer} 在单元网格 {grid} 处留下 {size_m2} 平方米空隙（{lon}, {lat}）",
        "the layer {layer} leaves {size_m2} m² uncovered at unit grid {grid} ({lon}, {lat})",
        "请部门补齐边界；允许 {tolerance_m2} 平方米；本就不覆盖全市的图层写 whole = false",
        "ask the department to make its borders meet; {tolerance_m2} m² are allowed; "
        "a layer that is not meant for the whole city says whole = false",
    ),
    "overlay_overlap": (
        WARNING,
        "图层 {layer} 的 {codes} 重叠 {size_m2} 平方米，在 {lon}, {lat}",
        "in the layer {layer} {codes} overlap by {size_m2} m² at {lon}, {lat}",
        "请部门理清边界；允许 {tolerance_m2} 平方米",
        "ask the department whose it is; {tolerance_m2} m² are allowed",
    ),
    "overlay_outside": (
        WARNING,
        "图层 {layer} 超出城市范围 {size_m2} 平方米，在 {lon}, {lat}",
        "the layer {layer} reaches {size_m2} m² beyond the city at {lon}, {lat}",
        "收回边界；允许 {tolerance_m2} 平方米",
        "draw it back; {tolerance_m2} m² are allowed",
    ),
    "micro_grid_above": (
        ERROR,
        "微网格挂在 {level} 级的 {parent} 上",
        "the micro-grid hangs on {parent}, which is of the level {level}",
        "网格不得高于社区：挂在 {expected} 级",
        "no grid hangs above a community: name an area of the level {expected}",
    ),
    "micro_grid_outside": (
        ERROR,
        "超出 {parent} {size_m2} 平方米，在 {lon}, {lat}",
        "it reaches {size_m2} m² beyond {parent} at {lon}, {lat}",
        "收回边界，或按社区拆开；允许 {tolerance_m2} 平方米",
        "draw it back, or divide it by community; {tolerance_m2} m² are allowed",
    ),
    "micro_grid_overlap": (
        ERROR,
        "{codes} 重叠 {size_m2} 平方米，在 {lon}, {lat}",
        "{codes} overlap by {size_m2} m² at {lon}, {lat}",
        "一户只属于一个微网格；允许 {tolerance_m2} 平方米",
        "a household belongs to one micro-grid; {tolerance_m2} m² are allowed",
    ),
    "micro_grid_size": (
        WARNING,
        "有 {households} 户，通常为 {fewest}–{most} 户",
        "it has {households} households; usual are {fewest} to {most}",
        "拆分或合并，或在 [limits] 写本市的户数",
        "divide or join it, or state the city's own numbers in [limits]",
    ),
    # --- catalogue, standards, duties ---
    "version_contradicts": (
        ERROR,
        "版本 {version} 与 city.toml 的 {expected} 不同",
        "the version {version} is not the {expected} of city.toml",
        "改正其一",
        "correct one of them",
    ),
    "kind_contradicts": (
        ERROR,
        "类别 {kind} 与上级的 {expected} 不同",
        "the kind {kind} is not its parent's {expected}",
        "与上级一致",
        "write the same kind as its parent's",
    ),
    "class_not_leaf": (
        ERROR,
        "{code} 还有下级类别，不能直接立案",
        "{code} has classes below it and is never filed",
        "写到最细的类别",
        "name the finest class",
    ),
    "lexicon_word": (
        ERROR,
        "词语“{word}”不可用：每行至少一个词，每个词 2 至 49 个字",
        "the word {word!r} cannot be used: at least one word a row, of 2 to 49 characters each",
        "词之间用分号隔开；单个字区分不了类别",
        "part words by semicolons; a single character tells no class",
    ),
    "class_without_standard": (
        WARNING,
        "类别没有立案标准",
        "the class has no standard",
        "在 standards.csv 加一行",
        "add a row to standards.csv",
    ),
    "two_defaults": (
        ERROR,
        "{class} 同时有两个默认标准：{codes}",
        "{class} has two default standards at once: {codes}",
        "default 只留一个 yes",
        "leave one default",
    ),
    "next_day_without_end": (
        ERROR,
        "自次日起算，却没有说到当天什么时候为止",
        "it counts from the next day but does not say when the last day ends",
        "在 due_time 写 closing 或 day_end",
        "give due_time: closing or day_end",
    ),
    "unit_without_limit": (
        ERROR,
        "limit 与 unit 只写了一个",
        "only one of limit and unit is given",
        "两个都写，或都留空",
        "give both or neither",
    ),
    "duty_gap": (
        ERROR,
        "类别 {class} 在 {areas} 没有主责单位（共 {count} 处，{on}）",
        "nobody leads {class} in {areas} ({count} areas, on {on})",
        "在 duties.csv 加一行 lead",
        "add a lead row to duties.csv",
    ),
    "duty_overlap": (
        WARNING,
        "类别 {class} 在 {areas} 有多个同级主责：{units}（{on}）",
        "{class} in {areas} has equal leads: {units} (on {on})",
        "用 order 分出先后；否则由派遣员决定",
        "rank them by order; otherwise a dispatcher decides each case",
    ),
    "duty_pushed_down": (
        INFO,
        "{class} 已下放：{area} 由 {unit} 负责",
        "{class} is pushed down: {unit} owes it in {area}",
        "确认有下放依据",
        "make sure that the handing down was agreed",
    ),
    # --- people, calendar, layers, things ---
    "person_named_twice": (
        ERROR,
        "登录名 {login} 有不同姓名：{names}",
        "the login {login} has several names: {names}",
        "一个登录名只属于一个人",
        "one login belongs to one person",
    ),
    "group_joins_apart": (
        ERROR,
        "组“{group}”同时给出须由不同人员担任的岗位：{roles}",
        "the group “{group}” gives posts that must be in different hands: {roles}",
        "分成不同的组",
        "make a group of each",
    ),
    # --- a list of people ---
    "people_login": (
        ERROR,
        "登录名“{value}”不能用",
        "the login “{value}” cannot be used",
        "用可见字符，首尾无空格，不以 service: 开头，不用 system 等保留名",
        "use visible signs without spaces at the ends, no reserved name such as system, none that begins with "
        "service:",
    ),
    "people_twice": (
        ERROR,
        "{key}“{value}”与第{line}行重复",
        "{key} “{value}” repeats line {line}",
        "每人只留一行",
        "keep one row for each person",
    ),
    "people_external_id": (
        ERROR,
        "{key}“{value}”已属于{login}",
        "{key} “{value}” is that of {login} already",
        "核对工号；确属换人时，先在名单中给{login}另一个",
        "check the number; if it changed hands, give {login} another one on the list first",
    ),
    "people_group": (
        WARNING,
        "组{groups}不给任何岗位",
        "the groups {groups} give no post",
        "需要时写进 groups.csv 并载入城市文件夹",
        "if they should, add them to groups.csv and load the city folder",
    ),
    "people_asleep_by_hand": (
        WARNING,
        "{login}由管理员停用，名单不能恢复",
        "{login} was put to sleep by an administrator; the list does not wake him",
        "在管理后台恢复，或在名单中写 active=false",
        "wake the account in the administration, or write active = false on the list",
    ),
    "people_by_hand": (
        WARNING,
        "{login}已停用，但 people.csv 里还有岗位",
        "{login} can no longer sign in, but people.csv still has posts",
        "在 people.csv 里写上止期并载入城市文件夹",
        "end them in people.csv and load the city folder",
    ),
    "calendar_year_missing": (
        ERROR,
        "{year} 年没有一个节假日",
        "the year {year} has no holiday at all",
        "补上该年的节假日，或改 years",
        "add that year's holidays, or correct years",
    ),
    "calendar_year_outside": (
        ERROR,
        "{day} 不在 years {first}–{last} 内",
        "{day} lies outside years {first}–{last}",
        "改正日期，或扩大 years",
        "correct the day, or widen years",
    ),
    "one_threshold": (
        ERROR,
        "{keys} 应只写一个，实有 {count} 个",
        "exactly one of {keys} must be given, not {count}",
        "只留一个",
        "keep one",
    ),
    "sign_two_sources": (
        ERROR,
        "体征同时写了 stream 和 cases",
        "the sign has both a stream and cases",
        "只留一个；另一个单独写成一项体征",
        "keep one; make a sign of its own of the other",
    ),
    "sign_share_twice": (
        ERROR,
        "of_stream 和 over 都写成了 share",
        "both of_stream and over are share",
        "只留一个 share：要么是读数的占比，要么是设备的占比",
        "keep one: the share of readings, or that of streams",
    ),
    "sign_without_source": (
        INFO,
        "体征没有数据来源，也没有下级体征，将显示为“未监测”",
        "the sign has neither a source nor signs below it and will be shown as not measured",
        "写上 type 和 stream，或 cases 和 classes，或让别的体征以它为 parent",
        "state type and stream, or cases and classes, or make it the parent of others",
    ),
    "sign_leaf_with_signs": (
        ERROR,
        "体征有自己的数据来源，又有下级体征",
        "the sign has a source of its own and signs below it",
        "把来源移到单独的下级体征",
        "move the source to a sign of its own below it",
    ),
    "sign_bands_apart": (
        ERROR,
        "good 的范围超出了 watch 的范围",
        "the range good reaches outside the range watch",
        "让 watch 包含 good",
        "let watch hold good",
    ),
    "sign_not_measured": (
        WARNING,
        "没有类型为 {type}、带 {stream} 的设备，这项体征将显示为“未监测”",
        "no thing of type {type} has a stream {stream}; the sign will be shown as not measured",
        "改正类型或数据流，或加上设备",
        "correct type or stream, or add such a thing",
    ),
    "rule_without_thing": (
        WARNING,
        "没有类型为 {type}、带 {stream} 的设备",
        "no thing of type {type} has a stream {stream}",
        "改正类型或数据流，或加上设备",
        "correct type or stream, or add such a thing",
    ),
    # --- paths.toml ---
    "paths.unknown_word": (
        ERROR,
        "{key} 不认识“{word}”",
        "{key} does not know “{word}”",
        "改为 {near}；可用：{known}",
        "write {near}; known: {known}",
    ),
    "paths.missing": (ERROR, "缺少 {key}", "{key} is missing", "写上 {key}", "state {key}"),
    "paths.not_positive": (
        ERROR,
        "{key} 的值 {value} 不大于零",
        "{key} is {value}, which is not above zero",
        "写一个大于零的数",
        "write a number above zero",
    ),
    "paths.no_last_choice": (
        ERROR,
        "最后一条 choose 有条件，有的案件无路可走",
        "the last choose has conditions, so that some case has no path",
        "最后一条只写 path",
        "let the last one state path only",
    ),
    "paths.no_end": (
        ERROR,
        "从状态 {state} 走不到终点",
        "no end can be reached from the state {state}",
        "加一步通向结案",
        "add a step that leads on",
    ),
}


def _sentences(words: Mapping[str, tuple[str, str, str, str, str]]) -> dict[str, tuple[str, str]]:
    table: dict[str, tuple[str, str]] = {}
    for code, (_, wrong_zh, wrong_en, right_zh, right_en) in words.items():
        table[f"city.wrong.{code}"] = (wrong_zh, wrong_en)
        table[f"city.right.{code}"] = (right_zh, right_en)
    return table


register(_sentences(WORDS))
register(
    {
        "city.where.line": ("第 {line} 行", "line {line}"),
        "city.where.feature": ("第 {feature} 个要素", "feature {feature}"),
        "city.where.named": ("{place}（{name}）", "{place} ({name})"),
    }
)


@dataclass(frozen=True)
class Place:
    """Where in a file: a line of a table, a feature (counted from 1) of a map, and the code or key found there."""

    line: int | None = None
    feature: int | None = None
    name: str = ""

    def in_language(self, language: str) -> str:
        if self.line is not None:
            place = render(Reason("city.where.line", {"line": self.line}), language)
        elif self.feature is not None:
            place = render(Reason("city.where.feature", {"feature": self.feature}), language)
        else:
            return self.name
        if not self.name:
            return place
        return render(Reason("city.where.named", {"place": place, "name": self.name}), language)


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a city folder; the sentences are made when somebody reads them."""

    code: str
    file: str
    place: Place = Place()
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> str:
        """error (refused), warning (works, but look) or info (worth knowing)."""
        return WORDS[self.code][0]

    def where(self, language: str) -> str:
        return self.place.in_language(language)

    def wrong(self, language: str) -> str:
        """What is wrong."""
        return render(Reason(f"city.wrong.{self.code}", self._shown(language)), language)

    def right(self, language: str) -> str:
        """What would be right."""
        return render(Reason(f"city.right.{self.code}", self._shown(language)), language)

    def as_json(self, language: str) -> dict[str, Any]:
        """For `--json`: the structured place and the rendered sentences."""
        return {
            "level": self.level,
            "file": self.file,
            "line": self.place.line,
            "feature": self.place.feature,
            "name": self.place.name,
            "code": self.code,
            "wrong": self.wrong(language),
            "right": self.right(language),
        }

    def _shown(self, language: str) -> dict[str, Any]:
        return {
            key: value.in_language(language) if isinstance(value, Place) else value
            for key, value in self.params.items()
        }


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like this one; a placeholder where nothing is alike."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return near[0] if near else "…"


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether the folder must be refused."""
    return any(problem.level == ERROR for problem in problems)
