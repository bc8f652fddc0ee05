"""A case's life told in verbs: each step goes through the real action as the person who would take it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from PIL import Image

from cityloom.base.clock import GivenClock
from cityloom.base.reasons import Reason
from cityloom.cases.actions.decide_request import decide_request
from cityloom.cases.actions.fire_clocks import fire_clocks
from cityloom.cases.actions.move_case import move_case
from cityloom.cases.actions.move_report import move_report
from cityloom.cases.actions.move_task import move_task
from cityloom.cases.actions.receive_report import NewReport, Received, receive_report
from cityloom.cases.keeping import chain_seed, get_file, list_entries
from cityloom.cases.photos import Picture, clean_photo
from cityloom.cases.places import locate
from cityloom.cases.values import CaseFile, Details, Entry, Outcome, RunningClock
from cityloom.cases.verifying import Broken, verify_chain
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

SHANGHAI = ZoneInfo("Asia/Shanghai")
RESIDENT = Post("resident", Role.RESIDENT)

# Places of the small city: the lamps' grid, a street of each district, a point in the west.
SOUTHEAST = (110.0011, 30.0011)
NORTHEAST = (110.0031, 30.0071)
SOUTHWEST = (110.0091, 30.0031)
NOISE, PARKING, ENQUIRY = "hotline:0101", "hotline:0102", "hotline:0901"
SUGGESTION, PRAISE, UNLAWFUL = "hotline:0902", "hotline:0903", "hotline:0904"
LAMP, DRAIN, REFUSE, HEAP, FLOOD = "gb2013:0137", "gb2013:0103", "gb2013:E0110", "gb2013:E0136", "gb2013:E0506"


def at(month: int, day: int, hour: int = 9, minute: int = 0, year: int = 2026) -> datetime:
    """A moment in the small city, whose summer of 2026 has no holidays: 1 June is a Monday."""
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


def photo(colour: str = "grey") -> Picture:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(out, "JPEG")
    return clean_photo(out.getvalue())


@dataclass
class Life:
    """One case from report to end; `number` is the case at hand."""

    city: City
    clock: GivenClock = field(default_factory=lambda: GivenClock(at(6, 1)))
    number: str = ""
    other: str = ""  # the number of the second case, where a story has two
    received: Received | None = None

    def post(self, login: str) -> Post:
        if login == "resident":
            return RESIDENT
        day = self.clock.now().astimezone(SHANGHAI).date()
        return self.city.posts_of(login, day)[0]

    def report(self, source: str = "resident", by: str = "resident", **said: Any) -> Received:
        """A report, by default of a noisy place in the southeast, from a resident who can be called back."""
        lon, lat = said.pop("place", SOUTHEAST) or (None, None)
        contact = {} if source in ("grid_worker", "sensor") else {"name": "秦晓梅", "phone": "13800138000"}
        facts = {"words": "夜里施工很吵", "class_code": NOISE, "lon": lon, "lat": lat, **contact, **said}
        self.received = receive_report(self.city, NewReport(source=source, **facts), self.post(by), self.clock)
        self.number = self.received.number
        return self.received

    def move(self, move: str, by: str, *, owns: bool = False, version: int | None = -1, **brought: Any) -> CaseFile:
        """A move with what it needs; `reason` may be a code alone. The version seen is the present one."""
        pictures = brought.pop("pictures", ())
        details = self._details(brought)
        seen = self.file.case.version if version == -1 else version
        return move_case(
            self.city, self.number, move, self.post(by), details, self.clock,
            version=seen, pictures=pictures, owns=owns,
        )  # fmt: skip

    def move_task(self, move: str, by: str, **brought: Any) -> CaseFile:
        task = next(t for t in self.file.tasks if t.role != "lead" and t.unit == self.post(by).unit)
        details = self._details(brought)
        version = self.file.case.version
        return move_task(self.city, self.number, task.id, move, self.post(by), details, self.clock, version=version)

    def rate(self, unit: str, by: str, rating: int) -> CaseFile:
        """The street that whistled says how a unit responded."""
        task = next(t for t in self.file.tasks if t.role == "respond" and t.unit == unit)
        details = Details(rating=rating, note="已评价", task_id=task.id)
        version = self.file.case.version
        return move_task(self.city, self.number, task.id, "rate", self.post(by), details, self.clock, version=version)

    def move_report(self, move: str, by: str, report_id: int | None = None, **brought: Any) -> CaseFile:
        owns = brought.pop("owns", False)
        which = report_id or self.file.reports[0].id
        return move_report(
            self.city, self.number, which, move, self.post(by), self._details(brought), self.clock,
            version=self.file.case.version, owns=owns,
        )  # fmt: skip

    def decide(self, verdict: str, by: str, move: str = "", **ruled: Any) -> CaseFile:
        """Say of the newest open request (of this move) that it is granted, refused or taken back."""
        file = self.file
        request = next(r for r in reversed(file.requests) if r.is_open and move in ("", r.move))
        ruled.setdefault("note", "情况属实")
        return decide_request(
            self.city, self.number, request.id, verdict, self.post(by), self._details(ruled), self.clock,
            version=file.case.version,
        )  # fmt: skip

    def call_back(self, solved: str = "yes", satisfied: str = "satisfied", report_id: int | None = None) -> CaseFile:
        return self.move_report("call_back", "callback", report_id, outcome=Outcome("yes", solved, satisfied))

    def fire(self, moment: datetime | None = None) -> int:
        if moment is not None:
            self.clock.at = moment
        return fire_clocks(lambda _: self.city, self.clock)

    def _details(self, brought: dict[str, Any]) -> Details:
        reason = brought.pop("reason", None)
        place = brought.pop("place", None)
        return Details(
            reason=Reason(reason) if isinstance(reason, str) else reason,
            place=locate(self.city, *place) if isinstance(place, tuple) else place,
            **brought,
        )

    # --- looking ---

    @property
    def file(self) -> CaseFile:
        with connection.cursor() as cursor:
            return get_file(cursor, self.city.id, self.number)

    @property
    def state(self) -> str:
        return self.file.case.state

    @property
    def entries(self) -> list[Entry]:
        with connection.cursor() as cursor:
            return list_entries(cursor, self.file.case.id)

    @property
    def moves(self) -> list[str]:
        return [e.move for e in self.entries]

    def running(self) -> dict[str, RunningClock]:
        return {c.kind: c for c in self.file.clocks if c.state == "running"}

    def due(self, kind: str) -> datetime:
        """When the running or paused clock of this kind falls due, in the city's time."""
        found = [c for c in self.file.clocks if c.kind == kind and c.state != "stopped"]
        return found[-1].due_at.astimezone(SHANGHAI)

    def broken(self) -> list[Broken]:
        return verify_chain(self.file, self.entries, chain_seed(self.city.code, self.number))


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
