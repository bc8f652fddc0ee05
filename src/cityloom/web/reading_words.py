"""The words of the panel that shows what a text seems to say; part of `words.WORDS`."""

READING_WORDS: dict[str, tuple[str, str]] = {
    "reading.lead": (
        "记下来电内容时，这里会给出类别、地点、紧急情况和附近相似案件的建议。",
        "While you write, class, place, danger and open matters alike are suggested here.",
    ),
    "reading.nothing": ("还看不出类别，请继续询问或直接选择。", "The words tell no class yet; ask on, or choose one."),
    "reading.danger": ("危险：{what}。请立即转接：", "Danger: {what}. Pass the caller on at once:"),
    "reading.classes": ("建议类别", "Class suggested"),
    "reading.places": ("建议地点", "Place suggested"),
    "reading.rules": ("“{matter}”的立案条件与时限", "Conditions and limits of “{matter}”"),
    "intake.sealed": ("姓名和电话保存后加密，办理单位看不到。", "Name and phone are sealed once kept; no unit sees them."),
    "intake.more": ("涉及单位、坐标、照片", "Unit complained about, coordinates, photos"),
}  # fmt: skip
