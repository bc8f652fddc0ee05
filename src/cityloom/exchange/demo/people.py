"""Who works where: one easy login for each role, and staff for every unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cityloom.exchange.demo.areas import CITY_CODE, Areas
from cityloom.exchange.demo.chance import pick, shares, stream
from cityloom.exchange.demo.units import Units

COLUMNS = ("login", "name", "role", "unit", "area", "from", "until")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈"
GIVEN = [
    "伟",
    "芳",
    "娜",
    "敏",
    "静",
    "磊",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "玲",
    "建国",
    "建军",
    "志强",
    "志远",
    "晓梅",
    "晓东",
    "春燕",
    "春生",
    "文斌",
    "文静",
    "雪梅",
    "国庆",
    "海涛",
    "海燕",
    "雨桐",
    "雨晴",
    "子涵",
    "子轩",
    "浩然",
    "思远",
    "佳怡",
    "佳琪",
    "欣悦",
    "宇航",
    "俊杰",
    "俊峰",
    "立新",
    "立群",
    "玉兰",
    "玉华",
    "秀英",
    "桂芳",
    "长青",
    "长林",
    "红梅",
    "少华",
    "少波",
    "美玲",
    "丽萍",
    "丽华",
    "永康",
    "永健",
    "庆华",
    "庆丰",
    "新宇",
    "新民",
    "振华",
    "振兴",
    "景行",
    "若兰",
    "若溪",
    "安琪",
    "安然",
    "天佑",
    "云帆",
    "清源",
    "书涵",
    "书宁",
]
SENSOR_OWNERS = ("drainage", "fire", "gas", "lighting", "water", "waterbureau")
WALK_CLASS_UNIT = "lighting"  # the walk of the handbook reports a dark street lamp


@dataclass(frozen=True)
class PostRow:
    login: str
    name: str
    role: str
    unit: str
    area: str

    def cells(self) -> tuple[str, ...]:
        return (self.login, self.name, self.role, self.unit, self.area, "", "")


def list_people(areas: Areas, units: Units, seed: int) -> list[PostRow]:
    """One row per post. The easy logins fit together: what `agent` takes and `grid` finds reaches `handler`."""
    names = _names(stream(seed, "people"))
    rows = list(_easy_logins(areas, units, names))
    rows += _city_staff(names)
    for district, key in units.district_key.items():
        rows.append(PostRow(f"dispatcher.{key}", next(names), "dispatcher", f"{key}.centre", district))
        rows.append(PostRow(f"checker.{key}", next(names), "checker", f"{key}.centre", district))
        rows.append(PostRow(f"supervisor.{key}", next(names), "supervisor", f"{key}.centre", district))
        rows.append(PostRow(f"leader.{key}", next(names), "leader", f"{key}.centre", district))
    for street, unit in units.street_office.items():
        rows.append(PostRow(f"dispatcher.{unit}", next(names), "dispatcher", unit, street))
    rows += [
        PostRow(
            f"handler.{unit.code}", next(names), "handler", unit.code, unit.serves[0] if unit.serves else CITY_CODE
        )
        for unit in units.living
    ]
    for number, area in enumerate(areas.of_level("community"), start=1):
        unit = units.street_office[area.parent]
        rows.append(PostRow(f"grid.{unit}.{area.code[9:]}", next(names), "grid_worker", unit, area.code))
        if number % 3 == 0:
            rows.append(PostRow(f"checker.{unit}.{area.code[9:]}", next(names), "checker", unit, area.code))
    owner = next(names)
    rows += [PostRow("sensor", owner, "sensor_owner", unit, CITY_CODE) for unit in SENSOR_OWNERS]
    return rows


def walk_area(areas: Areas) -> tuple[str, str, str]:
    """District, street and community where the easy logins work: the most populous community of the old town."""
    core = areas.of_level("district")[0].code
    community = max(
        (area for area in areas.of_level("community") if area.code.startswith(core)),
        key=lambda area: (area.population, area.code),
    )
    return core, community.parent, community.code


def _easy_logins(areas: Areas, units: Units, names: Iterator[str]) -> Iterator[PostRow]:
    district, street, community = walk_area(areas)
    office = units.street_office[street]
    posts = (
        ("agent", ("hotline_agent", "hotline", CITY_CODE)),
        ("shift", ("shift_lead", "centre", CITY_CODE)),
        ("grid", ("grid_worker", office, community)),
        ("dispatcher", ("dispatcher", "centre", CITY_CODE)),
        ("handler", ("handler", WALK_CLASS_UNIT, CITY_CODE), ("handler", office, street),
         ("handler", f"{units.district_key[district]}.urban", district)),
        ("checker", ("checker", "centre", CITY_CODE)),
        ("callback", ("callback_agent", "hotline", CITY_CODE)),
        ("supervisor", ("supervisor", "centre", CITY_CODE)),
        ("leader", ("leader", "govoffice", CITY_CODE)),
        ("auditor", ("auditor", "audit", CITY_CODE)),
        ("steward", ("data_steward", "data", CITY_CODE)),
        ("admin", ("admin", "data", CITY_CODE)),
    )  # fmt: skip
    for login, *held in posts:
        name = next(names)
        for role, unit, area in held:
            yield PostRow(login, name, role, unit, area)


def _city_staff(names: Iterator[str]) -> Iterator[PostRow]:
    staff = (
        ("agent", "hotline_agent", "hotline", 16),
        ("shift", "shift_lead", "hotline", 3),
        ("shift.centre", "shift_lead", "centre", 2),
        ("dispatcher", "dispatcher", "centre", 6),
        ("checker", "checker", "centre", 4),
        ("callback", "callback_agent", "hotline", 6),
        ("supervisor", "supervisor", "centre", 2),
        ("leader", "leader", "govoffice", 2),
        ("auditor", "auditor", "audit", 1),
        ("steward", "data_steward", "data", 2),
        ("admin", "admin", "data", 1),
    )
    for login, role, unit, count in staff:
        for number in range(2, count + 2):
            yield PostRow(f"{login}{number:02d}", next(names), role, unit, CITY_CODE)


def _names(rng: np.random.Generator) -> Iterator[str]:
    """Names put together by chance, each once; common surnames come more often."""
    weights = shares([1 / (rank + 4) for rank in range(len(SURNAMES))])
    used: set[str] = set()
    while True:
        name = SURNAMES[int(rng.choice(len(SURNAMES), p=weights))] + pick(rng, GIVEN)
        if name not in used:
            used.add(name)
            yield name
