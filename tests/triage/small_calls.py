"""A hundred short calls of four classes, put together from their words by a seeded chance."""

import random

from cityloom.triage.texts import normalise
from cityloom.triage.training import Recipe, train

SAYINGS = {
    "lamp": ("路灯", "不亮", "一片漆黑", "灯泡", "照明", "street lamp", "dark"),
    "refuse": ("垃圾", "没人清运", "臭气", "垃圾桶", "堆满", "rubbish", "bins"),
    "noise": ("噪音", "半夜施工", "睡不着", "机器轰鸣", "扰民", "noise", "at night"),
    "heat": ("暖气", "不热", "室温", "供暖", "十五度", "heating", "cold"),
}
PLACES = ("文平路", "清祥路", "东湖小区", "大原街道", "玉庆路口")
LEXICON = {"lamp": {"路灯": 1.0, "照明": 1.0}, "refuse": {"垃圾": 1.0}, "noise": {"噪音": 1.0}, "heat": {"暖气": 1.0}}


def calls(per_class=25, seed=1):
    """(headline, text) pairs as read, with their labels, well mixed."""
    chance = random.Random(seed)
    rows = []
    for label, words in SAYINGS.items():
        for _ in range(per_class):
            said = chance.sample(words, 3)
            rows.append(
                ((normalise(said[0]).read, normalise(f"{chance.choice(PLACES)}{'，'.join(said)}").read), label)
            )
    chance.shuffle(rows)
    return [pair for pair, _ in rows], [label for _, label in rows]


def small_model(**recipe):
    """A model of the small calls."""
    return train(*calls(), Recipe(lexicon=LEXICON, **recipe))
