"""A trained classifier as a file: a zip of plain arrays and texts with a card, signed by the installation.

Nothing in it is ever executed: arrays are read without pickle, everything else is JSON. A file is believed when this
installation signed it, or when a person says so; its content is checked against its own digest either way.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from cityloom.base.crypto import canonical
from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.triage.lexical import Lexicon
from cityloom.triage.trained import Precedents, TrainedClassifier

register(
    {
        "triage.model_unreadable": (
            "{file}不是可用的模型文件：{detail}；请用 cityloom triage train 重新训练",
            "{file} is no usable model: {detail}; train one with `cityloom triage train`",
        ),
        "triage.model_not_signed": (
            "{file}不是本系统签名的模型；确认来源可靠后用 --trust 采用",
            "{file} was not signed by this installation; use --trust when you know who made it",
        ),
        "triage.model_in_the_way": (
            "{file}已存在；请换一个文件名",
            "{file} is there already; choose another name",
        ),
    }
)

FORM = 2
_FORMS_READ = (1, FORM)  # the first has no features for listed words
SIGNED_FOR = "triage model"  # what the installation's mark on a model is for
_CARD, _SIGNATURE, _ARRAYS = "card.json", "signature.json", "arrays.npz"
_MOST_BYTES = 400_000_000  # unpacked
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "rjieba")
_DIGITS_OF_NAME = 12

Mark = Callable[[str], str]
Verify = Callable[[str, str], bool]


class BadModel(CityloomError):
    """A file that holds no classifier, or another one than its card says."""

    status = 422


class ModelNotSigned(CityloomError):
    """A model of unknown origin; nothing of it was used."""

    status = 403


class ModelInTheWay(CityloomError):
    """A file is there that must not be replaced."""

    status = 409


def save_model(
    model: TrainedClassifier,
    path: Path,
    made_on: date,
    about: Mapping[str, Any],
    mark: Mark | None = None,
) -> TrainedClassifier:
    """Write it to a new file and give it back with its name and its full card.

    `about` goes into the card (the data, its digest, the figures); `mark` makes the installation's signature of the
    content's digest. Raises ModelInTheWay.
    """
    card = {
        "form": FORM,
        "made_on": made_on.isoformat(),
        **model.card,
        **about,
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "labels": list(model.labels),
        "lexicon_share": model.lexicon_share,
        "temperature": model.temperature,
        "headline_weight": model.headline_weight,
        "lexicon": [dict(words) for words in model.lexicon_words],
        "vocabulary": sorted(model.vocabulary, key=model.vocabulary.__getitem__),
    }
    arrays = _packed(model)
    digest = _digest(card, arrays)
    try:
        with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(_CARD, json.dumps(card, ensure_ascii=False))
            packed.writestr(_ARRAYS, arrays)
            packed.writestr(_SIGNATURE, json.dumps({"digest": digest, "mark": mark(digest) if mark else ""}))
    except FileExistsError as there:
        raise ModelInTheWay("triage.model_in_the_way", file=path.name) from there
    return replace(model, name=_name(card, digest), card=_shown(card))


def load_model(path: Path, verify: Verify | None) -> TrainedClassifier:
    """The classifier in a file, as `read_model` reads it."""
    try:
        content = path.read_bytes()
    except OSError as wrong:
        raise BadModel("triage.model_unreadable", file=path.name, detail=str(wrong)) from wrong
    return read_model(content, path.name, verify)


def read_model(content: bytes, file: str, verify: Verify | None) -> TrainedClassifier:
    """The classifier in the bytes of a file that is called so in errors.

    `verify` says whether the installation signed that digest, None trusts any. Raises BadModel for what cannot be
    read or does not fit together, ModelNotSigned for a stranger's.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > _MOST_BYTES:
                raise ValueError("larger than any model")
            card_bytes, arrays, signature = (packed.read(name) for name in (_CARD, _ARRAYS, _SIGNATURE))
        card, signed = json.loads(card_bytes), json.loads(signature)
        digest = _digest(card, arrays)
        if signed["digest"] != digest:
            raise ValueError("its content is not what its digest says")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, RecursionError, zipfile.BadZipFile) as wrong:
        raise BadModel("triage.model_unreadable", file=file, detail=str(wrong)) from wrong
    if verify is not None and not verify(digest, str(signed.get("mark", ""))):
        raise ModelNotSigned("triage.model_not_signed", file=file)
    try:
        return _unpacked(card, arrays, digest)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, zipfile.BadZipFile) as wrong:
        raise BadModel("triage.model_unreadable", file=file, detail=str(wrong)) from wrong


