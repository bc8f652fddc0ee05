"""A city's own closed cases become a model, which reads its reports, is held against people, and is taken back."""

from __future__ import annotations

import json
from contextlib import nullcontext

import pytest
from click.testing import CliRunner
from tests.cases.life import LAMP, REFUSE, Life
from tests.triage.small_calls import calls

from cityloom.app import ready
from cityloom.app.cli import main
from cityloom.cases.reading import forget_classifiers, wait_for_model
from cityloom.triage.values import Reading

CLASSES = {"lamp": LAMP, "refuse": REFUSE}


@pytest.fixture
def run(life: Life, monkeypatch: pytest.MonkeyPatch):
    """Calls `cityloom triage` on the test's own database; what it prints as JSON."""
    monkeypatch.setattr(ready, "ready", lambda *_, **__: nullcontext())

    def call(*words: object):
        done = CliRunner().invoke(main, ["triage", *map(str, words), "--city", life.city.code, "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return call


def test_a_model_of_the_city_s_own_cases_reads_its_reports_and_is_taken_back(life: Life, run, tmp_path):
    for (_, text), label in list(zip(*calls(per_class=6, seed=4), strict=True)):
        if label in CLASSES:
            life.report("hotline", by="agent", words=text, class_code=CLASSES[label], place=None)
            life.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")
    card = run("train", "--from-city", "--out", tmp_path / "own.model")
    assert (card["texts"], card["data"]["city"]) == (12, life.city.code)
    used = run("models", "use", tmp_path / "own.model", "--by", "steward")
    forget_classifiers()
    assert wait_for_model(life.city).name == card["name"] == used["model"]
    life.report("hotline", by="agent", words="路灯不亮，一片漆黑，照明坏了", class_code=None)
    assert Reading.from_json(life.file.reports[0].reading).model == card["name"]
    life.move("reclassify", "dispatcher", class_code=LAMP, reason="corrected.class")
    (figures,) = [each for each in run("drift", "--days", 3660) if each["model"] == card["name"]]
    assert (figures["read"], figures["decided"], figures["agreement"]) == (1, 1, 1.0)
    (listed,) = run("models", "list")
    assert (listed["name"], listed["added_by"]) == (card["name"], "steward")
    assert listed["in_use_since"]
    assert run("models", "rollback")["model"] == "cold"
    forget_classifiers()
    assert wait_for_model(life.city).name.startswith("cold:")
    assert run("models", "list")[0]["in_use_since"] is None
