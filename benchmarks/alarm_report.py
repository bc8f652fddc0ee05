"""`make alarm-report`: how well each kind of rule finds what is wrong, on real series, into docs/alarms.md.

Needs the real data beside the project (or CITYLOOM_DATA). On the traffic series of the Numenta Anomaly Benchmark
the windows were labelled by people. The air of Beijing has no labels: faults are put into it by a seed, so what was
really unusual there counts as a false alarm. Settings are chosen on all other series (or stations) and scored on the
one left out; the first 15 % of a series of the benchmark only set its limits.
"""

from __future__ import annotations

import csv
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.triage_report import data_folder
from cityloom.app.places import project_root
from cityloom.city.alarm_rules import AlarmRule, Kind
from cityloom.city.values import Name
from cityloom.sensing.judging import Judge
from cityloom.sensing.rules import StreamRow, streams_of
from cityloom.sensing.values import Readings

PAGE = project_root() / "docs" / "alarms.md"
PROBATION = 0.15
SAME_MS = 3_600_000  # an alarm that comes back within an hour is the same one
HOUR_MS = 3_600_000
Window = tuple[int, int]


@dataclass
class Series:
    """Readings by time with the windows in which something is wrong."""

    name: str
    at_ms: np.ndarray
    value: np.ndarray
    windows: list[Window]
    interval_s: float
    counted_from: int = 0  # alarms before it do not count


@dataclass(frozen=True)
class Setting:
    """A kind of rule with its numbers, which become rules for a series."""

    kind: str
    told: str
    rules: Any  # from a series to the facts of its rules

    def of(self, series: Series, code: str) -> list[AlarmRule]:
        return [
            AlarmRule(f"{code}.{n}", Name(code, code), series.name, "x", "c", "ordinary", **facts)
            for n, facts in enumerate(self.rules(series))
        ]


@dataclass
class Score:
    """Alarms and windows counted, and how late the first alarm of each found window was, in minutes."""

    alarms: int = 0
    right: int = 0
    windows: int = 0
    found: int = 0
    delays: list[float] = field(default_factory=list)

    def add(self, other: Score) -> None:
        self.alarms += other.alarms
        self.right += other.right
        self.windows += other.windows
        self.found += other.found
        self.delays += other.delays

    @property
    def f1(self) -> float:
        if not self.right or not self.found:
            return 0.0
        precision, recall = self.right / self.alarms, self.found / self.windows
        return 2 * precision * recall / (precision + recall)


def run(series: Sequence[Series], settings: Sequence[Setting], zone: str) -> dict[tuple[int, str], Score]:
    """The score of each setting on each series."""
    rules, owner = [], {}
    for each in series:
        for number, setting in enumerate(settings):
            for rule in setting.of(each, f"{number}-{each.name}"):
                rules.append(rule)
                owner[rule.code] = (number, each.name)
    rows = [StreamRow(n, n, each.name, "x", interval_s=each.interval_s) for n, each in enumerate(series, 1)]
    judge = Judge(rules, streams_of(rows), zone=zone)
    stream = np.concatenate([np.full(len(each.at_ms), n, np.int64) for n, each in enumerate(series, 1)])
    batch = Readings(stream, np.concatenate([e.at_ms for e in series]), np.concatenate([e.value for e in series]))
    spans: dict[tuple[int, str], list[list[int]]] = defaultdict(list)
    for change in judge.judge(batch):
        mine = spans[owner[change.rule]]
        if change.raised:
            mine.append([change.at_ms, 2**62])
        else:
            last = next(span for span in reversed(mine) if span[1] == 2**62)
            last[1] = change.at_ms
    by_name = {each.name: each for each in series}
    return {
        (number, each.name): score_of(spans.get((number, each.name), []), by_name[each.name])
        for number in range(len(settings))
        for each in series
    }


def score_of(spans: Iterable[Sequence[int]], series: Series) -> Score:
    """An alarm is right when it stands within a window; a window is found by the first alarm that does."""
    merged: list[list[int]] = []
    for begin, end in sorted(map(list, spans)):
        if merged and begin - merged[-1][1] <= SAME_MS:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([begin, end])
    counted = [span for span in merged if span[0] >= series.counted_from]
    windows = [window for window in series.windows if window[1] >= series.counted_from]
    score = Score(len(counted), 0, len(windows), 0)
    for begin, end in counted:
        score.right += any(begin <= until and end >= since for since, until in windows)
    for since, until in windows:
        firsts = [max(begin, since) for begin, end in counted if begin <= until and end >= since]
        if firsts:
            score.found += 1
            score.delays.append((min(firsts) - since) / 60_000)
    return score


