"""A history of readings comes from a file and goes to one; what cannot be taken is told by row and reason."""

import csv
from datetime import UTC, datetime, timedelta

import pytest

from cityloom.base.clock import GivenClock
from cityloom.exchange.actions.export_readings import export_readings
from cityloom.exchange.actions.import_readings import BadReadingsFile, ImportedReadings, import_readings
from cityloom.sensing.actions.give_secret import NoSuchDevice, give_secret, may_come_in
from cityloom.sensing.actions.load_devices import load_devices
from cityloom.sensing.actions.release_device import release_device
from cityloom.sensing.ingest_rows import register_state
from cityloom.sensing.models import Device
from cityloom.sensing.registry import find_devices
from cityloom.sensing.series import history

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
ROWS = """device,stream,t,v
level-1,depth_cm,2026-05-01T00:00:00Z,1.5
level-1,depth_cm,1777593660,2
level-1,depth_cm,2026-05-01T00:00:00+00:00,9
level-1,depth_cm,2026-05-01T00:02:00Z,
nobody,depth_cm,2026-05-01T00:02:00Z,1
level-1,wind,2026-05-01T00:02:00Z,1
level-1,depth_cm,soon,1
level-1,depth_cm,2027-05-01T00:02:00Z,1
level-1,depth_cm,2026-05-01T00:03:00Z,high
"""


def test_a_history_comes_in_once_and_goes_out_again(small_city, tmp_path):
    load_devices(small_city)
    file, rejects, out = tmp_path / "h.csv", tmp_path / "rejects.csv", tmp_path / "out.parquet"
    file.write_text(ROWS, encoding="utf-8")
    done = import_readings(small_city, file, GivenClock(NOW), rejects)
    assert done == ImportedReadings(rows=9, stored=3, repeated=1, rejected=5)
    with rejects.open(encoding="utf-8-sig") as told:
        assert [(row["row"], row["reason"]) for row in csv.DictReader(told)] == [
            ("5", "readings.no_device"),
            ("6", "readings.no_stream"),
            ("7", "readings.bad_time"),
            ("8", "readings.bad_time"),
            ("9", "readings.bad_value"),
        ]
    stream = find_devices(small_city.id, ["level-1"])["level-1"].streams["depth_cm"].id
    begins = datetime(2026, 5, 1, tzinfo=UTC)
    values = history(stream, begins, NOW).value.tolist()
    assert values[:2] == [1.5, 2.0]
    assert values[2] != values[2], "said to be without a value"
    assert export_readings(small_city, ["level-1"], begins, NOW, out) == 3
    assert import_readings(small_city, out, GivenClock(NOW)) == ImportedReadings(rows=3, repeated=3)
    assert export_readings(small_city, ["level-1"], begins, NOW, tmp_path / "out.csv") == 3
    assert import_readings(small_city, tmp_path / "out.csv", GivenClock(NOW)) == ImportedReadings(rows=3, repeated=3)
    file.write_text("device,t\nx,1\n", encoding="utf-8")
    with pytest.raises(BadReadingsFile, match="stream"):
        import_readings(small_city, file, GivenClock(NOW))


def test_a_device_has_its_own_secret_and_a_released_one_is_heard_of(small_city):
    load_devices(small_city)
    clock = GivenClock(NOW)
    secret = give_secret(small_city, "level-1", clock)
    assert may_come_in(small_city.id, "level-1", secret, NOW)
    again = give_secret(small_city, "level-1", clock)
    assert not may_come_in(small_city.id, "level-1", secret, NOW), "a new secret ends the one before"
    assert not may_come_in(small_city.id, "nobody", again, NOW)
    later = NOW + timedelta(hours=1)
    Device.objects.filter(code="level-1").update(state="quarantined", quarantined_until=later)
    assert not may_come_in(small_city.id, "level-1", again, NOW)
    assert may_come_in(small_city.id, "level-1", again, later)
    before = register_state(small_city.id)
    assert (release_device(small_city, "level-1"), release_device(small_city, "level-1")) == (True, False)
    assert register_state(small_city.id) != before, "ingest hears of it"
    assert may_come_in(small_city.id, "level-1", again, NOW)
    with pytest.raises(NoSuchDevice):
        give_secret(small_city, "nobody", clock)
