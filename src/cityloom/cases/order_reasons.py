"""The sentences of supervision orders: what a case's history says of them, and why a move is refused."""

from cityloom.base.reasons import register

ORDER_REASONS: dict[str, tuple[str, str]] = {
    "order.issued": ("督办〔{year}〕{serial}号，由{units}答复", "order {year}-{serial}; {units} must answer"),
    "order.replied": ("{unit}答复督办〔{year}〕{serial}号", "{unit} replied to order {year}-{serial}"),
    "order.sent_back": ("督办〔{year}〕{serial}号退回重办", "the reply to order {year}-{serial} was sent back"),
    "order.discharged": ("督办〔{year}〕{serial}号销号", "order {year}-{serial} is discharged"),
    "order.withdrawn": ("督办〔{year}〕{serial}号撤回", "order {year}-{serial} is withdrawn"),
    "order.warned": ("答复时限已过{share}%", "{share} % of the limit for the reply has passed"),
    "order.overdue": ("未在时限内答复", "not replied within the limit"),
    "order.no_order": ("没有编号为{number}的督办", "there is no order {number}"),
    "order.impossible": (
        "督办处于“{order_state}”，不能“{order_move}”；可做：{order_moves}",
        "an order that is {order_state} cannot be moved by “{order_move}”; open to you: {order_moves}",
    ),
    "order.not_for_role": (
        "{role}不能对督办“{order_move}”；可由{roles}办理",
        "a {role} may not “{order_move}” an order; it is for: {roles}",
    ),
    "order.not_your_unit": (
        "该督办由{units}答复，您的单位不在其中",
        "the order is to be answered by {units}; your unit is not among them",
    ),
    "order.not_your_area": ("该督办不在您负责的区域", "the order is about a place outside your area"),
    "order.own_answer": (
        "答复单位和答复人不能评定自己的答复；请由下达人或另一位督办人员办理",
        "whoever answered does not judge the answer; the issuer or another supervisor does",
    ),
    "order.own_ask": (
        "申请延期的人不能批准自己的申请；请由另一位督办人员办理",
        "whoever asked for more time does not grant it; another supervisor does",
    ),
    "order.not_issuer": (
        "只有下达人{login}或领导能撤回这件督办",
        "only {login}, who issued it, or a leader withdraws the order",
    ),
    "order.not_received": ("请先签收，再答复", "sign for the order first, then reply"),
    "order.answered_already": (
        "您的单位已答复，等待督办人员评定",
        "your unit has replied; it waits for the supervisor's judgement",
    ),
    "order.received_already": ("您的单位已签收，请答复", "your unit has signed for it; reply next"),
    "order.ask_waits": ("已有一份延期申请等待审批", "a request for more time waits already"),
    "order.no_ask": ("没有等待审批的延期申请", "no request for more time waits"),
    "order.unit_not_replied": (
        "{unit}没有可退回的答复；已答复的：{units}",
        "{unit} has no reply to send back; those that replied: {units}",
    ),
    "order.missing": ("“{order_move}”须提供{order_needs}", "“{order_move}” needs {order_needs}"),
    "order.bad_limit": (
        "时限“{amount} {limit_unit}”不可用：须大于0且不超过{most}，按日计的须为整数",
        "a limit of {amount} {limit_unit} will not do: more than 0, at most {most}, and whole numbers of days",
    ),
    "order.too_long": ("{order_needs}超过{most}字，请缩短", "{order_needs}: more than {most} characters; shorten it"),
    "order.unknown_word": (
        "督办没有“{value}”这个{order_needs}；可用：{known}",
        "“{value}” is not known for {order_needs}; known: {known}",
    ),
    "order.leader_only": ("领导批办只能由领导下达", "only a leader issues a leader's order"),
    "order.unit_outside": (
        "{unit}不服务于您负责的区域，不能由您督办",
        "{unit} does not serve your area; you cannot order it",
    ),
    "order.stale": (
        "您看到的是第{seen}版，督办已到第{now}版。请看最新内容后再办理",
        "you saw version {seen}, the order is now at {now}; look at it again and decide",
    ),
    "order.filter_unknown": (
        "筛选条件“{name}”没有“{value}”这个值，已显示未筛选的列表",
        "the filter “{name}” knows no “{value}”; the list is shown without it",
    ),
}
register(ORDER_REASONS)
