"""Learning a model from a file or from the city, with its card, and opening one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cityloom.base.clock import RealClock
from cityloom.triage.model_files import SIGNED_FOR, load_model, save_model
from cityloom.triage.topics import words_of_labels
from cityloom.triage.trained import TrainedClassifier
from cityloom.triage.training import Progress, Recipe, train


@dataclass(frozen=True)
class Given:
    """The file of examples with its columns, and what may come beside it."""

    file: Path
    columns: list[str]
    label: str
    unlabelled: Path | None = None
    tree: Path | None = None
    lexicon: Path | None = None


def learn_from_file(given: Given, out: Path, note: str, seed: int, progress: Progress) -> TrainedClassifier:
    """The model learned from a file, written to `out` and signed."""
    from cityloom.exchange.text_tables import digest_of, read_texts, read_tree

    rows = read_texts(given.file, given.columns, given.label)
    more = read_texts(given.unlabelled, given.columns) if given.unlabelled else []
    tree = read_tree(given.tree) if given.tree else []
    words = words_of_labels({row.label for row in rows}, tree, _listed(given.lexicon))
    recipe = Recipe(unlabelled=[row.pair for row in more], lexicon=words, seed=seed)
    model = train([row.pair for row in rows], [row.label for row in rows], recipe, progress)
    files = {"labelled": given.file, "unlabelled": given.unlabelled, "tree": given.tree, "lexicon": given.lexicon}
    data = {name: {"file": path.name, "sha256": digest_of(path)} for name, path in files.items() if path}
    return _keep(model, out, {"data": data, "note": note})


def learn_from_city(city_code: str | None, out: Path, note: str, seed: int, progress: Progress) -> TrainedClassifier:
    """The model learned from the closed cases of the city, with its lexicon as prior; written and signed."""
    from cityloom.app.ready import ready

    with ready():
        from cityloom.app.options import chosen_city
        from cityloom.cases.queries_training import list_filed_texts
        from cityloom.cases.reading import cold_of

        city = chosen_city(city_code)
        filed = list(list_filed_texts(city))
        words = cold_of(city).words_by_class()
        texts, labels = [pair for pair, _ in filed], [label for _, label in filed]
        model = train(texts, labels, Recipe(lexicon=words, seed=seed), progress)
        return _keep(model, out, {"data": {"city": city.code, "version": city.version}, "note": note})


def opened_model(path: Path, trust: bool) -> TrainedClassifier:
    """The model in a file that this installation signed, or that is trusted."""
    _settings()
    from cityloom.base.keys import is_marked

    return load_model(path, None if trust else lambda digest, mark: is_marked(SIGNED_FOR, digest, mark))


def _keep(model: TrainedClassifier, out: Path, about: dict[str, Any]) -> TrainedClassifier:
    _settings()
    from cityloom.base.keys import mark_of

    today = RealClock().now().date()
    return save_model(model, out, today, about, lambda digest: mark_of(SIGNED_FOR, digest))


def _listed(path: Path | None) -> Any:
    """The words of a lexicon file; raises what a city folder's own lexicon would be refused for."""
    if path is None:
        return ()
    from cityloom.app.exits import Refused, language_of
    from cityloom.city.sheets import Notes, read_sheet
    from cityloom.city.table_files import LEXICON, lexicon_of

    notes = Notes(path.name)
    listed, _ = lexicon_of(read_sheet(path, LEXICON, notes), notes)
    if notes.problems:
        found = "; ".join(problem.wrong(language_of()) for problem in notes.problems[:5])
        raise Refused("command.lexicon_wrong", file=path.name, why=found)
    return listed


def _settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
