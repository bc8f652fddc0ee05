"""Rulings on whose work a matter is: kept as precedents, each proposing a row for the duty matrix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cityloom.base.ids import ids
from cityloom.base.statements import Statement
from cityloom.cases.values import Case, CaseFile, Details
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post

MOVED, UPHELD = "moved", "upheld"
STATES = ("proposed", "adopted", "declined")


@dataclass(frozen=True)
class Ruling:
    """What an adjudicator decided: the matter stays with `from_unit` or goes to `to_unit`, by the rule named."""

    kind: str  # moved, upheld
    from_unit: str
    to_unit: str
    reason: dict[str, Any]
    rule: str  # the rule relied on, in the adjudicator's words
    request_id: int | None = None  # the objection that was ruled on; None for a return


def ruling_of(before: CaseFile, to_unit: str | None, ruling: Details, request_id: int | None = None) -> Ruling | None:
    """The ruling in a decision on an objection or a return; None when no unit had the case."""
    lead = before.lead
    if lead is None:
        return None
    reason = ruling.reason.as_json() if ruling.reason else {}
    kind = MOVED if to_unit is not None and to_unit != lead.unit else UPHELD
    return Ruling(kind, lead.unit, to_unit or lead.unit, reason, ruling.note.strip(), request_id)


def proposed_duty(case: Case, unit: str, city: City) -> dict[str, str]:
    """A row for `duties.csv` that would have sent the case there at once: in the widest area that the unit serves."""
    known = city.units.get(unit)
    served = [a for a in case.areas if known is not None and a in known.serves]
    area = served[0] if served else (case.areas[0] if case.areas else "*")
    everywhere = known is not None and not known.serves
    return {"class": case.class_code or "", "area": "*" if everywhere else area, "unit": unit, "role": "lead"}


def keeping_precedent(city: City, case: Case, ruling: Ruling, by: Post, at: datetime) -> Statement:
    """The statement that keeps the ruling beside the move it belongs to."""
    precedent_id = ids.one()
    local = at.astimezone(city.calendar().tz)
    return Statement(
        "INSERT INTO cases_precedent (id, city_id, case_id, number, class_code, area, component_code, from_unit, "
        "to_unit, kind, reason, rule, request_id, proposed, state, ruled_by, ruled_role, ruled_at, settled_by, "
        "settled_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s::jsonb, %s, %s, %s, %s, "
        "%s, %s)",
        [precedent_id, city.id, case.id, f"{local:%Y}-{precedent_id}", case.class_code, case.area,
         case.component_code, ruling.from_unit, ruling.to_unit, ruling.kind, json.dumps(ruling.reason),
         ruling.rule, ruling.request_id, json.dumps(proposed_duty(case, ruling.to_unit, city)), "proposed",
         by.login, by.role.value, at, "", None],
    )  # fmt: skip
