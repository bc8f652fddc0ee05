"""A warden records what was solved on the spot: one case, opened and ended in one transaction, in no queue."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, connection, transaction

from cityloom.base.clock import Clock
from cityloom.base.crypto import new_tracking_code
from cityloom.base.ids import ids
from cityloom.cases.actions.receive_report import (
    NewReport,
    Received,
    new_case_file,
    receive_report,
    received_before,
    screen_report,
)
from cityloom.cases.deciding import decide
from cityloom.cases.errors import NotAllowed
from cityloom.cases.keeping import chain_seed, keep_new
from cityloom.cases.micro_grid import BadMicroPlace, micro_path, solved_reason
from cityloom.cases.moves import carry_out, open_case
from cityloom.cases.photo_rows import keep_photos
from cityloom.cases.places import locate
from cityloom.cases.values import Details, Place
from cityloom.city.micro_grids import micro_grids_in
from cityloom.city.overlays import MicroGrid
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role, Source


def solve_on_the_spot(city: City, new: NewReport, by: Post, clock: Clock, micro_grid: str = "") -> Received:
    """Keep what a warden solved, with its words, class and photos; it never reaches a queue, but counts.

    The place is a point, or else the micro-grid named. Raises NotAllowed, BadReport, BadMicroPlace, MissingNeed (no
    class), UnknownWord or NoMicroPath, and then nothing was kept. The same idempotency key is kept once.
    """
    new = _of_warden(city, new, by, micro_grid)
    at, path = clock.now(), micro_path(city.paths)
    place = screen_report(city, new)
    code = new_tracking_code()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            file, first = open_case(new_case_file(city, new, place, by, at, code), path, by, at, city, ids.one)
            details = Details(reason=solved_reason(_grid_code(city, place, micro_grid)))
            step = decide(file, "solve_on_spot", by, details, at, city)
            file, solved = carry_out(file, step, by, details, at, city, ids.one)
            file = keep_new(file, [first, solved], at, chain_seed(city.code, file.case.number))
            keep_photos(cursor, city, file.case.id, file.reports[0].id, "report", new.photos, by, at)
            return Received(file.case.number, code, file, file.reports[0].id)
    except IntegrityError as conflict:
        if (before := received_before(city, code, new.idempotency_key, new.external_id)) is not None:
            return before
        raise conflict


def pass_on_from_micro_grid(city: City, new: NewReport, by: Post, clock: Clock, micro_grid: str = "") -> Received:
    """Report to the street what a warden cannot solve: an ordinary report, received like any other."""
    return receive_report(city, _of_warden(city, new, by, micro_grid), by, clock)


def _of_warden(city: City, new: NewReport, by: Post, micro_grid: str) -> NewReport:
    """The report as the warden's own, placed in the community looked after; raises NotAllowed or BadMicroPlace."""
    if by.role is not Role.WARDEN:
        raise NotAllowed("error.not_allowed", role=by.role.value, move="solve_on_spot", roles=[Role.WARDEN.value])
    new = replace(new, source=Source.WARDEN.value)
    if new.lon is None or new.lat is None:
        grid = _own_grid(city, by, micro_grid)
        address = new.address.strip() or grid.name.in_language(new.language)
        return replace(new, area=grid.community, address=address)
    place = locate(city, new.lon, new.lat)
    if by.area is not None and by.area not in place.areas:
        raise BadMicroPlace("micro.outside")
    return new


def _own_grid(city: City, by: Post, code: str) -> MicroGrid:
    if not code:
        raise BadMicroPlace("micro.no_place")
    grid = micro_grids_in(city).by_code.get(code)
    if grid is None or by.login not in grid.wardens or by.area not in (None, *city.ancestors(grid.community)):
        raise BadMicroPlace("micro.not_yours", micro_grid=code[:100])
    return grid


def _grid_code(city: City, place: Place, named: str) -> str | None:
    if place.lon is None or place.lat is None:
        return named or None
    found = micro_grids_in(city).find(place.lon, place.lat)
    return found.code if found else None
