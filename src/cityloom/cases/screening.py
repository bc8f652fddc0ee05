"""What makes a public report suspicious of being no report at all. Pure. A suspicious one is kept and held.

Nothing is dropped: a person at the desk looks at it and passes it on or refuses it, with the reason in its history.
"""

from __future__ import annotations

import re

from cityloom.base.reasons import register

register(
    {
        "screen.trap": ("填写了供机器人误填的隐藏栏", "a field was filled in that only machines see"),
        "screen.links_only": ("内容只有网址", "the words are links and nothing else"),
        "screen.no_words": ("内容没有文字，只有重复的字或符号", "the words are signs without sense, or one repeated"),
        "screen.same_words": ("同一地址多次提交相同内容", "the same words came from the same address several times"),
    }
)
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
FEWEST_TO_REPEAT = 6


def suspicions(words: str, *, trap: str = "", same_words: bool = False, has_photos: bool = False) -> tuple[str, ...]:
    """The codes of what is suspicious about a report; none for an ordinary one. A photo speaks for itself."""
    found = []
    if trap.strip():
        found.append("screen.trap")
    plain = words.strip()
    if plain and _LINK.search(plain) and not _LETTER.search(_LINK.sub("", plain)):
        found.append("screen.links_only")
    elif plain and not has_photos and not _says_something(plain):
        found.append("screen.no_words")
    if same_words:
        found.append("screen.same_words")
    return tuple(found)


def same_words_key(words: str) -> str:
    """What words are compared by: their letters and digits, whatever stands between; empty for none."""
    return re.sub(r"[\W_]", "", words.casefold())[:500]


def _says_something(plain: str) -> bool:
    letters = _LETTER.findall(plain.casefold())
    return bool(letters) and not (len(letters) >= FEWEST_TO_REPEAT and len(set(letters)) <= 2)
