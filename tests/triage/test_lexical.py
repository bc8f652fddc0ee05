"""The words of a list in a text: which are found, and what each counts as a feature of its own."""

import pytest

from cityloom.triage.lexical import ANYWHERE, OUTERMOST, Lexicon

LEXICON = Lexicon.of_lists([{"公交": 1.0, "公交车": 1.0, "公交车站": 1.0}, {"bus": 1.0, "bus stop": 1.0}])


@pytest.mark.parametrize(
    ("text", "headline", "anywhere", "alone", "because"),
    [
        ("公交车", "", {"公交": 1, "公交车": 1}, {"公交车": 1}, "the shorter word stands only inside the longer"),
        (
            "公交车，公交",
            "",
            {"公交": 2, "公交车": 1},
            {"公交": 2, "公交车": 1},
            "the shorter one stands by itself too",
        ),
        (
            "公交",
            "公交车站",
            {"公交": 6, "公交车": 5, "公交车站": 5},
            {"公交": 6, "公交车站": 5},
            "headlines weigh 5",
        ),
        ("", "公交", {"公交": 5}, {"公交": 5}, "a headline alone"),
        ("The BUS stop", "", {"bus": 1, "bus stop": 1}, {"bus stop": 1}, "words of letters likewise"),
        ("路灯", "", {}, {}, "nothing of the list"),
    ],
)
def test_listed_words_are_features_wherever_they_stand_and_once_more_by_themselves(
    text, headline, anywhere, alone, because
):
    told = LEXICON.features(LEXICON.find(text, headline), 5.0)
    assert {word[1:]: count for word, count in told.items() if word[0] == ANYWHERE} == anywhere
    assert {word[1:]: count for word, count in told.items() if word[0] == OUTERMOST} == alone


def test_many_texts_are_scored_as_each_by_itself():
    found = [LEXICON.find(text, headline) for text, headline in (("公交车", ""), ("", ""), ("bus", "公交"))]
    scores, spoken = LEXICON.scores_of(found)
    assert spoken.tolist() == [True, False, True]
    assert scores.tolist() == [pytest.approx(LEXICON.read(each).scores.tolist()) for each in found]
