"""Which classifier reads a city's reports: chosen by a row, taken over without a restart, rolled back."""

from datetime import date

import pytest
from tests.triage.small_calls import small_model

from cityloom.cases.actions.use_model import roll_back_model, use_kept_model, use_model
from cityloom.cases.model_rows import NoSuchModel, list_models, model_in_use
from cityloom.cases.reading import classifier_for, forget_classifiers, wait_for_model
from cityloom.triage.model_files import ModelNotSigned, save_model

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def city(life):
    forget_classifiers()
    yield life.city
    forget_classifiers()


@pytest.fixture
def files(tmp_path):
    """Two models that differ in their cards and so in their names."""
    names = []
    for note in ("first", "second"):
        path = tmp_path / f"{note}.model"
        names.append((path, save_model(small_model(), path, date(2026, 3, 1), {"note": note}).name))
    return names


def test_the_city_folder_alone_reads_until_a_model_is_chosen(city):
    assert model_in_use(city) is None
    assert classifier_for(city).name == f"cold:{city.code}-{city.version}"


def test_a_chosen_model_reads_and_the_one_before_comes_back(city, files, life):
    (first, first_name), (second, second_name) = files
    assert use_model(city, first, "lin", life.clock, trust=True) == first_name
    assert wait_for_model(city).name == first_name
    use_model(city, second, "lin", life.clock, trust=True)
    assert wait_for_model(city).name == second_name
    assert roll_back_model(city, "lin", life.clock) == first_name
    assert wait_for_model(city).name == first_name
    use_kept_model(city, None, "lin", life.clock)
    assert wait_for_model(city).name.startswith("cold:")
    assert {row.name for row in list_models(city)} == {first_name, second_name}


def test_a_working_process_takes_a_new_model_over(city, files, life, monkeypatch):
    monkeypatch.setattr("cityloom.cases.reading.CHECK_EVERY_S", 0.0)
    monkeypatch.setattr("threading.Thread.start", lambda thread: thread.run())
    monkeypatch.setattr("cityloom.cases.reading.connections.close_all", lambda: None)
    assert classifier_for(city).name.startswith("cold:")
    path, name = files[0]
    use_model(city, path, "lin", life.clock, trust=True)
    assert classifier_for(city).name == name
    roll_back_model(city, "lin", life.clock)
    assert classifier_for(city).name.startswith("cold:")


def test_a_stranger_s_model_is_not_taken_in(city, files, life):
    with pytest.raises(ModelNotSigned):
        use_model(city, files[0][0], "lin", life.clock)
    assert list_models(city) == []


def test_a_model_that_is_not_there_cannot_be_used_nor_gone_back_to(city, life):
    with pytest.raises(NoSuchModel):
        use_kept_model(city, "2026-01-01-nothing", "lin", life.clock)
    with pytest.raises(NoSuchModel):
        roll_back_model(city, "lin", life.clock)
