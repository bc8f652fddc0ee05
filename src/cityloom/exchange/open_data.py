"""Open data of cases: which fields leave the house, how places and moments are coarsened, what stays inside. Pure.

A field that is not in FIELDS does not leave: no name, phone, word, address, photo, component or exact point. Places
are cells of a hexagonal grid (H3, Uber's open index; resolution 9 is 0.1 km² on average) and areas of a coarse
level; a cell with few cases is left out, since there a matter and an hour could name who reported it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import h3
import numpy as np
import numpy.typing as npt

from cityloom.cases.conflicts import is_about_conduct
from cityloom.city.snapshot_values import City

FINEST_CELL, COARSEST_CELL = 9, 5
STORED_CELL = 10  # the resolution of `cases_case.cell`
HOUR_S = 3600
DEFAULT_LEVELS, DEFAULT_LEAST = 3, 5
_RES_SHIFT, _DIGITS, _BITS = 52, 15, 3
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Field:
    """One column of the open data, as the data dictionary tells it; `source` is where the value comes from."""

    name: str
    zh: str
    en: str
    type: str
    unit: str
    source: str


FIELDS: tuple[Field, ...] = (
    Field("id", "记录标识（与案件编号无公开对应）", "stable id, with no public way back to the case number",
          "text", "", "keyed digest of the case number"),
    Field("opened_at", "受理时间（取整到小时）", "when it was opened, rounded down to the hour",
          "timestamp", "h, UTC", "case.opened_at"),
    Field("due_at", "承诺时限（取整到小时）", "the promised moment, rounded down to the hour",
          "timestamp", "h, UTC", "case.promise_due_at"),
    Field("closed_at", "办结时间（取整到小时）", "when it ended, rounded down to the hour; empty: still open",
          "timestamp", "h, UTC", "case.closed_at"),
    Field("hours_open", "从受理到办结的小时数", "hours from opening to the end, rounded", "integer", "h",
          "case.closed_at - case.opened_at"),
    Field("overdue", "是否超时（按承诺时限）", "whether it was late against its promise", "boolean", "",
          "case.overdue_raw"),
    Field("class", "问题类别代码", "class of the matter, by the city's catalogue", "text", "", "case.class_code"),
    Field("nature", "诉求性质", "matter, enquiry, suggestion, praise …", "text", "", "case.nature"),
    Field("source", "来源渠道", "how it came in", "text", "", "case.source"),
    Field("state", "案件状态", "state of the case", "text", "", "case.state"),
    Field("urgency", "紧急程度", "urgency", "text", "", "case.urgency"),
    Field("unit", "主办单位代码", "code of the leading unit", "text", "", "case.lead_unit"),
    Field("area", "所属区域代码（粗化）", "code of the area it lies in, of a coarse level", "text", "", "case.areas"),
    Field("cell", "所在六边形格网（粗化）", "cell of the H3 grid it lies in, coarsened; empty where cases are few",
          "text", "H3", "case.cell"),
    Field("lon", "格网中心经度", "longitude of the cell's centre, not of the case", "number", "°", "cell"),
    Field("lat", "格网中心纬度", "latitude of the cell's centre, not of the case", "number", "°", "cell"),
    Field("reports", "反映件数", "how many reports it holds", "integer", "1", "case.report_count"),
    Field("reopened", "重新办理次数", "how often it was reopened", "integer", "1", "case.reopen_count"),
    Field("solved", "回访：是否解决（取最差的回答）", "callback: solved? the least of the answers", "text", "",
          "report.solved"),
    Field("satisfied", "回访：是否满意（取最差的回答）", "callback: satisfied? the least of the answers", "text", "",
          "report.satisfied"),
)  # fmt: skip
NAMES = tuple(field.name for field in FIELDS)


@dataclass(frozen=True)
class OpenRules:
    """How much a city shows: cells of this resolution, areas down to this many levels, cells with `least` cases."""

    cell: int = FINEST_CELL
    levels: int = DEFAULT_LEVELS
    least: int = DEFAULT_LEAST

    @staticmethod
    def of_city(city: City) -> OpenRules:
        """From `[limits]` of its city.toml: `open_data_cell` (5 to 9), `open_data_levels`, `open_data_least`."""
        limits = city.settings.limits
        return OpenRules(
            cell=min(FINEST_CELL, max(COARSEST_CELL, int(limits.get("open_data_cell", FINEST_CELL)))),
            levels=max(1, int(limits.get("open_data_levels", DEFAULT_LEVELS))),
            least=max(1, int(limits.get("open_data_least", DEFAULT_LEAST))),
        )


def withheld_classes(city: City) -> list[str]:
    """The classes about a unit's conduct: their cases count in the sum of those left out and nowhere else."""
    return sorted(code for code in city.classes if is_about_conduct(code, city))


def coarse_mask(resolution: int) -> tuple[int, int]:
    """Two masks: a stored cell AND the first, OR the second, is its parent of that resolution.

    An H3 index keeps its resolution in bits 52 to 55 and a digit of three bits for each resolution below; digits
    that are not used are all ones (H3 documentation, "H3Index representation").
    """
    keep = ~(0xF << _RES_SHIFT)
    put = (resolution << _RES_SHIFT) | ((1 << (_BITS * (_DIGITS - resolution))) - 1)
    return keep, put


def coarsen(cells: Int64s, resolution: int) -> Int64s:
    """The parents of stored cells, all at once; 0 (no cell) stays 0."""
    keep, put = coarse_mask(resolution)
    coarse: Int64s = np.where(cells == 0, np.int64(0), (cells & np.int64(keep)) | np.int64(put))
    return coarse


class Centres:
    """The name and centre of cells, each reckoned once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str | None, float | None, float | None]] = {0: (None, None, None)}

    def of(self, cells: Int64s) -> tuple[list[str | None], list[float | None], list[float | None]]:
        """Hexadecimal name, longitude and latitude (5 decimals) of each cell; None for 0."""
        names, back = np.unique(cells, return_inverse=True)
        found = [self._one(int(cell)) for cell in names]
        return tuple([found[i][part] for i in back] for part in range(3))  # type: ignore[return-value]

    def _one(self, cell: int) -> tuple[str | None, float | None, float | None]:
        if cell not in self._known:
            name = h3.int_to_str(cell)
            lat, lon = h3.cell_to_latlng(name)
            self._known[cell] = (name, round(lon, 5), round(lat, 5))
        return self._known[cell]


def pseudonyms(numbers: Iterable[str], key: bytes) -> list[str]:
    """For each case number 26 letters and digits that only who has the key could have made: stable, one way.

    HMAC-SHA-256, cut to 130 bits.
    """
    return [
        base64.b32encode(hmac.digest(key, number.encode(), "sha256")[:17])[:26].decode().lower() for number in numbers
    ]


def hours(moments: Int64s) -> Int64s:
    """Seconds since 1970 rounded down to the hour."""
    return (moments // HOUR_S) * HOUR_S


def count_shown(count: int, least: int) -> int | str:
    """A count that may be told: small ones only as `<5`."""
    return count if count == 0 or count >= least else f"<{least}"


def dictionary(
    city: City, rules: OpenRules, days: tuple[date | None, date | None], rows: int, withheld: int, of: Collection[str]
) -> dict[str, Any]:
    """The data dictionary that goes with a file: fields, rules of coarsening, counts, and the words of the codes.

    `of` are the names of the areas, units and classes that the file may use.
    """
    since, until = days
    return {
        "title": {"zh": f"{city.name.zh}案件开放数据", "en": f"Cases of {city.name.en}: open data"},
        "crs": city.config.crs,
        "opened_from": since.isoformat() if since else None,
        "opened_until": until.isoformat() if until else None,
        "rows": rows,
        "left_out": {
            "count": count_shown(withheld, rules.least),
            "zh": "要求保密的、投诉单位或其人员的案件不列入",
            "en": "confidential cases and complaints about a unit or its staff are not in the file",
        },
        "places": {
            "cell_resolution": rules.cell,
            "levels": list(city.levels[: rules.levels]),
            "least_cases_of_a_cell": rules.least,
            "zh": f"位置取 H3 {rules.cell} 级格网；本文件中不足 {rules.least} 件的格网留空；区域只到所列层级",
            "en": f"places are H3 cells of resolution {rules.cell}; a cell with fewer than {rules.least} cases of "
            "this file is left empty; areas go down to the levels listed",
        },
        "fields": [asdict(field) for field in FIELDS],
        "codes": {
            "class": _words(city.classes, of),
            "unit": _words(city.units, of),
            "area": _words(city.areas, of),
        },
    }  # fmt: skip


def _words(table: Mapping[str, Any], of: Collection[str]) -> dict[str, dict[str, str]]:
    return {code: {"zh": row.name.zh, "en": row.name.en} for code, row in table.items() if code in of}
