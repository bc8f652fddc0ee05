"""The texts of identity on the pages: sign-in by the provider, whose account it is, machines' accounts."""

IDENTITY_WORDS: dict[str, tuple[str, str]] = {
    "happened.made": ("建立账号", "the account was made"),
    "happened.bound": ("首次用统一身份认证登录", "first sign-in through the identity provider"),
    "happened.released": ("解除与统一身份认证的绑定", "released from the identity provider"),
    "happened.posts_given": ("用户组给了岗位", "a group gave posts"),
    "happened.posts_taken": ("退出用户组，岗位结束", "a group was left, and its posts ended"),
    "happened.put_to_sleep": ("停用", "put to sleep"),
    "happened.woken": ("恢复", "woken"),
    "happened.handed_over": ("更换负责人", "another person answers for it"),
    "person.service": ("服务账号“{name}”", "service account “{name}”"),
}
