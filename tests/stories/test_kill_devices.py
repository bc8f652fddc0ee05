"""`kill -9` of who takes in, the message server and the database while devices speak: the alarms of a calm day."""

import sys

import pytest
from benchmarks.kill_devices import SETS, VICTIMS, storm, write_city


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the embedded server's recovery is proved on Linux")
def test_whoever_is_killed_readings_alarms_and_cases_are_those_of_a_calm_day(var_folder, tmp_path, full):
    readings, kills = (12_000, 60) if full else (1_200, 4)
    weather, faults = storm(var_folder, write_city(tmp_path / "city"), readings, kills)
    try:
        calm, stormy = (weather.alarms(name) for name in SETS)
        found_after_mischief = (_do_mischief(weather), list(weather.faults()))[1]
    finally:
        weather.close()
    assert faults == []
    assert set(weather.kills) == set(VICTIMS)
    assert calm == stormy
    assert {rule for rule, *_ in calm} == {"high", "high_long", "three"}
    assert calm.total() > 20
    assert all(len(weather.acked[name]) > readings for name in SETS), "the others were heard beside the story"
    for word in ("not stored", "or twice", "alarm missed", "too many", "was reported 0 times"):
        assert any(word in fault for fault in found_after_mischief), f"the proof would not see: {word}"


def _do_mischief(weather):
    """Damage of every kind, so that the proof is seen to see it."""
    weather._rows(
        "DELETE FROM sensing_reading WHERE (stream, at) = "
        "(SELECT stream, at FROM sensing_reading LIMIT 1) RETURNING 1"
    )
    weather._rows("INSERT INTO sensing_reading SELECT * FROM sensing_reading LIMIT 1 RETURNING 1")
    weather._rows(
        "UPDATE sensing_alarm SET raised_at = raised_at + interval '1 second' WHERE id = "
        "(SELECT min(a.id) FROM sensing_alarm a JOIN sensing_device d ON d.id = a.device_id "
        "WHERE d.code LIKE 'storm-%') RETURNING 1"
    )
    weather._rows(
        "UPDATE cases_report SET idempotency_key = 'x' WHERE idempotency_key LIKE 'alarm-%' AND id = "
        "(SELECT min(id) FROM cases_report) RETURNING 1"
    )
