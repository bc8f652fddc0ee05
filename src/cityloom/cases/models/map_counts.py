"""Open cases counted by the map's cells."""

from __future__ import annotations

from django.db import models

from cityloom.cases.models.columns import city_key, text_field


class Counted(models.Model):
    """How many open cases lie in an H3 cell: all, overdue, urgent, and those that stand in the street.

    Neither confidential cases nor complaints about a unit are counted, so every number may be shown to whoever may
    see the area.
    """

    id = models.BigAutoField(primary_key=True)
    city = city_key()
    cell = models.BigIntegerField()
    area = text_field(blank=True)
    open = models.IntegerField()
    overdue = models.IntegerField()
    urgent = models.IntegerField()
    street = models.IntegerField()

    class Meta:
        abstract = True


class CellCount(Counted):
    """The folded counts: at resolution 10 by the smallest area, at coarser ones of the whole city (area empty)."""

    res = models.SmallIntegerField()

    class Meta:
        db_table = "cases_cell_count"
        constraints = [models.UniqueConstraint(fields=["city", "res", "cell", "area"], name="cases_cell_once")]


class CellDelta(Counted):
    """What a write to the cases changed in a cell (resolution 10); added by a trigger, folded by a chore."""

    class Meta:
        db_table = "cases_cell_delta"
