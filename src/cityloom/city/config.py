"""`city.toml` → CityConfig, with everything wrong in it collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from math import isfinite
from typing import Any
from zoneinfo import available_timezones

from cityloom.city.clock_values import ClockValueError, WorkHours, WorkSpan
from cityloom.city.folder_values import CityConfig, OverlayLayer, Scheme, Tolerance
from cityloom.city.kiosks import parse_kiosks, parse_phones
from cityloom.city.problems import Place, Problem, nearest
from cityloom.city.scenarios import parse_scenarios
from cityloom.city.values import Name, PartnerDoor, Settings

FILE = "city.toml"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
CITY_CODE_CHARS, CITY_NAME_CHARS = 40, 200
SYSTEMS = ("CGCS2000", "WGS84")
KEYS: dict[str, tuple[str, ...]] = {
    "": ("code", "name_zh", "name_en", "languages", "time_zone", "crs", "bounds", "levels", "years"),
    "map": ("centre", "zoom", "tiles_url", "attribution"),
    "tolerance": ("gap_m2", "overlap_m2"),
    "twins": ("radius_m", "hours"),
    "dispatch": ("last_resort",),
    "warnings": ("shares",),
    "objection": ("window_hours",),
    "conduct": ("classes",),
    "escalation": ("hours",),
    "identity": ("create",),
}
FREE_TABLES = ("schemes", "codes", "hours", "limits", "partners", "overlays", "kiosks", "phones", "bikes",
               "cap", "fire")  # fmt: skip
PARTNER_KEYS = (
    "name_zh", "name_en", "open311", "jurisdiction", "services", "open311_every_min", "open311_tells_ends",
)  # fmt: skip
MOST_MIN = 7 * 24 * 60
SCHEME_KEYS = ("version", "name_zh", "name_en")
OVERLAY_KEYS = ("name_zh", "name_en", "whole")
CODED_THINGS = ("area", "city", "district", "street", "community", "grid", "unit", "class", "component", "thing")


def parse_config(data: Mapping[str, Any]) -> tuple[CityConfig | None, list[Problem]]:
    """The settings of a city and what is wrong with them; None where too much is wrong to read the other files."""
    reader = _Reader()
    reader.unknown_keys(data)
    code = reader.text(data, "code")
    name = Name(reader.text(data, "name_zh"), reader.text(data, "name_en"))
    levels = tuple(reader.items(data, "levels", str))
    bounds = reader.bounds(data)
    years = reader.years(data)
    crs = reader.crs(data)
    time_zone = reader.time_zone(data)
    hours = reader.hours(data)
    languages = tuple(reader.items(data, "languages", str))
    schemes = reader.schemes(data)
    settings = reader.settings(data)
    tolerance = Tolerance(
        gap_m2=reader.amount(data, "tolerance", "gap_m2", 50.0, zero=True),
        overlap_m2=reader.amount(data, "tolerance", "overlap_m2", 50.0, zero=True),
    )
    centre = reader.centre(data, bounds)
    zoom = reader.amount(data, "map", "zoom", 12.0)
    patterns = reader.patterns(data, levels)
    if not (code and levels and bounds and years and hours and time_zone):
        return None, reader.problems
    return CityConfig(
        code=code,
        name=name,
        languages=languages,
        time_zone=time_zone,
        crs=crs,
        bounds=bounds,
        levels=levels,
        years=years,
        schemes=schemes,
        code_patterns=patterns,
        hours=hours,
        map_centre=centre,
        map_zoom=zoom,
        map_tiles_url=reader.tiles_url(data),
        map_attribution=str(reader.table(data, "map").get("attribution", ""))[:CITY_NAME_CHARS],
        tolerance=tolerance,
        settings=settings,
        overlays=reader.overlays(data),
        kiosks=parse_kiosks(data, bounds, reader.note),
        phones=parse_phones(data, reader.note),
        scenarios=parse_scenarios(data, reader.note),
    ), reader.problems


class _Reader:
    """Reads keys of the right type and notes each one that is not."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, problem: str, key: str, /, **params: Any) -> None:
        self.problems.append(Problem(problem, FILE, Place(name=key), {"key": key, **params}))

    def unknown_keys(self, data: Mapping[str, Any]) -> None:
        tables = [table for table in KEYS if table]
        top = (*KEYS[""], *tables, *FREE_TABLES)
        self._unknown("", data, top)
        for table in (*tables, *FREE_TABLES):
            inner = data.get(table, {})
            if not isinstance(inner, Mapping):
                self.note("value_form", table, value=inner, form=f"[{table}]")
            elif table in KEYS:
                self._unknown(f"{table}.", inner, KEYS[table])

    def _unknown(self, prefix: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
        known = list(known)
        for key in table:
            if key not in known:
                self.note("key_unknown", f"{prefix}{key}", near=nearest(key, known))

    def table(self, data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        found = data.get(name, {})
        return found if isinstance(found, Mapping) else {}

    def text(self, data: Mapping[str, Any], key: str) -> str:
        value = data.get(key)
        if value is None or value == "":
            self.note("key_missing", key)
        elif not isinstance(value, str):
            self.note("value_form", key, value=value, form=f'{key} = "…"')
        elif len(value) > (longest := CITY_CODE_CHARS if key == "code" else CITY_NAME_CHARS):
            self.note("too_long", key, length=len(value), longest=longest)
        else:
            return value
        return ""

    def items(self, data: Mapping[str, Any], key: str, kind: type, at_least: int = 1) -> list[Any]:
        value = data.get(key)
        if value is None:
            self.note("key_missing", key)
        elif not isinstance(value, list) or len(value) < at_least or not _all_of(value, kind):
            self.note("value_form", key, value=value, form=f"{key} = [{kind.__name__}, …]")
        elif len(set(value)) != len(value):
            self.note("value_form", key, value=value, form="a list without repetitions")
        else:
            return value
        return []

    def number(
        self,
        data: Mapping[str, Any],
        table: str,
        key: str,
        default: float,
        fits: Callable[[float], bool],
        wrong: str,
    ) -> float:
        value = self.table(data, table).get(key, default)
        if not _is_number(value):
            self.note("value_form", f"{table}.{key}", value=value, form="a number")
        elif not fits(value):
            self.note(wrong, f"{table}.{key}", value=value, form="zero or more")
        else:
            return float(value)
        return default

    def amount(self, data: Mapping[str, Any], table: str, key: str, default: float, zero: bool = False) -> float:
        if zero:
            return self.number(data, table, key, default, lambda v: v >= 0, "value_form")
        return self.number(data, table, key, default, lambda v: v > 0, "not_positive")

    def bounds(self, data: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
        value = data.get("bounds")
        if value is None:
            self.note("key_missing", "bounds")
        elif not isinstance(value, list) or len(value) != 4 or not all(map(_is_number, value)):
            self.note("value_form", "bounds", value=value, form="[west, south, east, north]")
        else:
            west, south, east, north = map(float, value)
            if -180 <= west < east <= 180 and -90 <= south < north <= 90:
                return west, south, east, north
            self.note("value_form", "bounds", value=value, form="[west, south, east, north]")
        return None

    def years(self, data: Mapping[str, Any]) -> tuple[int, int] | None:
        value = data.get("years")
        if value is None:
            self.note("key_missing", "years")
        elif (
            not isinstance(value, list)
            or len(value) != 2
            or not _all_of(value, int)
            or not EARLIEST_YEAR <= value[0] <= value[1] <= LATEST_YEAR
        ):
            self.note("value_form", "years", value=value, form="[2025, 2027]")
        else:
            return value[0], value[1]
        return None

    def crs(self, data: Mapping[str, Any]) -> str:
        value = self.text(data, "crs")
        plain = value.upper().replace("-", "").replace(" ", "")
        if plain in ("GCJ02", "BD09", "GCJ"):
            self.note("coordinates_gcj02", "crs")
        elif value and value not in SYSTEMS:
            self.note("value_unknown", "crs", value=value, near=nearest(value.upper(), SYSTEMS), known=SYSTEMS)
        return value

    def time_zone(self, data: Mapping[str, Any]) -> str:
        value = self.text(data, "time_zone")
        if value and value not in _time_zones():
            near = nearest(value, _time_zones())
            self.note("value_unknown", "time_zone", value=value, near=near, known=["Asia/Shanghai", "…"])
            return ""
        return value

    def hours(self, data: Mapping[str, Any]) -> tuple[WorkHours, ...]:
        profiles: list[WorkHours] = []
        for name, days in self.table(data, "hours").items():
            if not isinstance(days, Mapping):
                self.note("value_form", f"hours.{name}", value=days, form=f"[hours.{name}]")
                continue
            self._unknown(f"hours.{name}.", days, WEEKDAYS)
            try:
                week = tuple(tuple(WorkSpan.parse(str(s)) for s in days.get(d, [])) for d in WEEKDAYS)
                profiles.append(WorkHours(name, week))
            except (ClockValueError, TypeError) as error:
                self.note("hours_wrong", f"hours.{name}", detail=str(error))
        if "default" not in self.table(data, "hours"):
            self.note("hours_default_missing", "hours")
        elif not any(p.name == "default" for p in profiles):
            return ()
        return tuple(sorted(profiles, key=lambda p: (p.name != "default", p.name)))

    def schemes(self, data: Mapping[str, Any]) -> dict[str, Scheme]:
        found: dict[str, Scheme] = {}
        for name, row in self.table(data, "schemes").items():
            if not isinstance(row, Mapping):
                self.note("value_form", f"schemes.{name}", value=row, form=f"[schemes.{name}]")
                continue
            self._unknown(f"schemes.{name}.", row, SCHEME_KEYS)
            for key in SCHEME_KEYS:
                if not row.get(key):
                    self.note("key_missing", f"schemes.{name}.{key}")
            title = Name(str(row.get("name_zh", "")), str(row.get("name_en", "")))
            found[name] = Scheme(name, str(row.get("version", "")), title)
        if not found:
            self.note("key_missing", "schemes")
        return found

    def overlays(self, data: Mapping[str, Any]) -> dict[str, OverlayLayer]:
        found: dict[str, OverlayLayer] = {}
        for name, row in self.table(data, "overlays").items():
            if not isinstance(row, Mapping):
                self.note("value_form", f"overlays.{name}", value=row, form=f"[overlays.{name}]")
                continue
            self._unknown(f"overlays.{name}.", row, OVERLAY_KEYS)
            whole = row.get("whole", True)
            if not isinstance(whole, bool):
                self.note("value_form", f"overlays.{name}.whole", value=whole, form="true / false")
            title = Name(str(row.get("name_zh", "")), str(row.get("name_en", "")))
            if not (title.zh or title.en):
                self.note("key_missing", f"overlays.{name}.name_zh")
            found[name] = OverlayLayer(name, title, whole is not False)
        return found

    def patterns(self, data: Mapping[str, Any], levels: tuple[str, ...]) -> dict[str, str]:
        known = dict.fromkeys((*CODED_THINGS, *levels))
        found: dict[str, str] = {}
        for key, pattern in self.table(data, "codes").items():
            if key not in known:
                self.note("key_unknown", f"codes.{key}", near=nearest(key, known))
            elif not _is_pattern(pattern):
                self.note("value_form", f"codes.{key}", value=pattern, form='"15-digit"')
            else:
                found[key] = pattern
        return found

    def centre(
        self, data: Mapping[str, Any], bounds: tuple[float, float, float, float] | None
    ) -> tuple[float, float]:
        west, south, east, north = bounds or (0.0, 0.0, 0.0, 0.0)
        middle = (west + east) / 2, (south + north) / 2
        value = self.table(data, "map").get("centre", list(middle))
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
            self.note("value_form", "map.centre", value=value, form="[longitude, latitude]")
            return middle
        if bounds and not (west <= value[0] <= east and south <= value[1] <= north):
            self.note("coordinates_outside", "map.centre", lon=value[0], lat=value[1])
        return float(value[0]), float(value[1])

    def tiles_url(self, data: Mapping[str, Any]) -> str:
        """The address of picture tiles beneath the city's own lines; empty when there are none."""
        value = self.table(data, "map").get("tiles_url", "")
        whole = isinstance(value, str) and all(part in value for part in ("{z}", "{x}", "{y}"))
        if value == "" or (whole and value.startswith(("https://", "http://"))):
            return str(value)
        self.note("value_form", "map.tiles_url", value=value, form="https://tiles.city.example/{z}/{x}/{y}.png")
        return ""

    def settings(self, data: Mapping[str, Any]) -> Settings:
        dispatch = self.table(data, "dispatch")
        last_resort = dispatch.get("last_resort", "")
        if not isinstance(last_resort, str) or not last_resort:
            self.note("key_missing", "dispatch.last_resort")
            last_resort = ""
        return Settings(
            twin_radius_m=self.amount(data, "twins", "radius_m", 50.0),
            twin_hours=self.amount(data, "twins", "hours", 24.0),
            last_resort=last_resort,
            warning_shares=self._shares(data),
            objection_window_h=self.amount(data, "objection", "window_hours", 24.0),
            escalation_h=self._rungs(data),
            partners=self._partners(data),
            partner_doors=self._partner_doors(data),
            limits=self._limits(data),
            conduct_classes=self._conduct_classes(data),
            makes_accounts=self._makes_accounts(data),
        )

    def _makes_accounts(self, data: Mapping[str, Any]) -> bool:
        value = self.table(data, "identity").get("create", False)
        if not isinstance(value, bool):
            self.note("value_form", "identity.create", value=value, form="true / false")
        return value is True

    def _shares(self, data: Mapping[str, Any]) -> tuple[float, ...]:
        value = self.table(data, "warnings").get("shares", [0.5, 0.8])
        rising = isinstance(value, list) and all(map(_is_number, value)) and sorted(set(value)) == value
        if not rising or not all(0 < share < 1 for share in value):
            self.note("value_form", "warnings.shares", value=value, form="[0.5, 0.8]")
            return (0.5, 0.8)
        return tuple(float(share) for share in value)

    def _rungs(self, data: Mapping[str, Any]) -> tuple[float, ...]:
        value = self.table(data, "escalation").get("hours", [0, 8, 24])
        rising = isinstance(value, list) and all(map(_is_number, value)) and sorted(set(value)) == value
        if not rising or not all(hours >= 0 for hours in value):
            self.note("value_form", "escalation.hours", value=value, form="[0, 8, 24]")
            return (0.0, 8.0, 24.0)
        return tuple(float(hours) for hours in value)

    def _partners(self, data: Mapping[str, Any]) -> dict[str, Name]:
        found: dict[str, Name] = {}
        for code, row in self.table(data, "partners").items():
            if not isinstance(row, Mapping) or not row.get("name_zh") or not row.get("name_en"):
                self.note("value_form", f"partners.{code}", value=row, form='name_zh = "…", name_en = "…"')
                continue
            self._unknown(f"partners.{code}.", row, PARTNER_KEYS)
            found[code] = Name(str(row["name_zh"]), str(row["name_en"]))
        return found

    def _partner_doors(self, data: Mapping[str, Any]) -> dict[str, PartnerDoor]:
        found: dict[str, PartnerDoor] = {}
        for code, row in self.table(data, "partners").items():
            if not isinstance(row, Mapping) or "open311" not in row:
                continue
            url, services = row["open311"], row.get("services", {})
            if not isinstance(url, str) or not url.startswith(("https://", "http://")):
                form = 'open311 = "https://host/open311/v2"'
                self.note("value_form", f"partners.{code}.open311", value=url, form=form)
            elif not isinstance(services, Mapping) or not _all_of(list(services.values()), str):
                form = '[partners.CODE.services] THEIR_CODE = "gb2013:0137"'
                self.note("value_form", f"partners.{code}.services", value=services, form=form)
            else:
                every_min, tells_ends = self._partner_rounds(code, row)
                jurisdiction = str(row.get("jurisdiction", ""))
                found[code] = PartnerDoor(url.rstrip("/"), jurisdiction, dict(services), every_min, tells_ends)
        return found

    def _partner_rounds(self, code: str, row: Mapping[str, Any]) -> tuple[int, bool]:
        every, tells = row.get("open311_every_min", 0), row.get("open311_tells_ends", False)
        if not isinstance(every, int) or isinstance(every, bool) or not 0 <= every <= MOST_MIN:
            form = f"0–{MOST_MIN} (0: only by command)"
            self.note("value_form", f"partners.{code}.open311_every_min", value=every, form=form)
            every = 0
        if not isinstance(tells, bool):
            self.note("value_form", f"partners.{code}.open311_tells_ends", value=tells, form="true / false")
        return every, tells is True

    def _conduct_classes(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        value = self.table(data, "conduct").get("classes", [])
        if not isinstance(value, list) or not _all_of(value, str):
            self.note("value_form", "conduct.classes", value=value, form='["hotline:08"]')
            return ()
        return tuple(value)

    def _limits(self, data: Mapping[str, Any]) -> dict[str, float]:
        found: dict[str, float] = {}
        for key, value in self.table(data, "limits").items():
            if not _is_number(value):
                self.note("value_form", f"limits.{key}", value=value, form="a number")
            elif value <= 0:
                self.note("not_positive", f"limits.{key}", value=value)
            else:
                found[key] = float(value)
        return found


@cache
def _time_zones() -> frozenset[str]:
    """The names of the time zones on this machine, whose files are looked through once."""
    return frozenset(available_timezones())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _all_of(values: list[Any], kind: type) -> bool:
    return all(isinstance(v, kind) and not isinstance(v, bool) for v in values)


def _is_pattern(pattern: object) -> bool:
    return isinstance(pattern, str) and pattern.endswith("-digit") and pattern[:-6].isdigit()
