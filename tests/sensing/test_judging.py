"""The judge: whatever the batches, the same readings make the same alarms; and what each kind of rule means."""

import io
import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sensing.reference_judge import ReferenceJudge, bare

from cityloom.city.alarm_rules import AlarmRule, Kind
from cityloom.city.values import Name
from cityloom.sensing.checkpoints import BadCheckpoint
from cityloom.sensing.judging import Judge
from cityloom.sensing.rules import StreamRow, Subject, streams_of
from cityloom.sensing.seasonal import Usual
from cityloom.sensing.values import Readings, readings_of


def rule(code: str, kind: Kind = Kind.THRESHOLD, **said: object) -> AlarmRule:
    facts = {"type": "t", "stream": "x", "class_code": "c", "severity": "high", **said}
    return AlarmRule(code=code, name=Name(code, code), kind=kind.value, **facts)


RULES = [
    rule("high", above=3.0, clear=2.0),
    rule("high_long", above=3.0, clear=1.0, for_s=120),
    rule("low", below=-2.0, clear=-1.0, for_s=60),
    rule("jump", Kind.RATE, rises=4.0, per_s=60),
    rule("drop", Kind.RATE, falls=4.0, clear=1.0, per_s=60),
    rule("silent", Kind.MISSING, missing_s=300),
    rule("silent_soon", Kind.MISSING, missing_intervals=2),
    rule("stuck", Kind.STUCK, stuck_s=150, stuck_within=0.5),
    rule("stuck_still", Kind.STUCK, stuck_s=90, for_s=60),
    rule("absurd", Kind.RANGE, out_of_range=(-4.0, 4.0)),
    rule("absurd_here", Kind.RANGE, out_of_range=()),
]
COMBINED = [
    rule("both", Kind.COMBINED, all_of=("high", "drop_y")),
    rule("three", Kind.COMBINED, of=("high",), at_least=3, within_m=500.0),
    rule("area", Kind.COMBINED, of=("high", "low"), at_least=2, per="area", level="street", for_s=90),
    rule("drop_y", stream="y", below=0.0, alone=False),
]
# Three devices 200 m from one another and two far away; the streams of one have no known interval.
ROWS = [
    StreamRow(
        n, n, "t", "x", 110.0 + 0.002 * n if n < 4 else 111.0 + n, 30.0, "g1" if n < 3 else "g2", 60.0, -3.0, 3.5
    )
    for n in range(1, 5)
] + [
    StreamRow(9, 5, "t", "x", 110.0, 31.0, "g2", since_ms=90_000),  # known, and silent until it is heard
    StreamRow(11, 1, "t", "y", 110.002, 30.0, "g1", 60.0),
    StreamRow(12, 6, "t", "x", 110.0, 31.0, "g2", 60.0, since_ms=200_000),  # never heard
]
LEVELS = {"g1": {"street": "s1"}, "g2": {"street": "s1"}}

readings = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, 4, 9, 11, 77]),
        st.integers(0, 40).map(lambda n: 30_000 * n),
        st.sampled_from([-5.0, -3.0, -1.5, 0.0, 0.2, 1.5, 2.5, 3.2, 3.8, 5.0, math.nan]),
    ),
    max_size=60,
).map(lambda rows: [(s, at + 30_000 * n, v) for n, (s, at, v) in enumerate(rows)])
Row = tuple[int, int, float]


def batch(rows: Sequence[Row]) -> Readings:
    return readings_of(*(list(column) for column in zip(*rows, strict=True))) if rows else readings_of((), (), ())


def judge(rules: Sequence[AlarmRule], state: bytes | None = None, rows: Sequence[StreamRow] = ROWS) -> Judge:
    return Judge(rules, streams_of(rows, LEVELS), state, zone="Asia/Shanghai")


def parts(rows: list[Row], cuts: list[int]) -> list[list[Row]]:
    places = sorted({0, len(rows), *(min(c, len(rows)) for c in cuts)})
    return [rows[a:b] for a, b in pairwise(places)]


@settings(max_examples=120, deadline=None)
@given(readings, st.lists(st.integers(0, 60), max_size=4))
def test_batch_borders_do_not_matter(rows: list[Row], cuts: list[int]) -> None:
    whole = judge(RULES + COMBINED).judge(batch(rows))
    piecewise = judge(RULES + COMBINED)
    assert [c for part in parts(rows, cuts) for c in piecewise.judge(batch(part))] == whole


