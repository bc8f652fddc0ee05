"""What is known of a class before any example: the words of hotline topics, a class tree, a city's lexicon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cityloom.city.values import ClassWords
from cityloom.triage.lexicons import shipped
from cityloom.triage.words import words_of

TREE_WORD = 0.5  # of a word in the name of a class below; the words of the topics weigh 1
_SAYING_NOTHING = frozenset(("其他", "管理", "问题", "处理", "服务", "有关", "情况", "other", "others", "and", "of"))


def words_of_labels(
    labels: Iterable[str], tree: Iterable[Sequence[str]] = (), listed: Iterable[ClassWords] = ()
) -> dict[str, dict[str, float]]:
    """For each label the words that speak for it, with their weights; empty where nothing is known of a label.

    `tree` are paths of names from the first level down; the words of the names below a label, and its own, count for
    it. `listed` are words of a city or a hotline that say their class by its label.
    """
    wanted = set(labels)
    words: dict[str, dict[str, float]] = {label: {} for label in wanted}
    for path in tree:
        for at, name in enumerate(path):
            if name in wanted:
                _add_names(words[name], path[at:])
    for topic, entry in shipped("topics").items():
        if topic in wanted:
            words[topic].update(dict.fromkeys(entry["words"].split(), 1.0))
    for each in listed:
        if each.class_code in wanted:
            words[each.class_code].update(dict.fromkeys((*each.zh, *each.en), each.weight))
    return words


def _add_names(words: dict[str, float], names: Sequence[str]) -> None:
    for name in names:
        for word in {name, *words_of(name)}:
            if len(word) > 1 and word not in _SAYING_NOTHING:
                words.setdefault(word, TREE_WORD)