def _packed(model: TrainedClassifier) -> bytes:
    out = io.BytesIO()
    np.savez(
        out,
        scale=model.scale,
        weights=model.weights,
        bias=model.bias,
        starts=model.precedents.starts,
        texts=model.precedents.texts,
        filed=model.precedents.labels,
    )
    return out.getvalue()


def _unpacked(card: Mapping[str, Any], packed: bytes, digest: str) -> TrainedClassifier:
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        weights, scale, bias = (arrays[name].astype(np.float32) for name in ("weights", "scale", "bias"))
        precedents = Precedents(*(arrays[name].astype(np.int32) for name in ("starts", "texts", "filed")))
    labels, words = tuple(map(str, card["labels"])), list(map(str, card["vocabulary"]))
    lexicon = tuple({str(word): float(weight) for word, weight in each.items()} for each in card["lexicon"])
    _check(card, weights, scale, bias, precedents, len(words), len(labels), len(lexicon))
    return TrainedClassifier(
        name=_name(card, digest),
        labels=labels,
        vocabulary={word: at for at, word in enumerate(words)},
        scale=scale,
        weights=weights,
        bias=bias,
        precedents=precedents,
        lexicon=Lexicon.of_lists(lexicon),
        lexicon_words=lexicon,
        lexicon_share=float(card["lexicon_share"]),
        temperature=float(card["temperature"]),
        headline_weight=float(card["headline_weight"]),
        card=_shown(card),
    )


def _check(
    card: Mapping[str, Any],
    weights: np.ndarray,
    scale: np.ndarray,
    bias: np.ndarray,
    precedents: Precedents,
    words: int,
    labels: int,
    lists: int,
) -> None:
    """Everything fits together, so that no text can make the classifier fail later; raises ValueError."""
    if card["form"] not in _FORMS_READ:
        raise ValueError(f"form {card['form']}, this version reads the forms {_FORMS_READ}")
    if weights.shape != (words, labels) or scale.shape != (words,) or bias.shape != (labels,) or lists != labels:
        raise ValueError("its arrays do not fit its words and classes")
    if not all(np.isfinite(each).all() for each in (weights, scale, bias)) or not 0 < card["temperature"] < 100:
        raise ValueError("it holds numbers that are none")
    starts, texts, filed = precedents.starts, precedents.texts, precedents.labels
    if starts.shape != (words + 1,) or (np.diff(starts) < 0).any() or starts[0] != 0 or starts[-1] != texts.size:
        raise ValueError("its precedents do not fit its words")
    if texts.size and not (texts.min() >= 0 and texts.max() < filed.size and 0 <= filed.min() < labels):
        raise ValueError("its precedents name texts that are not there")


def _digest(card: Mapping[str, Any], arrays: bytes) -> str:
    return hashlib.sha256(canonical(card) + b"\0" + hashlib.sha256(arrays).digest()).hexdigest()


def _name(card: Mapping[str, Any], digest: str) -> str:
    return f"{card['made_on']}-{digest[:_DIGITS_OF_NAME]}"


def _shown(card: Mapping[str, Any]) -> dict[str, Any]:
    """The card without what fills pages."""
    return {key: value for key, value in card.items() if key not in ("vocabulary", "lexicon")}
