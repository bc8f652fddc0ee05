"""A draft reply checked before it goes out: does it answer each point, name a day, somebody in charge and a contact?

The score is a logistic model over what the check finds; its weights were fitted on marked replies of a real hotline
and say how likely a person calls the reply a real answer (method and figures: docs/triage-texts.md). The findings are
plain rules, and they are what a handler reads: a score alone mends nothing. Pure; nothing here forbids a reply.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cityloom.base.reasons import Reason, register
from cityloom.triage.lexicons import lexicon
from cityloom.triage.masking import Personal, find_personal
from cityloom.triage.phrases import Hit, PhraseBook, plain
from cityloom.triage.replies_points import READ_CHARS, Point, is_answered, list_points

register(
    {
        "reply.points_answered": ("诉求中的{count}个要点都有回应", "all {count} points of the matter are answered"),
        "reply.points_open": ("有{count}个要点没有回应：{points}", "{count} points are not answered: {points}"),
        "reply.no_points": ("诉求中没有可对照的内容", "the matter says nothing to hold the reply against"),
        "reply.day_named": ("写明了时间：{words}", "names a day: {words}"),
        "reply.no_day": ("没有写明何时完成或何时已完成", "names no day on which it is or was done"),
        "reply.charge_named": ("写明了负责的单位或人员：{words}", "names who is in charge: {words}"),
        "reply.no_charge": ("没有写明由哪个单位或哪位人员负责", "names no unit or person in charge"),
        "reply.contact_given": ("留有联系方式", "gives a contact"),
        "reply.no_contact": ("没有留联系方式", "gives no contact"),
        "reply.few_empty": ("套话不多", "few empty phrases"),
        "reply.empty_phrases": ("套话较多：{words}", "empty phrases: {words}"),
        "reply.says_result": ("说明了核实、办理情况或依据", "says what was found, done or decided"),
        "reply.handed_on": (
            "只说已转办或正在处理，没有结果：{words}",
            "only passed on or being looked at, no result: {words}",
        ),
        "reply.no_result": ("没有说明核实、办理情况或依据", "does not say what was found, done or decided"),
        "reply.nothing_said": ("答复没有内容", "the reply says nothing"),
    }
)  # fmt: skip

EMPTY_SHARE = 0.35  # of a reply's letters in empty phrases, from which they are too many


class ReplyPart(StrEnum):
    """What a reply is checked for."""

    POINTS = "points"
    RESULT = "result"
    DAY = "day"
    CHARGE = "charge"
    CONTACT = "contact"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing checked: whether the reply has it, the reason, and the words it rests on."""

    part: ReplyPart
    ok: bool
    reason: Reason
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplyCheck:
    """All that was found about a draft; `score` is between 0 and 1, `findings` in the order of `ReplyPart`."""

    score: float
    findings: tuple[Finding, ...]

    def part(self, part: ReplyPart) -> Finding:
        """The finding about that part."""
        return next(f for f in self.findings if f.part == part)


# Of each feature its mean and its weight, fitted by `replies_scoring.fit` on half of the marked replies. No weight
# may speak against what the check asks for, so two are zero: in those replies a contact and an empty phrase tell
# nothing that the others do not.
FEATURES = ("substance", "points", "result", "handed_on", "day", "charge", "contact", "empty")
MODEL: Mapping[str, tuple[float, float]] = {
    "substance": (5.2329, 2.4241),
    "points": (0.4088, 1.6116),
    "result": (0.4904, 1.4657),
    "handed_on": (0.1703, -1.4853),
    "day": (0.4229, 2.3319),
    "charge": (0.3174, 1.4768),
    "contact": (0.1792, 0.0),
    "empty": (0.0805, 0.0),
}
BIAS = 6.6883


