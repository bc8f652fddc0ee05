"""`kill -9` of whoever you like, twenty times under load: nothing that was acknowledged is lost, halved or twice."""

import sys

import pytest
from benchmarks.kill import storm

ROUNDS, TRIMMED = 200, 20


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the embedded server's recovery is proved on Linux")
def test_whoever_is_killed_what_was_acknowledged_stays_and_is_whole(var_folder, small_city_folder, full):
    rounds = ROUNDS if full else TRIMMED
    weather, faults = storm(var_folder, small_city_folder, rounds, seed=7)
    try:
        counts = weather.counts()
        found_after_mischief = (_do_mischief(weather), weather.faults())[1]
    finally:
        weather.close()
    assert faults == []
    assert {r.victim.rstrip("012") for r in weather.rounds} == {"client", "player", "worker", "backend", "postmaster"}
    assert counts["acknowledged"] > rounds
    assert counts["told"] > 0
    assert counts["ended"] > 0
    for word in (
        "acknowledged",
        "not one message a version",
        "no clock of",
        "was told 2 times",
        "not what its history",
    ):
        assert any(word in fault for fault in found_after_mischief), f"the proof would not see: {word}"


def _do_mischief(weather):
    """Lose an acknowledged report, stop every clock and tell a moment twice, so that the proof is seen to see."""
    with weather.connect() as connection:
        _, acknowledged = next(iter(weather._acks_of(0)))
        connection.execute("UPDATE cases_case SET number = number || 'x' WHERE number = %s", [acknowledged])
        connection.execute("UPDATE cases_clock SET state = 'stopped'")
        columns = [
            name
            for (name,) in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'cases_entry' "
                "AND column_name NOT IN ('id', 'seq')"
            )
        ]
        names = ", ".join(columns)
        connection.execute(
            f"INSERT INTO cases_entry (id, seq, {names}) SELECT -id, -seq, {names} FROM cases_entry "
            "WHERE subject = 'clock' ORDER BY id LIMIT 1"
        )
