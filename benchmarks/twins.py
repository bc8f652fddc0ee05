"""How well twins are told: on requests that a city marked as duplicates, and on letters judged by hand.

Every request of the second half of the data is held against the open ones before it, as at receiving; the weights of
place and time come from the years before. `twin_pairs.csv` holds numbers of messages only: each newer one, the older
one most like it by its words, and whether a reader took both for one matter.
"""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import h3.api.basic_int as h3

from cityloom.cases.places import CELL_RESOLUTION, cells_around, metres_between
from cityloom.cases.twins import METRES_A_DEGREE
from cityloom.triage.twinning import RADIUS_M, SAME_POINT_M, Told, same_matter, signs_of

MOVED_M = 14.0  # standard deviation a side
TESTED = 2013  # the year that the weights have not seen
LOOKED_BACK = timedelta(hours=96)
SURE = (0.1, 0.3, 0.4, 0.5, 0.6)
BANDS = (0.0, 0.08, 0.15, 0.2, 0.3, 0.6, 1.01)
PAIRS = Path(__file__).with_name("twin_pairs.csv")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the city kept it."""

    number: str
    at: datetime
    ended: datetime | None
    lon: float
    lat: float
    is_duplicate: bool


def read_requests(folder: Path) -> list[Asked]:
    """The requests with a point, in their order."""
    with gzip.open(folder / "requests_to_2013.csv.gz", "rt", encoding="utf-8") as file:
        rows = [_asked(row) for row in csv.DictReader(file) if row["Latitude"] and row["Creation_Date"] >= "2011"]
    return sorted(rows, key=lambda asked: (asked.at, asked.number))


def _asked(row: dict[str, str]) -> Asked:
    return Asked(
        row["Service_Request_Number"],
        _day(row["Creation_Date"]),
        _day(row["Completion_Date"]) if row["Completion_Date"] else None,
        float(row["Longitude"]),
        float(row["Latitude"]),
        "Dup" in row["Status"],
    )


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC)


def scattered(requests: Sequence[Asked]) -> list[Asked]:
    """The requests with every point moved at random, as pins set by hand lie around the thing they mean."""
    chance = random.Random(11)
    wide = METRES_A_DEGREE * math.cos(math.radians(requests[0].lat))
    return [
        replace(
            r, lon=r.lon + chance.gauss(0, MOVED_M) / wide, lat=r.lat + chance.gauss(0, MOVED_M) / METRES_A_DEGREE
        )
        for r in requests
    ]


def score_requests(requests: Sequence[Asked], within_m: float) -> list[tuple[float, bool]]:
    """For each request of the tested year the probability of its likeliest twin, and whether it is marked as one."""
    by_cell: dict[int, list[Asked]] = defaultdict(list)
    scores: list[tuple[float, bool]] = []
    for each in requests:
        cell = int(h3.latlng_to_cell(each.lat, each.lon, CELL_RESOLUTION))
        if each.at.year >= TESTED:
            near = [old for found in cells_around(cell, RADIUS_M) for old in by_cell[found]]
            scores.append((max(_likeness(each, near, within_m), default=0.0), each.is_duplicate))
        by_cell[cell].append(each)
    return scores


def _likeness(new: Asked, near: Iterable[Asked], within_m: float) -> Iterator[float]:
    for old in near:
        if new.at - old.at > LOOKED_BACK or (old.ended is not None and old.ended < new.at):
            continue
        metres = metres_between(new.lon, new.lat, old.lon, old.lat)
        if metres <= within_m:
            yield same_matter(Told(new.at), Told(old.at), metres).probability


def requests_table(requests: Sequence[Asked]) -> Iterator[str]:
    """Precision and recall of "is a duplicate" at each probability: at one address, and with points scattered."""
    runs = [score_requests(requests, SAME_POINT_M), score_requests(scattered(requests), RADIUS_M)]
    marked = sum(is_one for _, is_one in runs[0])
    yield f"{len(runs[0]):,} requests of {TESTED}, {marked:,} of them marked as duplicates."
    yield ""
    yield "| from probability | at one address: precision | recall | points scattered: precision | recall |"
    yield "|---:|---:|---:|---:|---:|"
    for least in SURE:
        cells = [cell for run in runs for cell in _precision_recall(run, least)]
        yield f"| {least} | {' | '.join(cells)} |"
    yield f"| calibration error | {_calibration_error(runs[0]):.3f} | | {_calibration_error(runs[1]):.3f} | |"


def _precision_recall(scores: Sequence[tuple[float, bool]], least: float) -> tuple[str, str]:
    found = [is_one for score, is_one in scores if score >= least]
    marked = sum(is_one for _, is_one in scores)
    return (f"{sum(found) / len(found):.3f}" if found else "–", f"{sum(found) / marked:.3f}" if marked else "–")


def _calibration_error(scores: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Mean distance of promised and kept share over ten bins of equal width, each counted by its size."""
    asked = [(score, is_one) for score, is_one in scores if score > 0]
    binned: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for score, is_one in asked:
        binned[min(bins - 1, int(score * bins))].append((score, is_one))
    off = [abs(sum(s for s, _ in rows) - sum(o for _, o in rows)) for rows in binned.values()]
    return sum(off) / len(asked) if asked else math.nan