class ReplyLexicon:
    """The phrases of the check, ready to read with; `own` is the city's table over the shipped one."""

    def __init__(self, own: Mapping[str, Any] | None = None) -> None:
        data = lexicon("replies", own)
        self._book = PhraseBook(
            (kind, phrase) for kind in ("empty", "handed_on", "done", "charge") for phrase in data[kind]
        )
        self._asks = PhraseBook(("asks", phrase) for phrase in data["asks"])

    def hits(self, low: str) -> dict[str, list[Hit]]:
        """The phrases of each kind in a text made `plain`."""
        found: dict[str, list[Hit]] = {"empty": [], "handed_on": [], "done": [], "charge": []}
        for hit in self._book.find(low):
            found[hit.label].append(hit)
        return found

    def asks(self, low: str) -> bool:
        """Whether a sentence made `plain` asks for something."""
        return self._asks.has_any(low + " ")


@lru_cache(maxsize=1)
def shipped_replies() -> ReplyLexicon:
    """The lexicon that ships."""
    return ReplyLexicon()


def check_reply(said: str, reply: str, *, lexicon: ReplyLexicon | None = None) -> ReplyCheck:
    """What a draft reply to these words has and lacks; `said` is all that was reported of the matter."""
    book = lexicon or shipped_replies()
    low = plain(reply[:READ_CHARS])
    if not _LETTER.search(low):
        nothing = Reason("reply.nothing_said")
        return ReplyCheck(0.0, tuple(Finding(part, False, nothing) for part in ReplyPart))
    hits = book.hits(low)
    points = list_points(said, book.asks)
    findings = (
        _points(points, low),
        _result(reply, hits),
        _day(reply),
        _charge(reply, hits),
        _contact(reply),
        _emptiness(reply, low, hits),
    )
    return ReplyCheck(round(_score(features_of(said, reply, book)), 3), findings)


def features_of(said: str, reply: str, book: ReplyLexicon) -> dict[str, float]:
    """What the score is made of, each between 0 and 1 but `substance`: the log of the letters that say something."""
    low = plain(reply[:READ_CHARS])
    hits = book.hits(low)
    letters = len(_LETTER.findall(low))
    empty = _covered(low, hits["empty"])
    points = list_points(said, book.asks)
    return {
        "substance": math.log1p(max(0, letters - empty - _covered(low, hits["handed_on"]))),
        "points": sum(is_answered(p, low) for p in points) / len(points) if points else 1.0,
        "result": min(1.0, len({h.phrase for h in hits["done"]}) / 4),
        "handed_on": min(1.0, len({h.phrase for h in hits["handed_on"]}) / 2),
        "day": float(bool(days_in(reply))),
        "charge": min(1.0, len({h.phrase for h in hits["charge"]}) / 3),
        "contact": float(bool(_contacts(reply))),
        "empty": empty / letters if letters else 1.0,
    }


