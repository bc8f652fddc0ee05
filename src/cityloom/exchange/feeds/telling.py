"""What a feed tells of a case: the public fields of Open311, in words for a reader. Pure."""

from __future__ import annotations

import uuid
from typing import Any

from cityloom.city.snapshot_values import City
from cityloom.exchange.feeds.queries import Item
from cityloom.exchange.open311 import publishing

# The fields of a public request that say something here, in their order; the place stands apart.
FIELDS = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "requested_datetime", "updated_datetime", "expected_datetime", "address",
)  # fmt: skip
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "cityloom feeds")


def told(city: City, item: Item, language: str) -> dict[str, Any]:
    """The public fields of the case, as Open311 gives them."""
    return publishing.request(city, item.case, language)


def title_of(city: City, public: dict[str, Any], language: str) -> str:
    """Matter, place, state: `Street lamp · Southeast Street, East District · being handled`."""
    matter = public["service_name"] or public["description"] or city.name.in_language(language)
    return " · ".join(filter(None, (matter, public["address"], public["status_notes"])))


def summary_of(public: dict[str, Any], language: str) -> str:
    """What it is and who has it."""
    by = {"zh": "承办单位：{}", "en": "with {}"}[language]
    unit = public["agency_responsible"]
    return ("；" if language == "zh" else "; ").join(
        filter(None, (public["description"], by.format(unit) if unit else ""))
    )


def feed_title(city: City, area: str, language: str) -> str:
    """What the feed is about."""
    name = city.areas[area].name.in_language(language)
    return f"{name}：街面事项" if language == "zh" else f"{name}: matters in the streets"


def case_id(city: City, number: str) -> str:
    """The same for a case in every feed, at whatever address the city is reached."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'case {city.code} {number}')}"


def feed_id(city: City, area: str, language: str) -> str:
    """The same for an area and a language."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, f'area {city.code} {area} {language}')}"
