"""What can be the matter, by when it is to be set right, and who owes it: catalogue, standards and duties."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cityloom.city.values import Name
from cityloom.exchange.demo.areas import Areas
from cityloom.exchange.demo.units import Units
from cityloom.exchange.demo.writing import read_table

STREET_SCHEME, HOTLINE_SCHEME = "gb2013", "jc12345"
VERSIONS = {STREET_SCHEME: "2013", HOTLINE_SCHEME: "2025"}
CATALOGUE_COLUMNS = (
    "scheme", "version", "code", "parent", "kind", "name_zh", "name_en", "nature", "verify", "check", "from", "until",
)  # fmt: skip
STANDARD_COLUMNS = (
    "code", "class", "condition_zh", "condition_en", "urgency", "limit", "unit", "hours", "after_hours", "due_time",
    "closing_zh", "closing_en", "from", "until", "default",
)  # fmt: skip
LEXICON_COLUMNS = ("class", "words_zh", "words_en", "weight")
DUTY_COLUMNS = ("class", "area", "unit", "role", "order", "source", "hours", "pushed_down", "from", "until")


@dataclass(frozen=True)
class Matter:
    """One class of matter with who leads it, who assists, and the families of limits that bind it."""

    scheme: str
    code: str
    parent: str
    kind: str
    name: Name
    nature: str = "matter"
    lead: str = ""
    assist: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    owner: str = ""
    everyday: float = 0.0
    night: str = ""
    pushed_down: bool = False

    @property
    def key(self) -> str:
        return f"{self.scheme}:{self.code}"

    @property
    def is_leaf(self) -> bool:
        return bool(self.lead)


@dataclass(frozen=True)
class Limit:
    """One row of a family of standards."""

    family: str
    is_default: bool
    urgency: str
    limit: str
    unit: str
    condition: Name
    closing: Name


def list_matters() -> list[Matter]:
    """The whole catalogue: components, events, hotline classes; headings are classes without a lead."""
    matters = [
        Matter(STREET_SCHEME, row["code"], "", row["kind"], Name(row["zh"], row["en"]))
        for row in read_table("headings.csv")
    ]
    for kind, table in (("component", "components.csv"), ("event", "events.csv")):
        matters += [_street_matter(kind, row) for row in read_table(table)]
    matters += [_hotline_matter(row) for row in read_table("hotline.csv")]
    return matters


def _street_matter(kind: str, row: dict[str, str]) -> Matter:
    return Matter(
        STREET_SCHEME, row["code"], row["code"][:3], kind, Name(row["zh"], row["en"]),
        lead=row["lead"], assist=tuple(row["assist"].split()), families=tuple(row["families"].split()),
        owner=row.get("owner", ""), everyday=float(row.get("everyday") or 0), night=row.get("night", ""),
        pushed_down=row.get("pushed") == "yes",
    )  # fmt: skip


def _hotline_matter(row: dict[str, str]) -> Matter:
    return Matter(
        HOTLINE_SCHEME, row["code"], row["code"][:-2], "hotline", Name(row["zh"], row["en"]),
        nature=row["nature"] or "matter", lead=row["lead"], assist=tuple(row["assist"].split()),
        families=tuple(row["families"].split()),
    )  # fmt: skip


def list_limits() -> dict[str, list[Limit]]:
    """The families of limits by name."""
    families: dict[str, list[Limit]] = {}
    for row in read_table("limits.csv"):
        limit = Limit(
            row["family"], row["default"] == "yes", row["urgency"], row["limit"], row["unit"],
            Name(row["condition_zh"], row["condition_en"]), Name(row["closing_zh"], row["closing_en"]),
        )  # fmt: skip
        families.setdefault(limit.family, []).append(limit)
    return families


def catalogue_rows(matters: list[Matter]) -> Iterator[tuple[str, ...]]:
    """Rows of `catalogue.csv`. A smell of gas or a fallen line is not verified first: somebody goes at once."""
    for matter in matters:
        at_once = bool({"leak", "live", "fallen", "collapse", "firelane"} & set(matter.families))
        checks = "" if matter.kind != "hotline" else ("yes" if matter.code == "010701" else "")
        yield (
            matter.scheme, VERSIONS[matter.scheme], matter.code, matter.parent, matter.kind, matter.name.zh,
            matter.name.en, matter.nature, "no" if at_once else "", checks, "", "",
        )  # fmt: skip


def limits_of(matter: Matter, families: dict[str, list[Limit]]) -> list[tuple[Limit, bool]]:
    """The limits of a leaf with, for each, whether it holds when nobody has chosen a condition (just one does)."""
    limits = [limit for family in matter.families for limit in families[family]]
    first = next((index for index, limit in enumerate(limits) if limit.is_default), 0)
    return [(limit, index == first) for index, limit in enumerate(limits)]


def standard_rows(matters: list[Matter], families: dict[str, list[Limit]]) -> Iterator[tuple[str, ...]]:
    for matter in matters:
        for number, (limit, is_default) in enumerate(limits_of(matter, families), start=1):
            yield (
                f"{matter.code}-{number}", matter.key, limit.condition.zh, limit.condition.en, limit.urgency,
                limit.limit, limit.unit, "", "", "", limit.closing.zh, limit.closing.en, "", "",
                "yes" if is_default else "",
            )  # fmt: skip


def lexicon_rows() -> Iterator[tuple[str, ...]]:
    """Rows of `lexicon.csv`: the words by which people of the demo city speak of a class."""
    for row in read_table("lexicon.csv"):
        yield f"{row['scheme']}:{row['code']}", row["words_zh"], row["words_en"], ""


def duty_rows(matters: list[Matter], areas: Areas, units: Units) -> Iterator[tuple[str, ...]]:
    """Rows of `duties.csv`: a lead for every leaf everywhere, assists, night leads, and catch-alls per scheme."""
    for matter in matters:
        if not matter.is_leaf:
            continue
        pushed = "yes" if matter.pushed_down else ""
        for area, unit in places_of(matter.lead, areas, units):
            yield (matter.key, area, unit, "lead", "1", "", "", pushed, "", "")
        for order, assist in enumerate(matter.assist, start=1):
            for area, unit in places_of(assist, areas, units):
                yield (matter.key, area, unit, "assist", str(order), "", "", "", "", "")
        if matter.night:
            for area, _unit in places_of(matter.lead, areas, units):
                yield (matter.key, area, matter.night, "lead", "0", "", "off", "", "", "")
    for matter in matters:
        if matter.everyday and matter.owner and matter.owner != matter.lead:
            for area, _unit in places_of(matter.lead, areas, units):
                yield (matter.key, area, matter.owner, "lead", "0", "sensor", "", "", "", "")
    for scheme, unit in ((STREET_SCHEME, "urban"), (HOTLINE_SCHEME, "centre")):
        yield (f"{scheme}:*", "*", unit, "lead", "9", "", "", "", "", "")


def places_of(owed_by: str, areas: Areas, units: Units) -> list[tuple[str, str]]:
    """Areas and units for a lead or assist of the tables: `street`, `district.OFFICE`, or a unit of the city."""
    if owed_by == "street":
        return list(units.street_office.items())
    if owed_by.startswith("district."):
        office = owed_by.removeprefix("district.")
        return [(code, f"{key}.{office}") for code, key in units.district_key.items()]
    return [("*", owed_by)]


def lead_at(matter: Matter, district: str, street: str, units: Units) -> str:
    """The unit that leads a matter by day in a district and street."""
    if matter.lead == "street":
        return units.street_office[street]
    if matter.lead.startswith("district."):
        return f"{units.district_key[district]}.{matter.lead.removeprefix('district.')}"
    return matter.lead
