"""A city lays its own words over the shipped ones of dangers and special routes; a wrong file says where."""

from __future__ import annotations

import tomllib

import pytest

from cityloom.city import reader_words
from cityloom.city.reader_words import route_words_of, urgency_words_of
from cityloom.city.sheets import Notes
from cityloom.triage.lexicons import shipped
from cityloom.triage.routes import Route, RouteLexicon, read_routes
from cityloom.triage.urgency import Level, UrgencyLexicon, read_urgency

OWN = """
[lines.119]
phone = "0119"
[lines.bridge]
zh = "桥梁值班"
en = "bridge duty"
phone = "12121"
[hazards.fire]
"+words" = ["冒黑烟了"]
[hazards.bridge]
zh = "桥梁异响"
en = "a bridge that cracks"
level = "pressing"
lines = ["bridge", "110"]
words = ["桥体异响"]
[guards]
"+figurative" = ["冒黑烟了的锅"]
"""


def read(text: str, of=urgency_words_of):
    notes = Notes("words.toml")
    return of(tomllib.loads(text), notes), [(p.code, p.place.name) for p in notes.problems]


def test_own_words_are_laid_over_the_shipped_ones():
    (own,), problems = read(OWN)
    assert problems == []
    lexicon = UrgencyLexicon(own.told)
    assert lexicon.lines["119"].phone == "0119"
    assert lexicon.lines["119"].name.en == UrgencyLexicon().lines["119"].name.en, "what is not said stays"
    for said, hazard, level in (
        ("楼里冒黑烟了", "fire", Level.EMERGENCY),
        ("大桥桥体异响", "bridge", Level.PRESSING),
    ):
        found = read_urgency(said, lexicon).value
        assert (found["hazards"][0], found["level"]) == (hazard, level)
    assert read_urgency("着火了", lexicon).value["hazards"][0] == "fire", "the shipped words still count"
    routed, wrong = read('[routes.outside]\n"+words" = ["修手表"]', route_words_of)
    assert wrong == []
    best = read_routes("想找人修手表", lexicon=RouteLexicon(routed[0].told), urgency=lexicon)[0]
    assert best.value == Route.OUTSIDE


@pytest.mark.parametrize(("text", "code", "where", "because"), [
    ('[hazard.fire]\nwords = ["火"]', "key_unknown", "hazard", "no table of that name"),
    ('[hazards.fire]\nlevel = "high"', "value_unknown", "hazards.fire.level", "no level"),
    ('[hazards.fire]\nlines = ["119", "911"]', "value_unknown", "hazards.fire.lines", "no line of that code"),
    ('[hazards.fire]\nwords = "着火"', "value_form", "hazards.fire.words", "a list, even of one"),
    ('[hazards.fire]\nwords = [""]', "value_form", "hazards.fire.words", "an empty word is in every text"),
    ('[hazards.fire]\nword = ["着火"]', "key_unknown", "hazards.fire.word", "misspelt"),
    ('[hazards.flood]\nwords = ["决堤"]', "key_missing", "hazards.flood.zh", "a kind of its own needs its names"),
    ('hazards = 3', "value_form", "hazards", "a table"),
    ('[guards]\nnever = ["从不"]', "key_unknown", "guards.never", "no guard of that name"),
])  # fmt: skip
def test_a_wrong_file_is_refused_with_its_place(text, code, where, because):
    found, problems = read(text)
    assert found == (), "nothing of it is used"
    assert (code, where) in problems, because


def test_wrong_routes_are_refused_too():
    for text, where in (
        ('[routes.sport]\nwords = ["球"]', "routes.sport"),
        ("[aside.test]\nwords = [1]", "aside.test.words"),
    ):
        found, problems = read(text, route_words_of)
        assert (found, problems[0][1]) == ((), where)


def test_the_codes_listed_are_those_that_ship():
    urgency, routes = shipped("urgency"), shipped("routes")
    assert set(reader_words.LINES) == set(urgency["lines"])
    assert set(reader_words.HAZARDS) == set(urgency["hazards"])
    assert set(reader_words.GUARDS) == set(urgency["guards"])
    assert set(reader_words.ROUTE_CODES) == set(routes["routes"])
    assert set(reader_words.ASIDE_CODES) == set(routes["aside"])
    assert set(reader_words.LEVELS) == {level.value for level in Level}
