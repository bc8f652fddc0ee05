"""A comparison of two systems as a page that can be read, printed and sent: HTML in Chinese or English."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.template import Context, Engine

from cityloom.base.reasons import Reason, render
from cityloom.city.paths import CASE_STATES
from cityloom.city.snapshot_values import City
from cityloom.exchange.parallel_run import Comparison, Difference

WORDS: dict[str, tuple[str, str]] = {
    "title": ("并行比对", "Two systems compared"),
    "file": ("对方导出文件", "their export"),
    "days": ("受理日期", "days of opening"),
    "records": ("对方记录", "their records"),
    "cases": ("本系统案件", "our cases"),
    "matched": ("按编号匹配", "matched by id"),
    "agreed": ("完全一致", "agree in everything"),
    "new": ("本次新出现的差异", "differences seen for the first time"),
    "gone": ("上次有、这次已消除的差异", "differences of the last run that are gone"),
    "differences": ("逐条差异", "every difference"),
    "sums": ("数量不同的日期、单位和类别", "days, units and classes whose counts differ"),
    "none": ("没有差异", "no difference"),
    "kind": ("差异", "difference"),
    "key": ("对方编号", "their id"),
    "number": ("本系统编号", "our number"),
    "theirs": ("对方", "theirs"),
    "ours": ("本系统", "ours"),
    "since": ("首次发现", "first seen"),
    "before": ("历次比对", "earlier runs"),
    "at": ("时间", "at"),
    "count": ("件数", "count"),
    "missing_here": ("本系统没有", "missing here"),
    "missing_there": ("对方没有", "missing there"),
    "state": ("状态", "state"),
    "unit": ("主办单位", "unit"),
    "due": ("时限", "limit"),
    "class": ("类别", "class"),
    "late": ("是否超时", "late"),
    "rejected": ("无法识别的行", "rows that cannot be read"),
    "day": ("日期", "day"),
    "open": ("未办结", "open"),
    "ended": ("已办结", "ended"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
}


def as_html(found: Comparison, city: City, language: str) -> str:
    """The page, whole in itself: no script, no other file."""
    words = {name: pair[language != "zh"] for name, pair in WORDS.items()}
    tz = city.calendar().tz
    engine = Engine(dirs=[str(Path(__file__).parent)], autoescape=True)
    return engine.get_template("parallel_report.html").render(
        Context(
            {
                "language": "zh-CN" if language == "zh" else "en",
                "words": words,
                "found": found,
                "city": _of(city, language),
                "at": found.at.astimezone(tz).strftime("%Y-%m-%d %H:%M"),
                "share": "–" if found.share is None else f"{100 * found.share:.2f} %",
                "kinds": [(words[kind], count) for kind, count in found.by_kind().items()],
                "rows": [_row(each, city, language, words) for each in found.differences],
                "sums": [
                    (words[s.of], _named(s.value, city, language), s.theirs, s.ours) for s in found.differing_sums
                ],
            }
        )
    )


def _of(city: City, language: str) -> str:
    return city.name.zh if language == "zh" else city.name.en


def _row(each: Difference, city: City, language: str, words: dict[str, str]) -> dict[str, Any]:
    if each.kind == "rejected":
        told = json.loads(each.theirs)
        theirs = render(Reason(told["code"], told.get("params", {})), language)
    else:
        theirs = _shown(each.kind, each.theirs, city, language, words)
    return {
        "kind": words[each.kind], "key": each.key, "number": each.number, "theirs": theirs,
        "ours": _shown(each.kind, each.ours, city, language, words), "since": each.since[:16].replace("T", " "),
    }  # fmt: skip


def _shown(kind: str, value: str, city: City, language: str, words: dict[str, str]) -> str:
    if kind == "state" and value in CASE_STATES:
        return CASE_STATES[value].zh if language == "zh" else CASE_STATES[value].en
    return words.get(value) or _named(value, city, language)


def _named(value: str, city: City, language: str) -> str:
    """A unit or class by its name, with the code."""
    thing = city.units.get(value) or city.classes.get(value)
    return value if thing is None else f"{thing.name.zh if language == 'zh' else thing.name.en} ({value})"
