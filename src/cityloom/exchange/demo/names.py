"""Names for places and roads in both languages, put together from characters and their pinyin."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cityloom.city.values import Name

FIRST = tuple(
    pair.split(":")
    for pair in [
        "锦:jin",
        "云:yun",
        "翠:cui",
        "明:ming",
        "清:qing",
        "文:wen",
        "永:yong",
        "安:an",
        "和:he",
        "兴:xing",
        "福:fu",
        "长:chang",
        "东:dong",
        "西:xi",
        "南:nan",
        "北:bei",
        "金:jin",
        "玉:yu",
        "龙:long",
        "凤:feng",
        "青:qing",
        "白:bai",
        "紫:zi",
        "丹:dan",
        "桂:gui",
        "梅:mei",
        "松:song",
        "竹:zhu",
        "柳:liu",
        "荷:he",
        "石:shi",
        "古:gu",
        "新:xin",
        "大:da",
        "太:tai",
        "平:ping",
        "江:jiang",
        "湖:hu",
        "望:wang",
        "朝:chao",
        "春:chun",
        "秋:qiu",
        "星:xing",
        "晨:chen",
        "书:shu",
        "学:xue",
        "义:yi",
        "仁:ren",
        "德:de",
        "同:tong",
        "景:jing",
        "沁:qin",
    ]
)
SECOND = tuple(
    pair.split(":")
    for pair in [
        "华:hua",
        "溪:xi",
        "山:shan",
        "河:he",
        "泉:quan",
        "桥:qiao",
        "门:men",
        "园:yuan",
        "林:lin",
        "岭:ling",
        "湾:wan",
        "塘:tang",
        "坊:fang",
        "庭:ting",
        "台:tai",
        "亭:ting",
        "阁:ge",
        "湖:hu",
        "滩:tan",
        "渡:du",
        "口:kou",
        "峰:feng",
        "坪:ping",
        "源:yuan",
        "康:kang",
        "宁:ning",
        "乐:le",
        "祥:xiang",
        "瑞:rui",
        "昌:chang",
        "盛:sheng",
        "庆:qing",
        "平:ping",
        "阳:yang",
        "光:guang",
        "月:yue",
        "霞:xia",
        "原:yuan",
        "岸:an",
        "洲:zhou",
        "港:gang",
        "堰:yan",
        "槐:huai",
        "枫:feng",
        "兰:lan",
        "井:jing",
        "塔:ta",
        "仓:cang",
    ]
)

ROAD_ENDINGS = {
    "arterial": (("大道", "Avenue"),),
    "street": (("路", "Road"), ("街", "Street")),
    "path": (("巷", "Lane"), ("里", "Alley"), ("弄", "Passage"), ("路", "Road")),
}
RING_NAMES = (
    Name("一环路", "First Ring Road"),
    Name("二环路", "Second Ring Road"),
    Name("三环路", "Third Ring Road"),
)


def place_names(rng: np.random.Generator) -> Iterator[Name]:
    """Two-character names without an ending, each once, in an order of chance: 锦溪 / Jinxi."""
    pairs = [(one, other) for one in FIRST for other in SECOND if one[0] != other[0]]
    for index in rng.permutation(len(pairs)):
        (zh_one, one), (zh_other, other) = pairs[int(index)]
        apostrophe = "'" if other[0] in "aeo" else ""
        yield Name(zh_one + zh_other, (one + apostrophe + other).capitalize())


def with_ending(name: Name, zh: str, en: str) -> Name:
    return Name(f"{name.zh}{zh}", f"{name.en} {en}")


def road_names(rng: np.random.Generator, kind: str) -> Iterator[Name]:
    """Road names of a kind; when the endings are used up, the names are numbered (锦溪二路)."""
    numbers = (("", ""), ("一", "First "), ("二", "Second "), ("三", "Third "))
    for numeral_zh, numeral_en in numbers:
        for ending_zh, ending_en in ROAD_ENDINGS[kind]:
            for name in place_names(rng):
                yield with_ending(name, numeral_zh + ending_zh, numeral_en + ending_en)
