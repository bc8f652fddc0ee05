"""What a feed may say is wrong with it; pages show it long after whoever read the feed has gone."""

from cityloom.base.reasons import register
from cityloom.sensing import cap_errors  # noqa: F401 (it words what is wrong with warnings)

register(
    {
        "fetch.away": (
            "服务器 {host} 暂无可用应答（{detail}），稍后再试",
            "the server {host} gives no good answer ({detail}); try again later",
        ),
        "gbfs.not_json": ("{feed} 不是 JSON 文档（{detail}）", "{feed} is no JSON document ({detail})"),
        "gbfs.version": (
            "{feed} 的版本是“{version}”；可读 2.3 和 3.0",
            "{feed} has the version “{version}”; 2.3 and 3.0 are read",
        ),
        "gbfs.missing": ("{feed} 缺少 {key}", "{feed} lacks {key}"),
        "gbfs.bad_value": (
            "{feed} 第{number}条的 {key} 不对：{value}",
            "{key} of entry {number} in {feed} is wrong: {value}",
        ),
        "gbfs.too_many": ("{feed} 超过{most}条", "{feed} has more than {most} entries"),
    }
)
