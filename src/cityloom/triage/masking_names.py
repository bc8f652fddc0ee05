"""Names of persons in a text: by the title that follows, or by the words that introduce them. Pure, linear."""

from __future__ import annotations

import re
from collections.abc import Iterator

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施牛樊葛邢安齐伍庞颜倪庄聂章鲁岳翟"
    "殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳"
    "时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖"
    "巩明池查麻苑迟邝"
)
_DOUBLE = "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒夏侯端木南宫长孙宇文轩辕闻人独孤"
DOUBLE_SURNAMES = frozenset(_DOUBLE[i : i + 2] for i in range(0, len(_DOUBLE), 2))
# Family names that are also ordinary words: alone before a title they count only where a clause begins.
_ALSO_WORDS = frozenset("和向于时单成路应连管查解关师边安")
# What no given name holds but what often stands beside one.
_NOT_GIVEN = frozenset(
    "的了在是有这那个不住来去到与及昨今天日前后里外边街号区市县村镇人们也就都还要想说叫姓您你我他她它和跟向对被把请问为从给让"
    "并已又再很吗呢吧啊电话手机联系反映咨询投诉"
)
_STRICT = ("先生", "女士", "小姐", "太太", "夫人")
_LOOSE = (
    "大爷",
    "大妈",
    "大娘",
    "大叔",
    "大伯",
    "大姐",
    "大哥",
    "阿姨",
    "奶奶",
    "爷爷",
    "叔叔",
    "婆婆",
    "老伯",
    "师傅",
    "老师",
    "医生",
    "同学",
)
_TITLE = re.compile("|".join((*_STRICT, *_LOOSE)))
_HAN = r"[\u3400-\u9fff]"
_IS_HAN = re.compile(_HAN)
_BEFORE_LOOSE = frozenset("找是叫位与和跟向对给由让请问被姓的有，。、；：")

_INTRODUCED = re.compile(
    rf"(?:我的?名字(?:是|叫)|我叫|本人叫|本人姓名|名叫|名字叫|叫做|姓名\s?[:：]?|联系人\s?[:：]?"
    rf"|(?:来电人|反映人|举报人|投诉人|诉求人|户主|车主|业主|房东|租客|患者|孩子|儿子|女儿)\s?(?:是|叫|[:：]))\s?(?P<it>{_HAN}{{2,4}})"
)
_I_AM = re.compile(rf"(?:我是|本人|这里是)\s?(?P<it>{_HAN}{{2,4}})(?=[,，。.;；!！、\s(（]|$)")
_SURNAME_SAID = re.compile(rf"(?:我姓|本人姓|免贵姓)\s?(?P<it>{_HAN})")
_ENGLISH_NAME = r"[A-Z][a-z'’\-]{1,20}(?: [A-Z][a-z'’\-]{1,20}){0,2}"
_ENGLISH = (
    re.compile(rf"\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Mister|Madam)\b\.?[ \t]{{0,2}}(?P<it>{_ENGLISH_NAME})"),
    re.compile(
        r"\b(?:[Mm]y name(?: is|'s|’s)|[Nn]ame\s?:|[Nn]ame is|[Cc]ontact(?: person)?\s?:|[Aa]sk for|[Ii] am called)"
        rf"[ \t]{{1,2}}(?P<it>{_ENGLISH_NAME})"
    ),
    re.compile(rf"\b(?:I am|I'm|I’m|[Tt]his is) (?=\S+ [A-Z])(?P<it>{_ENGLISH_NAME})(?=[\s,.;!]|$)"),
)
_CAPITAL_WORDS = frozenset(
    {"Street", "Road", "Lane", "Avenue", "Estate", "Court", "Gardens", "Homes", "Park", "City"}
)


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Where persons' names stand, first and last character and one; the title beside a name is left out."""
    yield from _before_titles(text)
    for pattern in (_INTRODUCED, _I_AM):
        for found in pattern.finditer(text):
            length = leading_name(found["it"])
            whole = length == len(found["it"])
            if length >= 2 and (whole or pattern is _INTRODUCED):
                yield found.start("it"), found.start("it") + length
    for found in _SURNAME_SAID.finditer(text):
        if found["it"] in SURNAMES:
            yield found.span("it")
    for pattern in _ENGLISH:
        for found in pattern.finditer(text):
            if _CAPITAL_WORDS.isdisjoint(found["it"].split()):
                yield found.span("it")


def leading_name(han: str) -> int:
    """How many characters of this begin a Chinese full name; 0 when they begin none."""
    family = 2 if han[:2] in DOUBLE_SURNAMES else 1 if han[:1] in SURNAMES else 0
    if not family:
        return 0
    given = 0
    while given < 2 and family + given < len(han) and han[family + given] not in _NOT_GIVEN:
        given += 1
    return family + given if given else 0


def _before_titles(text: str) -> Iterator[tuple[int, int]]:
    for title in _TITLE.finditer(text):
        at = title.start()
        strict = title.group() in _STRICT
        length = _name_before(text, at) if strict else 0
        if not length and at and text[at - 1] in SURNAMES and _may_stand_alone(text, at, strict):
            length = 1
        if length:
            yield at - length, at


def _name_before(text: str, at: int) -> int:
    """How many characters right before this place are a full name, the longest first; 0 for none."""
    for length in (4, 3, 2):
        name = text[max(0, at - length) : at]
        if len(name) == length and all(map(_IS_HAN.match, name)) and leading_name(name) == length:
            return length
    return 2 if text[max(0, at - 2) : at] in DOUBLE_SURNAMES else 0


def _may_stand_alone(text: str, at: int, strict: bool) -> bool:
    before = text[at - 2] if at >= 2 else ""
    begins = not _IS_HAN.match(before)
    if text[at - 1] in _ALSO_WORDS:
        return begins
    return strict or begins or before in _BEFORE_LOOSE
