"""What `[kiosks]` and `[phones]` of a city's settings may say."""

from __future__ import annotations

from typing import Any

import pytest

from cityloom.city.kiosks import parse_kiosks, parse_phones

BOUNDS = (109.0, 29.0, 111.0, 31.0)
GOOD = {"name_zh": "亭", "name_en": "Cabin", "lon": 110.0, "lat": 30.0}


@pytest.mark.parametrize(
    ("changed", "problem", "because"),
    [
        ({}, None, "line, class and idle time have a default"),
        ({"idle_s": 45, "phone": "12345", "help_class": "hotline:0901"}, None, "all may be given"),
        ({"name_en": ""}, "key_missing", "a terminal has a name in both languages"),
        ({"lon": None}, "key_missing", "a terminal stands somewhere"),
        ({"lat": "north"}, "value_form", "coordinates are numbers"),
        ({"lon": 10.0}, "coordinates_outside", "it stands in the city"),
        ({"idle_s": 1}, "value_form", "nobody reads a page in a second"),
        ({"colour": "red"}, "key_unknown", "a key that nobody reads is a mistake"),
    ],
)
def test_a_terminal_is_read_or_told_what_is_wrong(changed: dict[str, Any], problem: str | None, because: str):
    noted: list[str] = []
    row = {key: value for key, value in {**GOOD, **changed}.items() if value is not None}
    found = parse_kiosks({"kiosks": {"K1": row}}, BOUNDS, lambda code, key, **more: noted.append(code))
    assert noted == ([problem] if problem else []), because
    assert bool(found) == (problem in (None, "key_unknown")), because


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"name_zh": "热线", "name_en": "Hotline", "number": "12345"}, None),
        ({"name_zh": "热线", "name_en": "Hotline", "number": 12345}, "value_form"),
        ({"name_zh": "热线", "number": "12345"}, "key_missing"),
    ],
)
def test_a_number_is_a_text_with_a_name(row: dict[str, Any], problem: str | None):
    noted: list[str] = []
    found = parse_phones({"phones": {"hotline": row}}, lambda code, key, **more: noted.append(code))
    assert noted == ([problem] if problem else [])
    assert bool(found) == (problem is None)
