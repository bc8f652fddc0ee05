"""A tiny made-up city, good in every file, that tests load, read and break.

Two districts (east, west) of two streets of two communities of four unit grids, laid out as a board of
8 × 4 grids whose south-west corner is at 110.000, 30.000; a grid is 0.002° on each side (193 m × 222 m).
Grid columns 0–3 are the east district `990101`, 4–7 the west district `990102`; rows 0–1 are its street
`…001`, rows 2–3 its `…002`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

CITY_CODE = "990100"
WEST, SOUTH, GRID_DEG = 110.0, 30.0, 0.002

CITY_TOML = """\
code = "990100"
name_zh = "小城"
name_en = "Small City"
languages = ["zh", "en"]
time_zone = "Asia/Shanghai"
crs = "CGCS2000"
bounds = [109.99, 29.99, 110.03, 30.02]
levels = ["city", "district", "street", "community", "grid"]
years = [2025, 2027]

[schemes.gb2013]
version = "2013"
name_zh = "管理部件和事件"
name_en = "Components and events"

[schemes.hotline]
version = "2024"
name_zh = "热线诉求分类"
name_en = "Hotline classes"

[codes]
grid = "15-digit"
component = "16-digit"

[hours.default]
mon = ["08:00-12:00", "14:00-18:00"]
tue = ["08:00-12:00", "14:00-18:00"]
wed = ["08:00-12:00", "14:00-18:00"]
thu = ["08:00-12:00", "14:00-18:00"]
fri = ["08:00-12:00", "14:00-18:00"]
sat = []
sun = []

[hours.street]
mon = ["07:00-21:00"]
tue = ["07:00-21:00"]
wed = ["07:00-21:00"]
thu = ["07:00-21:00"]
fri = ["07:00-21:00"]
sat = ["07:00-21:00"]
sun = ["07:00-21:00"]

[map]
centre = [110.008, 30.004]
zoom = 15

[tolerance]
gap_m2 = 50
overlap_m2 = 50

[twins]
radius_m = 50
hours = 24

[dispatch]
last_resort = "urban_bureau"

[warnings]
shares = [0.5, 0.8]

[objection]
window_hours = 24

[partners.990200]
name_zh = "邻市"
name_en = "Neighbour City"

[kiosks.K01]
name_zh = "望江路服务亭"
name_en = "Wangjiang Road Cabin"
lon = 110.0031
lat = 30.0031
help_class = "hotline:0901"
phone = "0571-8000001"
idle_s = 30

[phones.hotline]
name_zh = "市民热线"
name_en = "City hotline"
number = "12345"

