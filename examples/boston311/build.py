"""Makes areas.geojson of this folder from the city's published neighbourhood outlines."""

import json
from pathlib import Path

import click
import shapely
from shapely.geometry import mapping, shape

FOLDER = Path(__file__).parent
CITY = "boston"
SQUARE_METRES = 111_195.0**2 * 0.7394  # of one square degree at 42.32° north


@click.command()
@click.argument("neighborhoods", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER / "areas.geojson", help="Where it is written.")
def build(neighborhoods: Path, out: Path) -> None:
    """Write the city and its neighbourhoods from NEIGHBORHOODS, a GeoJSON with `Name` and `Neighborhood_ID`.

    Invalid rings are mended. Where two outlines overlap by the width of a line, the strip goes to the one with the
    lower number. The city is the union of its neighbourhoods, so that they tile it; water and land that no outline
    covers stay outside.
    """
    features = json.loads(neighborhoods.read_text(encoding="utf-8"))["features"]
    told = ((feature["properties"], feature["geometry"]) for feature in features)
    found = sorted((int(facts["Neighborhood_ID"]), facts["Name"], geometry) for facts, geometry in told)
    shapes, taken, moved = [], shapely.Polygon(), 0.0
    for number, name, geometry in found:
        outline = _polygons(shapely.make_valid(shape(geometry)))
        rest = _polygons(shapely.difference(outline, taken))
        moved += outline.area - rest.area
        taken = shapely.union(taken, rest)
        shapes.append((number, name, rest))
    rows = [_area(f"{CITY}-{number:02}", CITY, "neighborhood", name, outline) for number, name, outline in shapes]
    city = _polygons(shapely.unary_union([outline for _, _, outline in shapes]))
    collection = {"type": "FeatureCollection", "features": [_area(CITY, "", "city", "Boston", city), *rows]}
    out.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    overlaps = f"{moved * SQUARE_METRES:,.0f} m²"
    click.echo(f"{out.name}: {len(rows)} neighbourhoods; overlaps of {overlaps} given to one side.")


def _polygons(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry; lines and points that mending left over are dropped."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.unary_union(parts)


def _area(code: str, parent: str, level: str, name: str, outline: shapely.Geometry) -> dict:
    chinese = NAMES_ZH.get(name, name)
    properties = {"code": code, "parent": parent, "level": level, "name_zh": chinese, "name_en": name}
    return {"type": "Feature", "properties": properties, "geometry": mapping(outline)}


NAMES_ZH = {
    "Boston": "波士顿",
    "Allston": "奥尔斯顿",
    "Back Bay": "后湾",
    "Bay Village": "湾村",
    "Beacon Hill": "灯塔山",
    "Brighton": "布莱顿",
    "Charlestown": "查尔斯顿",
    "Chinatown": "唐人街",
    "Dorchester": "多切斯特",
    "Downtown": "市中心",
    "East Boston": "东波士顿",
    "Fenway": "芬威",
    "Harbor Islands": "港湾群岛",
    "Hyde Park": "海德公园",
    "Jamaica Plain": "牙买加平原",
    "Leather District": "皮革区",
    "Longwood": "朗伍德",
    "Mattapan": "马塔潘",
    "Mission Hill": "教会山",
    "North End": "北端",
    "Roslindale": "罗斯林代尔",
    "Roxbury": "罗克斯伯里",
    "South Boston": "南波士顿",
    "South Boston Waterfront": "南波士顿海滨",
    "South End": "南端",
    "West End": "西端",
    "West Roxbury": "西罗克斯伯里",
}

if __name__ == "__main__":
    build()
