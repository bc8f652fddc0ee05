"""The sentences of imports and replays: what is wrong with a mapping, a file or a row, and what would be right."""

from cityloom.base.reasons import register

REASONS: dict[str, tuple[str, str]] = {
    # the mapping
    "map.missing_file": ("找不到映射文件 {file}", "there is no mapping file {file}"),
    "map.not_toml": ("{file} 不是有效的 TOML：{detail}", "{file} is not valid TOML: {detail}"),
    "map.problems": ("映射文件 {file} 有误：{problems}", "the mapping {file} is wrong: {problems}"),
    "map.unknown_key": ("未知的键 {key}（最接近：{near}）", "unknown key {key} (nearest known: {near})"),
    "map.missing_key": ("缺少 {key}", "{key} is missing"),
    "map.bad_value": ("{key} 的值 {value} 不对；应为{form}", "{key} is {value}; it should be {form}"),
    "map.column_absent": (
        "映射所指的列 {column} 不在 {file} 中（最接近：{near}；已有：{known}）",
        "the mapping names the column {column}, which {file} does not have (nearest: {near}; there are: {known})",
    ),
    # the file
    "table.missing": ("找不到文件 {file}", "there is no file {file}"),
    "table.unknown_format": (
        "不认识 {file} 的格式；请在映射的 [source] format 中写明：{known}",
        "the format of {file} is not known; name it in [source] format of the mapping: {known}",
    ),
    "table.unreadable": (
        "{file} 在第 {row} 行之后无法读取：{detail}；请检查 [source] encoding 和 format",
        "{file} cannot be read after row {row}: {detail}; check [source] encoding and format of the mapping",
    ),
    "table.cells_count": (
        "该行有 {count} 格，表头有 {expected} 列",
        "the row has {count} cells, the header {expected}",
    ),
    # a row
    "row.no_source_id": ("缺少来源编号（{column}）", "it has no id in {column}"),
    "row.repeated": (
        "来源编号 {id} 在本文件中已出现过",
        "the id {id} stood in this file before; only the first row counts",
    ),
    "row.no_opened": ("缺少受理时间（{column}）", "it has no opening time in {column}"),
    "row.bad_time": (
        "{column} 中的时间 {value} 无法识别（格式：{form}）",
        "the time {value} in {column} cannot be read (format: {form})",
    ),
    "row.closed_before_opened": (
        "办结时间 {closed} 早于受理时间 {opened}",
        "it was closed at {closed}, before it was opened at {opened}",
    ),
    "row.bad_number": ("{column} 中的 {value} 不是数", "{value} in {column} is not a number"),
    "row.half_point": ("经度和纬度只有一个", "it has only one of longitude and latitude"),
    "row.bad_point": ("{lon}, {lat} 不是经纬度", "{lon}, {lat} is no longitude and latitude in degrees"),
    "row.swapped_point": (
        "经度和纬度颠倒了：{lon}, {lat}",
        "longitude and latitude are exchanged: {lon}, {lat}",
    ),
    "row.unknown_word": (
        "{column} 中的 {value} 没有对应（最接近：{near}）；请在 [values.{key}] 中补上",
        "{value} in {column} has no meaning (nearest: {near}); add it to [values.{key}]",
    ),
    "row.unknown_class": (
        "城市目录中没有可立案的类别 {class}（最接近：{near}）",
        "the city's catalogue has no class {class} that can be filed (nearest: {near})",
    ),
    "row.no_class_code": ("类别名 {value} 不能转成代码", "no code can be made of the class name {value}"),
    "row.unknown_unit": (
        "城市没有单位 {unit}（最接近：{near}）",
        "the city has no unit {unit} (nearest: {near})",
    ),
    "row.unknown_area": (
        "城市没有区域 {area}（最接近：{near}）",
        "the city has no area {area} (nearest: {near})",
    ),
    "row.state_not_on_path": (
        "流程 {path} 没有状态 {state}；可用：{known}",
        "the path {path} has no state {state}; it has: {known}",
    ),
    "row.end_without_close": (
        "状态 {state} 是终态，但没有办结时间",
        "the state {state} is an end, but the row has no closing time",
    ),
    "row.close_without_end": (
        "有办结时间，但状态 {state} 不是终态",
        "the row has a closing time, but the state {state} is no end",
    ),
    "row.too_long": ("{column} 超过 {most} 个字符", "{column} has more than {most} characters"),
    "row.nul": ("{column} 含有空字符", "{column} holds a NUL character"),
}
register(REASONS)
