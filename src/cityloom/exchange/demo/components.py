"""The register of things in the street, along the roads, and the devices that watch some of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point

from cityloom.exchange.demo.areas import Areas
from cityloom.exchange.demo.blocks import Blocks
from cityloom.exchange.demo.catalogue import Matter
from cityloom.exchange.demo.chance import shares, split_whole, stream
from cityloom.exchange.demo.network import Network
from cityloom.exchange.demo.terrain import Plane, Terrain
from cityloom.exchange.demo.units import Units
from cityloom.exchange.demo.ways import Ways, points_beside

COUNT = 24_000
OWNERLESS = 0.003  # besides the covers that nobody knows
THING_COLUMNS = (
    "code", "type", "name_zh", "name_en", "component", "area", "owner", "lon", "lat", "streams", "interval_s",
    "from", "until",
)  # fmt: skip


@dataclass(frozen=True)
class ComponentRow:
    code: str
    matter: Matter
    lon: float
    lat: float
    block: int
    owner: str
    keeper: str
    supervisor: str
    state: str
    since: str

    def feature(self) -> tuple[Any, dict[str, Any]]:
        return Point(self.lon, self.lat), {
            "code": self.code, "class": self.matter.key, "name_zh": self.matter.name.zh, "owner": self.owner,
            "keeper": self.keeper, "supervisor": self.supervisor, "state": self.state, "since": self.since,
        }  # fmt: skip


@dataclass(frozen=True)
class ThingKind:
    """A type of device: on components of a class, or (without one) on blocks of a use."""

    type: str
    zh: str
    en: str
    count: int
    owner: str
    streams: str
    interval_s: int
    on_class: str = ""
    use: str = ""


THING_KINDS = (
    ThingKind("cover_sensor", "井盖传感器", "Cover sensor", 120, "drainage", "tilt_deg;battery_v", 1800, "C0103"),
    ThingKind("sewer_gauge", "污水液位计", "Sewer gauge", 60, "drainage", "level_m;battery_v", 600, "C0102"),
    ThingKind("lamp_controller", "单灯控制器", "Lamp controller", 140, "lighting", "current_a;on", 900, "C0137"),
    ThingKind("gas_meter", "燃气浓度计", "Gas detector", 60, "gas", "gas_lel;battery_v", 300, "C0111"),
    ThingKind("pressure_gauge", "供水压力计", "Pressure gauge", 50, "water", "pressure_mpa;flow_m3h", 300, "C0101"),
    ThingKind("bin_sensor", "垃圾箱满溢计", "Bin sensor", 70, "sanitation", "full_pct;battery_v", 1800, "C0305"),
    ThingKind("flood_gauge", "积水计", "Flood gauge", 40, "drainage", "depth_cm", 300, "C0104"),
    ThingKind("heat_meter", "供热温度计", "Heat meter", 40, "heating", "supply_c;return_c", 900, "C0110"),
    ThingKind("dust_meter", "扬尘监测仪", "Dust meter", 24, "ecology", "pm10_ug_m3;pm25_ug_m3", 300, "", "industry"),
    ThingKind("noise_meter", "噪声监测仪", "Noise meter", 24, "ecology", "laeq_db", 60, "", "commerce"),
    ThingKind("footfall_counter", "公园客流计数器", "Footfall counter", 16, "landscape", "persons_in", 900, "",
              "great park"),
    ThingKind("river_gauge", "河道水位计", "River gauge", 8, "waterbureau", "level_m;flow_m3s", 600, "", "bank"),
    ThingKind("bridge_sensor", "桥梁监测仪", "Bridge sensor", 8, "urban", "accel_mg;strain_ue", 60, "C0209"),
    ThingKind("feeder_meter", "配电监测终端", "Feeder meter", 40, "power", "load_pct;voltage_v", 300, "C0128"),
    ThingKind("cabinet_sensor", "通信箱监测仪", "Telecom cabinet sensor", 30, "telecom", "online;inside_c", 600,
              "C0127"),
    ThingKind("charger_meter", "充电桩监测仪", "Charger meter", 30, "charging", "power_kw;fault", 300, "C0154"),
    ThingKind("smoke_detector", "烟感探测器", "Smoke detector", 60, "fire", "smoke_pct;battery_v", 600, "",
              "commerce"),
    ThingKind("wire_sensor", "电气火灾监测器", "Electrical fire sensor", 40, "fire", "leak_ma;wire_c", 300, "",
              "commerce"),
)  # fmt: skip


def place_components(
    matters: list[Matter], network: Network, ways: Ways, blocks: Blocks, areas: Areas, units: Units,
    terrain: Terrain, plane: Plane, seed: int,
) -> list[ComponentRow]:  # fmt: skip
    """Components of every class, more of them where more people live, at the roadside and never in the water."""
    rng = stream(seed, "components")
    classes = [matter for matter in matters if matter.kind == "component" and matter.is_leaf]
    counts = [max(count, 3) for count in split_whole(COUNT, [matter.everyday for matter in classes])]
    roadside = _roadside(network, ways, blocks, terrain)
    rows: list[ComponentRow] = []
    serial: Counter[str] = Counter()
    for matter, count in zip(classes, counts, strict=True):
        points = _points(matter, count, roadside, network, ways, rng)
        degrees = np.round(plane.degrees(points), 7)
        draws = rng.random((len(points), 3))
        for (lon, lat), block, draw in zip(degrees.tolist(), blocks.at(points).tolist(), draws, strict=True):
            district, street = str(areas.district_of[block]), str(areas.street_of[block])
            prefix = f"{district}{matter.code[1:]}"
            serial[prefix] += 1
            owner = matter.owner if draw[0] > OWNERLESS else ""
            keeper = _keeper(owner, units.district_key[district])
            rows.append(
                ComponentRow(
                    f"{prefix}{serial[prefix]:06d}", matter, lon, lat, block, owner, keeper,
                    _supervisor(matter, units.street_office[street]),
                    "broken" if draw[1] < 0.006 else ("missing" if draw[1] < 0.007 else "intact"),
                    f"{2008 + int(draw[2] * 17)}-{1 + int(draw[2] * 1_000) % 12:02d}-01",
                )
            )  # fmt: skip
    return rows


@dataclass(frozen=True)
class Roadside:
    """Where components may stand: the share of each way for bridges, watersides and all else, and the shapes."""

    on_land: np.ndarray
    on_bridges: np.ndarray
    by_water: np.ndarray
    water: Any
    inside: Any


def _roadside(network: Network, ways: Ways, blocks: Blocks, terrain: Terrain) -> Roadside:
    """How much stands along each way: by length, kind and the residents beside it."""
    factor = {"ring": 2.2, "arterial": 2.4, "street": 1.0, "path": 0.25}
    by_kind = np.array([factor[kind] for kind in network.kind[ways.segments].tolist()])
    dense = (blocks.population / np.maximum(blocks.area_m2, 1))[ways.beside]
    in_hills = blocks.use[ways.beside] == "hill"
    weight = ways.length_m * by_kind * (0.25 + np.sqrt(dense * 100)) * np.where(in_hills, 0.1, 1.0)
    middle = shapely.line_interpolate_point(network.metres[ways.segments], 0.5, normalized=True)
    simple = terrain.water.simplify(1.0)
    shapely.prepare(simple)
    near = shapely.dwithin(middle, simple, 120)
    wet = np.zeros(len(weight), dtype=bool)
    wet[near] = shapely.dwithin(middle[near], simple, 2)
    water, inside = terrain.water.buffer(2), terrain.outline.buffer(-25)
    shapely.prepare([water, inside])
    return Roadside(
        shares(weight), shares(np.where(wet, weight, 0)), shares(np.where(near & ~wet, weight, 0)), water, inside
    )


def _points(
    matter: Matter, count: int, roadside: Roadside, network: Network, ways: Ways, rng: np.random.Generator
) -> np.ndarray:
    """Points in metres. Bridges and watersides are found at the river, all else on land."""
    on_bridge = matter.code == "C0209"
    by_water = matter.code in ("C0506", "C0507", "C0508")
    weight = roadside.on_bridges if on_bridge else roadside.by_water if by_water else roadside.on_land
    chosen = rng.choice(len(weight), size=count * 2, p=weight)
    share = rng.uniform(0.3, 1.0) if matter.code.startswith("C01") else 0.8
    points = points_beside(network, ways, chosen, rng, share)
    dry = ~shapely.contains_xy(roadside.water, points) | on_bridge
    kept: np.ndarray = points[dry & shapely.contains_xy(roadside.inside, points)][:count]
    return kept


def _keeper(owner: str, district: str) -> str:
    local = {"urban": "urban", "landscape": "landscape"}
    return f"{district}.{local[owner]}" if owner in local else owner


def _supervisor(matter: Matter, street_office: str) -> str:
    if matter.code.startswith("C04"):
        return "landscape"
    if matter.code.startswith("C02"):
        return "traffic"
    return "urban" if matter.code.startswith("C01") else street_office


def thing_rows(
    components: list[ComponentRow], blocks: Blocks, areas: Areas, plane: Plane, seed: int
) -> Iterator[tuple[Any, ...]]:
    """Rows of `things.csv`."""
    rng = stream(seed, "things")
    for kind in THING_KINDS:
        if kind.on_class:
            able = [row for row in components if row.matter.code == kind.on_class and row.state == "intact"]
            chosen = sorted(rng.choice(len(able), size=min(kind.count, len(able)), replace=False).tolist())
            spots = [(able[index].code, able[index].block, able[index].lon, able[index].lat) for index in chosen]
        else:
            where = blocks.of_use(kind.use)
            picked = sorted(rng.choice(where, size=kind.count, replace=len(where) < kind.count).tolist())
            degrees = np.round(plane.degrees(blocks.centre_m[picked] + rng.uniform(-6, 6, (len(picked), 2))), 7)
            spots = [("", block, lon, lat) for block, (lon, lat) in zip(picked, degrees.tolist(), strict=True)]
        for number, (component, block, lon, lat) in enumerate(spots, start=1):
            yield (
                f"{kind.type}-{number:04d}", kind.type, f"{kind.zh}{number}号", f"{kind.en} {number}", component,
                str(areas.grid_of[block]), kind.owner, f"{lon:.7f}", f"{lat:.7f}", kind.streams, kind.interval_s,
                "", "",
            )  # fmt: skip
