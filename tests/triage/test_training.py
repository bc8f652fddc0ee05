"""Learning a class from examples: it works, it says why, it repeats itself, it refuses what teaches nothing."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from math import exp, hypot, log

import numpy as np
import pytest
from tests.triage.small_calls import calls, small_model

from cityloom.base.reasons import render
from cityloom.triage.evaluating import evaluate
from cityloom.triage.texts import normalise
from cityloom.triage.topics import words_of_labels
from cityloom.triage.training import Recipe, TooFewExamples, fit_temperature, train
from cityloom.triage.values import Subject
from cityloom.triage.weighting import discrimination, inverse_document_frequency
from cityloom.triage.words import parts_of


@pytest.fixture(scope="module")
def model():
    return small_model()


def test_texts_it_never_saw_get_their_class(model):
    assert evaluate(model, *calls(seed=2)).macro_f1 == 1.0


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("清祥路的路灯不亮，一片漆黑", "lamp"),
        ("The street lamp is dark", "lamp"),
        ("楼下垃圾桶堆满了 rubbish", "refuse"),
    ],
)
def test_a_proposal_names_the_words_and_how_similar_reports_were_filed(model, said, label):
    best, *others = model.classify(normalise(said))
    assert (best.subject, best.value) == (Subject.CLASS, label)
    assert all(word in said.lower() for word in best.words)
    assert best.reason.code == "triage.words_and_cases"
    assert 0 < best.reason.params["same"] <= best.reason.params["all"]
    assert "similar reports were filed so" in render(best.reason, "en")
    assert all(best.confidence >= other.confidence for other in others)


@pytest.mark.parametrize(
    ("said", "code"),
    [("", "triage.nothing_said"), ("???", "triage.nothing_said"), ("Здравствуйте, помогите", "triage.class_unclear")],
)
def test_what_holds_no_known_word_cannot_be_told(model, said, code):
    (only,) = model.classify(normalise(said))
    assert (only.value, only.confidence, only.reason.code) == (None, 0.0, code)


def test_one_text_and_many_are_read_alike(model):
    pairs, _ = calls(seed=3)
    pairs = [*pairs, ("", ""), ("", "Здравствуйте")]
    for (headline, text), many in zip(pairs, model.likeliest(pairs), strict=True):
        one = model.classify(normalise(text), normalise(headline))[0]
        if many is None:
            assert one.value is None
        else:
            assert (one.value, one.confidence) == (many.label, pytest.approx(many.confidence, abs=1e-5))


def as_spelled_out(model, headline, text):
    """The confidences by the formulas of `trained.py`, word by word; None where no word is known."""
    counts = Counter(parts_of(text))
    for word in parts_of(headline) if headline else ():
        counts[word] += model.headline_weight
    found = model.lexicon.find(text, headline)
    counts.update(model.lexicon.features(found, model.headline_weight))
    known = {word: count for word, count in counts.items() if word in model.vocabulary}
    values = {w: (1 + log(n)) * float(model.scale[model.vocabulary[w]]) for w, n in known.items()}
    length = hypot(*values.values()) or 1.0
    said = model.lexicon.read(found)
    if not known and not (said.words and model.lexicon_share):
        return None
    loud = hypot(*said.scores) or 1.0
    scores = [
        float(model.bias[label])
        + sum(value / length * float(model.weights[model.vocabulary[w], label]) for w, value in values.items())
        + model.lexicon_share * float(said.scores[label]) / loud
        for label in range(len(model.labels))
    ]
    shares = [exp(score / model.temperature) for score in scores]
    return {label: share / sum(shares) for label, share in zip(model.labels, shares, strict=True)}


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_many_texts_get_the_confidences_of_the_formulas(model, share):
    unsure = replace(model, lexicon_share=share, temperature=0.5)
    pairs, _ = calls(seed=4)
    longer = [(one[0], f"{one[1]} {other[1]} {other[1]}") for one, other in pairwise(pairs)]
    asked = [*pairs, *longer, ("", pairs[0][1]), (pairs[0][0], ""), ("", ""), ("", "Здравствуйте"), ("", "照明照明")]
    for (headline, text), answer in zip(asked, unsure.likeliest(iter(asked)), strict=True):
        spelled = as_spelled_out(unsure, headline, text)
        if spelled is None:
            assert answer is None
        else:
            assert answer.confidence == pytest.approx(max(spelled.values()), abs=1e-6)
            assert spelled[answer.label] == pytest.approx(answer.confidence, abs=1e-6)


def test_the_same_examples_teach_the_same(model):
    again = small_model()
    assert again.vocabulary == model.vocabulary
    assert np.array_equal(again.weights, model.weights)
    assert again.card == model.card


def test_a_class_with_two_texts_is_left_out_and_named():
    pairs, labels = calls()
    rare = train([*pairs, ("", "鸽子太吵"), ("", "鸽子很脏")], [*labels, "dove", "dove"])
    assert "dove" not in rare.labels
    assert rare.card["left_out"] == {"dove": 2}


def test_two_classes_are_enough():
    pairs, labels = calls()
    kept = [i for i, label in enumerate(labels) if label in ("lamp", "heat")]
    two = train([pairs[i] for i in kept], [labels[i] for i in kept])
    assert two.classify(normalise("路灯，一片漆黑"))[0].value == "lamp"
    assert two.classify(normalise("暖气，室温"))[0].value == "heat"


@pytest.mark.parametrize(
    ("texts", "labels", "because"),
    [
        ([], [], "nothing at all"),
        ([("", "路灯")] * 5, ["lamp"] * 5, "one class only"),
        ([("", "路灯"), ("", "垃圾")] * 2, ["lamp", "refuse"] * 2, "two texts of each"),
        ([("", "")] * 9, ["lamp", "refuse", "heat"] * 3, "texts that say nothing"),
        ([("", "路灯")], ["lamp", "refuse"], "more classes than texts"),
    ],
)
def test_what_teaches_nothing_is_refused(texts, labels, because):
    with pytest.raises(TooFewExamples):
        train(texts, labels)


def test_the_class_tree_and_the_topics_give_words_to_the_labels_of_their_name():
    words = words_of_labels(["交通运输", "lamp"], [("交通运输", "邮政管理", "快递市场管理")])
    assert words["lamp"] == {}
    assert words["交通运输"]["出租车"] == 1.0
    assert words["交通运输"]["邮政管理"] == 0.5
    assert "管理" not in words["交通运输"]


def test_a_lexicon_speaks_for_words_that_no_example_holds():
    bare, told = small_model(), train(*calls(), Recipe(lexicon={"refuse": {"粪便": 1.0}, "noise": {"噪音": 1.0}}))
    assert bare.classify(normalise("粪便"))[0].value is None
    assert told.lexicon_share == 0.0 or told.classify(normalise("粪便"))[0].value == "refuse"


def test_the_weight_of_a_word_follows_the_formulas():
    assert inverse_document_frequency([10, 0], 10) == pytest.approx([1.0, 1 + np.log(11)])
    from scipy.sparse import csr_matrix

    presence = np.zeros((20, 2))
    presence[:9, 0] = presence[10, 0] = 1  # in nine texts of one class and one of the other
    presence[[0, 10], 1] = 1  # in both alike
    labels = np.repeat([0, 1], 10).astype(np.int32)
    assert discrimination(csr_matrix(presence), labels, 2) == pytest.approx([0.506, 0.0], abs=0.001)


def test_the_temperature_makes_confidences_come_true():
    chance = np.random.default_rng(5)
    wanted = chance.integers(0, 2, 4000).astype(np.int32)
    right = chance.random(4000) < 0.75
    scores = np.zeros((4000, 2))
    scores[np.arange(4000), np.where(right, wanted, 1 - wanted)] = 1.0
    heat = 1 / fit_temperature(scores, wanted)
    assert 1 / (1 + np.exp(-heat)) == pytest.approx(right.mean(), abs=0.01)
