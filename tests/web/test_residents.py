"""What a resident does in a browser: report, follow, add, take back, say that it is not solved."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from PIL import Image
from tests.cases.life import NOISE, NORTHEAST, SOUTHEAST, Life, photo

from cityloom.web import waiting_photos

SCRIPT = "<script>alert('x')</script>"


def _said(**typed: Any) -> dict[str, Any]:
    lon, lat = typed.pop("place", SOUTHEAST)
    return {
        "key": str(uuid.uuid4()), "class": NOISE, "words": "楼下夜里施工", "lon": lon, "lat": lat, "address": "",
        "name": "", "phone": "", "same_as": "", "asked": "", **typed,
    }  # fmt: skip


def _jpeg() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return SimpleUploadedFile("a.jpg", out.getvalue(), "image/jpeg")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def _code_in(html: str) -> str:
    return re.search(r'<code class="code">(\w+)</code>', html)[1]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("address", ["/", "/report/", "/track/", "/paths/", "/signin/"])
def test_the_public_pages_open_in_both_languages(browser_of: Callable[..., Client], address: str, language: str):
    html = browser_of(language=language).get(address).content.decode()
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in html
    assert ("小城" if language == "zh" else "Small City") in html


def test_the_language_is_changed_by_a_plain_form(browser_of: Callable[..., Client]):
    client = browser_of(language="en")
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/report/"})
    assert "反映问题" in client.get("/report/").content.decode()


def test_a_report_is_answered_with_number_code_unit_and_promise(browser_of: Callable[..., Client]):
    answer = browser_of().post("/report/", _said(name="秦晓梅", phone="13800138000"))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Southeast Street Office" in html
    assert "Mon 8 Jun" in html
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "13800138000" not in html
    assert browser_of().get(f"/t/{_code_in(html)}/").status_code == 200


def test_sending_the_same_form_twice_makes_one_report_with_one_code(browser_of: Callable[..., Client]):
    said = _said()
    codes = [_code_in(browser_of().post("/report/", said).content.decode())]
    codes += [_code_in(browser_of().post("/report/", {**said, "asked": "yes"}).content.decode())]
    assert codes[0] == codes[1]
    assert (_count("cases_case"), _count("cases_report")) == (1, 1)


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"asked": ""}, "the own matter is not offered as one nearby"),
        ({"asked": "", "words": ""}, "what was received is told, whatever has become of the form"),
        ({"asked": "yes", "photos": True}, "a photo sent again is no reason to refuse"),
    ],
)
def test_a_form_whose_answer_was_lost_is_sent_again_and_answered_as_the_first_time(
    browser_of: Callable[..., Client], changed: dict[str, Any], because: str
):
    said = _said(asked="yes")
    first = browser_of().post("/report/", {**said, "photos": [_jpeg() for _ in range(3)]})
    again = {**said, **changed} | ({"photos": [_jpeg() for _ in range(3)]} if "photos" in changed else {})
    answer = browser_of().post("/report/", again)
    assert answer.status_code == 200, because
    assert _code_in(answer.content.decode()) == _code_in(first.content.decode()), because
    assert (_count("cases_case"), _count("cases_report"), _count("cases_photo")) == (1, 1, 3), because


def test_a_photo_laid_aside_and_sent_once_more_counts_once_and_a_half_written_one_not_at_all(
    site: Life, browser_of: Callable[..., Client]
):
    said = _said(place=("120", "30"))
    assert "1 kept from before" in browser_of().post("/report/", {**said, "photos": [_jpeg()]}).content.decode()
    (whole,) = waiting_photos._names(said["key"])
    default_storage.save(f"{whole.rpartition('/')[0]}/01-{'0' * 32}.jpg", ContentFile(b"cut"))
    assert "1 kept from before" in browser_of().post("/report/", {**said, "photos": [_jpeg()]}).content.decode()
    browser_of().post("/report/", _said(key=said["key"], photos=[_jpeg()]))
    assert _count("cases_photo") == 1
    assert waiting_photos._names(said["key"]) == []


def test_open_matters_nearby_are_shown_before_sending_and_one_more_report_can_join(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    said = _said(photos=[_jpeg()])
    asked = browser_of().post("/report/", said).content.decode()
    assert site.number in asked
    assert _count("cases_report") == 1
    answer = browser_of().post("/report/", _said(key=said["key"], asked="yes", same_as=site.number))
    assert "together with the same matter" in answer.content.decode()
    assert (_count("cases_case"), _count("cases_report"), _count("cases_photo")) == (1, 2, 1)


def test_a_case_that_was_not_offered_cannot_be_joined(site: Life, browser_of: Callable[..., Client]):
    site.report(place=NORTHEAST, confidential=True)
    browser_of().post("/report/", _said(asked="yes", same_as=site.number))
    assert _count("cases_case") == 2


@pytest.mark.parametrize(
    ("typed", "words", "because"),
    [
        ({"words": " "}, "say in a few words", "a report says something"),
        ({"place": ("120", "30")}, "outside the city", "the place lies in the city"),
        ({"place": ("east", "30")}, "no longitude and latitude", "coordinates are numbers"),
        ({"place": ("nan", "30")}, "no longitude and latitude", "coordinates are real numbers"),
        ({"class": "hotline:9999"}, "no class", "the class is in the catalogue"),
        ({"words": "长" * 2001}, "more than 2000", "the city sets how long a text may be"),
    ],
)
def test_a_refused_report_says_why_and_keeps_what_was_typed(
    browser_of: Callable[..., Client], typed: dict[str, Any], words: str, because: str
):
    answer = browser_of().post("/report/", _said(address="望江路18号", **typed))
    html = answer.content.decode()
    assert answer.status_code == 422, because
    assert words in html, because
    assert 'value="望江路18号"' in html, because
    assert _count("cases_case") == 0


def test_a_file_that_is_no_photo_is_refused_and_good_ones_are_kept_for_the_next_try(
    browser_of: Callable[..., Client],
):
    said = _said(words="", photos=[_jpeg()], place=("120", "30"))
    assert "1 kept from before" in browser_of().post("/report/", said).content.decode()
    bad = _said(key=said["key"], photos=[SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>", "image/jpeg")])
    assert "no photo we can read" in browser_of().post("/report/", bad).content.decode()
    browser_of().post("/report/", _said(key=said["key"]))
    assert _count("cases_photo") == 1


def test_what_people_type_is_shown_as_text_never_as_markup(site: Life, browser_of: Callable[..., Client]):
    site.report(words=SCRIPT, address=SCRIPT)
    site.move("sign", "handler_e1")
    site.move("contact", "handler_e1", note=SCRIPT)
    code = site.received.tracking_code
    pages = [browser_of().get(f"/t/{code}/"), browser_of().post("/report/", _said(words=SCRIPT, place=("1", SCRIPT)))]
    pages += [
        browser_of("handler_e1").get(f"/case/{site.number}/"),
        browser_of("handler_e1").get("/queue/?view=open"),
    ]
    for page in pages:
        html = page.content.decode()
        assert SCRIPT not in html
        assert "&lt;script&gt;" in html


def test_a_form_without_its_token_is_refused(site: Life):
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    answer = client.post("/report/", _said())
    assert answer.status_code == 403
    assert "expired" in answer.content.decode()
    assert _count("cases_case") == 0


# --- following --------------------------------------------------------------------------------------------------


def test_a_thread_tells_the_steps_the_holder_and_the_promise_and_stays_out_of_search_engines(
    site: Life, browser_of: Callable[..., Client]
):
    site.report()
    site.clock.advance(minutes=20)
    site.move("sign", "handler_e1")
    answer = browser_of().get(f"/t/{site.received.tracking_code}/")
    html = answer.content.decode()
    for words in (
        "We received your report",
        "Southeast Street Office has signed for it",
        "Mon 8 Jun",
        "夜里施工很吵",
    ):
        assert words in html
    assert "handler_e1" not in html
    assert "侯南" not in html
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_code_may_be_typed_with_spaces_and_in_small_letters(site: Life, browser_of: Callable[..., Client]):
    site.report()
    code = site.received.tracking_code
    typed = f" {code[:6].lower()} {code[6:13]}-{code[13:]} "
    assert browser_of().post("/track/", {"code": typed}).headers["Location"] == f"/t/{code}/"


def test_a_wrong_code_is_told_without_losing_it(browser_of: Callable[..., Client]):
    answer = browser_of().post("/track/", {"code": "WRONGCODE"})
    assert answer.status_code == 404
    assert "WRONGCODE" in answer.content.decode()
    assert browser_of().get("/t/WRONGCODE/").status_code == 404


def test_nothing_of_another_resident_is_on_a_thread(site: Life, browser_of: Callable[..., Client]):
    site.report(words="第一位的话", address="第一位的门牌", photos=(photo("red"),))
    first, number = site.received, site.number
    site.report(words="第二位的话", same_as=number, photos=(photo("blue"),))
    second = site.received
    html = browser_of().get(f"/t/{second.tracking_code}/").content.decode()
    assert "第二位的话" in html
    assert "第一位" not in html
    photos = _photos_of(first.report_id)
    assert browser_of().get(f"/t/{first.tracking_code}/photo/{photos[0]}").status_code == 200
    assert browser_of().get(f"/t/{second.tracking_code}/photo/{photos[0]}").status_code == 404


def _photos_of(report_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_photo WHERE report_id = %s", [report_id])
        return [i for (i,) in cursor.fetchall()]


def _move(client: Client, site: Life, move: str, **typed: Any) -> Any:
    code, version = site.received.tracking_code, site.file.case.version
    return client.post(f"/t/{code}/move/", {"move": move, "note": "", "reason": "", "version": version, **typed})


def test_a_resident_adds_words_and_takes_the_report_back(site: Life, browser_of: Callable[..., Client]):
    site.report()
    assert _move(browser_of(), site, "supplement", note="现在还在吵").status_code == 302
    assert "现在还在吵" in browser_of().get(f"/t/{site.received.tracking_code}/").content.decode()
    assert _move(browser_of(), site, "withdraw", reason="withdrawn.by_resident").status_code == 302
    assert site.state == "withdrawn"


def test_a_resident_says_that_it_is_not_solved(site: Life, browser_of: Callable[..., Client]):
    site.report(phone="", name="")
    for move, note in (("sign", ""), ("contact", "已联系"), ("handle", "已整改"), ("reply", "已要求夜间停工")):
        site.move(move, "handler_e1", note=note)
    assert site.state == "closed"
    html = browser_of().get(f"/t/{site.received.tracking_code}/").content.decode()
    assert "已要求夜间停工" in html
    assert "已整改" not in html  # a note among the staff
    assert "Not solved" in html
    _move(browser_of(), site, "reopen", reason="reopened.unsolved", note="又吵了")
    assert site.state == "dispatched"


def test_a_resident_cannot_make_a_move_of_the_staff(site: Life, browser_of: Callable[..., Client]):
    site.report()
    answer = _move(browser_of(), site, "sign")
    assert answer.status_code == 403
    assert "A resident may not" in answer.content.decode() or "resident may not" in answer.content.decode()
    assert site.state == "dispatched"
