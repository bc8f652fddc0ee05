"""The texts of identity on the pages: sign-in by the provider, whose account it is, machines' accounts."""

IDENTITY_FAMILIES = ("account.by_", "services.expired", "services.without_", "services.good", "services.disabled")
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
        "您的身份由统一身份认证确认，姓名和密码在那里修改。",
        "It confirms who you are; your name and password there are changed there.",
    ),
    "account.by_group": ("{post}（来自用户组“{group}”）", "{post} (given by the group “{group}”)"),
    "account.by_provider": ("统一身份认证", "the identity provider"),
    "account.by_list": ("人员名单", "the list of people"),
    "nav.services": ("服务账号", "Service accounts"),
    "move.see_services": ("查看服务账号", "see service accounts"),
    "services.title": ("服务账号", "Service accounts"),
    "services.lead": (
        "其他系统用的账号：不能登录，只凭令牌办理。每个账号归一个单位，有一位负责人。",
        "Accounts of other systems: they cannot sign in and work by tokens alone. A unit owns each, a person answers "
        "for it.",
    ),
    "services.lost": (
        "有{count}个服务账号的负责人已离岗，其令牌已停用。请指定新的负责人。",
        "{count} service accounts have lost who answered for them; their tokens open nothing. Name another person.",
    ),
    "services.account": ("账号与用途", "Account and purpose"),
    "services.owner": ("单位与负责人", "Unit and person"),
    "services.post": ("岗位", "Post"),
    "services.state": ("状态", "State"),
    "services.until": ("有效至", "Good until"),
    "services.used": ("最近使用", "Used last"),
    "services.never": ("从未", "never"),
    "services.empty": ("还没有服务账号。", "There are no service accounts."),
    "services.how": (
        "由管理员用 cityloom services 建立、移交、停用，用 cityloom tokens issue --service 签发令牌。",
        "Made, handed over and disabled with cityloom services; cityloom tokens issue --service gives one a token.",
    ),
    "services.good": ("可用", "in use"),
    "services.disabled": ("已停用", "disabled"),
    "services.expired": ("已到期", "its day has come"),
    "services.without_person": ("负责人已离岗", "its person has left"),
    "services.expired_next": (
        'cityloom services hand-over "{name}" --responsible … --days 365',
        'cityloom services hand-over "{name}" --responsible … --days 365',
    ),
    "services.without_person_next": (
        'cityloom services hand-over "{name}" --responsible …',
        'cityloom services hand-over "{name}" --responsible …',
    ),
    "signed_out.title": ("已退出", "You are signed out"),
    "signed_out.lead": (
        "您已退出本系统，正在前往统一身份认证一并退出。公用电脑上请等它完成。",
        "You are signed out here; the identity provider signs you out next. On a shared computer wait for it.",
    ),
    "signed_out.go_on": ("退出统一身份认证", "Sign out there as well"),
    "signed_out.stay": ("只退出本系统，回首页", "Stay signed in there and go to the start"),
    "person.service": ("服务账号“{name}”", "service account “{name}”"),
}
