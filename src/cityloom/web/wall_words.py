"""The texts of the page of wall displays in both languages; part of `words.WORDS`."""

WALL_WORDS: dict[str, tuple[str, str]] = {
    "nav.walls": ("大屏链接", "Wall displays"),
    "walls.title": ("大屏链接", "Wall displays"),
    "walls.lead": (
        "为挂在墙上的屏幕生成一个链接：不用任何人登录就能显示一屏总览。它只能看，看不到案件明细和个人信息，到期失效，"
        "随时可以停用，您离岗后也自动失效。",
        "A link shows the one screen on a wall without anybody signed in. It only shows: no lists, no personal data. "
        "It ends on its day, when it is ended here, and when you leave your post.",
    ),
    "walls.made": ("链接已生成，只显示这一次：", "The link, told this once:"),
    "walls.how": (
        "在大屏的浏览器里打开它一次即可；那台屏幕会记住。不要发给别人。",
        "Open it once in the display's browser, which keeps it. Do not pass it on.",
    ),
    "walls.name": ("挂在哪里", "Where it hangs"),
    "walls.name_hint": ("例如：指挥大厅东墙", "for example: east wall of the hall"),
    "walls.area": ("显示哪里", "What it shows"),
    "walls.days": ("有效几天", "Days"),
    "walls.make": ("生成链接", "Make the link"),
    "walls.end": ("停用", "End it"),
    "walls.until": ("有效至", "Until"),
    "walls.used": ("最近显示", "Last shown"),
    "walls.never": ("还没有显示过", "never"),
    "walls.by": ("由{who}生成", "made by {who}"),
    "walls.state": ("状态", "State"),
    "walls.none": ("还没有大屏链接。", "No display has a link yet."),
    "walls.whole": ("全市", "The whole city"),
    "walls.purpose": ("大屏显示：{name}", "Wall display: {name}"),
    "walls.state_good": ("可用", "in use"),
    "walls.state_disabled": ("已停用", "ended"),
    "walls.state_expired": ("已到期", "expired"),
    "walls.state_without_person": ("负责人已离岗", "nobody answers for it"),
}

# Keys that are put together from a code.
WALL_FAMILIES = ("walls.state_",)
