"""`vital_signs.toml`: the tree of signs as values, each fault with its key, and the way through the database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.city.small_city import write_small_city

from cityloom.base.ids import ids
from cityloom.city.actions.load_city import load_city
from cityloom.city.checks import check_folder
from cityloom.city.snapshot import current_city, forget_cities
from cityloom.city.values import Name
from cityloom.city.vital_values import Range, VitalSign, sign_from_json

SIGNS = """\
[sign.drainage]
name_zh = "排水"
name_en = "Drainage"

[sign.depth]
name_zh = "涵洞积水"
name_en = "Water in underpasses"
parent = "drainage"
type = "water_level"
stream = "depth_cm"
of_stream = "max"
over = "share"
within = { to = 15 }
missing = "as_bad"
unit = "%"
target = 100
good = { from = 95 }
watch = { from = 80 }

[sign.floods]
name_zh = "道路积水未结"
name_en = "Flooded roads still open"
parent = "drainage"
cases = "open"
classes = ["gb2013:E0506"]
unit = "件"
good = { to = 3 }
watch = { to = 10 }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_city(tmp_path_factory.mktemp("vital"))


def found(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "vital_signs.toml").write_text(text, encoding="utf-8")
    _, problems = check_folder(folder)
    return [(p.code, p.place.name) for p in problems if p.file == "vital_signs.toml"]


def test_a_sound_tree_has_no_problem_and_says_what_was_written(folder):
    assert found(folder, SIGNS) == []
    read, _ = check_folder(folder)
    drainage, depth, floods = read.vital_signs
    assert (drainage.is_leaf, depth.is_leaf, floods.is_leaf) == (False, True, True)
    assert depth.within == Range(None, 15.0)
    assert depth.good == Range(95.0, None)
    assert floods.classes == ("gb2013:E0506",)


@pytest.mark.parametrize(
    ("old", "new", "code", "key", "because"),
    [
        ("of_stream", "off_stream", "key_unknown", "sign.depth.off_stream", "a key is misspelt"),
        ('"max"', '"mode"', "value_unknown", "sign.depth.of_stream", "there is no such aggregate"),
        ("{ to = 15 }", "{ to = 15, till = 3 }", "value_form", "sign.depth.within", "a range has from and to only"),
        ("{ to = 15 }", "{ from = 20, to = 15 }", "value_form", "sign.depth.within", "a range ends before it begins"),
        ("{ to = 15 }", "{ to = inf }", "value_form", "sign.depth.within", "an open end is left out, not infinite"),
        ("within = { to = 15 }\n", "", "key_missing", "sign.depth.within", "a share needs its range"),
        ('type = "water_level"\n', "", "key_missing", "sign.depth.type", "a stream belongs to a type"),
        ('cases = "open"\n', "", "key_missing", "sign.floods.cases", "classes say nothing by themselves"),
        ('["gb2013:E0506"]', "[]", "value_form", "sign.floods.classes", "a list of classes is not empty"),
        ('["gb2013:E0506"]', '["gb2013:E0507"]', "code_unknown", "sign.floods", "there is no such class"),
        ('parent = "drainage"\ncases', 'parent = "drain"\ncases', "code_unknown", "sign.floods", "no such parent"),
        ("{ from = 80 }", "{ from = 98 }", "sign_bands_apart", "sign.depth", "good must lie in watch"),
        ('of_stream = "max"', 'of_stream = "share"', "sign_share_twice", "sign.depth", "one share is enough"),
        ('over = "share"', 'over = "mean"', "value_form", "sign.depth.missing", "only shares can count the silent"),
        ("depth_cm", "depth_mm", "sign_not_measured", "sign.depth", "nothing measures it"),
        ('cases = "open"', 'cases = "open"\ntype = "water_level"\nstream = "depth_cm"', "sign_two_sources",
         "sign.floods", "a leaf has one source"),
        ('name_en = "Drainage"', 'name_en = "D"\ntype = "water_level"\nstream = "depth_cm"', "sign_leaf_with_signs",
         "sign.drainage", "a leaf has nothing below it"),
        ('name_en = "Drainage"', 'name_en = "D"\nparent = "drainage"', "circle", "drainage", "nothing holds itself"),
        ('[sign.depth]', '[sign.rail]\nname_en = "Rail"\n\n[sign.depth]', "sign_without_source", "sign.rail",
         "a sign may wait for its devices, and the check says so"),
        ('target = 100', 'target = 100\nweight = -1', "value_form", "sign.depth.weight", "a weight is not negative"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_key(folder, old, new, code, key, because):
    assert old in SIGNS
    assert (code, key) in found(folder, SIGNS.replace(old, new, 1)), because


def test_a_sign_comes_back_from_its_column_as_it_went_in():
    sign = VitalSign(
        "depth", Name("深", "Depth"), parent="drainage", type="water_level", stream="depth_cm", of_stream="max",
        over="share", within=Range(None, 15.0), unit="%", target=100.0, good=Range(95.0), watch=Range(80.0),
        missing="as_bad", least_coverage=0.7, weight=2.0,
    )  # fmt: skip
    assert sign_from_json("depth", sign.name, sign.as_json()) == sign


@pytest.mark.django_db
def test_the_loaded_city_has_its_signs(folder):
    (folder / "vital_signs.toml").write_text(SIGNS, encoding="utf-8")
    ids.forget()
    forget_cities()
    load_city(folder, "test", datetime(2026, 1, 1, tzinfo=UTC))
    read, _ = check_folder(folder)
    assert list(current_city("990100").vital_signs.values()) == list(read.vital_signs), "in the order of the file"