@settings(max_examples=120, deadline=None)
@given(readings, st.lists(st.integers(0, 60), max_size=4))
def test_the_judge_says_what_the_plain_reference_says(rows: list[Row], cuts: list[int]) -> None:
    """With ticks between the batches, a while after the newest reading each."""
    mine, plain = judge(RULES), ReferenceJudge(list(RULES), list(ROWS))
    newest = 0
    for part in parts(rows, cuts):
        said = [bare(c) for c in mine.judge(batch(part))]
        assert said == [c for row in part for c in plain.hear(*row)]
        newest = max([newest, *(at for _, at, _ in part)])
        ticked = [bare(c) for c in mine.tick(newest + 100_000)]
        assert sorted(ticked) == sorted(plain.tick(newest + 100_000))


@settings(max_examples=80, deadline=None)
@given(readings, st.integers(0, 60), st.integers(0, 60), st.integers(0, 400))
def test_a_replay_from_an_older_checkpoint_says_the_same(
    rows: list[Row], kept: int, ticked: int, wait_s: int
) -> None:
    """The checkpoint is older than what came: readings, and a tick that changed something, are replayed."""
    kept, ticked = sorted((min(kept, len(rows)), min(ticked, len(rows))))
    now_ms = max([0, *(at for _, at, _ in rows[:ticked])]) + 1000 * wait_s
    first = judge(RULES + COMBINED)
    first.judge(batch(rows[:kept]))
    checkpoint = first.dump()
    later = [first.judge(batch(rows[kept:ticked])), first.tick(now_ms), first.judge(batch(rows[ticked:]))]
    again = judge(RULES + COMBINED, checkpoint)
    replayed = [again.judge(batch(rows[kept:ticked])), again.tick(now_ms) if later[1] else [],
                again.judge(batch(rows[ticked:]))]  # fmt: skip
    assert replayed == later
    assert again.dump() == first.dump()


def told(rules: Sequence[AlarmRule], rows: Sequence[Row]) -> list[tuple[str, bool, float]]:
    """Rule, raised, and the minute."""
    return [(c.rule, c.raised, c.at_ms / 60_000) for c in judge(rules).judge(batch(rows))]


def minutes(stream: int, *values: float, start: float = 0.0, step: float = 1.0) -> list[Row]:
    return [(stream, round(60_000 * (start + step * n)), v) for n, v in enumerate(values)]


@pytest.mark.parametrize(
    ("the_rule", "rows", "changes", "because"),
    [
        (RULES[0], minutes(1, 3.0, 3.1, 2.5, 2.0), [(True, 1), (False, 3)], "between clear and limit it stays"),
        (RULES[1], minutes(1, 4, 4, 4, 0), [(True, 2), (False, 3)], "it holds for two minutes"),
        (RULES[1], minutes(1, 4, 2.5, 4, 0), [], "a reading that is no breach begins it anew while pending"),
        (RULES[1], minutes(1, 4, 0, step=2.5), [(True, 2), (False, 2.5)], "it held between the readings"),
        (
            rule("r", above=3.0, for_s=240),
            minutes(1, 4, 4, step=9),
            [],
            "nobody spoke for longer than three intervals",
        ),
        (RULES[3], minutes(1, 0, 3, 8, 9), [(True, 2), (False, 3)], "five in a minute is more than four"),
        (RULES[4], minutes(1, 8, 3, 1, 0.5), [(True, 1), (False, 3)], "a fall is a number above zero"),
        (RULES[7], minutes(1, 1, 1.2, 1, 1.4, 2), [(True, 3), (False, 4)], "what moves less than 0.5 is stuck"),
        (RULES[7], minutes(1, 1, 1, step=5), [], "a gap begins it anew"),
        (RULES[9], minutes(1, 4.0, 4.1, 4.0), [(True, 1), (False, 2)], "the rule's own range"),
        (RULES[10], minutes(1, 3.6, 3.5), [(True, 0), (False, 1)], "the range of the stream"),
        (RULES[10], minutes(9, 99.0), [], "a stream without a range has no absurd value"),
        (RULES[5], minutes(1, 1, 1, step=6), [(True, 5), (False, 6)], "a gap that no tick told is told by its end"),
        (RULES[6], minutes(9, 1, 1, step=60), [], "without a known interval nothing is missed"),
    ],
)
def test_each_kind_of_rule(
    the_rule: AlarmRule, rows: list[Row], changes: list[tuple[bool, float]], because: str
) -> None:
    assert told([the_rule], rows) == [(the_rule.code, *change) for change in changes], because


