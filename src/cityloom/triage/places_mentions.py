"""Where a text names places: known names, names of the right shape, and what is said around them. Pure, linear.

A mention is a stretch of text with what belongs to it: the number of a house, a building, "opposite", "corner of".
Which place it means is decided in `places.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cityloom.triage.gazetteer import Found, Gazetteer
from cityloom.triage.phrases import plain

READ_CHARS = 6_000
MOST_MENTIONS = 60

ROAD_ENDS = ("大道", "路", "街", "巷", "胡同", "弄", "高架", "环线", "桥", "隧道")
_SHAPE_ENDS = (
    "大道|路|街|巷|胡同|小区|花园|家园|新村|公寓|大厦|广场|公园|绿地|学校|小学|中学|幼儿园|医院|卫生院|卫生服务站|门诊部|颐养院|养老院"
    "|养老服务站|文化活动站|菜市场|便民市场|市场|商场|超市|派出所|图书馆|体育场|健身中心|公厕|充电站|地铁站|公交站|火车站|汽车站"
    "|工业园|产业园|工地|有限公司|公司|酒店|宾馆|社区|街道|镇|乡|苑|村|桥|隧道|湖|河"
)
# Of the words before such an ending: none that ends a clause, asks, or joins.
_STEM_STOP = (
    "的了在是有和与跟及到从往由这那哪某每各条个一两几我你他们家住附近对面旁边里外上下前后为把被请问将就都也很太没不要去来过等于至沿"
    "着经靠位向因进出处区镇市"
)
_SHAPE = re.compile(
    rf"(?P<stem>[^\W\d_a-z{_STEM_STOP}]{{2,5}})(?P<end>{_SHAPE_ENDS})(?P<phase>[一二三四五六]期)?"
    r"(?![边线费灯面况段人口卡证书号车权名])"
)
_SHAPE_LATIN = re.compile(
    r"\b(?P<name>(?:[A-Z][A-Za-z'’]{2,20} ){1,2}"
    r"(?:Road|Street|Avenue|Lane|Estate|Court|Gardens|Homes|New Village|Village|Park|Garden|Green|Plaza"
    r"|Market Hall|Market|Hospital|Clinic|Library|Kindergarten|Primary School|Middle School|Police Station|Community"
    r"|District))\b"
)
# Places whose names were taken away: A市, A3区, K11县.
_MASKED = re.compile(r"(?<![a-z0-9])[a-z]\d{0,3}[市区县镇](?!别|域|间|内设)")
_NUMERAL = "一二三四五六七八九十百零〇两"
_NUMBER = re.compile(
    rf"(?:\s?(?P<no>\d{{1,4}}(?:[-—之]\d{{1,3}})?|[{_NUMERAL}]{{1,6}})\s?号)"
    r"(?!楼|线|口|栋|院|工作|文|之后|早|晚|凌|下午|上午)"
)
_BUILDING = re.compile(
    r"[（(]?\s?(?:[东西南北中][区苑]|[一二三四五六七八九\d]期|[a-z]区)?\s?"
    rf"(?P<no>[a-z]?\d{{1,3}}|[{_NUMERAL}]{{1,4}})\s?(?:栋|幢|号楼|座|#楼|#|单元)"
)
_CORNER_AFTER = re.compile(
    r"\s{0,2}(?:的)?[（(]?(?:交叉路口|交叉口|交叉处|交汇处|交汇口|交汇|交界处|交界|相交|路口|道口|十字路口|丁字路口|三岔口"
    r"|岔路口|口子|转角|拐角|口(?![味气碑罩岸径水腔]))"
)
_JOIN = re.compile(r"\s?(?:与|和|跟|及|、|/|／|-|—|~|&|同|到|至|x|×)?\s?")
_NEAR_AFTER = re.compile(
    r"\s?(?:地铁站|公交站|站台?)?\s?(?:的)?(?:附近|对面|旁边|旁|边上|隔壁|后面|背后|后门|前面|门口|门前|大门|正门|侧门|[东西南北]门"
    r"|[东西南北][侧边面]|外面|外|周边|一带|这边|楼下|口)"
)
_NEAR_BEFORE = re.compile(r"(?:靠近|临近|邻近|紧邻|紧挨着?|挨着|近|离|距离?|对着|面对|\(近|（近)\s?$")
_HOME_BEFORE = re.compile(
    r"(?:我?家住(?:在)?|我?住在|我住|本人系|本人是|我是|我们是|我家在|居住在|居住于|家在|老家在?|户口在|来自|作为|身为|户籍在?)"
    r"\s?(?:[^,，。;；!！?？:：的\n]{0,10})$"
)
_HOME_AFTER = re.compile(
    r"^\s?(?:\d{1,3}(?:栋|号楼|幢))?\s?(?:的|一名|一个|一位|普通)?\s?"
    r"(?:居民|业主|住户|村民|市民|租户|租客|人[,，。]|群众)"
)
_NEAR_LATIN = re.compile(
    r"\b(?:near|opposite|behind|beside|outside|next to|by the gate of|by|in front of|across from|close to)"
    r"\s+(?:the\s+)?$"
)
_HOME_LATIN = re.compile(
    r"\b(?:i live (?:in|on|at)|i am from|we live (?:in|on|at)|resident of|my home is (?:in|on|at))\s+(?:the\s+)?"
    r"(?:building \d+ (?:of|in) )?$"
)
_NO_LATIN = re.compile(r"\b(?P<no>\d{1,4}[a-z]?)\s+$")
_NO_LATIN_AFTER = re.compile(r"^,?\s+(?:outside\s+|by\s+)?(?:number|no\.?|nr\.?)\s?(?P<no>\d{1,4})")
_BUILDING_LATIN = re.compile(r"\b(?:building|block|tower)\s+(?P<no>\d{1,3}[a-z]?)\s*(?:of|in|,|at)?\s+(?:the\s+)?$")
_BUILDING_LATIN_AFTER = re.compile(r"^,?\s+(?:building|block|tower)\s+(?P<no>\d{1,3}[a-z]?)")
_CORNER_LATIN = re.compile(r"\b(?:corner|crossing|junction|intersection|crossroads) (?:of|between)\s+(?:the\s+)?$")
_JOIN_LATIN = re.compile(r"^\s*(?:and|&|/|at|x)\s+(?:the\s+)?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text that names a place.

    `name`: the name alone; `known`: as the gazetteer writes it, empty for one of the right shape only. `house`,
    `building`: what was said with it, and `end` includes it. `near`: the matter is near it, not at it. `home`: where
    somebody lives. `corner`: said to be a corner. `joins`: named together with the mention that follows.
    """

    start: int
    end: int
    said: str
    name: str = ""
    known: str = ""
    house: str = ""
    building: str = ""
    near: bool = False
    home: bool = False
    corner: bool = False
    joins: bool = False
    latin: bool = False


