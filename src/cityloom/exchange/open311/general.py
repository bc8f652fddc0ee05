"""The service for whoever does not know the class: what was read from the words decides, or a person does. Pure."""

from __future__ import annotations

from typing import Any

from cityloom.base.reasons import Reason, register, render
from cityloom.cases.values import Report
from cityloom.city.snapshot_values import City
from cityloom.exchange.open311.mapping import BATCH, named, service_code_of
from cityloom.triage.values import Reading, Subject

GENERAL = "general"  # no class code becomes it: every one holds its scheme and a colon
register(
    {
        "open311.general": ("说不清是哪一类", "I am not sure which"),
        "open311.general_says": (
            "不知道属于哪一类时用它：由系统按文字判断，没有把握的由工作人员判断",
            "where the class is not known: the words decide, or a person where they are not sure",
        ),
        "open311.general_group": ("其他", "Other"),
    }
)
MOST = 3


def is_general(service_code: str) -> bool:
    """Whether the sender leaves the class open: by the general service or by naming none."""
    return service_code in ("", GENERAL)


def general_service(language: str) -> dict[str, Any]:
    """The service as the list names it. Answered by a token: what it becomes may not be public."""
    return {
        "service_code": GENERAL,
        "service_name": render(Reason("open311.general"), language),
        "description": render(Reason("open311.general_says"), language),
        "metadata": False,
        "type": BATCH,
        "keywords": ",".join(render(Reason("open311.general"), each) for each in ("zh", "en")),
        "group": render(Reason("open311.general_group"), language),
    }


def general_definition() -> dict[str, Any]:
    """Nothing is asked besides."""
    return {"service_code": GENERAL, "attributes": []}


def proposals(city: City, report: Report, decided: str | None, language: str) -> dict[str, Any]:
    """What the words were read to be about, with reasons, for the sender alone: they quote the sender's own words.

    `decided`: the class the case has now; its code is empty while a person has still to say.
    """
    read = Reading.from_json(report.reading).about(Subject.CLASS) if report.reading else ()
    return {
        "service_code": service_code_of(decided) if decided else "",
        "proposals": [
            {
                "service_code": service_code_of(str(each.value)),
                "service_name": named(city.classes, str(each.value), language),
                "confidence": round(each.confidence, 2),
                "reason": render(each.reason, language),
            }
            for each in read
            if each.is_known
        ][:MOST],
    }
