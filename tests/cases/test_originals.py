"""What people said word for word lies sealed; what everybody sees is masked, in rows, chain, doors and exports."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client
from tests.cases.life import Life
from tests.stories.test_leaks import signed_in

from cityloom.base.reasons import Reason
from cityloom.cases.actions.erase_reporter import erase_reporter
from cityloom.cases.actions.mask_old_words import mask_old_words
from cityloom.cases.errors import NotAllowed
from cityloom.cases.key_rotation import list_standing
from cityloom.cases.originals import list_masked, open_words, shown_text
from cityloom.city.values import Post, Role
from cityloom.triage.masking import MASK

SAID = "我叫王小明，住3栋2单元501室，请打13912345678，车京A·12345被划"
HIDDEN = ("王小明", "501室", "13912345678", "京A·12345")
SHOWN = f"我叫{MASK}，住3栋{MASK}，请打{MASK}，车{MASK}被划"
SYSTEM_STEWARD = Post("steward", Role.DATA_STEWARD)


def rows(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def everything_stored() -> str:
    """All rows of all tables in one text."""
    names = rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' "
                 "AND table_type = 'BASE TABLE'")  # fmt: skip
    stored = []
    for (name,) in names:
        stored += [
            [bytes(v) if isinstance(v, memoryview) else v for v in row] for row in rows(f'SELECT * FROM "{name}"')
        ]
    return json.dumps(stored, ensure_ascii=False, default=str)


def test_words_and_address_are_masked_in_the_row_and_kept_sealed(life: Life) -> None:
    life.report(words=SAID, address="东光苑3栋2单元501室")
    (report,) = life.file.reports
    assert (report.words, report.address) == (SHOWN, f"东光苑3栋{MASK}")
    assert life.file.case.address == f"东光苑3栋{MASK}"
    assert not any(secret in everything_stored() for secret in HIDDEN)
    assert life.broken() == []


def test_a_report_without_personal_data_keeps_no_original(life: Life) -> None:
    life.report(words="夜里施工很吵")
    assert rows("SELECT id FROM cases_original") == []


def test_a_report_that_joins_a_case_is_masked_too(life: Life) -> None:
    life.report()
    life.report(words=SAID, same_as=life.number)
    assert life.file.reports[-1].words == SHOWN
    with connection.cursor() as cursor:
        assert list_masked(cursor, life.file) == {life.file.reports[-1].id}
    assert life.broken() == []


@pytest.mark.parametrize(
    ("login", "why", "because"),
    [
        ("handler_e1", "intake", "the unit that handles it reads the masked words"),
        ("dispatcher", "intake", "not at intake"),
        ("agent", "callback", "a reason of another post"),
        ("agent", "curiosity", "no reason at all"),
    ],
)
def test_the_original_is_refused(life: Life, login: str, why: str, because: str) -> None:
    life.report(words=SAID)
    with pytest.raises(NotAllowed):
        open_words(life.file, life.post(login), why, life.clock)
    assert rows("SELECT 1 FROM cases_reporter_read") == [], because


def test_who_takes_calls_reads_the_original_and_the_reading_is_logged(life: Life) -> None:
    life.report(words=SAID)
    (opened,) = open_words(life.file, life.post("agent"), "intake", life.clock)
    assert opened.said.words == SAID
    ((login, reason, fields),) = rows("SELECT by_login, reason, fields FROM cases_reporter_read")
    assert (login, reason, fields) == ("agent", "intake", ["words"])


def test_the_page_shows_the_masked_words_and_the_original_only_when_asked(life: Life) -> None:
    life.report(words=SAID)
    address = f"/case/{life.number}/"
    agent = signed_in("agent")
    page = agent.get(address).content.decode()
    assert MASK in page
    assert not any(secret in page for secret in HIDDEN)
    opened = agent.post(f"{address}words/", {"reason": "intake"}).content.decode()
    assert all(secret in opened for secret in HIDDEN)
    refused = signed_in("handler_e1").post(f"{address}words/", {"reason": "intake"})
    assert refused.status_code == 403
    assert not any(secret in refused.content.decode() for secret in HIDDEN)
    assert Client().post(f"{address}words/", {"reason": "intake"}).status_code in (302, 403)


def test_erasing_the_person_takes_the_original_away(life: Life) -> None:
    life.report(words=SAID)
    ids = [r.id for r in life.file.reports]
    erase_reporter(
        life.city,
        life.file.case.id,
        ids,
        Reason("erase.asked"),
        SYSTEM_STEWARD,
        life.clock,
        parts=frozenset({"contact"}),
    )
    assert rows("SELECT id FROM cases_original") == []
    assert life.file.reports[0].words == SHOWN, "what is shown names nobody and stays"
    assert life.broken() == []


def test_the_sealed_originals_are_part_of_a_change_of_keys(life: Life) -> None:
    life.report(words=SAID)
    with connection.cursor() as cursor:
        standing = {s.table: (s.rows, s.older) for s in list_standing(cursor)}
    assert standing["cases_original"] == (1, 0)


# --- reports from before ----------------------------------------------------------------------------------------


def received_before_masking(life: Life, words: str) -> None:
    """A report as an earlier release kept it: the row, and a chain that vouches for it."""
    import cityloom.cases.actions.receive_report as receiving

    before, receiving.shown_text = receiving.shown_text, lambda text: text
    try:
        life.report(words=words)
    finally:
        receiving.shown_text = before
    rows("UPDATE cases_report SET words_masked = false WHERE id = %s RETURNING id", life.file.reports[0].id)


def test_words_received_before_are_masked_and_the_chain_vouches_anew(life: Life) -> None:
    received_before_masking(life, SAID)
    assert life.file.reports[0].words == SAID
    assert life.broken() == []
    assert mask_old_words(life.clock) == 1
    (report,) = life.file.reports
    assert (report.words, report.words_masked) == (SHOWN, True)
    assert life.broken() == []
    assert life.entries[-1].move == "mask"
    assert not any(secret in everything_stored() for secret in HIDDEN)
    (opened,) = open_words(life.file, life.post("agent"), "intake", life.clock)
    assert opened.said.words == SAID
    assert mask_old_words(life.clock) == 0, "nothing is left"


def test_clean_words_received_before_are_only_marked(life: Life) -> None:
    received_before_masking(life, "夜里施工很吵")
    entries = len(life.entries)
    assert mask_old_words(life.clock) == 0
    assert life.file.reports[0].words_masked
    assert len(life.entries) == entries


def test_words_changed_after_they_were_masked_are_noticed(life: Life) -> None:
    received_before_masking(life, SAID)
    mask_old_words(life.clock)
    rows("UPDATE cases_report SET words = '别的话' WHERE id = %s RETURNING id", life.file.reports[0].id)
    assert [b.what for b in life.broken()] == ["text does not match its digest"]


def test_a_resident_who_writes_a_number_into_the_history_is_masked(life: Life) -> None:
    life.report()
    life.move("urge", "resident", owns=True, note="请打13912345678")
    assert life.entries[-1].text in (f"请打{MASK}", None) or any(e.text == f"请打{MASK}" for e in life.entries)
    assert "13912345678" not in everything_stored()
    assert life.broken() == []


def test_masking_twice_is_masking_once() -> None:
    assert shown_text(shown_text(SAID)) == shown_text(SAID) == SHOWN
    assert shown_text("") == ""
