"""Which classifier reads the reports of a city: the trained model in use, or the city folder alone.

The newest row of `cases_model_use` names the model. Every process looks at it once in a while and takes a new model
over without a restart: it is loaded beside the work, and the one before reads on until it is there.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from django.db import connections

from cityloom.base.errors import CityloomError
from cityloom.cases.model_rows import content_of, model_in_use
from cityloom.city.snapshot_values import City
from cityloom.triage.classifying import Classifier
from cityloom.triage.cold import ColdClassifier, cold_classifier
from cityloom.triage.model_files import read_model

CHECK_EVERY_S = 2.0
_log = logging.getLogger(__name__)


@dataclass
class _Kept:
    cold: ColdClassifier
    digest: str  # of the city version that `cold` was made from
    trained: Classifier | None = None
    wanted: str | None = None  # the model that is loaded or being loaded
    asked_at: float = float("-inf")  # on the monotonic clock


_kept: dict[int, _Kept] = {}
_lock = threading.Lock()


def classifier_for(city: City) -> Classifier:
    """What reads this city's reports now; only the first asking for a version of the city waits, half a second."""
    kept = _kept.get(city.id)
    if kept is None or kept.digest != city.digest:
        kept = _renewed(city)
    now = time.monotonic()
    if now - kept.asked_at >= CHECK_EVERY_S:
        kept.asked_at = now
        name = model_in_use(city)
        if name != kept.wanted:
            _take(city, kept, name)
    return kept.trained or kept.cold


def wait_for_model(city: City) -> Classifier:
    """As `classifier_for`, once the model in use is loaded: for commands and starting processes."""
    kept = _renewed(city)
    kept.asked_at, kept.wanted = time.monotonic(), model_in_use(city)
    kept.trained = _load(city, kept.wanted) if kept.wanted else None
    return kept.trained or kept.cold


def forget_classifiers() -> None:
    """Build anew at the next asking: after a change in this process, between tests."""
    with _lock:
        _kept.clear()


def matter_words(city: City) -> frozenset[str]:
    """The words by which the city folder knows its matters: no person's name is among them."""
    kept = _kept.get(city.id)
    if kept is None or kept.digest != city.digest:
        kept = _renewed(city)
    return kept.cold.words


def cold_of(city: City) -> ColdClassifier:
    """The classifier of the city folder alone."""
    return cold_classifier(city.classes.values(), city.standards, city.lexicon, f"cold:{city.code}-{city.version}")


def _renewed(city: City) -> _Kept:
    with _lock:
        kept = _kept.get(city.id)
        if kept is None or kept.digest != city.digest:
            fresh = _Kept(cold_of(city), city.digest)
            if kept is not None:
                fresh.trained, fresh.wanted, fresh.asked_at = kept.trained, kept.wanted, kept.asked_at
            _kept[city.id] = kept = fresh
        return kept


def _take(city: City, kept: _Kept, name: str | None) -> None:
    """Go over to that model when it is loaded, or at once to the city folder alone."""
    kept.wanted = name
    if name is None:
        kept.trained = None
        return

    def load() -> None:
        try:
            model = _load(city, name)
        except CityloomError as wrong:
            _log.error("model %s is not used, the one before reads on: %s", name, wrong)
            return
        finally:
            connections.close_all()
        if kept.wanted == name:
            kept.trained = model

    threading.Thread(target=load, name="triage model", daemon=True).start()


def _load(city: City, name: str) -> Classifier:
    return read_model(content_of(city, name), name, None)
