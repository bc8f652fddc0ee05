"""Makes areas.geojson of this folder from the city's published neighbourhood outlines."""

import json
import re
from pathlib import Path

import click
import shapely
from shapely.geometry import mapping, shape

FOLDER = Path(__file__).parent
CITY = "chicago"


@click.command()
@click.argument("neighborhoods", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=FOLDER / "areas.geojson", help="Where it is written.")
def build(neighborhoods: Path, out: Path) -> None:
    """Write the city and its neighbourhoods from NEIGHBORHOODS, a GeoJSON with `pri_neigh`.

    Invalid rings are mended. Where two outlines overlap, the strip goes to the one whose name comes first. The city
    is the union of its neighbourhoods, so that they tile it.
    """
    features = json.loads(neighborhoods.read_text(encoding="utf-8"))["features"]
    outlines = sorted((f["properties"]["pri_neigh"], _polygons(shape(f["geometry"]))) for f in features)
    rows, taken = [], shapely.Polygon()
    for name, outline in outlines:
        rest = _polygons(shapely.difference(outline, taken))
        taken = shapely.union(taken, rest)
        rows.append(_area(f"{CITY}-{_slug(name)}", CITY, "neighborhood", name, name, rest))
    city = _polygons(shapely.unary_union([shape(row["geometry"]) for row in rows]))
    found = [_area(CITY, "", "city", "芝加哥", "Chicago", city), *rows]
    out.write_text(json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False), encoding="utf-8")
    click.echo(f"{out.name}: {len(rows)} neighbourhoods.")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _polygons(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry, mended; lines and points that mending left over are dropped."""
    parts = shapely.get_parts(shapely.make_valid(geometry))
    return shapely.unary_union([part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")])


def _area(code: str, parent: str, level: str, chinese: str, name: str, outline: shapely.Geometry) -> dict:
    properties = {"code": code, "parent": parent, "level": level, "name_zh": chinese, "name_en": name}
    return {"type": "Feature", "properties": properties, "geometry": mapping(outline)}


if __name__ == "__main__":
    build()
