"""What a message asks for, point by point, and whether a reply takes a point up. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cityloom.triage.phrases import plain

READ_CHARS = 6_000  # of a message and of a reply
MOST_POINTS = 8
FEW_PAIRS = 9  # a question with fewer (when is it done?) asks about the sentence before it
ANSWERED = 0.18  # share of a point's character pairs that stand in the reply, from which it counts as answered

_SENTENCE = re.compile(r"[^。！？!?;；\n]{2,400}[。！？!?;；\n]?")
_HAN_OR_WORD = re.compile(r"[\u3400-\u9fff]+|[a-z]{4,}|\d+")
_COMMON_HAN = (
    "您好你好请问希望建议咨询反映领导尊敬我们你们他们这个那个一个没有有关相关部门问题情况什么时候怎么如何是否能否因为所以但是"
    "可以现在已经进行解决处理谢谢感谢"
)
_COMMON = frozenset(_COMMON_HAN[i : i + 2] for i in range(0, len(_COMMON_HAN), 2)) | {
    "please", "would", "could", "there", "their", "about", "which", "where", "when", "with", "that", "this", "have",
    "from", "your",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One thing a message asks, and the pairs of characters and words by which an answer is known."""

    text: str
    pairs: frozenset[str]


def list_points(said: str, asks: Callable[[str], bool]) -> list[Point]:
    """What a message asks for, sentence by sentence; all of it as one point when no sentence asks.

    `asks`: whether a sentence made `plain` asks for something.
    """
    points: list[Point] = []
    before: frozenset[str] = frozenset()
    for sentence in map(str.strip, _SENTENCE.findall(said[:READ_CHARS])):
        low = plain(sentence)
        pairs = _pairs(low)
        if asks(low) and len(points) < MOST_POINTS:
            about = pairs | before if len(pairs) < FEW_PAIRS else pairs
            if about:
                points.append(Point(sentence, about))
        before = pairs
    if not points and (pairs := _pairs(plain(said[:READ_CHARS]))):
        points = [Point(said.strip()[:200], pairs)]
    return points


def _pairs(low: str) -> frozenset[str]:
    found = set()
    for piece in _HAN_OR_WORD.findall(low):
        if piece[0].isascii():
            found.add(piece)
        else:
            found.update(piece[i : i + 2] for i in range(len(piece) - 1))
    return frozenset(found - _COMMON)


def is_answered(point: Point, low: str) -> bool:
    """Whether a reply made `plain` takes the point up."""
    return sum(pair in low for pair in point.pairs) >= ANSWERED * len(point.pairs)
