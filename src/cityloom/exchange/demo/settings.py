"""`city.toml` of Jinchuan."""

from __future__ import annotations

from cityloom.exchange.demo.areas import CITY_CODE, CITY_NAME
from cityloom.exchange.demo.bike_firms import FIRMS
from cityloom.exchange.demo.calendar import YEARS
from cityloom.exchange.demo.terrain import CENTRE_LAT, CENTRE_LON

BOUNDS = (108.90, 33.28, 109.14, 33.48)
WORK_TIMES = ("09:00-12:00", "13:30-17:30")


def _bike_operators() -> str:
    """Its operators of shared bikes; where their feeds are, whoever starts the demo says."""
    return "\n".join(
        f'''[bikes.operators.{firm.code}]
name_zh = "{firm.zh}"
name_en = "{firm.en}"
unit = "bikes"
quota = {firm.quota}
every_min = 1
'''
        for firm in FIRMS
    )


def city_toml() -> str:
    """The text of `city.toml`."""
    day = ", ".join(f'"{span}"' for span in WORK_TIMES)
    week = "\n".join(f"{name} = [{day}]" for name in ("mon", "tue", "wed", "thu", "fri"))
    return f"""# Jinchuan 锦川 exists nowhere: made by `cityloom demo make`.
code = "{CITY_CODE}"
name_zh = "{CITY_NAME.zh}"
name_en = "{CITY_NAME.en}"
languages = ["zh", "en"]
time_zone = "Asia/Shanghai"
crs = "CGCS2000"
bounds = [{", ".join(str(value) for value in BOUNDS)}]
levels = ["city", "district", "street", "community", "grid"]
years = [{YEARS[0]}, {YEARS[1]}]

[schemes.gb2013]
version = "2013"
name_zh = "管理部件和事件"
name_en = "Components and events"

[schemes.jc12345]
version = "2025"
name_zh = "12345热线诉求分类"
name_en = "12345 hotline classes"

[codes]
grid = "15-digit"
component = "16-digit"

[hours.default]
{week}
sat = []
sun = []

[map]
centre = [{CENTRE_LON}, {CENTRE_LAT}]
zoom = 12

[tolerance]
gap_m2 = 50
overlap_m2 = 50

[twins]
radius_m = 50
hours = 24

[dispatch]
last_resort = "urban"

[warnings]
shares = [0.5, 0.8]

[objection]
window_hours = 24

[escalation]
hours = [0, 8, 24]

[partners.660200]
name_zh = "临川市"
name_en = "Linchuan"

[limits]
photos_per_report = 9
text_chars = 2000

[bikes]
class = "gb2013:E0593"
m2_per_bike = 1.2
limit_min = 60
outside_most = 20
outside_limit_min = 45
least_sample = 5

{_bike_operators()}
[cap]
sender = "cap@jinchuan.example"

[fire]
smoke = ["smoke_detector"]
electrical = ["wire_sensor"]

[kiosks.C01]
name_zh = "锦城广场24小时服务亭"
name_en = "Jincheng Square 24-hour cabin"
lon = {CENTRE_LON}
lat = {CENTRE_LAT}
help_class = "jc12345:110101"
phone = "0660-81000001"
idle_s = 60

[phones.hotline]
name_zh = "市民热线"
name_en = "City hotline"
number = "12345"

[phones.police]
name_zh = "报警"
name_en = "Police"
number = "110"

[phones.fire]
name_zh = "火警"
name_en = "Fire"
number = "119"

[phones.ambulance]
name_zh = "急救"
name_en = "Ambulance"
number = "120"
"""
