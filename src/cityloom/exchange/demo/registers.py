"""Registers that are verified, not collected: shops along the street, hydrants, and elders who live alone.

Every name, phone and door is made up; no phone of these can be called (the numbers begin with 100).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import shapely

from cityloom.exchange.demo.chance import pick, stream
from cityloom.exchange.demo.people import GIVEN, SURNAMES
from cityloom.exchange.demo.places import Feature
from cityloom.exchange.demo.writing import write_csv

SHOPS, HYDRANTS, ELDERS = 2_400, 900, 700
TRADES = ("餐饮", "零售", "服务", "维修", "仓储", "空置")
_TRADE_SHARES = (0.31, 0.33, 0.20, 0.07, 0.03, 0.06)
_SHOP_WORDS = {
    "餐饮": ("面馆", "小炒", "饺子馆", "早点铺", "茶饮", "烤鱼"),
    "零售": ("便利店", "水果店", "五金店", "文具店", "粮油店"),
    "服务": ("理发店", "洗衣店", "打印店", "药房"),
    "维修": ("电器维修", "修车铺", "开锁修锁"),
    "仓储": ("快递点", "库房"),
    "空置": ("空铺",),
}  # fmt: skip
STATES = ("完好", "漏水", "缺盖", "被圈占")
_STATE_SHARES = (0.93, 0.03, 0.03, 0.01)

SETTINGS = """\
# What the registers hold, who verifies them and how often; see docs/micro-grid.md.

[register.shops]
name_zh = "沿街商铺"
name_en = "Street shops"
file = "shops.csv"
unit = "market"
source = "市场主体登记"
by = "grid_worker"
every_days = 180
per_day = 4

[register.shops.fields.shop]
name_zh = "店名"
name_en = "Name"

[register.shops.fields.trade]
name_zh = "业态"
name_en = "Trade"
kind = "choice"
choices = ["餐饮", "零售", "服务", "维修", "仓储", "空置"]

[register.shops.fields.floor_m2]
name_zh = "面积（平方米）"
name_en = "Floor area (m²)"
kind = "number"

[register.shops.fields.keeper]
name_zh = "经营者"
name_en = "Keeper"
personal = true

[register.shops.fields.phone]
name_zh = "电话"
name_en = "Phone"
personal = true

[register.hydrants]
name_zh = "市政消火栓"
name_en = "Fire hydrants"
file = "hydrants.csv"
unit = "fire"
source = "消防水源台账"
by = "grid_worker"
every_days = 90
per_day = 3

[register.hydrants.fields.state]
name_zh = "现状"
name_en = "State"
kind = "choice"
choices = ["完好", "漏水", "缺盖", "被圈占"]

[register.hydrants.fields.since]
name_zh = "启用日期"
name_en = "In use since"
kind = "date"

[register.hydrants.fields.pressure_mpa]
name_zh = "水压（兆帕）"
name_en = "Pressure (MPa)"
kind = "number"

[register.elders]
name_zh = "独居老人"
name_en = "Elders living alone"
file = "elders.csv"
unit = "civil"
source = "民政服务对象"
by = "grid_worker"
every_days = 30
per_day = 2

[register.elders.fields.visits]
name_zh = "上门频次"
name_en = "Visits"
kind = "choice"
choices = ["每天", "每周", "每月"]

[register.elders.fields.name]
name_zh = "姓名"
name_en = "Name"
personal = true

[register.elders.fields.door]
name_zh = "门牌"
name_en = "Door"
personal = true

[register.elders.fields.contact]
name_zh = "紧急联系人电话"
name_en = "Phone of the next of kin"
personal = true
"""


def write_registers(folder: Path, housing: Sequence[Feature], seed: int) -> None:
    """`registers/` of a city folder: its settings and one file for each register."""
    folder = folder / "registers"
    folder.mkdir()
    (folder / "registers.toml").write_text(SETTINGS, encoding="utf-8")
    rng = stream(seed, "registers")
    head = ("code", "lon", "lat", "address")
    write_csv(folder / "shops.csv", (*head, "shop", "trade", "floor_m2", "keeper", "phone"), _shops(housing, rng))
    write_csv(folder / "hydrants.csv", (*head, "state", "since", "pressure_mpa"), _hydrants(housing, rng))
    write_csv(folder / "elders.csv", (*head, "visits", "name", "door", "contact"), _elders(housing, rng))


def _plots(housing: Sequence[Feature], count: int, rng: np.random.Generator) -> list[Feature]:
    """Plots drawn by their households, in the order of their codes."""
    weights = np.array([properties["households"] for _, properties in housing], dtype=float)
    drawn = rng.choice(len(housing), size=count, p=weights / weights.sum())
    return [housing[int(index)] for index in np.sort(drawn)]


def _on_the_edge(plot: Feature, rng: np.random.Generator) -> tuple[str, str]:
    """A point of the plot's outline, where it meets the street."""
    point = shapely.get_parts(plot[0].boundary)[0].interpolate(float(rng.random()), normalized=True)
    return f"{point.x:.7f}", f"{point.y:.7f}"


def _inside(plot: Feature) -> tuple[str, str]:
    point = plot[0].representative_point()
    return f"{point.x:.7f}", f"{point.y:.7f}"


def _person(rng: np.random.Generator) -> str:
    return pick(rng, SURNAMES) + pick(rng, GIVEN)


def _phone(rng: np.random.Generator) -> str:
    return f"100{rng.integers(10**8):08d}"


def _shops(housing: Sequence[Feature], rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    for number, plot in enumerate(_plots(housing, SHOPS, rng), 1):
        trade = TRADES[int(rng.choice(len(TRADES), p=_TRADE_SHARES))]
        shop = pick(rng, SURNAMES) + "记" + pick(rng, _SHOP_WORDS[trade])
        keeper, phone = (_person(rng), _phone(rng)) if trade != "空置" else ("", "")
        floor = f"{rng.integers(12, 180)}" if rng.random() < 0.9 else ""
        address = f"{plot[1]['name_zh']}沿街{rng.integers(1, 60)}号"
        yield f"SP{number:05d}", *_on_the_edge(plot, rng), address, shop, trade, floor, keeper, phone


def _hydrants(housing: Sequence[Feature], rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    for number, plot in enumerate(_plots(housing, HYDRANTS, rng), 1):
        state = STATES[int(rng.choice(len(STATES), p=_STATE_SHARES))]
        since = f"{rng.integers(1998, 2025)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
        address = f"{plot[1]['name_zh']}{pick(rng, '东南西北')}门外"
        yield f"XF{number:05d}", *_on_the_edge(plot, rng), address, state, since, f"{rng.uniform(0.1, 0.4):.2f}"


def _elders(housing: Sequence[Feature], rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    for number, plot in enumerate(_plots(housing, ELDERS, rng), 1):
        door = f"{rng.integers(1, 20)}号楼{rng.integers(1, 5)}单元{rng.integers(1, 7)}0{rng.integers(1, 5)}"
        visits = pick(rng, ("每天", "每周", "每周", "每月"))
        name, phone = _person(rng), _phone(rng)
        yield f"DJ{number:05d}", *_inside(plot), plot[1]["name_zh"], visits, name, door, phone
