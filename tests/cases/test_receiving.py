"""What is received: a report with its case, once; bad reports get a clear answer and change nothing."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from PIL import Image
from tests.cases.life import DRAIN, HEAP, LAMP, NOISE, SOUTHEAST, SOUTHWEST, Life, photo

from cityloom.base.crypto import tracking_hash
from cityloom.base.errors import CityloomError
from cityloom.cases.errors import BadPhoto, BadReport, NotAllowed, UnknownWord
from cityloom.cases.keeping import get_report
from cityloom.cases.photos import clean_photo
from cityloom.cases.reporters import list_case_ids_by_phone, open_contacts


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


BAD: list[tuple[dict[str, Any], type[CityloomError], str]] = [
    ({"words": "   "}, BadReport, "nothing is said and no photo is there"),
    ({"words": "吵" * 2001}, BadReport, "longer than the city's limit of 2,000"),
    ({"place": (10.0, 50.0)}, BadReport, "outside the city"),
    ({"place": (float("nan"), 30.0)}, BadReport, "no number"),
    ({"place": (30.0, 110.0)}, BadReport, "longitude and latitude exchanged"),
    ({"place": (1e9, 30.0)}, BadReport, "no longitude"),
    ({"class_code": "hotline:9999"}, UnknownWord, "no such class"),
    ({"class_code": "hotline:01"}, UnknownWord, "a class with classes below it"),
    ({"same_as": "no-such-case"}, CityloomError, "no such case to join"),
]


@pytest.mark.parametrize(("said", "kind", "because"), BAD, ids=[b[2] for b in BAD])
def test_a_bad_report_is_refused_in_both_languages_and_keeps_nothing(
    said: dict[str, Any], kind: type[CityloomError], because: str, life: Life
) -> None:
    with pytest.raises(kind) as refused:
        life.report(**said)
    assert refused.value.in_language("zh") != refused.value.in_language("en"), because
    assert [count(t) for t in ("cases_case", "cases_report", "cases_reporter", "cases_entry")] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE cases_case; --",
        "\u202e\u0000逆序".replace("\u0000", ""),
        "🚧" * 500,
        "%s %d {0} {code}",
    ],
)
def test_hostile_words_are_kept_as_they_were_said(words: str, life: Life) -> None:
    life.report(words=words)
    assert life.file.reports[0].words == words
    assert life.broken() == []


def test_a_nul_character_is_taken_out_since_no_database_keeps_it(life: Life) -> None:
    life.report(words="灯\x00不亮")
    assert life.file.reports[0].words == "灯不亮"


def test_the_same_key_is_the_same_report_with_the_same_code(life: Life) -> None:
    first = life.report(idempotency_key="once")
    again = life.report(idempotency_key="once")
    assert again.again
    assert (again.number, again.tracking_code) == (first.number, first.tracking_code)
    assert count("cases_case") == count("cases_report") == 1


def test_a_report_is_found_by_its_code_however_it_is_typed(life: Life) -> None:
    code = life.report().tracking_code
    assert len(code) == 26
    spaced = " ".join([code[:9].lower(), code[9:18], code[18:]])
    with connection.cursor() as cursor:
        assert get_report(cursor, tracking_hash(spaced)).id == life.received.report_id
        cursor.execute("SELECT * FROM cases_report")
        assert code not in str(cursor.fetchall()), "the code itself is stored nowhere"


def test_eight_statements_keep_a_public_report_whole(life: Life, django_assert_num_queries: Any) -> None:
    life.report(class_code=HEAP)
    with django_assert_num_queries(10):  # eight for data and the two of the savepoint around them
        life.report(class_code=HEAP)


def test_a_near_report_of_the_same_class_is_offered_as_twin(life: Life) -> None:
    first = life.report(class_code=NOISE, place=SOUTHEAST)
    near = life.report(class_code=NOISE, place=(SOUTHEAST[0] + 0.0002, SOUTHEAST[1]))
    assert [t.number for t in near.twins] == [first.number]
    assert 15 < near.twins[0].distance_m < 25
    assert life.entries[0].changes["twins"] == [first.number]
    for said, because in (
        ({"class_code": NOISE, "place": SOUTHWEST}, "far away"),
        ({"class_code": LAMP, "place": SOUTHEAST, "words": "路灯不亮"}, "another class and other words"),
    ):
        assert life.report(**said).twins == (), because
    life.clock.advance(hours=25)
    assert life.report(class_code=NOISE).twins == (), "a day later it is a matter of its own"


def test_names_and_phones_are_sealed_apart_and_found_by_their_index(life: Life) -> None:
    life.report(name="秦晓梅", phone="138-0013-8000")
    with connection.cursor() as cursor:
        for table in ("cases_case", "cases_report", "cases_entry", "base_outbox", "cases_reporter"):
            cursor.execute(f"SELECT * FROM {table}")
            kept = str([[bytes(v) if isinstance(v, memoryview) else v for v in r] for r in cursor.fetchall()])
            assert "秦晓梅" not in kept, table
            assert "138" + "-0013" not in kept, table
            assert "13800138000" not in kept, table
    assert list_case_ids_by_phone(life.city, "+86 138 0013 8000") == [life.file.case.id]


def test_only_posts_that_call_back_open_a_contact_and_every_reading_is_recorded(life: Life) -> None:
    life.report(name="秦晓梅", phone="13800138000")
    (contact,) = open_contacts(life.file, life.post("callback"), "callback", life.clock)
    assert (contact.name, contact.phone) == ("秦晓梅", "13800138000")
    with connection.cursor() as cursor:
        cursor.execute("SELECT by_login, reason FROM cases_reporter_read")
        assert cursor.fetchall() == [("callback", "callback")]
    for login in ("handler_e1", "dispatcher", "leader", "admin", "auditor", "checker", "collector", "resident"):
        with pytest.raises(NotAllowed):
            open_contacts(life.file, life.post(login), "curious", life.clock)


def test_a_photo_loses_its_hidden_data_and_is_kept_before_the_report_is(life: Life) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at the home of 秦晓梅"
    exif[0x8825] = {1: "N", 2: (30.0, 0.0, 6.0)}
    raw = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(raw, "JPEG", exif=exif)
    life.report(photos=(clean_photo(raw.getvalue()),))
    with connection.cursor() as cursor:
        cursor.execute("SELECT file, width, height FROM cases_photo")
        ((name, width, height),) = cursor.fetchall()
    assert (width, height) == (64, 48)
    with default_storage.open(name) as kept:
        data = kept.read()
        assert not Image.open(io.BytesIO(data)).getexif()
    assert "秦".encode() not in data
    assert b"Exif" not in data


@pytest.mark.parametrize(
    ("raw", "because"),
    [
        (b"", "empty"),
        (b"GIF89a" + bytes(100), "a kind we do not take"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "a drawing with a script"),
        (b"\xff\xd8\xff" + bytes(50), "only the head of a JPEG"),
        (bytes(12_000_001), "larger than 12 MB"),
    ],
)
def test_what_is_no_photo_is_refused(raw: bytes, because: str) -> None:
    with pytest.raises(BadPhoto):
        clean_photo(raw)


def test_a_component_beside_the_reporter_is_the_one_that_is_meant(life: Life) -> None:
    life.report("grid_worker", by="collector", class_code=DRAIN, place=(110.00121, 30.00121))
    assert life.file.case.component_code == "9901010103000001"
    life.report("grid_worker", by="collector", class_code=DRAIN, place=(110.0061, 30.0061))
    assert life.file.case.component_code is None, "none within fifteen metres"


def test_a_failing_photo_store_keeps_nothing(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr("cityloom.cases.photo_rows.store_picture", full)
    with pytest.raises(OSError, match="no space"):
        life.report(photos=(photo(),))
    assert count("cases_report") == 0
