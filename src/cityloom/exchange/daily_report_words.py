"""The words of the daily report, in Chinese and English."""

from __future__ import annotations

from cityloom.city.values import Name

WORDS: dict[str, tuple[str, str]] = {
    "title": ("{city}城市事件日报 {day}", "Daily report of {city}, {day}"),
    "made": (
        "当日数按零时至二十四时统计；存量截至 {at}。每个数字都可点开对应清单。",
        "What came in and was closed is counted over the day; what is open stands as of {at}. "
        "Each number leads to its list.",
    ),
    "flow": ("当日受理与办结", "Came in and closed on the day"),
    "intake": ("受理", "came in"),
    "closed": ("办结", "closed"),
    "in_time": ("其中按期办结", "of these in time"),
    "closed_late": ("其中超期办结", "of these late"),
    "in_time_rate": ("按期办结率", "share closed in time"),
    "stock": ("当前存量", "Open now"),
    "open": ("在办", "open"),
    "overdue": ("其中已超时", "of these overdue"),
    "classes": ("受理最多的类别", "Classes with most cases"),
    "areas": ("受理最多的区域", "Areas with most cases"),
    "rates": ("当日回访“三率”", "Callbacks of the day"),
    "called": ("有效回访（件）", "callbacks that reached somebody (reports)"),
    "response": ("响应率", "response rate"),
    "resolution": ("解决率", "resolution rate"),
    "satisfaction": ("满意率", "satisfaction rate"),
    "long_term": ("挂账清单", "Long-term list"),
    "listed": ("挂账", "listed"),
    "listed_for": ("{unit}，已 {days} 天", "{unit}, for {days} days"),
    "orders": ("督办", "Supervision orders"),
    "orders_open": ("未销号", "open"),
    "orders_overdue": ("其中逾期未答复", "of these overdue without an answer"),
    "na": ("无（样本为 0）", "n/a (nobody in the sample)"),
    "share": ("{share}%（样本 {n}）", "{share} % (of {n})"),
    "none": ("无", "none"),
}


def say(code: str, language: str, **params: object) -> str:
    """A sentence of the report."""
    zh, en = WORDS[code]
    return (zh if language == "zh" else en).format(**params)


def named(name: Name, language: str) -> str:
    """A name in the report's language."""
    return name.zh if language == "zh" else name.en
