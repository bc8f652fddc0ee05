"""The sentences of callbacks: what an attempt met, why somebody may not call, and the message that invites."""

from __future__ import annotations

from cityloom.base.messages import Template, register_templates
from cityloom.base.reasons import register

REASONS: dict[str, tuple[str, str]] = {
    # what an attempt met
    "attempt.no_answer": ("无人接听", "nobody answered"),
    "attempt.busy": ("占线", "busy"),
    "attempt.switched_off": ("关机或停机", "switched off or out of service"),
    "attempt.wrong_number": ("号码有误", "a wrong number"),
    "attempt.later": ("请改在{at}联系", "asked for a call at {at}"),
    "attempt.refused": ("不愿接受回访", "declined the call"),
    "attempt.language": ("语言不通，换人再拨", "no common language; another person will call"),
    "attempt.another_person": ("接听的不是本人", "somebody else answered"),
    "attempt.unreachable": ("未接通", "not reached"),
    "callback.invited": ("已发出回访链接（{channel}）", "a link to answer was sent ({channel})"),
    "callback.heard": ("回访结果（{channel}）", "what the callback heard ({channel})"),
    # why a person is not satisfied
    "unsatisfied.not_solved": ("问题没有解决", "the matter is not solved"),
    "unsatisfied.slow": ("办得太慢", "it took too long"),
    "unsatisfied.attitude": ("态度不好", "how people were treated"),
    "unsatisfied.no_contact": ("没有人联系", "nobody got in touch"),
    "unsatisfied.answer": ("答复不清楚或不属实", "the answer was unclear or untrue"),
    "unsatisfied.came_back": ("问题又出现", "the trouble came back"),
    "unsatisfied.policy": ("对政策规定不满", "the rule itself"),
    "unsatisfied.other": ("其他", "something else"),
    # refusals
    "callback.own_work": (
        "您办理过这件事，回访须由别人做",
        "you worked on this matter; somebody else calls back",
    ),
    "callback.own_unit": (
        "{unit}办理过这件事，其人员不能回访；请交其他单位的回访员",
        "{unit} worked on this matter; its people do not call back; leave it to a callback post elsewhere",
    ),
    "callback.deputy": (
        "{for}办理过这件事，代其行事的人也不能回访",
        "{for} worked on this matter; who stands in for them does not call back either",
    ),
    "callback.disputed_call": (
        "上次回访是您记录的，诉求人有异议；这次须换人",
        "you recorded the callback that the resident disputes; another agent calls this time",
    ),
    "callback.too_few_attempts": (
        "还不能记为联系不上：已拨{attempts}次（{days}天、{parts}个时段），须满{need_attempts}次、{need_days}天、"
        "{need_parts}个时段；或请值班长决定",
        "not unreachable yet: {attempts} attempts on {days} days at {parts} times of day; {need_attempts} on "
        "{need_days} days at {need_parts} are needed, or the shift lead decides",
    ),
    "callback.bad_channel": (
        "{role}不能用“{channel}”方式记录回访；可用：{known}",
        "a {role} does not record a callback by “{channel}”; possible: {known}",
    ),
    "callback.note_in_person": (
        "当面回访须写明时间、地点和情况",
        "an answer heard in person needs a note: where, when, what was said",
    ),
    "callback.later_when": (
        "请写明改在什么时候联系（须晚于现在）",
        "say when to call again; it must lie ahead",
    ),
    "callback.bad_answer": ("{what}的值“{value}”不认识；可用：{known}", "{what} is “{value}”; known are: {known}"),
    "callback.not_heard_once": ("这几条反映不是同一个人的", "these reports are not by the same person"),
    "callback.no_link": (
        "这个链接不对，请核对短信里的地址，或拨打12345",
        "there is no such link; check the address in the message, or call the hotline",
    ),
    "callback.link_used": ("您已经答过，谢谢。", "You have answered already, thank you."),
    "callback.link_ended": (
        "这个链接已过期。如仍想告诉我们，请拨打12345，或在进度页补充",
        "This link has expired. To tell us still, call the hotline or add it on your follow page",
    ),
    "callback.link_settled": (
        "这件事已经回访过，或已重新办理，不需要再答。",
        "This matter was called back already or is being worked on again; no answer is needed.",
    ),
    "callback.no_address": (
        "没有可发链接的号码或邮箱",
        "there is no number or mail address to send a link to",
    ),
    "callback.no_sms_consent": ("诉求人没有同意接收短信", "the resident has not agreed to get SMS"),
    "callback.invited_already": ("链接已发出，{until}前有效", "a link is out and holds until {until}"),
    # a list brought back
    "list.no_column": ("名单缺少列：{missing}", "the list lacks the columns: {missing}"),
    "list.bad_token": ("标识“{token}”不属于本市待回访的反映", "the token “{token}” is of no report of this city"),
    "list.old_round": (
        "名单发出后这件事已重新办理，结果不再适用",
        "the matter was taken up again after the list went out; the outcome no longer fits",
    ),
    "list.settled": ("这条反映已有结果", "this report is settled already"),
    "list.bad_time": (
        "拨打时间“{value}”不对；应如 2026-06-08T10:30，且不早于待回访、不晚于现在",
        "the time “{value}” is wrong; write 2026-06-08T10:30, not before the callback was due nor after now",
    ),
    "list.bad_result": (
        "结果“{value}”不认识；可用：{known}",
        "the result “{value}” is not known; known are: {known}",
    ),
    "list.unreadable": ("名单读不了：{detail}", "the list cannot be read: {detail}"),
    "list.not_caller": (
        "{login}今天没有回访岗位",
        "{login} holds no callback post today",
    ),
}
register(REASONS)

register_templates(
    {
        "callback.invite": Template(
            zh="您反映的“{matter}”（{number}）已办结。问题解决了吗？请点开 {link} 作答，三步即可，{days}天内有效。"
            "我们不会索要验证码或付款。",
            en="Your report “{matter}” ({number}) has been dealt with. Was it solved? Answer in three taps: {link} "
            "(valid for {days} days). We never ask for codes or payments.",
            subject_zh="请告诉我们：问题解决了吗",
            subject_en="Was it solved? Please tell us",
        ),
    }
)
