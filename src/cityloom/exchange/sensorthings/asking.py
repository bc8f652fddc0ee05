"""Running what the translator made: geometries are answered first, then one statement; the slow are stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from django.db import DataError, OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from cityloom.exchange.sensorthings.errors import BadQuery, TooHeavy
from cityloom.exchange.sensorthings.geometry import figures, from_geojson, from_wkt, which_hold
from cityloom.exchange.sensorthings.schema import KINDS
from cityloom.exchange.sensorthings.terms import FilesQuestion, GeoQuestion, Sql, Wanted
from cityloom.exchange.sensorthings.translating import Viewer
from cityloom.sensing.closed_days import MOST, ClosedDay, list_closed_days, read_in_any_order
from cityloom.sensing.values import Readings, joined

MOST_SECONDS = 20
MOST_GEOMETRIES = 200_000
_FAR = ("st_disjoint", "st_relate", "geo.distance", "geo.length")  # may hold for geometries that lie apart
_COLUMN = {"Location": "location", "FeatureOfInterest": "feature", "Datastream": "observed_area"}


@dataclass
class Asking:
    """One question to the service: whose, when, of which city, and under which address answers link to others."""

    city_id: int
    viewer: Viewer
    now: datetime
    base: str  # the address of the root document, without a slash at its end
    answered: dict[GeoQuestion, tuple[list[int], list[float]]] = field(default_factory=dict)
    read: dict[Wanted, Readings] = field(default_factory=dict)
    closed: list[ClosedDay] | None = None  # the days that lie in files, once they were asked for
    began_s: float = field(default_factory=time.monotonic)

    def closed_days(self) -> list[ClosedDay]:
        """The days that lie in files, asked once for each question."""
        if self.closed is None:
            with connection.cursor() as cursor:
                self.closed = list_closed_days(cursor, None, None)
        return self.closed

    def has_moved(self) -> bool:
        """Whether a day was moved into a file, or forgotten, since it was asked which lie there; then ask anew."""
        before, self.closed = self.closed, None
        return before is not None and self.closed_days() != before

    def check_time(self) -> None:
        """Raise TooHeavy once the question has taken too long."""
        if time.monotonic() - self.began_s > MOST_SECONDS:
            raise TooHeavy("sta.too_heavy")

    def rows(self, asked: Sql) -> list[tuple[Any, ...]]:
        """The rows of a statement; raises BadQuery where values cannot be reckoned with, TooHeavy after a while."""
        params = [self._param(p) for p in asked.params]
        try:
            with connection.cursor() as cursor:
                cursor.execute(asked.text, params)
                return list(cursor.fetchall())
        except DataError as wrong:
            raise BadQuery("sta.out_of_range") from wrong
        except OperationalError as wrong:
            if isinstance(wrong.__cause__, QueryCanceled):
                raise TooHeavy("sta.too_heavy") from wrong
            raise

    def _param(self, param: Any) -> Any:
        if isinstance(param, FilesQuestion):
            return self._of_files(param)
        if not isinstance(param, GeoQuestion):
            return param
        key = GeoQuestion(param.entity, param.function, param.shape, param.swapped, param.pattern)
        if key not in self.answered:
            self.answered[key] = self._answer(key)
        return self.answered[key][param.part]

    def _of_files(self, question: FilesQuestion) -> list[Any]:
        """A column of the readings of files that may fit; raises BadQuery where they are too many at once."""
        if question.wanted not in self.read:
            self.read[question.wanted] = self._read_files(question.wanted)
        return list(self.read[question.wanted][question.part].tolist())

    def _read_files(self, wanted: Wanted) -> Readings:
        found, count = [], 0
        for day in self.closed_days():
            begins, ends = wanted.least or day.begins, (wanted.most or day.ends) + timedelta(milliseconds=1)
            if day.begins >= ends or day.ends <= begins:
                continue
            with connection.cursor() as cursor:
                for each in read_in_any_order(cursor, day, None, begins, ends):
                    self.check_time()
                    found.append(each if wanted.fits is None else each.pick(wanted.fits(each)))
                    count += len(found[-1].stream)
                    if count > MOST:
                        raise BadQuery("sta.too_much_archived", most=MOST)
        return joined(found)

    def _answer(self, question: GeoQuestion) -> tuple[list[int], list[float]]:
        shape = from_wkt(question.shape) if question.shape else None
        ids, shapes = self._geometries(question, shape)
        if not ids:
            return [], []
        if question.function in ("geo.distance", "geo.length"):
            return ids, np.asarray(figures(question.function, shapes, shape), float).tolist()
        left, right = (shape, shapes) if question.swapped else (shapes, shape)
        holds = np.asarray(which_hold(question.function, left, right, question.pattern), bool)
        return np.asarray(ids)[holds].tolist(), []

    def _geometries(self, question: GeoQuestion, shape: Any) -> tuple[list[int], Any]:
        """The geometries of an entity that may count, with their ids: points outside of the box are left out."""
        column, table = _COLUMN[question.entity], KINDS[question.entity].source.replace(" {a}", "")
        text, params = f"SELECT id, {column} FROM {table} WHERE city_id = %s AND {column} IS NOT NULL", [self.city_id]  # noqa: S608
        if question.function not in _FAR:
            number = f"(CASE WHEN jsonb_typeof({column}->'coordinates'->%s) = 'number' "
            number += f"THEN ({column}->'coordinates'->%s)::float8 END)"
            text += (
                f" AND ({column}->>'type' <> 'Point' OR ({number} BETWEEN %s AND %s AND {number} BETWEEN %s AND %s))"
            )
            west, south, east, north = shape.bounds
            params += [0, 0, west, east, 1, 1, south, north]
        rows = self.rows(Sql(f"{text} ORDER BY id LIMIT {MOST_GEOMETRIES + 1}", tuple(params)))
        if len(rows) > MOST_GEOMETRIES:
            raise TooHeavy("sta.too_heavy")
        found = [(id_, made) for id_, told in rows if (made := from_geojson(loads(told))) is not None]
        shapes = np.asarray([made for _, made in found], dtype=object)
        shapely.prepare(shapes)
        return [id_ for id_, _ in found], shapes


@contextmanager
def bounded() -> Iterator[None]:
    """Reading within one transaction whose statements are stopped after a while."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{MOST_SECONDS}s'")
        yield


def loads(told: Any) -> Any:
    """JSON as the database gave it: text, or read already."""
    return json.loads(told) if isinstance(told, str) else told
