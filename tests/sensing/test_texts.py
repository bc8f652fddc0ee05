"""Very many words in one piece of memory."""

import pytest

from cityloom.sensing.gate import Gate, Limits, gate_as_json, gate_from_json
from cityloom.sensing.texts import Index, Texts, hash_of

SAID = ["灯1", "", "a", "ab", "abcdefgh", "abcdefghi", "路灯-0000000000000001", "ab"]


def texts(said: list[str]) -> Texts:
    return Texts("\0".join(said).encode() if said else None)


@pytest.mark.parametrize(
    ("said", "because"),
    [
        (SAID, "short and long ones, some twice"),
        ([""], "one that is blank"),
        ([], "none"),
        ([f"many{n}" for n in range(3000)], "many that differ in few letters"),
    ],
)
def test_words_in_one_piece_are_those_that_were_said(said: list[str], because: str) -> None:
    found = texts(said)
    assert list(found) == said, because
    assert found.hashes().tolist() == [hash_of(word.encode()) for word in said]
    words = found.words()
    assert [words[n] for n in range(len(said))] == said
    assert words.kinds == tuple(dict.fromkeys(said))


def test_a_word_is_found_by_itself_and_others_are_not() -> None:
    said = [f"many{n}" for n in range(5000)] + SAID[:-1]
    index = Index(texts(said))
    assert [index.find(word) for word in said] == list(range(len(said)))
    assert [index.find(word) for word in ("many", "many5000", "b", "路灯")] == [None] * 4
    assert Index(texts([])).find("a") is None


def test_a_gate_counts_on_after_a_restart_also_after_two() -> None:
    gate, limits = Gate(Limits(messages_s=1.0)), Limits(messages_s=1.0)
    for restart in range(3):
        assert [gate.lets_in(device, 5000) for device in (7, 9, 7)] == [True] * 3, restart
        gate.count(7, 5000, 10)
        gate = gate_from_json(gate_as_json(gate), limits)
    assert gate.lets_in(9, 5000), "it has said three"
    assert [gate.lets_in(7, 5000) for _ in range(5)] == [True] * 4 + [False], "ten in ten seconds, six before"
    assert gate.take_floods()[0][3:] == (11, 30)
    assert gate_from_json(gate_as_json(gate), limits).lets_in(9, 15_000), "another window"
