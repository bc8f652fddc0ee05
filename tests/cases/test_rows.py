"""The values and the tables are the same rows: every field of one is a column of the other."""

from __future__ import annotations

from dataclasses import fields

import pytest

from cityloom.cases import models, values


@pytest.mark.parametrize("name", ["Case", "Task", "Report", "RunningClock", "Entry"])
def test_every_field_of_a_value_is_a_column_and_the_other_way_round(name: str) -> None:
    columns = {f.attname for f in getattr(models, name)._meta.concrete_fields}
    assert {f.name for f in fields(getattr(values, name))} == columns
