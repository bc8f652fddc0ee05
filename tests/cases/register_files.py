"""Two registers of the small city: shops with their keepers' phones, and hydrants that are components too."""

from __future__ import annotations

import tomllib

from cityloom.cases.register_values import Register, registers_of

TOML = """
[register.shops]
name_zh = "沿街商铺"
name_en = "Street shops"
file = "shops.csv"
unit = "urban_bureau"
source = "market register"
by = "grid_worker"
every_days = 90
per_day = 2
columns = { code = "编号", address = "地址" }

[register.shops.fields.shop]
name_zh = "店名"
name_en = "Name"
column = "店名"

[register.shops.fields.trade]
name_zh = "业态"
name_en = "Trade"
kind = "choice"
choices = ["餐饮", "零售", "空置"]

[register.shops.fields.keeper]
name_zh = "经营者"
name_en = "Keeper"
personal = true

[register.shops.fields.phone]
name_zh = "电话"
name_en = "Phone"
personal = true

[register.shops.fields.area_m2]
name_zh = "面积（平方米）"
name_en = "Floor area (m²)"
kind = "number"

[register.lamps]
name_zh = "重点路灯"
name_en = "Lamps that matter"
by = "checker"
every_days = 30

[register.lamps.fields.since]
name_zh = "启用日期"
name_en = "In use since"
kind = "date"
"""
KEEPER, PHONE = "慕容掌柜", "13577886655"
HEAD = "编号,店名,trade,keeper,phone,area_m2,lon,lat,地址\n"
ROWS = [
    f"s-1,老陈面馆,餐饮,{KEEPER},{PHONE},60.50,110.0010,30.0010,望江路1号\n",
    "s-2,金川五金,零售,孙五金,13577886656,,110.0020,30.0010,望江路3号\n",
    "s-3,便民超市,零售,郑超市,13577886657,120,110.0011,30.0012,望江路2号\n",
    "s-4,西街茶坊,餐饮,茶老板,13577886658,45,110.0091,30.0031,西街9号\n",
]


def registers() -> dict[str, Register]:
    return registers_of(tomllib.loads(TOML), "registers.toml")


def rows(*lines: str) -> list[tuple[int, dict[str, str]]]:
    """Rows as a reader of CSV gives them."""
    import csv
    import io

    table = csv.DictReader(io.StringIO(HEAD + "".join(lines or ROWS)))
    return list(enumerate(table, 2))
