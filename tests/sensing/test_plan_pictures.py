"""Pictures of floor plans keep what they show and nothing else."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from cityloom.exchange.demo.floor_plans import HIGH, WIDE, draw_plan
from cityloom.sensing.plan_pictures import BadPlan, clean_plan

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {}>{}</svg>'
BOX = 'viewBox="0 0 600 400"'
WALL = '<rect x="1" y="1" width="9" height="9" fill="#fff"/>'


@pytest.mark.parametrize(
    ("carried", "because"),
    [
        ("<script>steal()</script>", "scripts"),
        ('<rect width="9" height="9" onload="steal()"/>', "acts"),
        ('<image href="https://steal.example/x.png"/>', "pictures from elsewhere"),
        ('<use xlink:href="https://steal.example/x.svg#a"/>', "shapes from elsewhere"),
        ('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">steal</p></foreignObject>', "pages"),
        ('<a href="https://steal.example"><rect width="9" height="9"/></a>', "links"),
        ("<style>@import url(https://steal.example)</style>", "styles"),
        ('<rect width="9" height="9" style="background:url(https://steal.example)"/>', "styles of a shape"),
        ('<rect width="9" height="9" fill="url(https://steal.example#a)"/>', "paint from elsewhere"),
        ('<set attributeName="href" to="javascript:steal()"/>', "animation"),
    ],
)
def test_a_drawing_is_rebuilt_of_plain_shapes(carried, because):
    clean = clean_plan(SVG.format(BOX, WALL + carried).encode())
    assert b"steal" not in clean.data, because
    assert b'fill="#fff"' in clean.data
    assert (clean.form, clean.width, clean.height) == ("svg", 600, 400)


def test_shapes_colours_groups_and_words_of_a_drawing_stay():
    shapes = '<g transform="translate(3,4)"><path d="M1 1L9 9Z" stroke="black"/><text x="5" y="5">101</text></g>'
    clean = clean_plan(SVG.format('width="30px" height="20"', shapes).encode())
    assert (clean.width, clean.height) == (30, 20)
    for part in (b"translate(3,4)", b'd="M1 1L9 9Z"', b'stroke="black"', b">101<"):
        assert part in clean.data


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (b"", "nothing"),
        (b"%PDF-1.7", "another kind of file"),
        (b"<svg", "no whole document"),
        (SVG.format("", WALL).encode(), "no size"),
        (SVG.format('viewBox="0 0 0 9"', WALL).encode(), "no width"),
        (SVG.format(BOX, "").encode(), "no shape"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format(BOX, WALL).encode(), "entities"),
        (SVG.format(BOX, WALL * 20_001).encode(), "too many shapes"),
        (SVG.format(BOX, "<g>" * 50 + WALL + "</g>" * 50).encode(), "too deep"),
        (b"x" * 4_000_001, "too large"),
    ],
)
def test_what_is_no_plan_is_refused(raw, because):
    with pytest.raises(BadPlan):
        clean_plan(raw)


def test_a_picture_is_encoded_again_without_what_came_with_it():
    out = io.BytesIO()
    Image.new("RGB", (2_000, 1_000), "white").save(out, "PNG")
    clean = clean_plan(out.getvalue() + b"<script>steal()</script>")
    assert (clean.form, clean.width, clean.height) == ("webp", 1_600, 800)
    assert b"steal" not in clean.data


def test_the_demo_draws_floors_that_can_be_loaded_each_another():
    drawn = [draw_plan(np.random.default_rng(seed)) for seed in (1, 2)]
    for text in drawn:
        clean = clean_plan(text.encode())
        assert (clean.width, clean.height) == (WIDE, HIGH)
        kept, told = (len(re.findall(r"<(?:line|rect)", each)) for each in (clean.data.decode(), text))
        assert kept == told > 15, "nothing of it is left out"
    assert drawn[0] != drawn[1]
