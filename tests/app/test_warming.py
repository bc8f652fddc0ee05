"""A web process builds what reading needs beside its work; where that cannot be, the first report does."""

from __future__ import annotations

from cityloom.app import warming
from cityloom.app.warming import warm_beside
from cityloom.cases.gazetteers import kept_gazetteer
from cityloom.city.snapshot import NoSuchCity
from cityloom.web import context

PATIENCE_S = 120


def test_the_readers_are_there_before_anybody_reports(life, monkeypatch):
    monkeypatch.setattr(context, "city", lambda: life.city)
    warm_beside().join(PATIENCE_S)
    assert kept_gazetteer(life.city) is not None


def test_an_installation_without_a_city_starts_all_the_same(monkeypatch):
    def none():
        raise NoSuchCity("nowhere", [])

    monkeypatch.setattr(context, "city", none)
    told = []
    monkeypatch.setattr(warming._log, "info", lambda *words: told.append(words))
    warm_beside().join(PATIENCE_S)
    assert [words[0].split()[0] for words in told] == ["warming=put_off"]
