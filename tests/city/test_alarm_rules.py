"""`rules.toml`: every kind of rule is understood, and each fault named with its key."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from cityloom.city.alarm_rule_files import KIND_OF, rules_of
from cityloom.city.alarm_rules import COLUMNS, AlarmRule, fields_of, more_of
from cityloom.city.sheets import Notes

HEAD = 'name_en = "r"\ntype = "t"\nstream = "x"\nclass = "c:1"\nseverity = "high"\n'
GOOD = {
    "above": "above = 5.0\nclear = 4",
    "below": 'below = 5.0\nclear = 6\nhours = "22:00-06:00"\ndays = ["mon"]\nmonths = [1, 12]',
    "rises": "rises = 2\nper_s = 30",
    "falls": "falls = 2",
    "missing_s": "missing_s = 60\nescalate_min = [5, 15]",
    "missing_intervals": "missing_intervals = 3",
    "stuck_s": "stuck_s = 60\nstuck_within = 0.1",
    "out_of_range": "out_of_range = [0, 10]",
    "mads": 'mads = 6\nweeks = 8\nper = "area"\nlevel = "street"',
    "all_of": 'all_of = ["other"]\nwithin_m = 100',
    "any_of": 'any_of = ["other"]\nalone = true',
    "of": 'of = ["other"]\nat_least = 3\nsilences = ["pump"]\nsilences_level = "district"',
}


def read(body: str, head: str = HEAD) -> tuple[tuple[AlarmRule, ...], list[Any]]:
    notes = Notes("rules.toml")
    text = f"[rule.other]\n{HEAD}above = 1\n[rule.r]\n{head}{body}\n"
    return rules_of(tomllib.loads(text), notes), notes.problems


@pytest.mark.parametrize("key", sorted(KIND_OF))
def test_each_kind_is_read_and_kept_whole(key: str):
    rules, problems = read(GOOD[key])
    assert problems == []
    rule = rules[1]
    assert rule.kind == KIND_OF[key].value
    columns = {name: getattr(rule, name) for name in COLUMNS}
    assert AlarmRule(**columns, **fields_of(more_of(rule))) == rule, "what the database keeps gives it again"


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ("", "one_threshold", "rule.r"),
        ("above = 1\nrises = 1", "one_threshold", "rule.r"),
        ("above = 1\nclear = 2", "value_form", "rule.r.clear"),
        ("below = 1\nclear = 0", "value_form", "rule.r.clear"),
        ("missing_s = 0", "value_form", "rule.r.missing_s"),
        ("above = 1\nfor_s = -1", "value_form", "rule.r.for_s"),
        ("mads = 3\nweeks = 99", "value_form", "rule.r.weeks"),
        ("mads = 3\nclear_mads = 4", "value_form", "rule.r.clear_mads"),
        ("out_of_range = [3, 1]", "value_form", "rule.r.out_of_range"),
        ('above = 1\nhours = "22-6"', "value_form", "rule.r.hours"),
        ('above = 1\ndays = ["monday"]', "value_unknown", "rule.r.days"),
        ("above = 1\nmonths = [13]", "value_form", "rule.r.months"),
        ('above = 1\nper = "area"', "key_missing", "rule.r.level"),
        ('above = 1\nsilences = ["pump"]', "key_missing", "rule.r.silences_level"),
        ("above = 1\nescalate_min = [30, 5]", "value_form", "rule.r.escalate_min"),
        ('all_of = ["nobody"]', "value_unknown", "rule.r.all_of"),
        ("all_of = []", "value_form", "rule.r.all_of"),
        ('of = ["other"]', "key_missing", "rule.r.at_least"),
        ("above = 1\nflaps = 2.5", "value_form", "rule.r.flaps"),
        ("above = 1\nabowe = 2", "key_unknown", "rule.r.abowe"),
        ('above = 1\nalone = "no"', "value_form", "rule.r.alone"),
    ],
)
def test_each_fault_is_named_with_its_key(body: str, code: str, where: str):
    rules, problems = read(body)
    assert [(p.code, p.place.name) for p in problems] == [(code, where)]
    assert [rule.code for rule in rules] == ["other"], "the sound ones stay"
    for language in ("zh", "en"):
        assert problems[0].wrong(language)
        assert problems[0].right(language)


def test_severity_is_one_of_four_and_a_notice_needs_no_class():
    _, problems = read("above = 1", HEAD.replace("high", "terrible"))
    assert [(p.code, p.params["known"]) for p in problems] == [
        ("value_unknown", ["urgent", "high", "ordinary", "notice"])
    ]
    rules, problems = read("above = 1", HEAD.replace("high", "notice").replace('class = "c:1"\n', ""))
    assert (problems, rules[1].opens_case) == ([], False)
