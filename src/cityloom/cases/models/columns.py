"""What the tables of a case share: columns, and the table whose ids are known before the row."""

from __future__ import annotations

from typing import Any

from django.db import models

from cityloom.city.models import City


def text_field(size: int = 100, **more: Any) -> models.CharField:
    return models.CharField(max_length=size, **more)


def city_key(checked: bool = False) -> models.ForeignKey:
    """The city of a row. The database checks it on the case alone: what belongs to a case has its city, and every
    check of it would lock the one row of the city."""
    return models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=checked)


def case_key() -> models.ForeignKey:
    return models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+", db_index=False)


class Kept(models.Model):
    """A table whose ids come from `base.ids`."""

    id = models.BigIntegerField(primary_key=True)
    city = city_key()

    class Meta:
        abstract = True
