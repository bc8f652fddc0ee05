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
    "signin.or": ("或者用用户名和密码", "or with name and password"),
    "account.provider": ("统一身份认证", "Identity provider"),
    "account.from_provider": (
        "您的身份由统一身份认证确认，姓名和口令在那里修改。",
        "It confirms who you are; your name and password there are changed there.",
    ),
    "account.by_group": ("{post}（来自用户组“{group}”）", "{post} (given by the group “{group}”)"),
    "account.by_provider": ("统一身份认证", "the identity provider"),
    "account.by_list": ("人员名单", "the list of people"),
    "signed_out.title": ("已退出", "You are signed out"),
    "signed_out.lead": (
        "您已退出本系统，正在前往统一身份认证一并退出。公用电脑上请等它完成。",
        "You are signed out here; the identity provider signs you out next. On a shared computer wait for it.",
    ),
    "signed_out.go_on": ("退出统一身份认证", "Sign out there as well"),
    "signed_out.stay": ("只退出本系统，回首页", "Stay signed in there and go to the start"),
    "person.service": ("服务账号“{name}”", "service account “{name}”"),
}
