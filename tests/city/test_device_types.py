"""What types of devices are called: shipped names, and a city's own in payloads.toml."""

import pytest

from cityloom.city.device_types import device_types_of, standard_device_types
from cityloom.city.payload_files import payload_entries_of
from cityloom.city.sheets import Notes
from cityloom.city.values import Name


def test_shipped_types_have_both_names():
    for code, each in standard_device_types().items():
        assert each.name.zh, code
        assert each.name.en, code
        assert each.code == code
        assert each.calibrate_days is None or each.calibrate_days > 0


def test_a_city_names_types_of_its_own_and_changes_shipped_ones_key_by_key():
    said = {
        "type": {
            "bin_sensor": {"name_zh": "桶满传感器"},
            "sluice": {"name_zh": "闸门", "name_en": "Sluice gate", "calibrate_days": 30},
            "dust_meter": {"calibrate_days": 0, "streams": {"pm10_ug_m3": "data.pm10"}},
        }
    }
    notes = Notes("payloads.toml")
    types = device_types_of({each.code: each for each in payload_entries_of(said, notes)})
    assert not notes.problems
    assert types["bin_sensor"].name == Name("桶满传感器", "Bin sensor")
    assert (types["sluice"].name.en, types["sluice"].calibrate_days) == ("Sluice gate", 30)
    assert types["dust_meter"].calibrate_days is None, "said not to be due at all"
    assert types["gas_meter"] == standard_device_types()["gas_meter"]


@pytest.mark.parametrize(
    ("row", "key"), [({"name_zh": 5}, "name_zh"), ({"calibrate_days": -1}, "calibrate_days"),
                     ({"calibrate_days": True}, "calibrate_days"), ({"calibrate": 5}, "calibrate")]
)  # fmt: skip
def test_what_cannot_be_a_type_is_noted_by_its_key(row: dict[str, object], key: str):
    notes = Notes("payloads.toml")
    assert payload_entries_of({"type": {"x": row}}, notes) == ()
    assert [each.place.name for each in notes.problems] == [f"type.x.{key}"]
