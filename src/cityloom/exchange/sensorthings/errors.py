"""What the SensorThings door refuses, each with the next step and the HTTP status of the standard."""

from __future__ import annotations

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register

register(
    {
        "sta.no_resource": (
            "没有这个资源：{path}。入口文档列出了全部集合",
            "there is no resource {path}; the root document lists all collections",
        ),
        "sta.no_entity": ("没有 {entity}({id})", "there is no {entity}({id})"),
        "sta.no_related": (
            "{path} 没有关联的 {entity}",
            "nothing stands at {path}: no {entity} is linked there",
        ),
        "sta.bad_path": (
            "地址“{path}”无法识别；例如 Datastreams(1)/Observations",
            "the address {path} cannot be read; write for example Datastreams(1)/Observations",
        ),
        "sta.no_property": (
            "{entity} 没有属性 {name}；有：{known}",
            "{entity} has no property {name}; there are: {known}",
        ),
        "sta.no_link": (
            "{entity} 没有导航 {name}；有：{known}",
            "{entity} has no navigation {name}; there are: {known}",
        ),
        "sta.unknown_option": (
            "没有查询选项 {name}；可用：{known}",
            "there is no query option {name}; there are: {known}",
        ),
        "sta.option_twice": ("查询选项 {name} 只能写一次", "the query option {name} may be given once"),
        "sta.option_not_here": (
            "查询选项 {name} 不能用于此处；它用于实体集合",
            "the query option {name} does not fit here; it is for collections of entities",
        ),
        "sta.bad_option": (
            "查询选项 {name} 的值“{value}”不对；例如：{example}",
            "the query option {name} has the value “{value}”; write for example {example}",
        ),
        "sta.bad_filter": (
            "表达式在“{at}”处无法识别；例如：{example}",
            "the expression cannot be read at “{at}”; write for example {example}",
        ),
        "sta.filter_too_long": (
            "表达式过长或嵌套过深，请拆成几次查询",
            "the expression is too long or nested too deeply; split the query",
        ),
        "sta.no_function": ("没有函数 {name}；有：{known}", "there is no function {name}; there are: {known}"),
        "sta.arguments": (
            "函数 {name} 需要 {wanted} 个参数，给了 {given} 个",
            "the function {name} takes {wanted} arguments, {given} were given",
        ),
        "sta.wrong_kind": (
            "{where} 需要 {wanted}，给出的是 {given}",
            "{where} needs {wanted}, but was given {given}",
        ),
        "sta.not_boolean": (
            "$filter 须为真假条件，例如 result gt 10",
            "a $filter is a condition that is true or false, for example result gt 10",
        ),
        "sta.bad_geometry": (
            "几何“{value}”无法识别；请用 WKT，例如 geography'POINT(106.5 29.5)'",
            "the geometry “{value}” cannot be read; write WKT, for example geography'POINT(106.5 29.5)'",
        ),
        "sta.bad_moment": (
            "时间“{value}”无法识别；例如 2026-06-01T08:00:00+08:00",
            "the time “{value}” cannot be read; write for example 2026-06-01T08:00:00+08:00",
        ),
        "sta.out_of_range": (
            "查询中的数值超出可计算的范围",
            "a value in the query is outside of what can be reckoned with",
        ),
        "sta.too_heavy": (
            "查询耗时过长，请用 $filter 缩小时间范围或减少 $expand",
            "the query takes too long; narrow the time by $filter or $expand less",
        ),
        "sta.too_much_archived": (
            "经链接的条件须读取超过{most}条归档观测；请限定时间，"
            "例如 Observations/any(o: o/result gt 5 and o/phenomenonTime ge 2026-06-01T00:00:00Z)",
            "over this link more than {most} observations out of the archive would have to be read; bound "
            "their time, for example Observations/any(o: o/result gt 5 and o/phenomenonTime ge 2026-06-01T00:00:00Z)",
        ),
        "sta.archived": (
            "{at} 当天的观测已归档，不能更改或删除；可以补充该时刻以外的观测",
            "the day of {at} is closed and lies in the archive, its observations can neither be changed nor deleted; "
            "observations of other times can still be added",
        ),
        "sta.skip_too_deep": (
            "$skip 最多 {most}；更深请沿 @iot.nextLink 翻页",
            "$skip goes up to {most}; follow @iot.nextLink to go deeper",
        ),
        "sta.bad_token": (
            "$skiptoken 不是本服务给出的翻页标记",
            "$skiptoken is no mark that a page of this service ended with",
        ),
        "sta.expand_too_deep": (
            "$expand 最多嵌套 {most} 层、共 {all} 项",
            "$expand may nest {most} levels and name {all} links in all",
        ),
        "sta.method": ("此资源不接受 {method}；可用：{allowed}", "{method} is not taken here; use {allowed}"),
        "sta.not_offered": (
            "本服务不提供 {what}",
            "{what} is not offered by this service",
        ),
        "sta.bad_json": ("请求正文不是有效的 JSON 对象", "the body is not a valid JSON object"),
        "sta.bad_type": (
            "正文类型 {given} 不支持，请用 application/json",
            "a body of type {given} is not taken; send application/json",
        ),
        "sta.missing": ("{entity} 缺少必填项 {names}", "{entity} lacks {names}"),
        "sta.bad_value": (
            "{entity} 的 {name} 不对：应为 {wanted}",
            "{name} of {entity} is wrong: it has to be {wanted}",
        ),
        "sta.unknown_name": (
            "{entity} 没有“{name}”；可写：{known}",
            "{entity} has no {name}; it takes: {known}",
        ),
        "sta.no_such_link": (
            "所链接的 {entity}({id}) 不存在",
            "the {entity}({id}) that is linked does not exist",
        ),
        "sta.link_and_entity": (
            "{name} 应为带 @iot.id 的链接或完整的新实体",
            "{name} is either a link with @iot.id or a whole new entity",
        ),
        "sta.same_time": (
            "数据流 {stream} 在 {at} 已有观测；如需更正请用 PATCH",
            "the stream {stream} has an observation at {at} already; correct it by PATCH",
        ),
        "sta.name_taken": (
            "“{name}”已被使用：同一设备下数据流的名称、全市设备的代码不得重复",
            "{name} is taken: streams of a device differ by name, devices of a city by code",
        ),
        "sta.code_taken": ("已有代码为 {code} 的设备", "there is a device of the code {code} already"),
        "sta.leant_on": (
            "{entity}({id}) 还有告警等记录，不能删除；可在城市文件夹中停用",
            "{entity}({id}) has records such as alarms and cannot be deleted; let it rest instead",
        ),
        "sta.time_out_of_range": (
            "现象时间须在 {first} 与 {last} 之间",
            "phenomenonTime lies between {first} and {last}",
        ),
        "sta.not_yours": (
            "此设备属于{owner}；令牌的单位是{unit}",
            "the device belongs to {owner}; the token acts for {unit}",
        ),
        "sta.of_folder": (
            "{entity}({id}) 由城市文件夹管理，请改 things.csv",
            "{entity}({id}) is kept by the city's folder; change things.csv",
        ),
        "sta.shared": (
            "{entity}({id}) 还被其他单位的设备使用，不能更改",
            "{entity}({id}) is used by devices of other units as well and stays",
        ),
        "sta.service_only": (
            "写入须用单位的服务账号令牌（cityloom services add）",
            "writing asks for the token of a unit's service account (`cityloom services add`)",
        ),
        "sta.bad_patch": (
            "JSON Patch 无法应用：{why}",
            "the JSON Patch cannot be applied: {why}",
        ),
        "sta.batch_too_large": (
            "一个批次最多 {most} 个请求",
            "a batch holds at most {most} requests",
        ),
        "sta.batch_failed": (
            "同组请求 {id} 失败，整组未执行",
            "request {id} of the same group failed; nothing of the group was done",
        ),
        "sta.batch_depends": (
            "所依赖的请求 {id} 未成功",
            "the request {id} that this one depends on did not succeed",
        ),
        "sta.bad_array": (
            "dataArray 第 {row} 行不对：{why}",
            "row {row} of the dataArray is wrong: {why}",
        ),
        "sta.too_many": (
            "一次最多 {most} 条，请分批提交",
            "at most {most} at once; send them in parts",
        ),
        "sta.not_geo": (
            "resultFormat=GeoJSON 不能用于 {entity}",
            "resultFormat=GeoJSON does not fit {entity}",
        ),
        "sta.failed": (
            "系统出错，未作任何更改。请把应答头 X-Request-Id 告知管理员",
            "something went wrong here and nothing was changed; tell the administrator the answer's X-Request-Id",
        ),
        "sta.too_large": ("请求正文过大，最多 {most_mb} MB", "the body is too large; at most {most_mb} MB"),
        "sta.no_city": ("尚未载入城市", "no city has been loaded yet"),
        "sta.read_needs_token": (
            "本市的设备数据须凭令牌读取（权限范围 readings:read）",
            "this city's devices are read with a token (scope readings:read)",
        ),
    }
)


class BadQuery(CityloomError):
    """A query option, filter or address that cannot be understood."""


class BadEntity(CityloomError):
    """What was sent does not make an entity."""


class NoResource(CityloomError):
    """An address that leads to nothing."""

    status = 404


class NoMethod(CityloomError):
    """The resource is there, the method is not."""

    status = 405

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__("sta.method", method=method[:20], allowed=list(allowed))
        self.allowed = allowed


class Conflict(CityloomError):
    """The entity is there already, or others lean on it."""

    status = 409


class TooLarge(CityloomError):
    """More bytes or entities than are taken at once."""

    status = 413


class BadType(CityloomError):
    """A body of a kind that is not read here."""

    status = 415


class NotOffered(CityloomError):
    """A part of the standard that this service does not have."""

    status = 501


class NotYours(CityloomError):
    """The token is good, but the device belongs to another unit."""

    status = 403


class TooHeavy(CityloomError):
    """A query that was stopped because it took too long."""

    status = 503


class Failed(CityloomError):
    """Our own mistake; the log has it under the request's id."""

    status = 500