def left_out(
    names: Sequence[str], settings: Sequence[Setting], scores: Mapping[tuple[int, str], Score]
) -> dict[str, tuple[Score, list[str]]]:
    """For each kind its score over all series, each by the setting best on the others; and which those were."""
    told: dict[str, tuple[Score, list[str]]] = {}
    for kind in dict.fromkeys(setting.kind for setting in settings):
        numbers = [n for n, setting in enumerate(settings) if setting.kind == kind]
        total, chosen = Score(), []
        for name in names:

            def on_others(number: int, out: str = name) -> float:
                pooled = Score()
                for other in names:
                    if other != out:
                        pooled.add(scores[number, other])
                return pooled.f1

            best = max(numbers, key=on_others)
            total.add(scores[best, name])
            chosen.append(settings[best].told)
        told[kind] = (total, chosen)
    return told


# --- the benchmark of Numenta -----------------------------------------------------------------------------------


def read_nab(folder: Path) -> list[Series]:
    """The traffic series with their labelled windows."""
    windows = json.loads((folder / "windows.json").read_text())
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="") as file:
            rows = [(_ms(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
        at_ms, value = (np.array(column) for column in zip(*sorted(rows), strict=True))
        labelled = next((w for name, w in windows.items() if name.endswith(path.name)), [])
        begin = int(at_ms[int(PROBATION * len(at_ms))])
        spans = [(_ms(a), _ms(b)) for a, b in labelled]
        found.append(Series(path.stem, at_ms.astype(np.int64), value, spans, 600.0, begin))
    return found


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def _probation(series: Series) -> np.ndarray:
    return series.value[series.at_ms < series.counted_from]


def _spread(values: np.ndarray) -> tuple[float, float]:
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle))) or 1.0


def nab_settings() -> list[Setting]:
    """Limits from the first days: deviations around the median, of steps, of the hour of the week."""
    settings = []
    for k in (3.0, 4.0, 6.0, 9.0):
        for minutes in (0, 30):

            def both(series: Series, k: float = k, minutes: int = minutes) -> list[dict[str, Any]]:
                middle, spread = _spread(_probation(series))
                facts = {"kind": Kind.THRESHOLD.value, "for_s": 60.0 * minutes}
                up, down = middle + k * spread, middle - k * spread
                return [{**facts, "above": up}, {**facts, "below": down}]

            settings.append(Setting("threshold", f"{k:g} deviations, {minutes} min", both))
    for k in (6.0, 10.0, 16.0):

        def steps(series: Series, k: float = k) -> list[dict[str, Any]]:
            _, spread = _spread(np.diff(_probation(series)))
            facts = {"kind": Kind.RATE.value, "per_s": 600.0}
            return [{**facts, "rises": k * spread}, {**facts, "falls": k * spread}]

        settings.append(Setting("rate", f"{k:g} deviations of a step", steps))
    for mads in (4.0, 6.0, 9.0):
        for minutes in (0, 60, 180):
            facts = {"kind": Kind.SEASONAL.value, "mads": mads, "for_s": 60.0 * minutes, "weeks": 4}
            settings.append(Setting("seasonal", f"{mads:g} MAD, {minutes} min", lambda _, facts=facts: [facts]))
    for hours in (1, 3):
        facts = {"kind": Kind.MISSING.value, "missing_s": 3600.0 * hours}
        settings.append(Setting("missing", f"{hours} h", lambda _, facts=facts: [facts]))
    for hours in (1, 3):
        facts = {"kind": Kind.STUCK.value, "stuck_s": 3600.0 * hours}
        settings.append(Setting("stuck", f"{hours} h", lambda _, facts=facts: [facts]))
    return settings


# --- the air of Beijing, with faults put in ---------------------------------------------------------------------

STATION_HOURS = 365 * 24
FAULTS = 12  # of each kind in a station's year


