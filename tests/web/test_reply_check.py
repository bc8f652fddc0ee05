"""Beside the text of a reply stands what it lacks, in the reader's language; nothing of a draft is kept."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.cases.life import Life
from tests.stories.test_leaks import signed_in

SAID = "夜里三点还在打桩，什么时候能停？"
GOOD = "经现场核实，该工地夜里三点打桩，我街道已责令其6月20日前停止夜间施工，由执法大队负责，电话0371-66123456。"
EMPTY = "您的留言已收悉，我们高度重视，感谢您的理解与支持。"


@pytest.fixture
def handled(life: Life) -> Life:
    life.report("hotline", "agent", words=SAID)
    for move in ("sign", "contact", "handle"):
        life.move(move, "handler_e1", note="已到现场")
    return life


def check(life: Life, draft: str, login: str = "handler_e1", language: str = "zh-hans") -> str:
    answer = signed_in(login).post(
        f"/case/{life.number}/reply-check/", {"note": draft}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_form_of_a_reply_asks_for_the_check_while_it_is_written(handled: Life) -> None:
    page = signed_in("handler_e1").get(f"/case/{handled.number}/").content.decode()
    assert f'hx-post="/case/{handled.number}/reply-check/"' in page


def test_a_draft_is_told_what_it_lacks_first(handled: Life) -> None:
    told = check(handled, EMPTY)
    assert told.index("没有写明何时完成") < told.index("#") if "#" in told else "没有写明何时完成" in told
    assert "没有写明由哪个单位" in told
    assert "没有留联系方式" in told
    assert "没有写明" not in check(handled, GOOD)


def test_it_reads_in_english_too(handled: Life) -> None:
    told = check(handled, EMPTY, language="en")
    assert "gives no contact" in told
    assert "Draft check" in told


def test_an_empty_draft_says_nothing_and_a_stranger_is_refused(handled: Life) -> None:
    assert check(handled, " ") == ""
    answer = signed_in("handler_e2").post(f"/case/{handled.number}/reply-check/", {"note": GOOD})
    assert answer.status_code == 403
    assert "打桩" not in answer.content.decode()


def test_nothing_of_a_draft_is_kept(handled: Life) -> None:
    seq = handled.file.case.seq
    check(handled, GOOD)
    assert handled.file.case.seq == seq
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_entry WHERE text LIKE '%%执法大队%%'")
        assert cursor.fetchone()[0] == 0
