"""The words of the page that shows what every page is made of."""

from __future__ import annotations

STYLE_WORDS: dict[str, tuple[str, str]] = {
    "style.title": ("页面的布料", "What the pages are woven of"),
    "style.lead": (
        "每个页面都只用这里的颜色、字号、间距和部件。",
        "Every page uses these colours, sizes, spaces and parts, and no others.",
    ),
    "style.colours": ("颜色", "Colours"),
    "style.type": ("字号", "Type"),
    "style.space": ("间距", "Space"),
    "style.parts": ("部件", "Parts"),
    "style.sentence": (
        "街道办已签收，周二16:00前答复",
        "The street office signed for it; answer by Tuesday 16:00",
    ),
    "style.act_main": ("主要操作", "The main act"),
    "style.act": ("其他操作", "Another act"),
    "style.act_grave": ("慎重操作", "A grave act"),
    "style.link": ("一个链接", "A link"),
    "style.error": (
        "照片超过12 MB，没有上传；文字已保留。请换一张小些的。",
        "The photo is over 12 MB and was not taken; your words were kept. Choose a smaller one.",
    ),
    "style.good": ("已记下。承办单位会收到您的补充。", "Noted. The unit in charge gets what you added."),
    "style.knot_done": ("已经走过的一步", "A step that is done"),
    "style.knot_open": ("正在谁手里", "Who has it now"),
    "style.knot_end": ("到了头", "The end"),
}
