"""Why alarms change, and what is refused about them, in both languages."""

from __future__ import annotations

from cityloom.base.reasons import register

register(
    {
        "alarm.breach": ("读数触发规则", "the readings fulfil the rule"),
        "alarm.normal": ("读数恢复正常", "the readings are back to normal"),
        "alarm.came_back": ("短时间内再次触发，仍按同一告警处理", "it came back shortly after: the same alarm"),
        "alarm.flapping": (
            "{minutes}分钟内变化{count}次，按抖动处理：告警保持，不再逐次提示",
            "it changed {count} times within {minutes} minutes and counts as flapping: the alarm stays",
        ),
        "alarm.steady": ("已平稳，状态仍异常", "steady again, and the condition still holds"),
        "alarm.quiet": ("已平稳，恢复正常", "steady again and back to normal"),
        "alarm.maintenance": ("处于维护窗口{window}内", "it lies within maintenance window {window}"),
        "alarm.parent": ("上级告警{alarm}尚在，暂不单独告警", "alarm {alarm} stands and accounts for it"),
        "alarm.released": ("抑制原因已消除，状态仍异常", "what silenced it is over, and the condition still holds"),
        "alarm.agreed": ("重启后核对：条件已不成立", "looked at again after a restart: it holds no more"),
        "alarm.device_replaced": (
            "设备已由{code}替换，读数从此看新设备",
            "its device was replaced by {code}, whose readings count from here on",
        ),
        "alarm.rule_gone": ("规则或数据流已撤销", "its rule or stream is no longer there"),
        "alarm.unacknowledged": (
            "{minutes}分钟无人确认，升级提示{role}",
            "nobody acknowledged it for {minutes} minutes; now told to: {role}",
        ),
        "alarm.case_opened": ("已立案件{number}", "the case {number} was opened"),
        "alarm.case_refused": ("未能立案：{why}", "no case could be opened: {why}"),
        "alarm.case_ended": ("案件{number}已结", "its case {number} has ended"),
        "alarm.false": ("误报", "a false alarm"),
        "alarm.true": ("属实", "a true alarm"),
        "alarm.planned": ("已安排", "planned"),
        "alarm.impossible": (
            "该告警为“{alarm_state}”，不能“{alarm_move}”；现在可以：{alarm_moves}",
            "the alarm is {alarm_state} and cannot “{alarm_move}”; possible now: {alarm_moves}",
        ),
        "alarm.needs_note": ("“{alarm_move}”须写明说明", "“{alarm_move}” needs a note that says why"),
        "alarm.needs_review": (
            "严重告警须先填写复盘（发生了什么、为什么、怎么改）再关闭",
            "a severe alarm is closed after its review: what happened, why, what changes",
        ),
        "alarm.needs_case_end": (
            "案件{number}尚未办结，请先办结案件，或写明理由",
            "its case {number} is still open: end the case first, or say why it is closed before",
        ),
        "alarm.stale": (
            "告警刚被他人处理过，请刷新后再试",
            "somebody else has just changed the alarm; reload and try again",
        ),
        "alarm.no_alarm": ("没有编号为{number}的告警", "there is no alarm {number}"),
        "alarm.no_device": ("没有设备{code}", "there is no device {code}"),
        "alarm.not_for_role": (
            "{role}不能对告警“{alarm_move}”；可由：{roles}",
            "a {role} cannot “{alarm_move}” an alarm; these can: {roles}",
        ),
        "alarm.not_your_unit": ("该告警不属于本单位", "the alarm is of another unit"),
        "alarm.not_your_area": ("该告警不在您的辖区", "the alarm is outside your area"),
        "window.no_reason": ("请写明维护原因", "say why there is maintenance"),
        "window.no_scope": ("请选定设备、区域或类型", "name a device, an area or a type"),
        "window.wrong_span": (
            "结束须晚于开始，且最长{days}天；结束时间须在将来",
            "it ends after it begins, in the future, and lasts {days} days at most",
        ),
        "window.no_window": ("没有编号为{number}的维护窗口", "there is no maintenance window {number}"),
        "window.over": ("该维护窗口已结束", "the maintenance window is over"),
    }
)