def _score(features: Mapping[str, float]) -> float:
    total = BIAS + sum(weight * (features[name] - mean) for name, (mean, weight) in MODEL.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


# --- what a reply has and lacks ---------------------------------------------------------------------------------


def _points(points: Sequence[Point], low: str) -> Finding:
    if not points:
        return Finding(ReplyPart.POINTS, True, Reason("reply.no_points"))
    unanswered = [p.text for p in points if not is_answered(p, low)]
    if unanswered:
        shown = [text[:40] for text in unanswered]
        return Finding(
            ReplyPart.POINTS, False, Reason("reply.points_open", {"count": len(shown), "points": shown}), tuple(shown)
        )
    return Finding(ReplyPart.POINTS, True, Reason("reply.points_answered", {"count": len(points)}))


_LETTER = re.compile(r"[^\W_]")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_DAY = re.compile(
    r"(?:\d{4}\s?年\s?)?\d{1,2}\s?月\s?(?:\d{1,2}\s?[日号]|[上中下]旬|底|初)|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}\s?年\s?(?:底|初|[一二三四上下][季半])"
    r"|(?:今年|明年|年)(?:底|内|初)|(?:本|下|这)(?:周|月|季度)(?:[一二三四五六日末底内]|前)?|(?:今天|明天|后天|今日|明日|昨日|昨天)"
    r"|[\d一二三四五六七八九十]{1,3}\s?个?(?:工作日|工作时|小时|天|日|周|月)(?:之?内|左右|前|后)"
    rf"|\b(?:\d{{1,2}} )?(?:{_MONTHS})(?: \d{{1,2}})?\b"
    rf"|\b(?:by|on|before|until|within|from) (?:the )?(?:end of|next|this|tomorrow|{_WEEKDAYS}"
    r"|\d{1,3} (?:working )?(?:days?|hours?|weeks?))|\b(?:yesterday|today|tomorrow)\b",
    re.IGNORECASE,
)  # fmt: skip
_SIGNED = re.compile(r"(?:\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?[日号]|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})\s*$")
_REACH = re.compile(r"(?<!\d)(?:12345|12348|12315|12333|12329|12366|12369|96\d{3,4}|955\d\d|10086|10010)(?!\d)")
_OFFICE = re.compile(
    r"(?:地址|窗口|服务大厅|政务大厅|办事大厅|前来|现场咨询|office at|counter|visit us)", re.IGNORECASE
)
_STARRED = re.compile(r"(?:电话|tel|phone)[^\d，。]{0,6}(?:[\d*＊x-]{5,})", re.IGNORECASE)


def days_in(reply: str) -> list[str]:
    """The days a reply names, without the one it is signed with at its end."""
    body = _SIGNED.sub("", reply[:READ_CHARS].rstrip())
    return list(dict.fromkeys(found.group().strip() for found in _DAY.finditer(body)))[:5]


def _contacts(reply: str) -> bool:
    start = reply[:READ_CHARS]
    reach = (Personal.LANDLINE, Personal.MOBILE, Personal.EMAIL)
    return bool(
        _REACH.search(start) or _OFFICE.search(start) or _STARRED.search(start) or find_personal(start, reach)
    )


def _day(reply: str) -> Finding:
    days = days_in(reply)
    if days:
        return Finding(ReplyPart.DAY, True, Reason("reply.day_named", {"words": days}), tuple(days))
    return Finding(ReplyPart.DAY, False, Reason("reply.no_day"))


def _contact(reply: str) -> Finding:
    given = _contacts(reply)
    return Finding(ReplyPart.CONTACT, given, Reason("reply.contact_given" if given else "reply.no_contact"))


def _charge(reply: str, hits: Mapping[str, Sequence[Hit]]) -> Finding:
    words = _said(reply, hits["charge"])
    if words:
        return Finding(ReplyPart.CHARGE, True, Reason("reply.charge_named", {"words": list(words)}), words)
    return Finding(ReplyPart.CHARGE, False, Reason("reply.no_charge"))


def _result(reply: str, hits: Mapping[str, Sequence[Hit]]) -> Finding:
    passed_on = _said(reply, hits["handed_on"])
    if hits["done"]:
        return Finding(ReplyPart.RESULT, True, Reason("reply.says_result"), _said(reply, hits["done"]))
    if passed_on:
        return Finding(ReplyPart.RESULT, False, Reason("reply.handed_on", {"words": list(passed_on)}), passed_on)
    return Finding(ReplyPart.RESULT, False, Reason("reply.no_result"))


def _emptiness(reply: str, low: str, hits: Mapping[str, Sequence[Hit]]) -> Finding:
    words = _said(reply, hits["empty"])
    share = _covered(low, hits["empty"]) / max(1, len(_LETTER.findall(low)))
    if share > EMPTY_SHARE:
        return Finding(ReplyPart.EMPTY, False, Reason("reply.empty_phrases", {"words": list(words)}), words)
    return Finding(ReplyPart.EMPTY, True, Reason("reply.few_empty"), words)


def _said(reply: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reply[h.start : h.end] for h in hits))[:5]


def _covered(low: str, hits: Sequence[Hit]) -> int:
    """How many letters stand in these phrases, each counted once."""
    total, last = 0, 0
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        start = max(hit.start, last)
        if hit.end > start:
            total += len(_LETTER.findall(low[start : hit.end]))
            last = hit.end
    return total
