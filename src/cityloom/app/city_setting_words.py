"""What a city may set in its `city.toml`, as a table: key, form, default and what it means in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from cityloom.cases.actions.receive_report import DEFAULT_TEXT_CHARS
from cityloom.cases.escalating import REPEAT_REOPENINGS, REPEAT_REPORTS
from cityloom.cases.guards import EXTENSIONS, URGE_GAP_H, URGES
from cityloom.cases.handovers import SHIFT_H
from cityloom.cases.relay import A_DAY, AFTER_END_DAYS, CHARS
from cityloom.cases.retention import KINDS
from cityloom.cases.rights import SEEN_FOR_DAYS, WORK_DAYS
from cityloom.cases.twins import REPEAT_DAYS
from cityloom.city.check_overlays import FEWEST_HOUSEHOLDS, MOST_HOUSEHOLDS
from cityloom.city.deputies import MOST_DAYS
from cityloom.exchange.open_data import DEFAULT_LEAST, DEFAULT_LEVELS, FINEST_CELL
from cityloom.web.forms import DEFAULT_PHOTOS

Value = float | str | bool | None
GROUPS = ("city", "work", "reports", "hard", "people_of", "privacy", "callbacks", "reading", "open")


@dataclass(frozen=True)
class CitySetting:
    """A key of `city.toml` (`table.key`): `default` where the city names none; None: it must, or there is none."""

    key: str
    group: str
    form: str
    default: Value
    zh: str
    en: str


def _limit(name: str, group: str, form: str, default: Value, zh: str, en: str) -> CitySetting:
    return CitySetting(f"limits.{name}", group, form, default, zh, en)


_KEPT = {
    "contact": ("姓名和电话在结案后保留几天", "Days for which names and phones are kept after the end"),
    "relay": ("与居民的消息在结案后保留几天", "Days for which messages with residents are kept after the end"),
    "photos": ("照片在结案后保留几天", "Days for which photos are kept after the end"),
    "words": ("居民的话在结案后保留几天", "Days for which residents' words are kept after the end"),
    "patrols": ("巡查轨迹保留几天", "Days for which tracks of patrols are kept"),
    "requests": ("个人信息权利申请保留几天", "Days for which requests about one's own data are kept"),
}


def _kept(kind: str) -> tuple[str, str]:
    """The sentences of a kind of data that is kept for a time."""
    return _KEPT.get(kind, (f"{kind} 保留几天", f"Days for which {kind} are kept"))


CITY_SETTINGS: tuple[CitySetting, ...] = (
    CitySetting("code", "city", "text", None, "城市代码", "The city's code"),
    CitySetting(
        "languages", "city", "list", None, "使用的语言，第一种为默认", "Its languages; the first is the default"
    ),
    CitySetting("time_zone", "city", "zone", None, "时区", "Its time zone"),
    CitySetting("crs", "city", "crs", None, "坐标系", "The system of its coordinates"),
    CitySetting("bounds", "city", "box", None, "范围：西、南、东、北", "West, south, east, north"),
    CitySetting("levels", "city", "list", None, "区域层级，从上到下", "Its levels of areas, from the top"),
    CitySetting("years", "city", "list", None, "日历覆盖的年份", "The years that its calendar covers"),
    CitySetting("map.centre", "city", "point", None, "地图打开时的中心", "Where maps open"),
    CitySetting("map.zoom", "city", "number", 12, "地图打开时的级别", "How close maps open"),
    CitySetting(
        "map.tiles_url",
        "city",
        "tiles",
        "",
        "底图瓦片地址；空则只用城市自己的图层",
        "Picture tiles beneath the city's own lines; none when empty",
    ),
    CitySetting(
        "tolerance.gap_m2", "city", "number", 50, "区域之间允许的缝隙（平方米）", "Gap that areas may leave, m²"
    ),
    CitySetting(
        "tolerance.overlap_m2",
        "city",
        "number",
        50,
        "区域之间允许的重叠（平方米）",
        "Overlap that areas may have, m²",
    ),
    CitySetting(
        "identity.create",
        "city",
        "yes",
        False,
        "只有统一认证认识的人是否自动建账号",
        "Whether a person whom only the identity provider knows gets an account",
    ),
    CitySetting("hours", "work", "hours_of", None, "工作时间", "Working hours"),
    CitySetting("dispatch.last_resort", "work", "unit", None, "兜底单位", "The unit of last resort"),
    CitySetting(
        "warnings.shares",
        "work",
        "shares",
        "0.5, 0.8",
        "时限用去多少时预警；到1.0总会告知",
        "Shares of a limit at which it warns; it always tells at 1.0",
    ),
    CitySetting(
        "objection.window_hours",
        "work",
        "hours",
        24,
        "派出后几个工作小时内可退回",
        "Working hours after the dispatch in which a unit may return a case",
    ),
    CitySetting(
        "escalation.hours",
        "work",
        "shares",
        "0, 8, 24",
        "超时几个工作小时后逐级上报",
        "Working hours after a missed promise at which a case climbs a rung",
    ),
    CitySetting(
        "conduct.classes",
        "work",
        "list",
        "",
        "反映单位或工作人员作风的类别",
        "Classes that are about a unit or its staff",
    ),
    CitySetting(
        "twins.radius_m",
        "reports",
        "metres",
        50,
        "多近算可能是同一件事（米）",
        "How near a report is offered as the same matter, m",
    ),
    CitySetting(
        "twins.hours", "reports", "hours", 24, "多久之内算可能是同一件事（小时）", "Within how many hours it is"
    ),
    _limit(
        "repeat_days",
        "reports",
        "days",
        REPEAT_DAYS,
        "办结后多少天内再次反映算重复诉求",
        "Days after the end within which a matter told again is a repeat",
    ),
    _limit(
        "photos_per_report",
        "reports",
        "number",
        DEFAULT_PHOTOS,
        "一次反映最多几张照片",
        "Photos of one report at most",
    ),
    _limit(
        "text_chars",
        "reports",
        "number",
        DEFAULT_TEXT_CHARS,
        "一次反映最多多少字",
        "Characters of one report at most",
    ),
    _limit("extensions", "hard", "number", EXTENSIONS, "一件案件最多延期几次", "Extensions of one case at most"),
    _limit("urges", "hard", "number", URGES, "居民最多催办几次", "Reminders of one case at most"),
    _limit(
        "urge_gap_h", "hard", "hours", URGE_GAP_H, "两次催办至少相隔几小时", "Hours between two reminders at least"
    ),
    _limit(
        "repeat_reports",
        "hard",
        "number",
        REPEAT_REPORTS,
        "同一件事反映几次后上报一级",
        "Reports of one matter after which it climbs a rung",
    ),
    _limit(
        "repeat_reopenings",
        "hard",
        "number",
        REPEAT_REOPENINGS,
        "重新办理几次后上报一级",
        "Reopenings after which a case climbs a rung",
    ),
    _limit("shift_h", "people_of", "hours", SHIFT_H, "一班几小时", "Hours of a shift"),
    _limit(
        "deputy_days",
        "people_of",
        "days",
        MOST_DAYS,
        "代班最长几天",
        "Days for which somebody acts for another at most",
    ),
    _limit(
        "micro_grid_least_households",
        "people_of",
        "number",
        FEWEST_HOUSEHOLDS,
        "微网格最少几户",
        "Households of a micro-grid at least",
    ),
    _limit(
        "micro_grid_most_households",
        "people_of",
        "number",
        MOST_HOUSEHOLDS,
        "微网格最多几户",
        "Households of a micro-grid at most",
    ),
    *(_limit(kind.limit, "privacy", "days", kind.days, *_kept(kind.name)) for kind in KINDS),
    _limit(
        "rights_work_days",
        "privacy",
        "days",
        WORK_DAYS,
        "几个工作日内答复个人信息申请",
        "Work days in which a request about one's own data is decided",
    ),
    _limit(
        "rights_export_days",
        "privacy",
        "days",
        SEEN_FOR_DAYS,
        "批准的副本可打开几天",
        "Days for which a granted export can be opened",
    ),
    _limit("relay_a_day", "privacy", "number", A_DAY, "一方一天最多发几条消息", "Messages of one side a day at most"),
    _limit("relay_chars", "privacy", "number", CHARS, "一条消息最多多少字", "Characters of one message at most"),
    _limit(
        "relay_after_end_days",
        "privacy",
        "days",
        AFTER_END_DAYS,
        "结案后几天内还能发消息",
        "Days after the end in which messages can be sent",
    ),
    _limit("callback_attempts", "callbacks", "number", 3, "最多打几次回访电话", "Calls of one callback at most"),
    _limit("callback_days", "callbacks", "days", 2, "分在几天里打", "On how many days they are made"),
    _limit(
        "callback_times_of_day",
        "callbacks",
        "number",
        2,
        "分在一天的几个时段打",
        "At how many times of the day they are made",
    ),
    _limit(
        "callback_again_hours",
        "callbacks",
        "hours",
        4,
        "没接通时几小时后再打",
        "Hours after which a call is tried again",
    ),
    _limit(
        "callback_link_days",
        "callbacks",
        "days",
        7,
        "回访链接有效几天",
        "Days for which the link of a callback is good",
    ),
    _limit(
        "callback_centre_sees_phones",
        "callbacks",
        "yes",
        0,
        "回访中心是否拿到电话号码",
        "Whether the call centre is given phone numbers",
    ),
    _limit("messages_quiet_from", "callbacks", "hour", 21, "几点以后不发消息", "Hour from which no message is sent"),
    _limit("messages_quiet_until", "callbacks", "hour", 8, "几点以前不发消息", "Hour until which no message is sent"),
    _limit(
        "messages_per_day", "callbacks", "number", 4, "一天最多给一个人发几条", "Messages to one person a day at most"
    ),
    _limit(
        "twin_merge",
        "reading",
        "share",
        None,
        "系统自行并案所需的把握；没写则从不",
        "Confidence from which the system merges a report by itself; never without one",
    ),
    _limit(
        "triage_class",
        "reading",
        "share",
        None,
        "系统自行填写类别所需的把握；没写则从不",
        "Confidence from which the system fills in a class; never without one",
    ),
    _limit(
        "triage_place",
        "reading",
        "share",
        None,
        "系统自行填写地点所需的把握；没写则从不",
        "Confidence from which the system fills in a place; never without one",
    ),
    _limit(
        "open_data_cell",
        "open",
        "cell",
        FINEST_CELL,
        "开放数据里最细的六边形级别",
        "The finest hexagon of the open data",
    ),
    _limit(
        "open_data_levels",
        "open",
        "number",
        DEFAULT_LEVELS,
        "开放数据细到第几层区域",
        "Levels of areas that the open data tells",
    ),
    _limit(
        "open_data_least", "open", "number", DEFAULT_LEAST, "少于几件就不公布", "Fewer than so many are not published"
    ),
    _limit(
        "open311_descriptions",
        "open",
        "yes",
        0,
        "Open311 是否公布反映内容",
        "Whether Open311 publishes what was reported",
    ),
    _limit(
        "open311_needs_key",
        "open",
        "yes",
        0,
        "经 Open311 反映是否须有接口密钥",
        "Whether reports over Open311 need an API key",
    ),
    _limit(
        "sensorthings_needs_token",
        "open",
        "yes",
        0,
        "经 SensorThings 读取设备数据是否须有令牌",
        "Whether reading devices over SensorThings needs a token",
    ),
)