@pytest.mark.parametrize(
    ("window", "hour", "raised", "because"),
    [
        ({"hours": "22:00-06:00"}, 23, True, "in the night"),
        ({"hours": "22:00-06:00"}, 12, False, "at noon"),
        ({"days": ("thu",)}, 12, True, "1970 began on a Thursday"),
        ({"days": ("fri", "sat")}, 12, False, "it is not Friday"),
        ({"days": ("fri",)}, 25, True, "the day is the city's, not that of UTC"),
        ({"months": (11, 12, 1)}, 12, True, "in winter"),
        ({"months": (6, 7)}, 12, False, "not in summer"),
    ],
)
def test_a_rule_begins_only_in_its_window(window: dict[str, object], hour: int, raised: bool, because: str) -> None:
    at_ms = (hour - 8) * 3_600_000  # the city's clocks are eight hours ahead
    rows = [(1, at_ms, 9.0)]
    assert bool(told([rule("r", above=1.0, **window)], rows)) is raised, because


def test_what_stands_ends_by_its_value_also_outside_the_window() -> None:
    night = rule("r", above=1.0, hours="22:00-06:00")
    hours = [(1, 3_600_000 * (hour - 8), value) for hour, value in [(23, 5), (31, 5), (32, 0)]]
    assert [(r, m / 60 + 8) for _, r, m in told([night], hours)] == [(True, 23), (False, 32)]


def test_late_readings_and_readings_without_a_value_are_counted_and_change_nothing() -> None:
    it = judge([RULES[0]])
    it.judge(batch([(1, 60_000, 5.0), (1, 30_000, 0.0), (1, 60_000, 0.0), (1, 90_000, math.nan), (77, 0, 1.0)]))
    assert (it.late, it.unknown) == (2, 1)
    assert it.judge(batch([(1, 120_000, 0.0)])) != [], "the alarm stood until now"


def test_time_alone_tells_silence_and_what_has_held_long_enough() -> None:
    it = judge([RULES[1], RULES[5]], rows=ROWS[:4])
    it.judge(batch([(1, 0, 4.0)]))
    assert it.tick(119_999) == []
    assert [bare(c) for c in it.tick(121_000)] == [("high_long", Subject(1), True, 120_000)]
    assert [bare(c) for c in it.tick(301_000)] == [("silent", Subject(1), True, 300_000)]
    assert it.tick(999_000) == [], "told once"


def test_a_stream_that_never_spoke_is_missed_since_it_was_known() -> None:
    rows = [StreamRow(1, 1, "t", "x", since_ms=1_000_000), StreamRow(2, 2, "t", "x")]
    it = judge([RULES[5]], rows=rows)
    assert [(c.subject.device, c.at_ms) for c in it.tick(2_000_000)] == [(1, 1_300_000)]
    assert [bare(c)[1:] for c in it.judge(batch([(1, 2_100_000, 1.0)]))] == [(Subject(1), False, 2_100_000)]
    late = judge([RULES[5]], rows=rows)
    both = [bare(c)[2:] for c in late.judge(batch([(1, 1_400_000, 1.0)]))]
    assert both == [(True, 1_300_000), (False, 1_400_000)], "a gap that no tick told is told by its end"


def test_what_is_unlike_the_same_hour_of_past_weeks_is_told() -> None:
    usual = rule("odd", Kind.SEASONAL, mads=6.0, weeks=4, spread=0.5)
    hours = [(1, 3_600_000 * n, 10.0 + 5 * math.sin(n / 24 * 2 * math.pi)) for n in range(24 * 7 * 4)]
    odd = 24 * 7 * 3 + 50
    hours[odd] = (1, hours[odd][1], hours[odd][2] + 9.0)
    assert [(r, m / 60) for _, r, m in told([usual], hours)] == [(True, odd), (False, odd + 1)]


SEASONAL = [rule("odd", Kind.SEASONAL, mads=3.0, weeks=2), rule("odder", Kind.SEASONAL, mads=5.0, weeks=3)]
weeks_of_hours = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3]),
        st.sampled_from([0.0, 0.1, -7.0, 10.0, 10.1, 1e-9, 1e6, -3e300]),
        st.sampled_from([600, 3600, 7200, 86_400, 7 * 86_400]),
    ),
    min_size=20,
    max_size=50,
)


@settings(max_examples=12, deadline=None)
@given(weeks_of_hours, st.lists(st.integers(0, 200), max_size=3), st.integers(0, 200))
def test_what_is_usual_is_learnt_alike_whatever_the_batches_and_restarts(
    told_: list[tuple[int, float, int]], cuts: list[int], kept: int
) -> None:
    ends = np.cumsum([1000 * wait for _, _, wait in told_]).tolist()
    rows = [(s, at + 3_600_000 * n, v) for (s, v, _), at in zip(told_, ends, strict=True) for n in range(4)]
    whole, piecewise, first = judge(SEASONAL), judge(SEASONAL), judge(SEASONAL)
    changes = whole.judge(batch(rows))
    assert [c for part in parts(rows, cuts) for c in piecewise.judge(batch(part))] == changes
    before = first.judge(batch(rows[:kept]))
    again = judge(SEASONAL, first.dump())
    assert before + again.judge(batch(rows[kept:])) == changes
    assert again.dump() == whole.dump() == piecewise.dump()


