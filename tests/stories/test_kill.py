"""`kill -9` of whoever you like, twenty times under load: nothing that was acknowledged is lost, halved or twice."""

import sys

import pytest
from benchmarks.kill import BROWSERS, DIRECT, VICTIMS, storm
from benchmarks.kill_clients import REFUSED, Ack, read_acks
from benchmarks.kill_faults import forget_last_message

ROUNDS, TRIMMED = 200, 20


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the embedded server's recovery is proved on Linux")
def test_whoever_is_killed_what_was_acknowledged_stays_and_is_whole(var_folder, small_city_folder, full):
    rounds = ROUNDS if full else TRIMMED
    weather, faults = storm(var_folder, small_city_folder, rounds, seed=7, say=print)
    try:
        counts = weather.counts()
        found_after_mischief = (_do_mischief(weather), weather.faults())[1]
    finally:
        weather.close()
    print(counts, *faults, sep="\n")
    assert faults == []
    assert {r.victim for r in weather.rounds} == set(VICTIMS)
    assert counts["acknowledged directly"] > rounds
    assert counts["acknowledged by the pages"] > rounds
    for what in ("moments fired", "ended", "joined", "photos", "messages told"):
        assert counts[what] > 0, what
    for word in (
        "acknowledged",
        "not one message a version",
        "is done and was never told",
        "no clock of",
        "was told 2 times",
        "not what its history",
        "is not what its row says",
        "with a code that does not open it",
        "with 1 photos, kept with 0",
        "refused",
    ):
        assert any(word in fault for fault in found_after_mischief), f"the proof would not see: {word}"


def _do_mischief(weather):
    """Damage of every kind, each in a report or message of its own, so that the proof is seen to see it."""
    lost, refused, *_ = read_acks(weather._book(DIRECT[0]))
    apart = {lost.number, refused.number, REFUSED}
    others = [ack for ack in weather.acks() if ack.number not in apart]
    miscoded = next(ack for ack in others if ack.code != REFUSED and not ack.photos)
    pictured = next(ack for ack in others if ack.photos)
    with weather._book(BROWSERS[1]).open("ab") as book:
        book.write(Ack(refused.key, REFUSED, REFUSED, 0).line())
    forget_last_message(weather.nats_url)
    with weather.connect() as connection:
        connection.execute("UPDATE cases_case SET number = number || 'x' WHERE number = %s", [lost.number])
        connection.execute("UPDATE cases_report SET tracking_hash = 'x' WHERE idempotency_key = %s", [miscoded.key])
        connection.execute(
            "UPDATE cases_photo p SET report_id = 0 FROM cases_report r "
            "WHERE r.id = p.report_id AND r.idempotency_key = %s",
            [pictured.key],
        )
        ((file,),) = connection.execute("SELECT file FROM cases_photo ORDER BY id LIMIT 1").fetchall()
        (weather.var / "media" / file).write_bytes(b"cut")
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
