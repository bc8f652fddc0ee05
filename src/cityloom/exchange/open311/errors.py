"""What the Open311 door refuses, each with the next step and the HTTP status the specification gives it."""

from __future__ import annotations

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register

register(
    {
        "open311.missing": ("缺少参数 {name}", "the parameter {name} is missing"),
        "open311.bad_value": (
            "参数 {name} 的值“{value}”不对；例如：{example}",
            "the parameter {name} has the value “{value}”; write for example {example}",
        ),
        "open311.no_place": (
            "请给出位置：lat 与 long，或 address_string，或 address_id",
            "say where: lat and long, or address_string, or address_id",
        ),
        "open311.span": (
            "start_date 与 end_date 相距不得超过{most_days}天",
            "start_date and end_date may lie at most {most_days} days apart",
        ),
        "open311.too_deep": (
            "分页太深；请用 start_date、end_date 或 updated_after 缩小范围",
            "that page lies too deep; narrow the span by start_date, end_date or updated_after",
        ),
        "open311.no_service": ("没有服务代码 {code}；见 services", "there is no service_code {code}; see services"),
        "open311.no_request": (
            "没有可公开查询的服务请求 {number}",
            "there is no service request {number} that is open to the public",
        ),
        "open311.no_token": ("没有此 token 对应的服务请求", "no service request has this token"),
        "open311.no_jurisdiction": (
            "没有 jurisdiction_id {code}；本服务器的为：{known}",
            "there is no jurisdiction_id {code}; this server has: {known}",
        ),
        "open311.no_format": ("没有格式 {format}；可用 xml 或 json", "there is no format {format}; use xml or json"),
        "open311.no_jsonp": (
            "不支持 JSONP；浏览器可直接跨域读取 JSON",
            "JSONP is not served; browsers may read the JSON from any origin",
        ),
        "open311.method": ("此地址只接受 {allowed}", "this address takes {allowed} only"),
        "open311.not_utf8": ("内容须为 UTF-8 编码", "what is sent must be encoded as UTF-8"),
        "open311.not_a_form": (
            "请以表单发送（application/x-www-form-urlencoded 或 multipart/form-data）",
            "send a form: application/x-www-form-urlencoded or multipart/form-data",
        ),
        "open311.too_large": ("内容过大，最多 {most_kb} KB", "that is too large; at most {most_kb} KB are taken"),
        "open311.broken_form": ("表单内容不完整或字段过多", "the form is broken or has too many fields"),
        "open311.too_many_files": ("最多可附{most}张照片", "at most {most} photos are taken"),
        "open311.key_needed": ("需要有效的 api_key", "a valid api_key is needed"),
        "open311.no_such_address": (
            "没有这个地址；例如：{example}",
            "there is nothing at this address; for example {example}",
        ),
        "open311.no_name": ("{name} 不是受支持的属性代码", "{name} is no attribute of this service"),
        "open311.update_from": ("其他系统的更新 {update}", "update {update} of another system"),
    }
)


class BadRequest(CityloomError):
    """A parameter that is missing or cannot be understood."""


class TooLarge(CityloomError):
    """More bytes than a report needs."""

    status = 413


class NotFound(CityloomError):
    """A service, request, token, jurisdiction or format that is not there or not public."""

    status = 404


class NoKey(CityloomError):
    """What is asked needs an API key."""

    status = 401


class WrongMethod(CityloomError):
    """The address does not take this method."""

    status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("open311.method", allowed=list(allowed))
        self.allowed = allowed