def words_table(folder: Path) -> Iterator[str]:
    """By words alone: how alike each message is to the most alike one before it, and the share judged one matter."""
    alike, messages = _most_alike(folder)
    judged = list(csv.DictReader(PAIRS.read_text(encoding="utf-8").splitlines()))
    seen: Counter[int] = Counter()
    same: Counter[int] = Counter()
    for row in judged:
        band = _band(signs_of(messages[row["newer"]]).alike(signs_of(messages[row["older"]])) or 0.0)
        seen[band] += 1
        same[band] += row["same"] == "1"
    sizes = Counter(map(_band, alike))
    likely = {band: sizes[band] * same[band] / seen[band] for band in sizes if seen[band]}
    whole = sum(likely.values())
    yield f"{len(alike):,} messages, {len(judged)} pairs judged."
    yield ""
    yield "| words alike | messages | pairs judged | one matter | from here up: precision | recall |"
    yield "|---|---:|---:|---:|---:|---:|"
    for band in range(len(BANDS) - 1):
        above = [other for other in likely if other >= band]
        precision = sum(likely[other] for other in above) / max(1, sum(sizes[other] for other in above))
        recall = sum(likely[other] for other in above) / whole if whole else math.nan
        end = min(1.0, BANDS[band + 1])
        yield (
            f"| {BANDS[band]:.2f} to {end:.2f} | {sizes[band]:,} | {seen[band]} | {same[band]}"
            f" | {precision:.2f} | {recall:.2f} |"
        )


def _band(alike: float) -> int:
    return next(band for band in range(len(BANDS) - 1) if alike < BANDS[band + 1])


def _most_alike(folder: Path) -> tuple[list[float], dict[str, str]]:
    """How alike each message is to the most alike earlier one; and the words of each message by its number."""
    rows: dict[str, tuple[datetime, str]] = {}
    with (folder / "messages.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            said = f"{row['留言主题']}。{''.join(row['留言详情'].split())}"
            rows.setdefault(row["留言编号"], (_moment(row["留言时间"]), said))
    ordered = sorted(rows.items(), key=lambda item: (item[1][0], item[0]))
    holding: dict[str, list[int]] = defaultdict(list)
    sizes: list[int] = []
    found: list[float] = []
    for place, (_, (_, said)) in enumerate(ordered):
        marks = signs_of(said).marks
        shared = Counter(old for mark in marks for old in holding[mark])
        best = max((n / math.sqrt(len(marks) * sizes[old]) for old, n in shared.items()), default=0.0)
        found.append(best)
        sizes.append(len(marks))
        for mark in marks:
            holding[mark].append(place)
    return found, {number: said for number, (_, said) in rows.items()}


def _moment(text: str) -> datetime:
    day, _, clock = text.strip().replace("/", "-").partition(" ")
    year, month, date = map(int, day.split("-"))
    hour, minute, *_ = [*map(int, clock.split(":")), 0, 0] if clock else (0, 0)
    return datetime(year, month, date, hour, minute, tzinfo=UTC)
