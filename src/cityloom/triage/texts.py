"""What people send, made readable: one form of each character, no markup, no hidden marks, no endless length.

Nothing here raises for what a text holds. A text of a megabyte costs as much as its first few thousand characters.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

LONGEST = 6000  # characters read; the longest tenth of a percent of hotline messages is shorter
_RAW_LONGEST = 4 * LONGEST  # of the text as sent: markup and entities shrink, NFKC may widen

_MARKUP = re.compile(r"<!--.{0,4000}?-->|<(script|style)\b.{0,8000}?</\1\s*>|</?[a-z!?][^<>]{0,2000}>", re.I | re.S)
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_MANY_ALIKE = re.compile(r"(.)\1{7,}", re.S)


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is read: `read` in one line, `cut` when there was more than is read."""

    read: str
    cut: bool = False

    @property
    def says_something(self) -> bool:
        """Whether it holds a letter, an ideograph or a digit at all."""
        return any(each.isalnum() for each in self.read)


def normalise(raw: str) -> Text:
    """The text as it is read: NFKC, without markup, control characters and invisible marks, spaces run together.

    Right-to-left marks and zero-width characters go, emoji stay. A character repeated more than eight times in a row
    is kept eight times. More than LONGEST characters are cut off, and `cut` says so.
    """
    start = raw[:_RAW_LONGEST]
    if "&" in start:
        start = html.unescape(start)
    if "<" in start:
        start = _MARKUP.sub(" ", start)
    start = _UNSEEN.sub("", _CONTROL.sub(" ", start))
    if not unicodedata.is_normalized("NFKC", start):
        start = _UNSEEN.sub("", unicodedata.normalize("NFKC", start[: 2 * LONGEST]))
    start = _MANY_ALIKE.sub(lambda run: run[1] * 8, start)
    read = _SPACES.sub(" ", start).strip()
    return Text(read[:LONGEST], cut=len(read) > LONGEST or len(raw) > _RAW_LONGEST)
