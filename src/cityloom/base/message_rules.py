"""When a message may go out: quiet hours, how often a day, how long after a failure. Pure: values in, values out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import Reason, register

register(
    {
        "message.unknown_purpose": (
            "不认识的用途“{purpose}”；可用：{known}",
            "the purpose “{purpose}” is not known; known are: {known}",
        ),
        "message.unknown_kind": ("不认识的发送方式“{kind}”；可用：{known}", "no such kind “{kind}”; known: {known}"),
        "message.unknown_template": (
            "没有名为“{template}”的短信模板；请先登记",
            "there is no message template “{template}”; register it first",
        ),
        "message.missing_params": (
            "模板“{template}”还缺参数：{missing}",
            "the template “{template}” still needs: {missing}",
        ),
        "message.bad_address": ("收件地址不是有效的{kind}地址", "the address is no valid one for {kind}"),
        "message.refused_by_recipient": ("收件人不愿接收此类消息", "the recipient does not want such messages"),
        "message.no_consent": ("收件人没有同意接收此类消息", "the recipient has not agreed to such messages"),
        "message.too_many_today": ("当天已发满{most}条，改日再发", "{most} were sent that day; it waits for another"),
        "message.quiet_hours": ("安静时段内不发，顺延", "quiet hours; it waits until they end"),
        "message.too_late": ("过了有效时间，不再发送", "it would have come too late and was not sent"),
        "message.no_adapter": (
            "没有发送{kind}的通道；请设置 CITYLOOM_SMS_URL 或 CITYLOOM_MAIL_URL",
            "nothing is set up that sends {kind}; set CITYLOOM_SMS_URL or CITYLOOM_MAIL_URL",
        ),
        "message.provider_away": ("发送通道没有应答：{detail}", "the provider did not answer: {detail}"),
        "message.provider_refused": ("发送通道拒绝：{detail}", "the provider refused it: {detail}"),
        "message.gave_up": ("试了{attempts}次仍未发出", "given up after {attempts} attempts"),
        "message.key_gone": (
            "用现有密钥打不开收件地址；请把当时的密钥加回 CITYLOOM_DATA_KEYS",
            "none of the present keys opens the address; add the old key back to CITYLOOM_DATA_KEYS",
        ),
    }
)

KINDS = ("sms", "mail")
# Whether a purpose needs consent: `out` goes unless the recipient said no, `in` only after a yes, `always` goes.
PURPOSES: dict[str, str] = {"callback": "out", "progress": "out", "work": "out", "account": "always", "news": "in"}

RETRY_MIN = (1, 5, 15, 60, 180, 360, 720)  # minutes to wait after the first failure, the second, …; then given up
LEASE = timedelta(minutes=10)  # how long a worker that took a message may be silent before another one takes it

_PHONE = re.compile(r"\+?[0-9]{5,15}")
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}")


class BadMessage(CityloomError):
    """A message that could never be sent as it was asked for."""

    status = 422


@dataclass(frozen=True)
class MessageRules:
    """What a city asks of its messages: local quiet hours, how many a day one recipient may get, whose name signs."""

    zone: tzinfo = UTC
    quiet_from: time = time(21)
    quiet_until: time = time(8)
    most_a_day: int = 4
    signed_zh: str = ""
    signed_en: str = ""

    @staticmethod
    def of_limits(limits: Mapping[str, float], zone: tzinfo, signed_zh: str, signed_en: str) -> MessageRules:
        """From a city's `[limits]`: `messages_quiet_from` and `messages_quiet_until` in hours, `messages_per_day`."""
        return MessageRules(
            zone=zone,
            quiet_from=time_of_hour(limits.get("messages_quiet_from", 21)),
            quiet_until=time_of_hour(limits.get("messages_quiet_until", 8)),
            most_a_day=int(limits.get("messages_per_day", 4)),
            signed_zh=signed_zh,
            signed_en=signed_en,
        )


def time_of_hour(hour: float) -> time:
    """7.5 → 07:30; hours of 24 and more begin the day anew."""
    minutes = round(hour * 60) % (24 * 60)
    return time(minutes // 60, minutes % 60)


def quiet_until(at: datetime, rules: MessageRules) -> datetime | None:
    """The moment quiet hours end, when `at` lies in them; None outside. Equal bounds mean no quiet hours."""
    local = at.astimezone(rules.zone)
    begins, ends, now = rules.quiet_from, rules.quiet_until, local.time()
    over_night = begins > ends
    inside = (now >= begins or now < ends) if over_night else begins <= now < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if over_night and now >= begins else 0)
    return datetime.combine(day, ends, rules.zone).astimezone(at.tzinfo)


def day_bounds(at: datetime, rules: MessageRules) -> tuple[datetime, datetime]:
    """The local day around a moment: its first moment and that of the next day."""
    day = at.astimezone(rules.zone).date()
    begins = datetime.combine(day, time(0), rules.zone)
    return begins, datetime.combine(day + timedelta(days=1), time(0), rules.zone)


def held_until(at: datetime, sent_today: int, urgent: bool, rules: MessageRules) -> tuple[datetime, Reason] | None:
    """Until when a message has to wait now and why; None when it may go. What is urgent waits for nothing."""
    if urgent:
        return None
    if (until := quiet_until(at, rules)) is not None:
        return until, Reason("message.quiet_hours")
    if sent_today >= rules.most_a_day:
        tomorrow = day_bounds(at, rules)[1]
        return quiet_until(tomorrow, rules) or tomorrow, Reason("message.too_many_today", {"most": rules.most_a_day})
    return None


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after so many failed attempts; None when it is given up."""
    return timedelta(minutes=RETRY_MIN[attempts - 1]) if attempts <= len(RETRY_MIN) else None


def forbidden(purpose: str, wish: bool | None) -> Reason | None:
    """Why the recipient's wish (None: never said) forbids this purpose, or None when it does not."""
    way = PURPOSES[purpose]
    if way == "out" and wish is False:
        return Reason("message.refused_by_recipient")
    if way == "in" and wish is not True:
        return Reason("message.no_consent")
    return None


def plain_address(kind: str, to: str) -> str:
    """The address in the form it is compared and sent in; raises BadMessage for one that can never be reached."""
    if kind not in KINDS:
        raise BadMessage("message.unknown_kind", kind=kind, known=list(KINDS))
    if kind == "mail":
        plain = to.strip()
        local, at_sign, host = plain.rpartition("@")
        plain = f"{local}{at_sign}{host.lower()}"
    else:
        plain = re.sub(r"[\s\-()./]", "", to)
        plain = plain[3:] if plain.startswith("+86") and len(plain) == 14 else plain
        plain = plain[2:] if plain.startswith("86") and len(plain) == 13 else plain
    if not (_MAIL if kind == "mail" else _PHONE).fullmatch(plain):
        raise BadMessage("message.bad_address", kind=kind)
    return plain


def masked(address: str) -> str:
    """An address as others may see it: `138****8000`, `q***@city.example`."""
    if "@" in address:
        local, _, host = address.partition("@")
        return f"{local[:1]}***@{host}"
    return f"{address[:3]}****{address[-4:]}" if len(address) >= 9 else "****" + address[-2:]