@pytest.mark.parametrize(
    ("made_odd", "because"),
    [
        ({}, "a daily rhythm with noise"),
        ({400: 5_000.0}, "one absurd hour after the first week costs little"),
        ({20: 5_000.0}, "one of the first day is forgotten with its weeks"),
        ({h: 300.0 for h in range(900, 2016)}, "a stream that moves for good is followed"),
    ],
)
def test_a_mean_in_one_byte_tells_the_usual_as_a_float_does(made_odd: dict[int, float], because: str) -> None:
    chance, size = np.random.default_rng(5), 168 * 12
    rhythm = 1013.0 + 10 * np.sin(np.arange(size) / 24 * 2 * np.pi)
    means = rhythm + chance.normal(0, 0.5, size) + np.array([made_odd.get(h, 0.0) for h in range(size)])
    known = Usual(1, 4)
    for hour, mean in enumerate(means.tolist()):
        known.distance(np.zeros(1, np.int64), np.array([hour * 3_600_000]), np.array([mean]), np.array([np.nan]))
    last = size - 1
    plain = float(np.median(means[[last - 168 * n for n in range(1, 5)]]))
    assert abs(known.usual[0] - plain) < 0.5, because  # the noise of one hour
    assert sum(array.nbytes for array in known.arrays().values()) <= 168 * 4 + 56


def test_a_combination_waits_for_all_its_members_at_one_device() -> None:
    rows = [(1, 0, 5.0), (11, 60_000, -1.0), (1, 120_000, 0.0), (2, 120_000, 5.0)]
    assert [c for c in told([RULES[0], *COMBINED[:1], COMBINED[3]], rows) if c[0] == "both"] == [
        ("both", True, 1),
        ("both", False, 2),
    ]
    assert "drop_y" not in {code for code, _, _ in told([RULES[0], COMBINED[3]], rows)}, "it is asked for only"


def test_three_devices_near_one_another_make_one_cluster() -> None:
    rows = [(n, 60_000 * n, 5.0) for n in (1, 4, 9, 2, 3)] + [(2, 600_000, 0.0)]
    changes = judge([RULES[0], COMBINED[1]]).judge(batch(rows))
    three = [(c.subject.device, c.raised) for c in changes if c.rule == "three"]
    assert three == [(3, True), (3, False)], "the third one of those near by; far ones do not count"


def test_a_combination_of_an_area_has_one_alarm_for_all() -> None:
    it = judge([RULES[0], RULES[2], COMBINED[2]])
    it.judge(batch([(1, 0, 5.0), (3, 10_000, 5.0), (4, 20_000, 5.0)]))
    area = [bare(c) for c in it.tick(200_000)]
    assert area == [("area", Subject(0, "s1"), True, 100_000)]
    simple = judge([rule("each", above=3.0, per="area", level="street")])
    changes = simple.judge(batch([(1, 0, 5.0), (3, 1000, 5.0), (1, 2000, 0.0), (3, 3000, 0.0)]))
    assert [bare(c)[1:] for c in changes] == [(Subject(0, "s1"), True, 0), (Subject(0, "s1"), False, 3000)]


def test_another_version_of_the_rules_keeps_what_stands_and_says_what_is_lost() -> None:
    old = judge([*RULES, *COMBINED])
    old.judge(batch([(n, 1000 * n, 5.0) for n in (1, 2, 3)]))
    changed = [rule("high", above=4.0, clear=2.0)]
    new = judge(changed, old.dump(), rows=[row for row in ROWS if row.id != 2])
    lost = {(c.rule, c.subject.device) for c in new.lost}
    assert {("high", 2), ("absurd", 1), ("three", 3)} <= lost
    assert [bare(c) for c in new.judge(batch([(1, 9000, 0.0)]))] == [("high", Subject(1), False, 9000)]


def test_bytes_that_are_no_checkpoint_are_refused() -> None:
    with pytest.raises(BadCheckpoint, match="replay"):
        judge(RULES).load(b"nothing")
    good = judge(RULES).dump()
    with pytest.raises(BadCheckpoint, match="form 99"):
        judge(RULES, good.replace(b"judge\x03", b"judge\x63", 1))
    with pytest.raises(BadCheckpoint, match="replay"):
        judge(RULES, good[: len(good) // 2])
    older = io.BytesIO()
    np.savez(older, head=np.frombuffer(b'{"form": 2}', np.uint8))
    with pytest.raises(BadCheckpoint, match="form 2"):
        judge(RULES, older.getvalue())
