"""What is refused about webhooks, and the sentences of what became of their messages."""

from __future__ import annotations

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register

register(
    {
        "webhook.no_such": ("没有推送{id}", "there is no webhook {id}"),
        "webhook.no_such_delivery": ("推送{id}没有消息{delivery}", "webhook {id} has no delivery {delivery}"),
        "webhook.bad_url": (
            "推送地址应为 https:// 或 http:// 开头的完整地址，只用 ASCII 字符，不含用户名和 #，最多 500 字",
            "the address of a webhook is a whole https:// or http:// address in ASCII, without a user name and "
            "without #, at most 500 signs",
        ),
        "webhook.private_host": (
            "{host}是内部地址；确需推送到内网时，请管理员把它写进 CITYLOOM_WEBHOOK_HOSTS",
            "{host} is an address inside; where that is meant, the operator names it in CITYLOOM_WEBHOOK_HOSTS",
        ),
        "webhook.address_refused": (
            "{host}解析到内部地址，未发送；确需时请管理员写进 CITYLOOM_WEBHOOK_HOSTS",
            "{host} leads to an address inside, so nothing was sent; where that is meant, the operator names it in "
            "CITYLOOM_WEBHOOK_HOSTS",
        ),
        "webhook.unknown_host": ("找不到主机{host}", "the host {host} is not known"),
        "webhook.no_answer": ("对方没有应答（{detail}）", "the receiver gave no answer ({detail})"),
        "webhook.too_slow": ("{seconds}秒内没有应答完", "no whole answer within {seconds} seconds"),
        "webhook.answered": ("对方应答 {status}，2xx 才算收到", "the receiver answered {status}; only 2xx takes it"),
        "webhook.gave_up": (
            "共试{attempts}次未成，不再重试；可补发",
            "given up after {attempts} tries; it can be replayed",
        ),
        "webhook.key_gone": (
            "签名密钥打不开（数据密钥已换），请为该推送更换签名密钥",
            "its secret cannot be opened (the data key is gone); rotate the secret of this webhook",
        ),
        "webhook.gone": ("对方应答 410，表示不再接收", "the receiver answered 410: it wants nothing more"),
        "webhook.failing": ("连续失败{days}天", "it failed for {days} days on end"),
        "webhook.off": ("推送已停用，消息未发出；恢复后可补发", "the webhook is off; replay it once it is on again"),
        "webhook.removed": ("推送已删除", "the webhook was removed"),
        "webhook.unknown_value": (
            "{name}没有“{value}”；例如：{near}",
            "{name} knows no {value}; there are for example: {near}",
        ),
        "webhook.not_yours": (
            "推送只由本岗位或市级管理员管理",
            "a webhook is managed by its own post or by an administrator of the whole city",
        ),
        "webhook.no_such_post": (
            "推送不能以“{role}”岗位查看案件",
            "a webhook cannot see cases by the role {role}",
        ),
        "webhook.unit_of_area": (
            "只有市级管理员能为单位建推送",
            "only an administrator of the whole city makes webhooks for a unit",
        ),
        "webhook.stale": (
            "推送已被改动（现为第{now}版，您看到的是第{seen}版），请刷新再改",
            "the webhook was changed (now version {now}, you saw {seen}); look at it again",
        ),
        "webhook.rotating": (
            "上次更换的旧密钥到{until}才失效；请稍后再换，或立即停用旧密钥",
            "the secret before still signs until {until}; rotate later, or end the old one at once",
        ),
        "webhook.bad_overlap": ("新旧密钥并用时间为0到{most}小时", "both secrets sign for 0 to {most} hours"),
        "webhook.bad_window": (
            "请给出补发的起止时间，起在止之前",
            "say from when to when, the beginning before the end",
        ),
        "webhook.is_removed": ("推送{id}已删除，不能再改", "webhook {id} was removed and cannot be changed"),
        "webhook.not_active": (
            "推送已停用或暂停，请先恢复",
            "the webhook is paused or off; resume it first",
        ),
    }
)


class NoSuchWebhook(CityloomError):
    """No webhook of that number that this post may manage."""

    status = 404


class NoSuchDelivery(CityloomError):
    """The webhook has no delivery of that number."""

    status = 404


class BadWebhook(CityloomError):
    """An address, a wish or a span that cannot be."""

    status = 422


class WebhookNotAllowed(CityloomError):
    """A webhook that this post may not make."""

    status = 403


class WebhookChanged(CityloomError):
    """Somebody else changed it first."""

    status = 412


class WebhookNotNow(CityloomError):
    """Not while the webhook stands as it does."""

    status = 409
