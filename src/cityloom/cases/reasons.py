"""The sentences of casework: why a case went where it went, and what to do when a move is refused."""

from cityloom.base.reasons import register

REASONS: dict[str, tuple[str, str]] = {
    # dispatch
    "duty.matched": ("{class}在{area}由{unit}负责", "{unit} owes {class} in {area}"),
    "duty.component_owner": ("部件{component}的权属单位是{unit}", "{unit} owns component {component}"),
    "duty.component_keeper": ("部件{component}由{unit}养护", "{unit} keeps component {component}"),
    "duty.component_ownerless": (
        "部件{component}无主，由兜底单位{unit}处置",
        "component {component} has no owner; {unit} is the unit of last resort",
    ),
    "duty.nothing_matches": (
        "没有单位对{class}在{area}负责，请派遣员指定",
        "no unit owes {class} in {area}; a dispatcher decides",
    ),
    "duty.two_match": (
        "{units}都对{class}在{area}负责，请派遣员指定",
        "{units} owe {class} in {area} alike; a dispatcher decides",
    ),
    "duty.class_open": ("类别未定，请派遣员确定", "the class is open; a dispatcher decides it"),
    "duty.place_open": ("位置未定，请派遣员确定", "the place is open; a dispatcher decides it"),
    "dispatch.chosen": ("派遣员指定{unit}", "the dispatcher chose {unit}"),
    "dispatch.passed_on": ("{from}下派给{unit}", "{from} passed it on to {unit}"),
    "assist.asked": ("请{unit}协办", "{unit} is asked to assist"),
    "unit.merged": ("{from}已撤并，由{unit}承接", "{from} has ended; {unit} takes over its work"),
    "unit.split": (
        "{from}已拆分，按现行职责由{unit}承接",
        "{from} was split; by today's duties {unit} takes this over",
    ),
    "unit.split_open": (
        "{from}已拆分为{units}，职责表未指明由谁承接，请派遣员指定",
        "{from} was split into {units} and no duty names one of them; a dispatcher decides",
    ),
    # what happens of itself
    "auto.received": ("收到{source}反映", "received from {source}"),
    "auto.joined": ("另有人反映同一事项", "one more report of the same matter"),
    "auto.filed": ("符合立案条件", "meets the filing condition"),
    "auto.settled": ("反映均已回访或免回访", "every report has a callback outcome or an exemption"),
    "callback.unsolved": ("回访时诉求人表示未解决", "the resident said at callback that it is not solved"),
    "clock.warned": ("{kind}时限已过{share}%", "{share} % of the limit for {kind} has passed"),
    "clock.overdue": ("{kind}已超时", "{kind} is overdue"),
    "imported": ("由历史数据导入：{state}", "imported from a record: {state}"),
    # callback exemptions
    "exempt.source_not_public": ("采集或设备上报，免回访", "found by collectors or devices; no callback"),
    "exempt.no_contact": ("未留联系方式，免回访", "no contact was left; no callback"),
    "exempt.nature": ("该类诉求免回访", "this kind of request is not called back"),
    "exempt.voided": ("案件作废，免回访", "the case was voided; no callback"),
    "exempt.answered": ("已当场答复，免回访", "answered at once; no callback"),
    "exempt.unreachable": ("多次未接通，免回访", "not reached after several attempts"),
    "exempt.refused": ("诉求人不愿接受回访", "the resident declined the call"),
    "exempt.imported": ("历史数据中没有回访记录", "the record holds no callback"),
    "exempt.other": ("免回访：{why}", "no callback: {why}"),
    # reasons people give (coded; the note carries the words)
    "not_accepted.emergency_line": (
        "属110、119、120、122紧急求助，已转接",
        "an emergency for 110, 119, 120 or 122; passed there",
    ),
    "not_accepted.statutory_route": (
        "应通过诉讼、仲裁、纪检监察、行政复议、信息公开或信访办理",
        "belongs to a court, arbitration, discipline, review, disclosure or petition",
    ),
    "not_accepted.repeat_without_news": (
        "重复反映且无新情况，已告知进展",
        "a repeat without new facts; the progress was told",
    ),
    "not_accepted.secret_or_private": ("涉及国家秘密、商业秘密或他人隐私", "touches secrets or privacy"),
    "not_accepted.outside_duty": ("不属于政府职责范围", "outside the public duty"),
    "not_accepted.unlawful": ("内容违反法律法规或公序良俗", "its content is unlawful or against public order"),
    "not_accepted.not_found": ("现场核实未发现该问题", "nothing was found on the spot"),
    "not_accepted.solved_already": ("现场核实时已解决", "already solved when verified"),
    "not_accepted.out_of_area": ("不在本市范围", "outside the city"),
    "return.not_ours": ("不属于本单位职责", "not this unit's duty"),
    "return.wrong_place": ("位置有误", "the place is wrong"),
    "return.wrong_class": ("类别有误", "the class is wrong"),
    "return.needs_other": ("需由{unit}办理", "belongs to {unit}"),
    "adjudicated.redispatched": ("裁定改派", "adjudicated: another unit"),
    "adjudicated.upheld": ("裁定维持原派", "adjudicated: the dispatch stands"),
    "rework.not_done": ("未按要求处置到位", "not done as the closing condition asks"),
    "rework.not_found": ("现场未见处置", "no work is seen on the spot"),
    "reopened.unsolved": ("诉求人表示仍未解决", "the resident says it is still not solved"),
    "reopened.came_back": ("问题反弹", "the trouble came back"),
    "corrected.class": ("类别更正", "the class is corrected"),
    "corrected.place": ("位置更正", "the place is corrected"),
    "withdrawn.by_resident": ("诉求人撤回", "withdrawn by the resident"),
    "voided.mistake": ("误录", "recorded by mistake"),
    "voided.test": ("测试数据", "a test"),
    "voided.duplicate": ("与{number}重复", "the same as {number}"),
    "object.not_our_duty": ("对派遣有异议：不属于本单位职责", "objection: not this unit's duty"),
    "explained.other_route": ("已告知法定办理渠道", "the lawful route was explained"),
    "note": ("{text}", "{text}"),
    "other": ("其他原因", "another reason"),
    # refusals
    "error.impossible_move": (
        "处于“{state}”的{what}不能“{move}”；可做：{possible}",
        "a {what} that is {state} cannot be moved by “{move}”; possible: {possible}",
    ),
    "error.not_allowed": (
        "{role}不能“{move}”；可由{roles}办理",
        "a {role} may not “{move}”; it is for: {roles}",
    ),
    "error.not_your_unit": (
        "该案件由{unit}承办，只有该单位可“{move}”",
        "the case is with {unit}; only that unit may “{move}”",
    ),
    "error.not_your_area": ("该案件不在您负责的区域", "the case lies outside your area"),
    "error.not_wardens": (
        "微网格员只看本社区微网格员发现的事项",
        "a warden sees what wardens found in the community, nothing else",
    ),
    "error.not_yours": ("这不是您反映的事项", "this is not a report of yours"),
    "error.post_ended": ("您的岗位已到期，请联系管理员", "your post has ended; ask the administrator"),
    "error.missing_need": ("“{move}”须提供{needs}", "“{move}” needs {needs}"),
    "error.guard": ("现在还不能“{move}”：须{guard}", "“{move}” is not possible yet: {guard}"),
    "error.stale": (
        "您看到的是第{seen}版，案件已到第{now}版：{what}。请刷新后再办理",
        "you saw version {seen}, the case is now at {now}: {what}. Reload and decide again",
    ),
    "error.no_case": ("没有编号为{number}的案件", "there is no case {number}"),
    "error.no_report": (
        "没有这个查询码对应的反映，请核对后再输入",
        "no report has this code; check it and try again",
    ),
    "error.unknown_class": ("目录里没有类别{class}", "the catalogue has no class {class}"),
    "error.class_not_leaf": ("{class}下还有小类，请选小类", "{class} has classes below it; choose one of them"),
    "error.unknown_unit": ("没有单位{unit}，或它已撤并", "there is no unit {unit}, or it has ended"),
    "error.unknown_reason": (
        "“{code}”不是“{move}”的理由；可用：{known}",
        "“{code}” is no reason for “{move}”; known: {known}",
    ),
    "error.outside_city": ("位置{lon}, {lat}不在本市范围", "the place {lon}, {lat} lies outside the city"),
    "error.no_words": ("请写几个字说明情况，或附一张照片", "say in a few words what is wrong, or add a photo"),
    "error.too_long": ("文字超过{most}字，请缩短", "the text has more than {most} characters; shorten it"),
    "error.bad_point": (
        "坐标不是有效的经纬度：{lon}, {lat}",
        "the coordinates are no longitude and latitude: {lon}, {lat}",
    ),
    "error.not_a_photo": ("这不是可识别的照片（JPEG、PNG、WebP）", "this is no photo we can read (JPEG, PNG, WebP)"),
    "error.photo_too_large": ("照片超过{most_mb} MB", "the photo is larger than {most_mb} MB"),
    "error.bad_outcome": ("回访结果不完整：{what}", "the outcome of the call is incomplete: {what}"),
}
register(REASONS)

# Which coded reasons each move takes; the first is what a form offers first.
REASONS_OF: dict[str, tuple[str, ...]] = {
    "not_accept": tuple(c for c in REASONS if c.startswith("not_accepted.")),
    "return": ("return.not_ours", "return.wrong_place", "return.wrong_class", "return.needs_other"),
    "redispatch": ("adjudicated.redispatched",),
    "uphold": ("adjudicated.upheld",),
    "rework": ("rework.not_done", "rework.not_found", "callback.unsolved"),
    "reopen": ("reopened.unsolved", "reopened.came_back"),
    "reclassify": ("corrected.class",),
    "relocate": ("corrected.place",),
    "withdraw": ("withdrawn.by_resident",),
    "withdraw_report": ("withdrawn.by_resident",),
    "void": ("voided.mistake", "voided.test", "voided.duplicate"),
    "object": ("object.not_our_duty",),
    "explain": ("explained.other_route",),
    "assist": ("assist.asked",),
    "exempt": tuple(c for c in REASONS if c.startswith("exempt.")),
    "queue": ("duty.nothing_matches", "duty.two_match", "duty.class_open", "duty.place_open"),
}
