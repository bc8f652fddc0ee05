"""The maps of a city folder: what each must look like, and the values its features become."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from cityloom.city.folder_values import Feature
from cityloom.city.maps import MapFeature, MapForm
from cityloom.city.sheets import MOST_WHOLE, Notes
from cityloom.city.values import Area, Component, Name

V = TypeVar("V")
Read = tuple[tuple[V, ...], tuple[int, ...]]  # the values, and the number of the feature of each

POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
ANY_KIND = ("Point", "MultiPoint", *LINES, *POLYGONS)
COMPONENT_STATES = ("intact", "broken", "missing", "removed")

AREAS = MapForm(
    kinds=POLYGONS,
    needed=("code", "level"),
    known=("code", "parent", "level", "name_zh", "name_en", "population", "scheme", "version"),
)
COMPONENTS = MapForm(
    kinds=("Point", *POLYGONS),
    needed=("code", "class"),
    known=("code", "class", "name_zh", "name_en", "owner", "keeper", "supervisor", "state", "since"),
    words={"state": COMPONENT_STATES},
)
LAYERS: dict[str, MapForm] = {
    "roads": MapForm(
        kinds=LINES,
        needed=("code", "kind"),
        known=("code", "name_zh", "name_en", "kind"),
        words={"kind": ("ring", "arterial", "street", "path")},
        strict=False,
    ),
    "parks": MapForm(kinds=POLYGONS, known=("code", "name_zh", "name_en", "kind", "area_m2"), strict=False),
    "housing": MapForm(
        kinds=("Point", *POLYGONS),
        known=("code", "name_zh", "name_en", "households", "population"),
        strict=False,
    ),
    "facilities": MapForm(
        kinds=("Point", *POLYGONS),
        needed=("code", "kind"),
        known=("code", "name_zh", "name_en", "kind"),
        words={
            "kind": (
                "school",
                "kindergarten",
                "clinic",
                "hospital",
                "market",
                "elderly_care",
                "culture",
                "sports",
                "police",
                "toilet",
                "charging",
            )
        },
        strict=False,
    ),
    "overlays": MapForm(
        kinds=POLYGONS,
        needed=("code", "layer"),
        known=("code", "layer", "name_zh", "name_en", "unit"),
        strict=False,
    ),
    "micro_grids": MapForm(
        kinds=POLYGONS,
        needed=("code", "parent"),
        known=("code", "parent", "name_zh", "name_en", "households", "wardens"),
        strict=False,
    ),
    "water": MapForm(
        kinds=(*LINES, *POLYGONS),
        needed=("code", "kind"),
        known=("code", "name_zh", "name_en", "kind"),
        words={"kind": ("river", "lake")},
        strict=False,
    ),
}
ANY_LAYER = MapForm(kinds=ANY_KIND)
_OWN = ("code", "name_zh", "name_en", "kind")


def _name(feature: MapFeature) -> Name:
    return Name(feature.text("name_zh"), feature.text("name_en"))


def _numbers(features: Iterable[MapFeature]) -> tuple[int, ...]:
    return tuple(feature.number for feature in features)


def areas_of(features: list[MapFeature], notes: Notes) -> Read[Area]:
    """`areas.geojson`."""
    kept = []
    for feature in features:
        population = feature.properties.get("population")
        whole = isinstance(population, int) and not isinstance(population, bool) and 0 <= population <= MOST_WHOLE
        if population is not None and not whole:
            notes.at_feature(
                "value_form", feature.number, feature.text("code"), key="population", value=population, form="1200"
            )
        elif not (feature.text("name_zh") or feature.text("name_en")):
            notes.at_feature("value_empty", feature.number, feature.text("code"), key="name_zh / name_en")
        else:
            kept.append(feature)
    return tuple(_area(feature) for feature in kept), _numbers(kept)


def _area(feature: MapFeature) -> Area:
    return Area(
        code=feature.text("code"),
        parent=feature.text("parent") or None,
        level=feature.text("level"),
        name=_name(feature),
        population=feature.properties.get("population"),
        geometry=feature.wkb,
        scheme=feature.text("scheme"),
        scheme_version=feature.text("version"),
    )


def components_of(features: list[MapFeature], notes: Notes) -> Read[Component]:
    """`components.geojson`; a polygon is placed at a point inside it and keeps its outline."""
    read = [(feature, _component(feature, notes)) for feature in features]
    kept = [(feature, component) for feature, component in read if component is not None]
    return tuple(component for _, component in kept), _numbers(feature for feature, _ in kept)


def _component(feature: MapFeature, notes: Notes) -> Component | None:
    since = None
    if feature.text("since"):
        try:
            since = date.fromisoformat(feature.text("since"))
        except ValueError:
            notes.at_feature(
                "value_form",
                feature.number,
                feature.text("code"),
                key="since",
                value=feature.text("since"),
                form="2026-01-31",
            )
            return None
    is_point = feature.geometry.geom_type == "Point"
    place = feature.geometry if is_point else feature.geometry.representative_point()
    return Component(
        code=feature.text("code"),
        class_code=feature.text("class"),
        lon=place.x,
        lat=place.y,
        name=feature.text("name_zh") or feature.text("name_en"),
        owner=feature.text("owner") or None,
        keeper=feature.text("keeper") or None,
        supervisor=feature.text("supervisor") or None,
        state=feature.text("state") or "intact",
        since=since,
        geometry=b"" if is_point else feature.wkb,
    )


def layer_of(layer: str, features: list[MapFeature]) -> Read[Feature]:
    """Any other map."""
    return tuple(
        Feature(
            layer=layer,
            code=feature.text("code"),
            name=_name(feature),
            kind=feature.text("kind"),
            properties={k: v for k, v in feature.properties.items() if k not in _OWN},
            geometry=feature.wkb,
        )
        for feature in features
    ), _numbers(features)
