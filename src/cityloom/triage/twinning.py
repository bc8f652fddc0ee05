"""Whether two reports tell of the same matter: by distance, time between, class and words. Pure.

Record linkage after Fellegi and Sunter (1969): each sign adds the logarithm of how much likelier it is of one matter
than of two, as if the signs were independent of each other. Each weight says where it was measured or that it was
set by hand; `docs/triage.md` has what comes of them on real requests.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from cityloom.base.reasons import Reason, register
from cityloom.triage.texts import normalise
from cityloom.triage.words import words_of

_GAPS = {"minutes": ("{gap}分钟", "{gap} min"), "hours": ("{gap}小时", "{gap} h"), "days": ("{gap}天", "{gap} days")}
_WHYS = {
    "words": ("，都说到：{words}", ", both: {words}"),
    "class": ("，同一类别", ", the same class"),
    "place": ("", ""),
    "kept": ("，文字{percent}%相近", ", the words {percent}% alike"),
}
register(
    {
        f"twin.{why}_{gap}": (f"相距{{metres}}米，相隔{of[0]}{tail[0]}", f"{{metres}} m away, {of[1]} apart{tail[1]}")
        for why, tail in _WHYS.items()
        for gap, of in _GAPS.items()
    }
)

# Place and time: Chicago's sanitation requests of 2011 and 2012, both as geocoded and with every point moved by some
# 14 m a side, as pins set by hand are. Of those with an open one near, 39 % are marked as duplicates where points are
# scattered so, 75 % at exactly one address.
PRIOR = -2.3
PIN_M = 20.0  # between two pins of one thing, standard deviation a side
RADIUS_M = 50.0  # of the disc in which unlike matters lie evenly
SAME_POINT_M, SAME_POINT = 1.0, 2.0  # one geocoded address or one component
# (hours between, weight). Beyond four days -4 was measured, where a city's practice of marking ends; a matter that is
# open still may be told of again, so the floor is set by hand.
GAPS = ((24.0, 1.0), (48.0, 0.7), (96.0, 0.0), (math.inf, -2.0))
# Class, set by hand: one matter is mostly filed under one class, two at one place seldom are.
SAME_CLASS, SAME_PARENT, OTHER_CLASS = 1.2, 0.4, -3.0
# (similarity below, weight): judged pairs of hotline messages against pairs of one district, the ends drawn in,
# because the words of a place stand in both texts.
WORDS = ((0.03, -1.4), (0.08, 0.2), (0.15, 0.9), (0.3, 2.3), (0.6, 3.0), (math.inf, 3.5))
OTHER_NUMBERS = -4.0  # both name a building, a door or a number, and not the same; set by hand
READ_CHARS = 600  # of a text compared; what a report is about stands at its beginning
FEWEST_ALIKE = 0.08  # words less alike than this say nothing for one matter
PROPOSED = 0.1  # from which probability a case is worth showing
MOST_WORDS = 3
LEAST_WEIGHT = -50.0  # the exponential of more does not fit in a number
DAYS_FROM_H = 48  # a longer time between is told in days

_COMMON_PAIRS = (
    "没有 问题 我们 一个 领导 希望 相关 现在 严重 什么 解决 居民 可以 已经 影响 时间 情况 要求 进行 不能 我是 多次 "
    "生活 一直 人员 投诉 但是 都是 这个 请问 无法 不是 尊敬 处理 敬的 这样 是否 有关 您好 还是 存在 需要 本人 们的 "
    "反映 谢谢 导致 部分 他们 造成 的问 附近 这里 那里 麻烦 有人 今天 昨天 尽快 派人 安排 看看 来看 请派 部门 政府 "
    "旁边 门口 路口 大家 怎么 为什 为何 何时 非常 很多 经常 巡查 发现 日常 请处 置派 遣处 处置 派遣 号楼 单元"
)
_COMMON_ENGLISH = (
    "the and for has have been this that with there from our was are not please near you can all it its they road "
    "street"
)
_COMMON = frozenset(f"{_COMMON_PAIRS} {_COMMON_ENGLISH}".split())
_COURTESY = re.compile("|".join(_COMMON_PAIRS.split()))
_HAN_RUN = re.compile("[\u3400-\u9fff]+")
_LATIN = re.compile("[a-z]{3,}")
_NUMBER = re.compile(
    r"(\d{1,5})\s*(?:号楼|号院|[号栋幢楼座]|单元|室|路车)|(?:no\.?|number|unit|flat|block)\s*(\d{1,5})"
)


@dataclass(frozen=True, slots=True)
class Signs:
    """What a text is compared by: its pairs of characters and words, and the numbers of buildings it names."""

    marks: frozenset[str]
    numbers: frozenset[str]

    def alike(self, other: Signs) -> float | None:
        """The cosine of both sets of marks, 0 to 1; None where one of them says nothing."""
        if not self.marks or not other.marks:
            return None
        return len(self.marks & other.marks) / math.sqrt(len(self.marks) * len(other.marks))

    def contradicts(self, other: Signs) -> bool:
        """Whether both name numbers and none in common."""
        return bool(self.numbers and other.numbers) and not self.numbers & other.numbers


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a report: when, of which class (from it up to the topmost; empty: open), which words."""

    at: datetime
    classes: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely it is that two reports tell of one matter, why, and what speaks against it.

    `class_agrees` is None where one class is open, `alike` where one says nothing in words.
    """

    probability: float
    metres: float
    hours: float
    class_agrees: bool | None
    alike: float | None
    both: tuple[str, ...]
    numbers_differ: bool

    @property
    def is_undisputed(self) -> bool:
        """Whether nothing speaks against one matter and the words speak for it: what a merge by itself asks for."""
        spoken = self.alike is not None and self.alike >= FEWEST_ALIKE
        return spoken and self.class_agrees is not False and not self.numbers_differ

    @property
    def reason(self) -> Reason:
        """Why, as people read it: distance, time between, the words of both; for pages, never for a history."""
        if self.both:
            return self._reason("words", words=list(self.both))
        return self._reason("class" if self.class_agrees else "place")

    @property
    def kept_reason(self) -> Reason:
        """Why, without a word of what was said: for entries, which outlive the words they were made by."""
        return self._reason("kept", percent=round(100 * (self.alike or 0)))

    def _reason(self, why: str, **more: object) -> Reason:
        unit, gap = "minutes", 60 * self.hours
        if self.hours >= 1:
            unit, gap = ("hours", self.hours) if self.hours < DAYS_FROM_H else ("days", self.hours / 24)
        return Reason(f"twin.{why}_{unit}", {"metres": round(self.metres), "gap": round(gap), **more})


def same_matter(new: Told, old: Told, metres: float, *, settled: bool = False) -> Likeness:
    """How likely the new report is of the same matter as the older one, `metres` away.

    `settled`: the older one was closed before, so that the time between says nothing. Worked example, 12 m, 3 h, one
    class, words 0.2 alike: -2.3 + 0.96 + 1.0 + 1.2 + 2.3 = 3.16, so 0.96.
    """
    hours = abs((new.at - old.at).total_seconds()) / 3600
    mine, theirs = signs_of(new.words), signs_of(old.words)
    alike, differ = mine.alike(theirs), mine.contradicts(theirs)
    weight = PRIOR + _of_distance(metres) + _of_classes(new.classes, old.classes)
    weight += 0.0 if settled else _step(GAPS, hours)
    weight += (_step(WORDS, alike) if alike is not None else 0.0) + (OTHER_NUMBERS if differ else 0.0)
    return Likeness(
        probability=1 / (1 + math.exp(-max(weight, LEAST_WEIGHT))),
        metres=metres,
        hours=hours,
        class_agrees=new.classes[0] == old.classes[0] if new.classes and old.classes else None,
        alike=alike,
        both=words_in_both(new.words, old.words) if alike is not None and alike >= FEWEST_ALIKE else (),
        numbers_differ=differ,
    )


@lru_cache(maxsize=256)
def signs_of(words: str) -> Signs:
    """What a text is compared by; the words of courtesy and of offices are left out."""
    text = _plain(words)
    marks = {pair for run in _HAN_RUN.findall(_COURTESY.sub(" ", text)) for pair in map("".join, pairwise(run))}
    marks |= set(_LATIN.findall(text))
    numbers = frozenset(number for pair in _NUMBER.findall(text) for number in pair if number)
    return Signs(frozenset(marks - _COMMON), numbers)


def words_in_both(one: str, other: str) -> tuple[str, ...]:
    """Up to three words of at least two characters that stand in both, the longest first, in the order of the first.

    A word of either counts where the other has it too, however that one was parted.
    """
    mine, theirs = _plain(one), _plain(other)
    common = [word for word in dict.fromkeys((*_said(one), *_said(other))) if word in mine and word in theirs]
    whole = [word for word in common if not any(word != more and word in more for more in common)]
    chosen = sorted(whole, key=len, reverse=True)[:MOST_WORDS]
    return tuple(sorted(chosen, key=mine.index))


def _plain(text: str) -> str:
    return normalise(text).read[:READ_CHARS].lower()


@lru_cache(maxsize=256)
def _said(text: str) -> tuple[str, ...]:
    words = words_of(_plain(text))
    return tuple(w for w in words if len(w) > 1 and w not in _COMMON)


def _of_distance(metres: float) -> float:
    """Two pins of one thing scatter around it (Rayleigh), pins of two things lie evenly in a disc."""
    if metres <= SAME_POINT_M:
        return SAME_POINT
    spread = 2 * PIN_M**2
    return math.log(RADIUS_M**2 / spread) - metres**2 / spread


def _of_classes(one: Sequence[str], other: Sequence[str]) -> float:
    if not one or not other:
        return 0.0
    if one[0] == other[0]:
        return SAME_CLASS
    return SAME_PARENT if set(one[:2]) & set(other[:2]) else OTHER_CLASS


def _step(table: Iterable[tuple[float, float]], value: float) -> float:
    return next(weight for below, weight in table if value < below or below == math.inf)
