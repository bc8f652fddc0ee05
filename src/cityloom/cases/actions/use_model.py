"""Choose what reads a city's reports: a trained model, the one before it, or the city folder alone."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from cityloom.base.clock import Clock
from cityloom.base.keys import is_marked
from cityloom.cases.model_rows import COLD, NoSuchModel, content_of, keep_model, keep_use, uses_of
from cityloom.city.snapshot_values import City
from cityloom.triage.model_files import SIGNED_FOR, load_model

_REMEMBERED = 200


def use_model(city: City, path: Path, by: str, clock: Clock, trust: bool = False) -> str:
    """Take a model file into the city and use it from now on; its name. Raises BadModel or ModelNotSigned."""
    model = load_model(path, None if trust else lambda digest, mark: is_marked(SIGNED_FOR, digest, mark))
    with transaction.atomic():
        keep_model(city, model.name, dict(model.card), path.read_bytes(), by, clock.now())
        keep_use(city, model.name, by, clock.now())
    return model.name


def use_kept_model(city: City, name: str | None, by: str, clock: Clock) -> None:
    """Use a model that the city has already, or with None the city folder alone; raises NoSuchModel."""
    if name is not None:
        content_of(city, name)
    keep_use(city, name, by, clock.now())


def roll_back_model(city: City, by: str, clock: Clock) -> str | None:
    """Use again what was in use before the present one; its name, None for the city folder alone.

    Raises NoSuchModel where nothing was ever chosen.
    """
    with transaction.atomic():
        uses = uses_of(city, _REMEMBERED)
        if not uses:
            raise NoSuchModel("triage.no_earlier_model")
        before = next((name for name in uses[1:] if name != uses[0]), COLD) or None
        keep_use(city, before, by, clock.now())
    return before