[limits]
photos_per_report = 6
text_chars = 2000
"""

UNITS_CSV = """\
code,parent,kind,name_zh,name_en,serves,from,until,successors
hotline,,hotline,12345热线中心,Hotline Centre,,,,
centre,,centre,城市运行管理中心,Operation Centre,,,,
urban_bureau,,city_department,市城市管理局,Urban Management Bureau,,,,
east_urban,urban_bureau,district_department,东区城市管理局,East District Urban Management,990101,,,
west_urban,urban_bureau,district_department,西区城市管理局,West District Urban Management,990102,,,
water_co,,company,排水公司,Drainage Company,,,,
lighting_co,,company,路灯管理所,Street Lighting Company,,,,
lighting_crew,lighting_co,crew,路灯抢修一班,Lighting Crew One,,,,
old_lighting,,company,旧路灯所,Former Lighting Office,,2020-01-01,2025-06-30,lighting_co
street_e1,,street_office,东南街道办,Southeast Street Office,990101001,,,
street_e2,,street_office,东北街道办,Northeast Street Office,990101002,,,
street_w1,,street_office,西南街道办,Southwest Street Office,990102001,,,
street_w2,,street_office,西北街道办,Northwest Street Office,990102002,,,
"""

PEOPLE_CSV = """\
login,name,role,unit,area,from,until
agent,安小雨,hotline_agent,hotline,,,
shift,班建国,shift_lead,hotline,,,
collector,葛巡,grid_worker,centre,990101001,,
collector2,郭走,grid_worker,centre,990102,,
dispatcher,邓派,dispatcher,centre,,,
handler_lighting,韩明,handler,lighting_co,,,
handler_crew,贺亮,handler,lighting_crew,,,
handler_water,何清,handler,water_co,,,
handler_urban,胡城,handler,urban_bureau,,,
handler_east,洪东,handler,east_urban,990101,,
handler_west,黄西,handler,west_urban,990102,,
handler_e1,侯南,handler,street_e1,990101001,,
handler_e2,霍北,handler,street_e2,990101002,,
checker,程核,checker,centre,,,
callback,焦问,callback_agent,hotline,,,
supervisor,苏督,supervisor,centre,,,
leader,李领,leader,centre,,,
auditor,申计,auditor,centre,,,
steward,舒据,data_steward,centre,,,
admin,管理,admin,centre,,,
deputy,戴兼,dispatcher,centre,,,2025-12-31
deputy,戴兼,checker,centre,,2026-01-01,
"""

CATALOGUE_CSV = """\
scheme,version,code,parent,kind,name_zh,name_en,nature,verify,check,from,until
gb2013,2013,01,,component,公用设施,Public facilities,,,,,
gb2013,2013,0103,01,component,雨水井盖,Storm drain cover,,,,,
gb2013,2013,0137,01,component,路灯,Street lamp,,,,,
gb2013,2013,E01,,event,市容环境,City appearance,,,,,
gb2013,2013,E0110,E01,event,暴露生活垃圾,Exposed refuse,,,,,
gb2013,2013,E0136,E01,event,乱堆物堆料,Heaped materials,,no,,,
gb2013,2013,E05,,event,突发事件,Emergencies,,,,,
gb2013,2013,E0506,E05,event,道路积水,Flooded road,,no,,,
hotline,2024,01,,hotline,城市管理,Urban management,,,,,
hotline,2024,0101,01,hotline,噪声扰民,Noise,,,,,
hotline,2024,0102,01,hotline,车辆乱停,Bad parking,,,yes,,
hotline,2024,09,,hotline,其他来电,Other calls,,,,,
hotline,2024,0901,09,hotline,政策咨询,Enquiry,enquiry,,,,
hotline,2024,0902,09,hotline,意见建议,Suggestion,suggestion,,,,
hotline,2024,0903,09,hotline,表扬感谢,Praise,praise,,,,
hotline,2024,0904,09,hotline,非法诉求,Unlawful demand,unlawful,,,,
"""

STANDARDS_CSV = """\
code,class,condition_zh,condition_en,urgency,limit,unit,hours,after_hours,due_time,closing_zh,closing_en,from,until,\
default
drain-missing,gb2013:0103,井盖缺失,cover missing,urgent,2,emergency_hour,,,,补装到位,cover in place,,,
drain-broken,gb2013:0103,井盖破损,cover broken,ordinary,4,work_hour,,,,更换完好,cover replaced,,,
drain-noisy,gb2013:0103,井盖松动作响,cover rocks,ordinary,2,work_day,,,,安放稳固,cover firm,,,yes
lamp-out,gb2013:0137,灯不亮,lamp out,ordinary,1,work_day,,,,恢复照明,lamp lit,,,yes
lamp-leak,gb2013:0137,漏电,live metal,urgent,1,emergency_hour,,,,消除隐患,made safe,,,
lamp-leaning,gb2013:0137,灯杆倾斜,pole leans,ordinary,5,work_day,,,,扶正加固,pole upright,,,
refuse,gb2013:E0110,暴露垃圾,refuse in the open,ordinary,4,work_hour,street,,,清理干净,cleaned up,,,
heap-small,gb2013:E0136,少量堆放,small heap,ordinary,1,work_day,,,,清理干净,cleared,,,yes
heap-large,gb2013:E0136,大量堆放,large heap,complex,3,work_day,,,,清理干净,cleared,,,
flood-deep,gb2013:E0506,积水深于15厘米,deeper than 15 cm,urgent,2,emergency_hour,,,,积水排除,water gone,,,
flood-shallow,gb2013:E0506,积水较浅,shallow water,ordinary,1,natural_day,,,,积水排除,water gone,,,yes
noise-2024,hotline:0101,噪声扰民,noise,ordinary,7,natural_day,,,,现场整改,noise stopped,2024-01-01,2025-12-31,
noise-2026,hotline:0101,噪声扰民,noise,ordinary,5,work_day,,,,现场整改,noise stopped,2026-01-01,,
parking,hotline:0102,车辆乱停,bad parking,ordinary,3,work_day,,,,劝离,moved away,,,
enquiry,hotline:0901,政策咨询,enquiry,ordinary,5,work_day,,,,答复,answered,,,
suggestion,hotline:0902,意见建议,suggestion,complex,15,work_day,,,,答复,answered,,,
praise,hotline:0903,表扬,praise,ordinary,,,,,,转达,passed on,,,
unlawful,hotline:0904,非法诉求,unlawful demand,ordinary,,,,,,告知,told why,,,
"""

DUTIES_CSV = """\
class,area,unit,role,order,source,hours,pushed_down,from,until
gb2013:0103,*,water_co,lead,,,,,,
gb2013:0137,*,lighting_co,lead,,,,,,
gb2013:E01,990101,east_urban,lead,,,,,,
gb2013:E01,990102,west_urban,lead,,,,,,
gb2013:E0136,990101001,street_e1,lead,,,,yes,,
gb2013:E05,*,urban_bureau,lead,,,,,,
gb2013:E0506,*,urban_bureau,lead,2,,,,,
gb2013:E0506,*,water_co,lead,1,,working,,,
gb2013:E0506,*,water_co,assist,1,,off,,,
gb2013:E0506,*,water_co,lead,0,sensor,,,,
hotline:01,990101001,street_e1,lead,,,,,,
hotline:01,990101002,street_e2,lead,,,,,,
hotline:01,990102001,street_w1,lead,,,,,,
hotline:01,990102002,street_w2,lead,,,,,,
hotline:0102,*,urban_bureau,assist,,,,,,
hotline:09,*,hotline,lead,,,,,,
"""

_HOLIDAYS = """\
date,kind,name_zh,name_en
2025-01-01,holiday,元旦,New Year
2025-01-26,workday,春节调休,Make-up day
2025-01-28,holiday,春节,Spring Festival
2025-01-29,holiday,春节,Spring Festival
2025-01-30,holiday,春节,Spring Festival
2025-01-31,holiday,春节,Spring Festival
2025-05-01,holiday,劳动节,Labour Day
2025-05-02,holiday,劳动节,Labour Day
2025-10-01,holiday,国庆节,National Day
2025-10-02,holiday,国庆节,National Day
2025-10-03,holiday,国庆节,National Day
2025-10-11,workday,国庆调休,Make-up day
2026-01-01,holiday,元旦,New Year
2026-02-14,workday,春节调休,Make-up day
2026-02-16,holiday,春节,Spring Festival
2026-02-17,holiday,春节,Spring Festival
2026-02-18,holiday,春节,Spring Festival
2026-05-01,holiday,劳动节,Labour Day
2026-10-01,holiday,国庆节,National Day
2026-10-02,holiday,国庆节,National Day
2027-01-01,holiday,元旦,New Year
2027-02-05,holiday,春节,Spring Festival
2027-05-03,holiday,劳动节,Labour Day
2027-10-01,holiday,国庆节,National Day
"""

THINGS_CSV = """\
code,type,name_zh,name_en,component,area,owner,lon,lat,streams,interval_s,from,until
level-1,water_level,涵洞水位计,Underpass gauge,,990101001001001,water_co,110.001,30.001,depth_cm,300,,
"""

RULES_TOML = """\
[rule.flood]
name_zh = "涵洞积水"
name_en = "Underpass flooded"
type = "water_level"
stream = "depth_cm"
above = 15
clear = 10
for_s = 600
class = "gb2013:E0506"
severity = "high"
"""

INDICATORS_TOML = """\
[indicator.on_time]
name_zh = "按期处置率"
name_en = "On-time handling"
numerator = "handled_on_time"
denominator = "should_handle"
unit = "%"
period = "month"
source = "cases"
target = 95
bands = [80, 90, 95]
"""


def board_polygon(column: int, row: int, columns: int, rows: int) -> list[list[list[float]]]:
    """The rectangle of so many grid columns and rows, with a vertex at every grid corner it passes.

    Shared corners come from the same numbers, so the areas tile exactly.
    """

    def corner(i: int, j: int) -> list[float]:
        return [round(WEST + i * GRID_DEG, 6), round(SOUTH + j * GRID_DEG, 6)]

    east, north = column + columns, row + rows
    ring = [corner(i, row) for i in range(column, east)]
    ring += [corner(east, j) for j in range(row, north)]
    ring += [corner(i, north) for i in range(east, column, -1)]
    ring += [corner(column, j) for j in range(north, row, -1)]
    return [[*ring, ring[0]]]


def _area(code: str, parent: str, level: str, name_zh: str, name_en: str, box: tuple[int, int, int, int]) -> dict:
    return {
        "type": "Feature",
        "properties": {
            "code": code,
            "parent": parent,
            "level": level,
            "name_zh": name_zh,
            "name_en": name_en,
        },
        "geometry": {"type": "Polygon", "coordinates": board_polygon(*box)},
    }


def _areas() -> Iterator[dict]:
    """Every area of the board, the city first, each followed by what lies inside it."""
    yield _area(CITY_CODE, "", "city", "小城", "Small City", (0, 0, 8, 4))
    for d, (zh, en) in enumerate([("东", "East"), ("西", "West")]):
        district = f"99010{d + 1}"
        yield _area(district, CITY_CODE, "district", f"{zh}区", f"{en} District", (d * 4, 0, 4, 4))
        for s, (street_zh, street_en) in enumerate([("南", "South"), ("北", "North")]):
            street = f"{district}00{s + 1}"
            name = f"{zh}{street_zh}街道", f"{street_en}{en.lower()} Street"
            yield _area(street, district, "street", *name, (d * 4, s * 2, 4, 2))
            for c in range(2):
                community = f"{street}00{c + 1}"
                name = f"{zh}{street_zh}第{c + 1}社区", f"{street_en}{en.lower()} Community {c + 1}"
                yield _area(community, street, "community", *name, (d * 4 + c * 2, s * 2, 2, 2))
                for g in range(4):
                    grid = f"{community}00{g + 1}"
                    box = (d * 4 + c * 2 + g % 2, s * 2 + g // 2, 1, 1)
                    yield _area(grid, community, "grid", f"网格{grid[-9:]}", f"Grid {grid[-9:]}", box)


def _component(code: str, matter: str, lon: float, lat: float, name_zh: str, **more: str) -> dict:
    return {
        "type": "Feature",
        "properties": {"code": code, "class": f"gb2013:{matter}", "name_zh": name_zh, **more},
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }


LAMP, DRAIN = "0137", "0103"
COMPONENTS = [
    _component("9901010137000001", LAMP, 110.0010, 30.0010, "路灯1", owner="lighting_co"),
    _component(
        "9901010137000002", LAMP, 110.0050, 30.0030, "路灯2",
        owner="lighting_co", keeper="lighting_crew", supervisor="urban_bureau",
    ),
    _component("9901020137000003", LAMP, 110.0090, 30.0050, "路灯3", owner="lighting_co", state="broken"),
    _component("9901010103000001", DRAIN, 110.0012, 30.0012, "井盖1", owner="water_co"),
    _component("9901010103000002", DRAIN, 110.0030, 30.0070, "无主井盖"),
    _component(
        "9901020103000003", DRAIN, 110.0150, 30.0070, "井盖3",
        owner="water_co", state="missing", since="2025-03-01",
    ),
]  # fmt: skip

PARKS = [
    {
        "type": "Feature",
        "properties": {
            "code": "park-1",
            "name_zh": "小公园",
            "name_en": "Small Park",
            "kind": "pocket",
            "area_m2": 4000,
        },
        "geometry": {"type": "Polygon", "coordinates": board_polygon(2, 2, 1, 1)},
    }
]


KNOWLEDGE_TOML = """\
[note.all]
class = "hotline:01"
zh = "只说由谁答复、最晚哪天。"
en = "Who answers, and by when."
[note.noise]
class = "hotline:0101"
zh = "从什么时候起？现在还响吗？"
en = "Since when, and is it loud now?"
link = "https://city.example/noise"
until = 2026-06-30
[note.over]
class = "hotline:0101"
zh = "去年的做法"
en = "Last year's way."
until = 2025-12-31
[note.hour]
words = ["什么时候能"]
zh = "不许诺钟点。"
en = "Say no hour."
"""


def _collection(features: list[dict]) -> str:
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def write_small_city(directory: Path) -> Path:
    """Write the whole folder into `directory` (made when absent) and give it back."""
    directory.mkdir(parents=True, exist_ok=True)
    texts = {
        "city.toml": CITY_TOML,
        "areas.geojson": _collection(list(_areas())),
        "units.csv": UNITS_CSV,
        "people.csv": PEOPLE_CSV,
        "catalogue.csv": CATALOGUE_CSV,
        "standards.csv": STANDARDS_CSV,
        "duties.csv": DUTIES_CSV,
        "components.geojson": _collection(COMPONENTS),
        "calendar.csv": _HOLIDAYS,
        "things.csv": THINGS_CSV,
        "rules.toml": RULES_TOML,
        "indicators.toml": INDICATORS_TOML,
        "parks.geojson": _collection(PARKS),
        "knowledge.toml": KNOWLEDGE_TOML,
    }
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory
