"""Who works for the city: departments, districts, street offices, communities, companies and crews."""

from __future__ import annotations

from dataclasses import dataclass, field

from cityloom.city.values import Name
from cityloom.exchange.demo.areas import DISTRICT_SEEDS, Areas
from cityloom.exchange.demo.writing import read_table

COLUMNS = ("code", "parent", "kind", "name_zh", "name_en", "serves", "from", "until", "successors")
DISTRICT_OFFICES = {
    "centre": Name("城市运行管理中心", "Operation Centre"),
    "urban": Name("城市管理局", "Management Bureau"),
    "landscape": Name("园林绿化中心", "Landscape Centre"),
    "housing": Name("住房和建设局", "Housing Bureau"),
    "market": Name("市场监督管理局", "Market Regulation Bureau"),
    "ecology": Name("生态环境分局", "Ecology Office"),
    "education": Name("教育局", "Education Bureau"),
    "health": Name("卫生健康局", "Health Bureau"),
    "civil": Name("民政局", "Civil Affairs Bureau"),
    "emergency": Name("应急管理局", "Emergency Bureau"),
}


@dataclass(frozen=True)
class UnitRow:
    code: str
    parent: str
    kind: str
    name: Name
    serves: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    successors: tuple[str, ...] = ()

    def cells(self) -> tuple[str, ...]:
        return (
            self.code, self.parent, self.kind, self.name.zh, self.name.en, ";".join(self.serves),
            self.start, self.end, ";".join(self.successors),
        )  # fmt: skip


@dataclass(frozen=True)
class Units:
    """All units, and which of them serve which district, street or community."""

    rows: tuple[UnitRow, ...]
    district_key: dict[str, str] = field(default_factory=dict)  # district code → "ly"
    street_office: dict[str, str] = field(default_factory=dict)  # street code → unit code
    community_office: dict[str, str] = field(default_factory=dict)

    @property
    def living(self) -> list[UnitRow]:
        return [row for row in self.rows if not row.end]


def list_units(areas: Areas) -> Units:
    """The units of the city; two offices merged into one and one bureau split in two some time ago."""
    rows = [_city_unit(row) for row in read_table("city_units.csv")]
    keys, streets, communities = {}, {}, {}
    for area, (key, name, _at) in zip(areas.of_level("district"), DISTRICT_SEEDS, strict=True):
        keys[area.code] = key
        for office, office_name in DISTRICT_OFFICES.items():
            parent = "" if office == "centre" else f"{key}.centre"
            kind = "centre" if office == "centre" else "district_department"
            short = name.en.removesuffix(" District")
            unit_name = Name(name.zh + office_name.zh, f"{short} {office_name.en}")
            rows.append(UnitRow(f"{key}.{office}", parent, kind, unit_name, (area.code,)))
    for area in areas.of_level("street"):
        key = keys[area.parent]
        code = f"{key}{area.code[6:9].lstrip('0').zfill(2)}"
        streets[area.code] = code
        name = Name(f"{area.name.zh}办事处", f"{area.name.en} Office")
        rows.append(UnitRow(code, f"{key}.centre", "street_office", name, (area.code,)))
    for area in areas.of_level("community"):
        if area.code.endswith("001"):
            code = f"{streets[area.parent]}.c{area.code[9:12]}"
            communities[area.code] = code
            name = Name(f"{area.name.zh}居民委员会", f"{area.name.en} Committee")
            rows.append(UnitRow(code, streets[area.parent], "community", name, (area.code,)))
    return Units(tuple(rows), keys, streets, communities)


def _city_unit(row: dict[str, str]) -> UnitRow:
    successors = tuple(code for code in row["successors"].split(";") if code)
    return UnitRow(
        row["code"], row["parent"], row["kind"], Name(row["zh"], row["en"]),
        start=row["from"], end=row["until"], successors=successors,
    )  # fmt: skip