def read_air(folder: Path) -> dict[str, np.ndarray]:
    """The second year of PM10 of each station, hour by hour."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(next(folder.glob("*.parquet")), columns=["PM10", "station"])
    stations = table["station"].to_pylist()
    values = table["PM10"].to_numpy()
    found: dict[str, list[float]] = defaultdict(list)
    for station, value in zip(stations, values, strict=True):
        found[station].append(float(value))
    return {station: np.array(found[station][: 2 * STATION_HOURS]) for station in sorted(found)}


def spoilt(station: str, values: np.ndarray, kind: str, seed: int) -> Series:
    """A station's series with faults of one kind in its second year, at moments that a seed draws."""
    chance = np.random.default_rng(seed)
    value, keep = values.copy(), np.ones(len(values), bool)
    hours = np.sort(chance.choice(np.arange(STATION_HOURS + 48, len(values) - 96, 96), FAULTS, replace=False))
    windows = []
    for hour in hours.tolist():
        long = int(chance.integers(6, 25))
        part = slice(hour, hour + long)
        if kind == "threshold":
            value[part] += 600.0
        elif kind == "rate":
            part = slice(hour, hour + 1)
            value[part] += 400.0
        elif kind == "range":
            part = slice(hour, hour + 2)
            value[part] = chance.choice([-9.0, 3000.0])
        elif kind == "stuck":
            value[part] = value[hour]
        elif kind == "missing":
            keep[part] = False
        else:
            value[part] = value[part] * 0.05 + 1.0
        last = part.stop if kind in ("missing", "rate") else part.stop - 1
        windows.append((hour * HOUR_MS, last * HOUR_MS))
    at_ms = np.arange(len(values), dtype=np.int64) * HOUR_MS
    name = f"{station}-{kind}"
    return Series(name, at_ms[keep], value[keep], windows, 3600.0, STATION_HOURS * HOUR_MS)


def air_settings() -> dict[str, list[Setting]]:
    """What is tried against each kind of fault."""

    def facts(kind: str, told: str, **said: Any) -> Setting:
        return Setting(kind, told, lambda _: [{"kind": Kind(kind).value, **said}])

    return {
        "threshold": [facts("threshold", f"{x} µg/m³", above=float(x), clear=0.8 * x) for x in (300, 450, 600)],
        "rate": [facts("rate", f"{x} in an hour", rises=float(x), per_s=3600.0) for x in (150, 250, 350)],
        "range": [facts("range", "0 to 1500", out_of_range=(0.0, 1500.0))],
        "stuck": [facts("stuck", f"{h} h", stuck_s=3600.0 * h) for h in (3, 5, 8)],
        "missing": [facts("missing", f"{h} h", missing_s=3600.0 * h) for h in (2, 4)],
        "seasonal": [
            facts("seasonal", f"{m:g} MAD, {h} h", mads=m, for_s=3600.0 * h, weeks=8)
            for m in (2.0, 3.0, 5.0)
            for h in (0, 4)
        ],
    }


# --- the page ---------------------------------------------------------------------------------------------------


def table_of(told: Mapping[str, tuple[Score, list[str]]]) -> list[str]:
    lines = [
        "| kind of rule | alarms | right | precision | windows | found | recall | delay, median | settings chosen |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, (score, chosen) in told.items():
        delay = f"{median(score.delays):.0f} min" if score.delays else "–"
        most = max(set(chosen), key=chosen.count)
        lines.append(
            f"| {kind} | {score.alarms} | {score.right} | {_share(score.right, score.alarms)} | {score.windows} | "
            f"{score.found} | {_share(score.found, score.windows)} | {delay} | {most} |"
        )
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "n/a"


def put_into(page: Path, name: str, lines: Sequence[str]) -> None:
    """Replace what stands between the two comments of that name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    text = page.read_text(encoding="utf-8")
    body = "\n".join([begin, "", *lines, "", end])
    page.write_text(re.sub(f"{begin}.*?{end}", lambda _: body, text, flags=re.S), encoding="utf-8")


@click.command()
@click.option("--seed", default=7, show_default=True, help="Where the faults in the air of Beijing lie.")
def main(seed: int) -> None:
    """Measure and write the tables."""
    began, folder = time.monotonic(), data_folder()
    nab, settings = read_nab(folder / "nab_sensors"), nab_settings()
    scores = run(nab, settings, "UTC")
    put_into(PAGE, "nab", table_of(left_out([each.name for each in nab], settings, scores)))
    air = read_air(folder / "beijing_air")
    told: dict[str, tuple[Score, list[str]]] = {}
    for kind, tried in air_settings().items():
        series = [spoilt(station, values, kind, seed + n) for n, (station, values) in enumerate(air.items())]
        told |= left_out([each.name for each in series], tried, run(series, tried, "UTC"))
    put_into(PAGE, "air", table_of(told))
    machine = ", ".join(value for name, value in describe_machine() if name in ("Python", "day"))
    put_into(PAGE, "measured", [f"Measured by `make alarm-report` in {time.monotonic() - began:.0f} s; {machine}."])
    click.echo(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
