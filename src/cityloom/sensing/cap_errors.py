"""What can be wrong with a warning, in words."""

from __future__ import annotations

from collections.abc import Sequence

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register, render
from cityloom.sensing.cap_values import Fault

register(
    {
        "cap.refused": (
            "预警不符合 CAP 1.2：{first}（共{count}处）；请发布方改正后重发",
            "the warning breaks CAP 1.2: {first} ({count} in all); ask its sender to mend and send it again",
        ),
        "cap.missing": ("缺少 {element}", "{element} is missing"),
        "cap.bad_value": ("{element} 不能是“{value}”", "{element} cannot be “{value}”"),
        "cap.bad_name": (
            "{element}“{value}”为空，或含有空格、逗号、< 或 &",
            "{element} “{value}” is empty or holds a space, a comma, < or &",
        ),
        "cap.bad_moment": (
            "{element}“{value}”应写作 2026-06-01T09:00:00+08:00",
            "{element} “{value}” must be written as 2026-06-01T09:00:00+08:00",
        ),
        "cap.bad_point": (
            "{element} 中的“{value}”不是“纬度,经度”",
            "“{value}” in {element} is no latitude,longitude",
        ),
        "cap.open_ring": (
            "{element} 有{value}个点，首尾不相接或不足四点",
            "{element} has {value} points; it needs four and the last to be the first",
        ),
        "cap.ends_before": ("{element} {value} 早于开始时间", "{element} {value} lies before the beginning"),
        "cap.too_long": ("{element} 超过 {value}", "{element} is longer than {value}"),
        "cap.not_xml": ("不是可以安全读取的 XML（{value}）", "it is no XML that can be read safely ({value})"),
        "cap.not_cap": (
            "根元素“{value}”不是 CAP 1.2 的 alert",
            "its root “{value}” is not the alert of CAP 1.2",
        ),
        "cap.unknown_element": ("CAP 1.2 没有元素 {element}", "CAP 1.2 has no element {element}"),
        "cap.out_of_order": ("{element} 的位置不对", "{element} stands in the wrong place"),
        "cap.twice": ("{element} 出现了两次", "{element} stands there twice"),
    }
)


class BadAlert(CityloomError):
    """A message that breaks the standard; `faults` are all of them."""

    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("cap.refused", first=said(faults[0], "en"), count=len(faults))

    def in_language(self, language: str) -> str:
        told = Reason(self.reason.code, {**self.reason.params, "first": said(self.faults[0], language)})
        return render(told, language)


def said(fault: Fault, language: str) -> str:
    """A fault in words."""
    return render(Reason(fault.code, {"element": fault.element, "value": fault.value}), language)
