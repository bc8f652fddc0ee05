"""The example of Beijing: built from the real polygons and codes, checked, and asked for streets."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import shapely
from click.testing import CliRunner

from cityloom.app.commands.city import command
from cityloom.app.places import project_root
from cityloom.city.checks import check_folder
from cityloom.city.locating import Locator
from cityloom.city.maps import read_json
from cityloom.city.raster import OUTSIDE
from cityloom.city.sheets import Notes

pytestmark = pytest.mark.real_data
POLYGONS = Path("beijing_subdistricts") / "beijing_subdistricts.geojson"


@pytest.fixture(scope="module")
def built(tmp_path_factory, data_dir):
    """The folder with its files made."""
    folder = tmp_path_factory.mktemp("examples") / "beijing"
    own = ("city.toml", "people.csv", "catalogue.csv", "standards.csv", "calendar.csv", "build.py")
    folder.mkdir()
    for name in own:
        shutil.copy(project_root() / "examples" / "beijing" / name, folder / name)
    words = ["build", folder, "--polygons", data_dir / POLYGONS, "--divisions", data_dir / "cn_admin_divisions"]
    result = CliRunner().invoke(command, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert "343 streets in 16 districts" in result.output
    return folder


@pytest.fixture(scope="module")
def checked(built):
    return check_folder(built)


def test_the_built_folder_passes_the_check(checked):
    folder, problems = checked
    assert [problem.code for problem in problems] == []
    assert len(folder.areas) == 1 + 16 + 343
    assert len(folder.units) == 2 + 16 + 343


def test_a_place_lies_in_the_street_of_the_published_polygon(checked, data_dir):
    folder, _ = checked
    locator = Locator(area for area in folder.areas if area.level == "street")
    features = read_json(data_dir / POLYGONS, Notes("polygons"))["features"]
    polygons = {str(f["properties"]["code"])[:9]: shapely.geometry.shape(f["geometry"]) for f in features}
    assert locator.codes == tuple(sorted(polygons))
    random = np.random.default_rng(11)
    west, south, east, north = shapely.total_bounds(list(polygons.values()))
    x, y = random.uniform(west, east, 20_000), random.uniform(south, north, 20_000)
    expected = np.full(len(x), OUTSIDE)
    points = shapely.points(x, y)
    for i in reversed(range(len(polygons))):
        shape = polygons[locator.codes[i]]
        shapely.prepare(shape)
        expected[shapely.covers(shape, points)] = i
    assert locator.find_many(x, y).tolist() == expected.tolist()
    assert 0.4 < (expected != OUTSIDE).mean() < 0.6  # the city is half of its bounding box


@pytest.mark.parametrize(
    ("place", "street", "because"),
    [
        ((116.3975, 39.9087), "东华门街道", "the Gate of Heavenly Peace"),
        ((116.3267, 40.0033), "清华园街道", "a university has a street of its own"),
        ((117.6, 41.1), None, "far outside"),
    ],
)
def test_well_known_places_lie_in_their_streets(checked, place, street, because):
    folder, _ = checked
    names = {area.code: area.name.zh for area in folder.areas}
    found = Locator(area for area in folder.areas if area.level == "street").find(*place)
    assert (names[found] if found else None) == street, because
