"""Which messages of the outbox a webhook asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cityloom.city.snapshot_values import City
from cityloom.exchange.webhooks.values import Wanted


def is_wanted(wanted: Wanted, payload: Mapping[str, Any], city: City) -> bool:
    """Whether what happened to a case fits all parts of the wish; a case without unit or place fits none of them."""
    return (
        (not wanted.moves or not set(wanted.moves).isdisjoint(payload["moves"]))
        and (not wanted.units or _is_below(payload["unit"], wanted.units, city))
        and (not wanted.areas or _is_inside(payload["area"], wanted.areas, city))
    )


def _is_below(unit: str | None, wanted: tuple[str, ...], city: City) -> bool:
    if unit is None:
        return False
    chain = city.unit_chain(unit) if unit in city.units else (unit,)
    return not set(wanted).isdisjoint(chain)


def _is_inside(area: str | None, wanted: tuple[str, ...], city: City) -> bool:
    if area is None:
        return False
    chain = city.ancestors(area) if area in city.areas else (area,)
    return not set(wanted).isdisjoint(chain)
