"""Before any history the city folder proposes classes by its own words."""

import pytest

from cityloom.base.reasons import render
from cityloom.city.values import ClassWords, MatterClass, Name, Standard, Urgency
from cityloom.triage.cold import cold_classifier
from cityloom.triage.texts import normalise


def matter(code, zh, en, parent=None):
    return MatterClass(f"x:{code}", "x", "1", parent, "event", Name(zh, en))


CLASSES = [
    matter("1", "市容环境", "Cleanliness"),
    matter("11", "暴露生活垃圾", "Exposed refuse", "x:1"),
    matter("12", "道路积水", "Flooded road", "x:1"),
    matter("13", "路灯", "Street lamp", "x:1"),
]
STANDARDS = {
    "x:12": [Standard("s", "x:12", Name("积水深于15厘米", "Water deeper than 15 cm"), Urgency.URGENT, 2, "h")]
}
LEXICON = [ClassWords("x:11", ("臭烘烘",), ("rubbish", "garbage bag")), ClassWords("x:99", ("鸽子",))]
COLD = cold_classifier(CLASSES, STANDARDS, LEXICON, "cold:x-1")


@pytest.mark.parametrize(
    ("said", "code", "because"),
    [
        ("路边暴露生活垃圾没人管", "x:11", "the name of the class"),
        ("楼下臭烘烘的", "x:11", "a word of the city's lexicon"),
        ("Garbage bags everywhere", "x:11", "an English word with its ending"),
        ("积水很深", "x:12", "a word of a standard"),
        ("THE STREET LAMPS ARE OUT", "x:13", "letters of any size"),
        ("鸽子", None, "words of a class that is not in the catalogue count for nothing"),
        ("flooding", None, "a part of a word is not the word"),
        ("", None, "nothing was said"),
    ],
)
def test_the_words_of_the_city_folder_propose_a_class(said, code, because):
    assert COLD.classify(normalise(said))[0].value == code, because


def test_only_classes_that_can_be_filed_are_proposed():
    assert COLD.labels == ("x:11", "x:12", "x:13")


def test_the_reason_names_the_words_of_the_text():
    best = COLD.classify(normalise("路灯下面都是垃圾，臭烘烘的rubbish"))[0]
    assert best.value == "x:11"
    assert set(best.words) == {"臭烘烘", "rubbish", "垃圾"}
    assert render(best.reason, "zh").startswith("词语")


def test_more_words_for_a_class_make_it_surer_and_a_rival_less_sure():
    def sure(said):
        return COLD.classify(normalise(said))[0].confidence

    assert sure("垃圾") < sure("垃圾 臭烘烘 rubbish")
    assert sure("臭烘烘 rubbish 路灯") < sure("臭烘烘 rubbish")


def test_many_texts_are_read_as_one_is():
    answers = COLD.likeliest([("", "路灯"), ("", "鸽子")])
    assert answers[0].label == "x:13"
    assert answers[1] is None
