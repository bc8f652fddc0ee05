"""Which format is asked for, and making it: JSON, GeoJSON, CSV; and the fields that were chosen."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from cityloom.exchange.api.errors import BadRequest, NotAcceptable, as_json

JSON = "application/json"
GEOJSON = "application/geo+json"
CSV = "text/csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def format_of(request: HttpRequest, *offered: str) -> str:
    """The offered format that Accept wants most, the first offered where it is all the same; raises NotAcceptable."""
    accept = request.headers.get("Accept", "").strip() or "*/*"
    best, chosen = 0.0, ""
    for kind in offered:
        weight = _weight(accept, kind)
        if weight > best:
            best, chosen = weight, kind
    if not chosen:
        raise NotAcceptable("api.not_acceptable", known=list(offered))
    return chosen


def _weight(accept: str, kind: str) -> float:
    """How much a format is wanted, by the most precise range that takes it (RFC 9110, 12.5.1)."""
    found = (-1, 0.0)
    for part in accept.split(","):
        wanted, *params = (p.strip() for p in part.split(";"))
        if wanted.lower() == "*/*":
            precise = 0
        elif wanted.endswith("/*") and kind.startswith(wanted[:-1].lower()):
            precise = 1
        elif wanted.lower() == kind:
            precise = 2
        else:
            continue
        found = max(found, (precise, _quality(params)))
    return found[1]


def _quality(params: Sequence[str]) -> float:
    for param in params:
        name, _, value = param.partition("=")
        if name.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if math.isfinite(quality) and 0 <= quality <= 1 else 0.0
    return 1.0


def chosen_fields(asked: str, known: Sequence[str]) -> tuple[str, ...]:
    """The fields named in `fields=a,b`, in the order asked; all where none is named. Raises BadRequest."""
    names = tuple(dict.fromkeys(name.strip() for name in asked.split(",") if name.strip()))
    for name in names:
        if name not in known:
            raise BadRequest("api.unknown_field", field=name[:40], known=list(known))
    return names or tuple(known)


def json_answer(value: Any, status: int = 200, kind: str = JSON) -> HttpResponse:
    """The value as JSON."""
    return HttpResponse(as_json(value), status=status, content_type=kind)


def csv_answer(rows: Sequence[Mapping[str, Any]], fields: Sequence[str], name: str) -> HttpResponse:
    """Rows as CSV (RFC 4180) in UTF-8 with a byte order mark, so that a spreadsheet reads Chinese.

    A cell that a spreadsheet would run as a formula begins with an apostrophe.
    """
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(fields)
    for row in rows:
        writer.writerow([_cell(row.get(field)) for field in fields])
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def feature(properties: Mapping[str, Any], geometry: Any) -> dict[str, Any]:
    """A GeoJSON feature (RFC 7946)."""
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def point(lon: float | None, lat: float | None) -> dict[str, Any] | None:
    """A GeoJSON point; None for a place that is open."""
    return None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}


def collection(features: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A GeoJSON feature collection."""
    return {"type": "FeatureCollection", "features": list(features)}
