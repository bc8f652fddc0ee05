"""What scenarios of sensing watch in the demo city: buildings with smoke detectors, parking places of shared bikes.

Every name and phone is made up; no phone of these can be called (the numbers begin with 100).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Polygon

from cityloom.exchange.demo.chance import pick, stream
from cityloom.exchange.demo.components import ComponentRow
from cityloom.exchange.demo.fleets import Place
from cityloom.exchange.demo.floor_plans import draw_plan
from cityloom.exchange.demo.people import GIVEN, SURNAMES
from cityloom.exchange.demo.places import Feature
from cityloom.exchange.demo.troubles import METRES_A_DEGREE, distance_m
from cityloom.exchange.demo.writing import write_csv, write_layer

FOLDER = "watched"
BUILDING_COLUMNS = (
    "site", "name_zh", "name_en", "owner", "lon", "lat", "contact", "phone", "contact_role", "device", "kind",
    "floor", "x", "y", "plan",
)  # fmt: skip
KINDS = (("商厦", "Mall"), ("市场", "Market"), ("写字楼", "Offices"), ("影剧院", "Theatre"), ("酒店", "Hotel"))
NAMES = (("锦江", "Jinjiang"), ("云锦", "Yunjin"), ("织云", "Zhiyun"), ("望溪", "Wangxi"), ("百汇", "Baihui"),
         ("金梭", "Jinsuo"), ("丝路", "Silu"), ("彩经", "Caijing"))  # fmt: skip
DUTIES = (("消防安全管理人", "fire safety manager"), ("值班电工", "electrician on duty"))
NEAR_M = 1_500.0
CLASS_OF_PARKING = "C0225"
PLACES_FILE = "bike_places.geojson"
PLANS = "plans"
DEEP_M, WIDTHS_M = 2.0, (6.0, 10.0, 16.0, 24.0)
M2_PER_BIKE = 1.2


def write_watched(
    folder: Path,
    things: Sequence[tuple[Any, ...]],
    components: Sequence[ComponentRow],
    roads: Iterable[Feature],
    seed: int,
) -> None:
    """`watched/` in the city's folder: `buildings.csv` with `plans/`, and `bike_places.geojson`."""
    (folder / FOLDER / PLANS).mkdir(parents=True, exist_ok=True)
    rows = list(building_rows(things, seed))
    write_csv(folder / FOLDER / "buildings.csv", BUILDING_COLUMNS, rows)
    for plan in {row[-1] for row in rows if row[-1]}:
        (folder / FOLDER / plan).write_text(draw_plan(stream(seed, plan)), encoding="utf-8")
    write_layer(folder / FOLDER / PLACES_FILE, parking_places(components, list(roads), seed))


def read_parking_places(folder: Path) -> list[Place]:
    """The parking places of a demo city's folder; none where it has no such file."""
    file = folder / FOLDER / PLACES_FILE
    if not file.exists():
        return []
    found = []
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        centre = shapely.geometry.shape(feature["geometry"]).centroid
        found.append(Place(centre.x, centre.y, feature["properties"]["capacity"]))
    return found


def building_rows(things: Sequence[tuple[Any, ...]], seed: int) -> Iterator[tuple[Any, ...]]:
    """One building for each smoke detector, the electrical sensors in the nearest; two contacts each."""
    rng = stream(seed, "buildings")
    smoke = [(row[0], float(row[7]), float(row[8])) for row in things if row[1] == "smoke_detector"]
    wires = [(row[0], float(row[7]), float(row[8])) for row in things if row[1] == "wire_sensor"]
    hung: dict[int, list[str]] = {}
    for code, lon, lat in wires:
        metres = [distance_m(lon, lat, *each[1:]) for each in smoke]
        nearest = int(np.argmin(metres)) if metres else -1
        if metres and metres[nearest] <= NEAR_M:
            hung.setdefault(nearest, []).append(code)
    for number, (code, lon, lat) in enumerate(smoke):
        kind, name = KINDS[number % len(KINDS)], NAMES[number // len(KINDS) % len(NAMES)]
        serial = f"{number // (len(KINDS) * len(NAMES)) + 1}"
        head = (f"fire-{number + 1:03d}", f"{name[0]}{kind[0]}{serial}号楼", f"{name[1]} {kind[1]} {serial}", "fire",
                f"{lon:.7f}", f"{lat:.7f}")  # fmt: skip
        devices = [(code, "smoke"), *((each, "electrical") for each in hung.get(number, ()))]
        contacts = [(pick(rng, SURNAMES) + pick(rng, GIVEN), f"100{int(rng.integers(10**7, 10**8))}", duty[0])
                    for duty in DUTIES]  # fmt: skip
        for place in range(max(len(devices), len(contacts))):
            contact = contacts[place] if place < len(contacts) else ("", "", "")
            device: tuple[Any, ...] = ("", "", "", "", "", "")
            if place < len(devices):
                floor = f"{1 + place % 3}F"
                at = (f"{rng.uniform(0.15, 0.85):.2f}" for _ in "xy")
                device = (*devices[place], floor, *at, f"{PLANS}/fire-{number + 1:03d}-{floor}.svg")
            yield (*head, *contact, *device)


def parking_places(components: Sequence[ComponentRow], roads: Sequence[Feature], seed: int) -> Iterator[Feature]:
    """A rectangle along the kerb at each parking place for cycles of the register, named by its road."""
    rng = stream(seed, "bike places")
    tree = shapely.STRtree([geometry for geometry, _ in roads])
    numbers: Counter[str] = Counter()
    for row in components:
        if row.matter.code != CLASS_OF_PARKING:
            continue
        wide = float(pick(rng, WIDTHS_M))
        turn = float(rng.uniform(0, np.pi))
        corners = np.array([(-wide, -DEEP_M), (wide, -DEEP_M), (wide, DEEP_M), (-wide, DEEP_M)]) / 2
        turned = corners @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])
        degrees = turned / (METRES_A_DEGREE * np.cos(np.radians(row.lat)), METRES_A_DEGREE) + (row.lon, row.lat)
        road = roads[int(tree.nearest(shapely.Point(row.lon, row.lat)))][1]["name_zh"] if roads else ""
        numbers[road] += 1
        yield Polygon(degrees.tolist()), {
            "code": row.code, "name": f"{road}{numbers[road]}号停放点", "capacity": int(wide * DEEP_M / M2_PER_BIKE),
        }  # fmt: skip