def find_mentions(text: str, gazetteer: Gazetteer) -> list[Mention]:
    """The places a text names, in its order, at most so many, in its beginning."""
    said = text[:READ_CHARS]
    low = plain(said)
    names = _with_shapes(said, low, gazetteer.find(low))
    latin = _with_latin_shapes(said, gazetteer.find_latin(low)) if _LATIN.search(low) else []
    mentions = [_around(said, low, name) for name in names[:MOST_MENTIONS]]
    mentions += [_around_latin(said, low, name) for name in latin[:MOST_MENTIONS]]
    return _joined(low, sorted(mentions, key=lambda m: m.start))


_LATIN = re.compile(r"[a-z]{3}")


def _with_shapes(said: str, low: str, found: Sequence[Found]) -> list[Found]:
    """Known names, names taken away, and names of the right shape between them."""
    taken = [(f.start, f.end) for f in found]
    more = [Found(m.start(), m.end(), "") for m in _MASKED.finditer(low) if _is_free(m.span(), taken)]
    taken += [(f.start, f.end) for f in more]
    for shape in _SHAPE.finditer(low):
        if _is_free(shape.span(), taken):
            more.append(Found(shape.start(), shape.end(), ""))
    return sorted([*found, *more], key=lambda f: f.start)


def _with_latin_shapes(said: str, found: Sequence[Found]) -> list[Found]:
    taken = [(f.start, f.end) for f in found]
    shapes = [m for m in _SHAPE_LATIN.finditer(said) if _is_free(m.span("name"), taken)]
    return sorted([*found, *(Found(*m.span("name"), "") for m in shapes)], key=lambda f: f.start)


def _is_free(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    return not any(start < span[1] and span[0] < end for start, end in taken)


def _around(said: str, low: str, name: Found) -> Mention:
    """A Chinese mention with what stands right before and after it."""
    end, house, building = name.end, "", ""
    spelled = low[name.start : name.end]
    if spelled.endswith(ROAD_ENDS):
        if number := _NUMBER.match(low, end):
            house, end = number["no"], number.end()
    elif part := _BUILDING.match(low, end):
        building, end = part["no"], part.end()
    before = low[max(0, name.start - 18) : name.start]
    return Mention(
        start=name.start,
        end=end,
        said=said[name.start : end],
        name=said[name.start : name.end],
        known=name.name,
        house=house,
        building=building,
        near=bool(_NEAR_AFTER.match(low, end) or _NEAR_BEFORE.search(before)),
        home=bool(_HOME_BEFORE.search(before)) or bool(_HOME_AFTER.match(low[end : end + 12])),
        corner=bool(_CORNER_AFTER.match(low, end)),
    )


def _around_latin(said: str, low: str, name: Found) -> Mention:
    before, after = low[max(0, name.start - 40) : name.start], low[name.end : name.end + 24]
    start, end, house, building = name.start, name.end, "", ""
    if number := _NO_LATIN.search(before):
        house, start = number["no"], name.start - len(before) + number.start("no")
    elif number := _NO_LATIN_AFTER.match(after):
        house, end = number["no"], name.end + number.end()
    elif part := _BUILDING_LATIN.search(before):
        building, start = part["no"], name.start - len(before) + part.start()
    elif part := _BUILDING_LATIN_AFTER.match(after):
        building, end = part["no"], name.end + part.end()
    ahead = low[max(0, start - 40) : start]
    return Mention(
        start=start,
        end=end,
        said=said[start:end],
        name=said[name.start : name.end],
        known=name.name,
        house=house,
        building=building,
        near=bool(_NEAR_LATIN.search(ahead)),
        home=bool(_HOME_LATIN.search(ahead)),
        corner=bool(_CORNER_LATIN.search(ahead)),
        latin=True,
    )


def _joined(low: str, mentions: Sequence[Mention]) -> list[Mention]:
    """Mentions with the mark of those that are named together with the next one."""
    return [
        replace(one, joins=_is_pair(low, one, other)) if other is not None else one
        for one, other in _with_next(mentions)
    ]


def _with_next(mentions: Sequence[Mention]) -> Iterator[tuple[Mention, Mention | None]]:
    for i, one in enumerate(mentions):
        yield one, mentions[i + 1] if i + 1 < len(mentions) else None


def _is_pair(low: str, one: Mention, other: Mention) -> bool:
    between = low[one.end : other.start]
    if one.latin:
        return bool(_JOIN_LATIN.match(between))
    if one.house or len(between) > 3:
        return False
    return _JOIN.fullmatch(between) is not None or between in ("(近", "（近", "近", "靠近", "(", "（")
