"""What the clocks answer with: a due moment, a span that does not count, a judgement of lateness."""

from dataclasses import dataclass
from datetime import datetime


class ClockError(ValueError):
    """A question that no clock can answer; each kind is a class of its own."""


class NaiveMomentError(ClockError):
    """A moment without a time zone."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(f"{moment} has no time zone; give it the city's, e.g. replace(tzinfo=calendar.tz)")


class SpanOrderError(ClockError):
    """A span that ends before it begins."""

    def __init__(self, begins: datetime, ends: datetime) -> None:
        super().__init__(f"the span ends at {ends} before it begins at {begins}; exchange or correct them")


class SpanTooLongError(ClockError):
    """A span over more years than working time is tabled for: nearly always a wrong date."""

    def __init__(self, first_year: int, last_year: int) -> None:
        super().__init__(f"working time from {first_year} to {last_year} is too long to count; correct the date")


class ShareError(ClockError):
    """A warning level that is no share of a span."""

    def __init__(self, share: float) -> None:
        super().__init__(f"a warning at the share {share} is impossible; give a number above 0, e.g. 0.8")


@dataclass(frozen=True, slots=True)
class Due:
    """The promised moment, in the city's zone; provisional if it leans on a year without known holidays."""

    at: datetime
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class OffSpan:
    """A span that does not count against the unit: paused, or exempted with a reason."""

    begins: datetime
    ends: datetime

    def __post_init__(self) -> None:
        for moment in (self.begins, self.ends):
            if moment.utcoffset() is None:
                raise NaiveMomentError(moment)
        if self.ends.timestamp() < self.begins.timestamp():
            raise SpanOrderError(self.begins, self.ends)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late a step is, twice: against the bare promise, and with the spans that do not count taken out.

    `raw_s` and `assessed_s` are seconds of the clock's own running time, never negative; a step can be late
    with 0 seconds when it ends in the night after its due moment.
    """

    raw: bool
    assessed: bool
    raw_s: float
    assessed_s: float
    assessed_due: Due
