"""A small town's worth of cases in every kind of state, for tests that attack or count them."""

from __future__ import annotations

from tests.cases.life import (
    DRAIN,
    ENQUIRY,
    FLOOD,
    HEAP,
    LAMP,
    NORTHEAST,
    PARKING,
    PRAISE,
    REFUSE,
    SOUTHEAST,
    SUGGESTION,
    UNLAWFUL,
    Life,
    at,
    photo,
)


def live_many(life: Life) -> list[str]:
    """Some forty cases at all stages of all paths; their numbers."""
    numbers: list[str] = []
    for day, place in ((1, SOUTHEAST), (2, NORTHEAST)):
        for story in STORIES:
            life.clock.at = at(6, day, 9)
            story(life, place)
            numbers.append(life.number)
    life.fire(at(6, 9, 12))
    return numbers


def _handler(life: Life) -> str:
    """Somebody of the unit that has the case."""
    unit = life.file.lead.unit
    posts = (p for held in life.city.posts.values() for p in held)
    return next(p.login for p in posts if p.unit == unit and p.role == "handler")


def _noise_waits(life: Life, place) -> None:
    life.report(place=place)


def _noise_signed(life: Life, place) -> None:
    life.report(place=place)
    life.clock.advance(hours=1)
    life.move("sign", _handler(life))


def _noise_closed(life: Life, place, solved: str = "yes") -> None:
    _noise_signed(life, place)
    who = _handler(life)
    life.move("contact", who, note="已联系")
    life.clock.advance(hours=2)
    life.move("handle", who, note="已劝止")
    life.move("reply", who, note="已答复")
    life.clock.advance(hours=20)
    life.call_back(solved, "satisfied" if solved == "yes" else "unsatisfied")


def _noise_unsolved(life: Life, place) -> None:
    _noise_closed(life, place, "no")


def _noise_reopened(life: Life, place) -> None:
    _noise_closed(life, place)
    life.move("reopen", "resident", owns=True, reason="reopened.unsolved")


def _noise_joined(life: Life, place) -> None:
    life.report(place=place)
    number = life.number
    life.report(place=place, same_as=number, words="我家也听得到")
    life.number = number


def _noise_returned(life: Life, place) -> None:
    life.report(place=place)
    life.move("return", _handler(life), reason="return.not_ours")


def _noise_upheld(life: Life, place) -> None:
    _noise_returned(life, place)
    life.clock.advance(hours=1)
    life.move("uphold", "dispatcher", reason="adjudicated.upheld")


def _noise_reclassified(life: Life, place) -> None:
    life.report(place=place)
    life.move("reclassify", "dispatcher", class_code=PARKING, reason="corrected.class")


def _parking_helped(life: Life, place) -> None:
    life.report(place=place, class_code=PARKING)
    life.move_task("sign", "handler_urban")


def _lamp_checked(life: Life, place) -> None:
    life.report(source="grid_worker", by="collector", class_code=LAMP, place=SOUTHEAST)
    who = _handler(life)
    life.move("sign", who)
    life.clock.advance(hours=2)
    life.move("handle", who, note="已更换灯头", pictures=[photo()])
    life.move("pass_check", "checker", note="灯亮了")


def _heap_refused(life: Life, place) -> None:
    life.report(class_code=REFUSE, place=place)
    life.move("not_accept", "shift", reason="not_accepted.not_found")


def _drain_verified(life: Life, place) -> None:
    life.report(class_code=DRAIN, place=place)
    life.move("verify", "checker", note="属实")


def _flood(life: Life, place) -> None:
    life.report(source="sensor", by="collector", class_code=FLOOD, place=place)


def _heap_withdrawn(life: Life, place) -> None:
    life.report(class_code=HEAP, place=place)
    life.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")


def _asks(life: Life, place) -> None:
    life.report(source="hotline", by="agent", class_code=ENQUIRY, place=None, hold=True)
    life.move("answer", "agent", note="已解答")


def _suggests(life: Life, place) -> None:
    life.report(source="hotline", by="agent", class_code=SUGGESTION, place=place, hold=True)


def _praises(life: Life, place) -> None:
    life.report(source="hotline", by="agent", class_code=PRAISE, place=place)


def _demands(life: Life, place) -> None:
    life.report(source="hotline", by="agent", class_code=UNLAWFUL, place=place)


def _open_class(life: Life, place) -> None:
    life.report(source="hotline", by="agent", class_code=None, place=place)


STORIES = (
    _noise_waits, _noise_signed, _noise_closed, _noise_unsolved, _noise_reopened, _noise_joined, _noise_returned,
    _noise_upheld, _noise_reclassified, _parking_helped, _lamp_checked, _heap_refused, _drain_verified, _flood,
    _heap_withdrawn, _asks, _suggests, _praises, _demands, _open_class,
)  # fmt: skip
