"""The trained models of a city and which one is in use: rows that are only ever added."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.snapshot_values import City

register(
    {
        "triage.no_model": (
            "没有名为{name}的模型；现有：{known}",
            "there is no model {name}; there are: {known}",
        ),
        "triage.no_earlier_model": (
            "没有更早的模型可回退",
            "no model was in use before, so there is none to go back to",
        ),
    }
)

COLD = ""  # stands in a row of use for "the city folder alone"


class NoSuchModel(CityloomError):
    """A model that this city was never given."""

    status = 404


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of a city without its content; `in_use_since` is None unless it is the one in use."""

    name: str
    card: dict[str, Any]
    added_at: datetime
    added_by: str
    in_use_since: datetime | None = None


def keep_model(city: City, name: str, card: dict[str, Any], content: bytes, by: str, at: datetime) -> None:
    """Store a model; one of that name which is there already is the same and stays."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_model (city_id, name, card, content, added_at, added_by)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (city_id, name) DO NOTHING",
            [city.id, name, json.dumps(card, ensure_ascii=False), content, at, by],
        )


def keep_use(city: City, name: str | None, by: str, at: datetime) -> None:
    """From now on that model reads; None: the city folder alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_model_use (city_id, name, at, by_login) VALUES (%s, %s, %s, %s)",
            [city.id, name or COLD, at, by],
        )


def model_in_use(city: City) -> str | None:
    """The name of the model in use; None while the city folder alone reads."""
    return next(iter(uses_of(city, 1)), COLD) or None


def uses_of(city: City, most: int) -> list[str]:
    """What was in use, the present first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM cases_model_use WHERE city_id = %s ORDER BY id DESC LIMIT %s", [city.id, most]
        )
        return [name for (name,) in cursor.fetchall()]


def list_models(city: City) -> list[ModelRow]:
    """Every model of the city, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.name, m.card, m.added_at, m.added_by, u.at FROM cases_model m LEFT JOIN"
            " (SELECT name, at FROM cases_model_use WHERE city_id = %s ORDER BY id DESC LIMIT 1) u ON u.name = m.name"
            " WHERE m.city_id = %s ORDER BY m.id DESC",
            [city.id, city.id],
        )
        rows = cursor.fetchall()
    return [ModelRow(name, _card(card), at, by, since) for name, card, at, by, since in rows]


def content_of(city: City, name: str) -> bytes:
    """The file of a model; raises NoSuchModel."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM cases_model WHERE city_id = %s AND name = %s", [city.id, name])
        found = cursor.fetchone()
    if found is None:
        raise NoSuchModel("triage.no_model", name=name, known=[each.name for each in list_models(city)])
    return bytes(found[0])


def _card(stored: Any) -> dict[str, Any]:
    card: dict[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
    return card
