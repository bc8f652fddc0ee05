"""A log tells what happened and to whom nothing: phones, codes, names and words do not get into it."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import DatabaseError, connection
from tests.cases.life import Life

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.logs import logging_config, tell_uncaught
from cityloom.app.masking import CODE, IDENTITY, PHONE, mask, told_exception
from cityloom.app.processes import free_port
from cityloom.app.watch_settings import log_format
from cityloom.base.crypto import new_tracking_code
from cityloom.cases.errors import UnknownWord

NAME, NUMBER, WORDS = "秦晓梅", "13800138000", "夜里施工很吵"
SECRET = "ABCDEFGHJKLMNPQRSTUVWXYZ23"
Written = Callable[[], str]


@pytest.fixture(params=["json", "text"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def written(form: str) -> Iterator[Written]:
    """What is written to the log, in either form, as a process in production writes it."""
    yield from _writing(logging_config(form, "DEBUG", messages=False))


def _writing(config: dict) -> Iterator[Written]:
    out = io.StringIO()
    config["handlers"]["stderr"]["stream"] = out
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logging.config.dictConfig(config)
    yield out.getvalue
    root.handlers[:] = before
    root.setLevel(level)
    logging.config.dictConfig(settings.LOGGING | {"root": {"handlers": [], "level": level}})
    root.handlers[:] = before


@pytest.mark.parametrize(
    ("text", "expected", "because"),
    [
        (f"call {NUMBER} now", f"call {PHONE} now", "a mobile"),
        (f"电话{NUMBER}转", f"电话{PHONE}转", "Chinese letters stand close"),
        ("+86 138-0013-8000", PHONE, "with the country and dashes"),
        ("138 0013 8000", PHONE, "in groups"),
        ("010-87654321", PHONE, "a landline with its area"),
        ("(0371)87654321", PHONE, "the area in brackets"),
        ("+44 20 7946 0958", PHONE, "a number of another country"),
        ("11010519491231002X", IDENTITY, "an identity card"),
        (f"/t/{SECRET}/move/", f"/t/{CODE}/move/", "the page of a report"),
        ("/t/abc/?done=1", f"/t/{CODE}/?done=1", "whatever stands where a code belongs"),
        (SECRET, CODE, "a code alone"),
        (SECRET.lower(), CODE, "typed small"),
        ("ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2-3", CODE, "read out in groups"),
    ],
)
def test_what_tells_of_a_person_is_masked(text: str, expected: str, because: str) -> None:
    assert mask(text) == expected, because


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("990100-20260601-000001", "a case's number belongs to nobody"),
        ("20260601000001", "longer than any phone"),
        ("2026-11-22T06:50:58.123456+00:00", "a moment"),
        ("123e4567e89b12d3a456426614174000", "an id of a request"),
        ("clocks=200 took_ms=1381", "counts"),
        ("the cover of the drain at the corner rocks", "words without digits are no code"),
        ("lon=113.6254 lat=34.7466", "a place of the map"),
    ],
)
def test_what_tells_of_nobody_stays(text: str, because: str) -> None:
    assert mask(text) == text, because


def test_every_new_tracking_code_is_masked_however_it_is_written() -> None:
    for _ in range(500):
        code = new_tracking_code()
        for shown in (code, code.lower(), "-".join(code[i : i + 4] for i in range(0, 26, 4))):
            if any(sign.isdigit() for sign in code):
                assert mask(f"seen {shown}.") == f"seen {CODE}."


def test_an_event_is_one_line_with_its_fields(written: Written, form: str) -> None:
    logging.getLogger("cityloom.test").info("moved=%d", 3, extra={"fields": {"unit": "street_e1", "note": NUMBER}})
    (line,) = written().splitlines()
    assert "moved=3" in line
    assert NUMBER not in line
    if form == "json":
        told = json.loads(line)
        assert (told["event"], told["unit"], told["note"], told["level"]) == ("moved=3", "street_e1", PHONE, "INFO")
        assert told["at"].endswith("+00:00")
    else:
        assert line.endswith(f"moved=3 unit=street_e1 note={PHONE}")


def test_the_arguments_of_a_message_are_masked(written: Written) -> None:
    logging.getLogger("cityloom.test").warning("refused=%s for %r", f"/t/{SECRET}/", {"phone": NUMBER})
    assert SECRET not in written()
    assert NUMBER not in written()


def test_an_exception_is_told_by_its_kind_and_place_not_by_what_it_quotes(written: Written) -> None:
    def call_back(name: str, phone: str) -> None:
        words = WORDS
        raise ValueError(f"{name} ({phone}) said {words!r}, code {SECRET}")

    try:
        call_back(NAME, NUMBER)
    except ValueError:
        logging.getLogger("cityloom.test").exception("round=failed")
    said = written()
    assert "ValueError" in said
    assert "in call_back" in said
    for personal in (NAME, NUMBER, WORDS, SECRET):
        assert personal not in said


def test_the_exceptions_behind_an_exception_are_told_as_carefully(written: Written) -> None:
    try:
        try:
            raise KeyError(NAME)
        except KeyError as first:
            raise RuntimeError(f"cannot reach {NUMBER}") from first
    except RuntimeError:
        logging.getLogger("cityloom.test").exception("failed")
    assert "RuntimeError" in written()
    assert "KeyError" in written()
    assert NAME not in written()
    assert NUMBER not in written()


def test_an_exception_given_as_a_part_of_the_message_is_told_as_carefully(written: Written) -> None:
    logging.getLogger("cityloom.test").error("closing failed: %s", ValueError(f"{NAME} {WORDS}"))
    assert "closing failed: ValueError" in written()
    assert NAME not in written()


@pytest.mark.django_db(transaction=True)
def test_a_database_error_names_its_constraint_and_not_the_row(written: Written, life: Life) -> None:
    life.report(words=WORDS)
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute("UPDATE cases_report SET received_at = NULL")
    assert WORDS in str(caught.value), "PostgreSQL itself quotes the row that failed"
    logging.getLogger("cityloom.test").error("failed", exc_info=caught.value)
    assert "received_at" in written()
    assert "cases_report" in written()
    assert WORDS not in written()


def test_a_refusal_tells_its_code(written: Written) -> None:
    try:
        raise UnknownWord("error.unknown_unit", unit=NAME)
    except UnknownWord:
        logging.getLogger("cityloom.test").exception("refused")
    assert "error.unknown_unit" in written()
    assert NAME not in written()


def test_trying_out_an_exception_tells_its_words_masked_and_without_rows() -> None:
    told = told_exception(ValueError(f"no {NUMBER}\nDETAIL:  Failing row contains ({NAME})."), messages=True)
    assert told == f"ValueError: no {PHONE}\nDETAIL: [row]"


def test_what_nobody_caught_in_a_thread_is_a_masked_line_too(written: Written, monkeypatch) -> None:
    import sys
    import threading

    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    tell_uncaught()

    def fail() -> None:
        raise ValueError(NUMBER)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "uncaught" in written()
    assert NUMBER not in written()


def test_the_web_servers_access_log_would_be_masked_were_it_on(written: Written) -> None:
    logging.getLogger("granian.access").info('127.0.0.1 - "GET /t/%s/ HTTP/1.1" 200', SECRET)
    logging.getLogger("_granian").info("Listening")
    assert SECRET not in written()
    assert "Listening" in written()


def test_the_web_server_is_started_without_an_access_log_and_with_our_lines(monkeypatch, var_folder) -> None:
    import contextlib
    import importlib

    from click.testing import CliRunner

    from cityloom.app.cli import main

    given: dict = {}

    class Server:
        def __init__(self, *_: object, **options: object) -> None:
            given.update(options)

        def serve(self) -> None:
            given["served"] = True

    monkeypatch.setattr("granian.Granian", Server)
    monkeypatch.setattr("cityloom.app.ready.database_at_hand", contextlib.nullcontext)
    # this process goes on with its own connections, and its counters stay those of one process
    importlib.import_module(settings.ROOT_URLCONF)
    monkeypatch.setattr("cityloom.app.ready.keep_pool", lambda size: given.update(pool=size))
    monkeypatch.setattr("cityloom.app.forking.settle", lambda: given.update(settled="served" not in given))
    for name in ("PROMETHEUS_MULTIPROC_DIR", "CITYLOOM_DATABASE_POOL", "CITYLOOM_WEB_PARENT"):
        monkeypatch.setenv(name, str(var_folder))
    done = CliRunner().invoke(main, ["web", "--port", str(free_port()), "--threads", "3"])
    assert done.exit_code == 0, done.output
    assert given["pool"] == 5, "each thread has a connection, and there are two more"
    assert given["settled"], "before the workers split off"
    assert given["served"]
    assert given["log_access"] is False
    assert given["log_dictconfig"] is settings.LOGGING


@pytest.mark.parametrize(
    ("given", "form", "because"),
    [
        ({}, "text", "somebody tries it out"),
        ({"CITYLOOM_ENV": "production"}, "json", "a machine reads it"),
        ({"CITYLOOM_ENV": "production", "CITYLOOM_LOG_FORMAT": "text"}, "text", "as named"),
        ({"CITYLOOM_LOG_FORMAT": "json"}, "json", "as named"),
    ],
)
def test_the_form_follows_the_mode_unless_it_is_named(given: dict[str, str], form: str, because: str) -> None:
    assert log_format(Environment(given)) == form, because


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(SettingNotUnderstood, match="json or text"):
        log_format(Environment({"CITYLOOM_LOG_FORMAT": "xml"}))
