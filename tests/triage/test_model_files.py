"""A model is a file that is never executed: signed by its installation, or refused until somebody answers for it."""

import io
import json
import pickle
import zipfile
from datetime import date

import numpy as np
import pytest
from tests.triage.small_calls import calls, small_model

from cityloom.triage.model_files import (
    BadModel,
    ModelInTheWay,
    ModelNotSigned,
    _digest,
    load_model,
    read_model,
    save_model,
)

MADE_ON = date(2026, 3, 1)
MODEL = small_model()


def mark(digest):
    return f"ours:{digest}"


def is_ours(digest, given):
    return given == mark(digest)


@pytest.fixture
def path(tmp_path):
    save_model(MODEL, tmp_path / "calls.model", MADE_ON, {"note": "small calls"}, mark)
    return tmp_path / "calls.model"


def changed(path, name, content):
    """The file with one of its parts replaced."""
    with zipfile.ZipFile(path) as old:
        parts = {each: old.read(each) for each in old.namelist()} | {name: content}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for each, data in parts.items():
            new.writestr(each, data)
    return out.getvalue()


def test_a_model_reads_from_its_file_as_it_did_before(path):
    pairs, _ = calls(seed=4)
    loaded = load_model(path, is_ours)
    assert loaded.likeliest(pairs) == MODEL.likeliest(pairs)
    assert loaded.name.startswith("2026-03-01-")


def test_the_card_tells_data_date_figures_and_libraries(path):
    card = load_model(path, is_ours).card
    assert (card["note"], card["made_on"], card["texts"]) == ("small calls", "2026-03-01", 100)
    assert set(card["libraries"]) == {"numpy", "scipy", "scikit-learn", "rjieba"}
    assert card["inner_macro_f1"] > 0.9
    json.dumps(card)


def signed_as(path, form):
    """The file as a version that wrote another form would have signed it."""
    with zipfile.ZipFile(path) as packed:
        card = {**json.loads(packed.read("card.json")), "form": form}
        digest = _digest(card, packed.read("arrays.npz"))
    packed = io.BytesIO(changed(path, "card.json", json.dumps(card)))
    return changed(packed, "signature.json", json.dumps({"digest": digest, "mark": mark(digest)}))


def test_a_model_of_the_form_before_listed_words_were_features_is_still_read(path):
    pairs, _ = calls(seed=4)
    assert read_model(signed_as(path, 1), "calls.model", is_ours).likeliest(pairs) == MODEL.likeliest(pairs)


def test_a_model_of_a_form_to_come_is_refused_and_says_so(path):
    with pytest.raises(BadModel) as refused:
        read_model(signed_as(path, 9), "calls.model", is_ours)
    assert "form 9" in str(refused.value)


def test_a_stranger_s_model_is_refused_unless_it_is_trusted(path, tmp_path):
    save_model(MODEL, tmp_path / "theirs.model", MADE_ON, {}, None)
    with pytest.raises(ModelNotSigned):
        load_model(tmp_path / "theirs.model", is_ours)
    assert load_model(tmp_path / "theirs.model", None).labels == MODEL.labels


def test_a_model_is_never_written_over_a_file(path):
    with pytest.raises(ModelInTheWay):
        save_model(MODEL, path, MADE_ON, {}, mark)

    def __reduce__(self):
        raise AssertionError("something was unpickled")


def pickled_arrays():
    out = io.BytesIO()
    np.savez(out, weights=np.array([object()], dtype=object))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "because"),
    [
        ("card.json", b"{}", "another card than was signed"),
        ("card.json", b"not json", "no card at all"),
        ("card.json", b"[" * 100_000, "a card that nests without end"),
        ("arrays.npz", b"PK", "arrays that are none"),
        ("arrays.npz", pickled_arrays(), "arrays with objects, which would be unpickled"),
        ("signature.json", b"[]", "a signature of another form"),
    ],
)
def test_a_tampered_file_is_refused_even_when_it_is_trusted(path, name, content, because):
    with pytest.raises(BadModel):
        read_model(changed(path, name, content), "calls.model", None)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps({"model": 1})])
def test_what_is_no_model_is_refused(content):
    with pytest.raises(BadModel):
        read_model(content, "calls.model", None)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(BadModel):
        load_model(tmp_path / "gone.model", None)
