"""Makes the maps and lists of Beijing's city folder: areas, a street office for each street, and what it owes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from cityloom.city.check_areas import square_metres

HERE = Path(__file__).parent
CITY, CITY_NAMES = "110000", ("北京市", "Beijing")
SLIVER_M2 = 10_000  # a hole in a parent smaller than this is a fault of the drawing, a larger one belongs to others
DECIMALS = 6  # 0.1 m

STREET_CLASSES = ("hotline:01", "hotline:02", "hotline:03", "hotline:04")
UNIT_COLUMNS = ("code", "parent", "kind", "name_zh", "name_en", "serves", "from", "until", "successors")
DUTY_COLUMNS = ("class", "area", "unit", "role", "order", "source", "hours", "pushed_down", "from", "until")


@dataclass(frozen=True)
class Street:
    """A sub-district with its nine-digit code, its official name and its polygon."""

    code: str
    name_zh: str
    name_en: str
    outline: BaseGeometry

    @property
    def district(self) -> str:
        return self.code[:6]


@click.command()
@click.option(
    "--polygons",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="GeoJSON of the sub-districts: code (12 digits) and pinyin.",
)
@click.option(
    "--divisions",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder with areas.csv and streets.csv: division codes and names.",
)
def build(polygons: Path, divisions: Path) -> None:
    """Write areas.geojson, units.csv and duties.csv of Beijing from sub-district polygons and division codes."""
    names = read_names(divisions / "streets.csv")
    streets = read_streets(polygons, names)
    districts = {code: name for code, name in read_names(divisions / "areas.csv").items() if code[:2] == CITY[:2]}
    write_areas(HERE / "areas.geojson", streets, districts)
    write_rows(HERE / "units.csv", UNIT_COLUMNS, unit_rows(streets, districts))
    write_rows(HERE / "duties.csv", DUTY_COLUMNS, duty_rows(streets))
    drawn = {street.code for street in streets}
    missing = [f"{c} {n}" for c, n in names.items() if c[:2] == CITY[:2] and c not in drawn]
    click.echo(f"{len(streets)} streets in {len({s.district for s in streets})} districts written to {HERE}")
    if missing:
        click.echo(f"{len(missing)} codes of the table have no polygon: {', '.join(missing)}")


def read_names(path: Path) -> dict[str, str]:
    """Names by division code."""
    with path.open(encoding="utf-8-sig", newline="") as rows:
        return {row["code"]: row["name"] for row in csv.DictReader(rows)}


def read_streets(path: Path, names: Mapping[str, str]) -> list[Street]:
    """The polygons joined with the table by the first nine digits; a polygon the table does not know is refused."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    streets = []
    for feature in features:
        properties = feature["properties"]
        code = str(properties["code"])[:9]
        if code not in names:
            raise click.ClickException(f"the polygon {code} {properties['Name']} is not in the table of divisions")
        outline = shapely.set_precision(shape(feature["geometry"]), 10**-DECIMALS)
        streets.append(Street(code, names[code], str(properties["pinyin"]).capitalize(), outline))
    return sorted(streets, key=lambda street: street.code)


def write_areas(path: Path, streets: list[Street], districts: Mapping[str, str]) -> None:
    """The city, its districts and its streets; a parent is what its streets cover, without the slivers."""
    outlines = {code: whole(s.outline for s in streets if s.district == code) for code in districts}
    outlines = {code: outline for code, outline in outlines.items() if not outline.is_empty}
    features = [area(CITY, "", "city", CITY_NAMES, whole(outlines.values()))]
    features += [area(code, CITY, "district", (districts[code], ""), outlines[code]) for code in outlines]
    features += [area(s.code, s.district, "street", (s.name_zh, s.name_en), s.outline) for s in streets]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n', encoding="utf-8")


def whole(outlines: Iterable[BaseGeometry]) -> BaseGeometry:
    """The union, with holes too small to be another's land closed."""
    parts = shapely.get_parts(shapely.union_all(np.array(list(outlines), dtype=object)))
    closed = []
    for part in parts:
        holes = [hole for hole in part.interiors if square_metres(shapely.Polygon(hole)) >= SLIVER_M2]
        closed.append(shapely.Polygon(part.exterior, holes))
    return shapely.union_all(np.array(closed, dtype=object))


def area(code: str, parent: str, level: str, names: tuple[str, str], outline: BaseGeometry) -> dict[str, Any]:
    """An area as a feature."""
    properties = {"code": code, "parent": parent, "level": level, "name_zh": names[0], "name_en": names[1]}
    return {"type": "Feature", "properties": properties, "geometry": mapping(outline)}


def unit_rows(streets: list[Street], districts: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The hotline, the operation centre, a department for each district and an office for each street."""
    rows = [
        ("hotline", "", "hotline", "市民热线服务中心", "Citizens' Hotline", "", "", "", ""),
        ("centre", "", "centre", "城市运行管理中心", "City Operation Centre", "", "", "", ""),
    ]
    used = sorted({street.district for street in streets})
    rows += [
        (f"district-{c}", "", "district_department", f"{districts[c]}城市管理委员会", "", c, "", "", "") for c in used
    ]
    rows += [
        (
            f"street-{s.code}",
            f"district-{s.district}",
            "street_office",
            f"{s.name_zh}办事处" if s.name_zh.endswith("街道") else f"{s.name_zh}政府",
            "",
            s.code,
            "",
            "",
            "",
        )
        for s in streets
    ]
    return rows


def duty_rows(streets: list[Street]) -> list[tuple[str, ...]]:
    """Each street's office leads what its residents bring; the hotline answers the other calls itself."""
    rows = [("hotline:09", "*", "hotline", "lead", "", "", "", "", "", "")]
    for street in streets:
        unit = f"street-{street.code}"
        rows += [(each, street.code, unit, "lead", "", "", "", "", "", "") for each in STREET_CLASSES]
    rows += [
        ("hotline:0103", code, f"district-{code}", "assist", "", "", "", "", "", "")
        for code in sorted({street.district for street in streets})
    ]
    return rows


def write_rows(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A CSV table."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
