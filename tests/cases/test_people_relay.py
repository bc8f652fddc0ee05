"""Handler and resident write to each other through the case; neither learns how to reach the other."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.cases.life import RESIDENT, Life
from tests.cases.people import with_settings

from cityloom.cases.actions.send_relay_message import send_relay_message
from cityloom.cases.errors import BadReport, NoSuchReport, NotAllowed, TooManyMessages
from cityloom.cases.relay import RelayMessage, list_broken_relay, list_relay, mark_read, screen
from cityloom.triage.masking import MASK


@pytest.mark.parametrize(
    ("said", "passed_on", "because"),
    [
        ("请打13800138000找我", f"请打{MASK}找我", "a mobile number"),
        ("138 0013-8000", MASK, "written with gaps"),
        ("+86 138-0013-8000，谢谢", f"{MASK}，谢谢", "with the country's code"),
        ("１３８００１３８０００", MASK, "in full-width digits"),
        ("一三八零零一三八零零零", MASK, "in Chinese numerals"),
        ("座机0371-6612 3456", f"座机{MASK}", "a landline"),
        ("410105199003078821", MASK, "an identity number"),
        ("写信到 a.b@city.example 吧", f"写信到 {MASK} 吧", "a mail address"),
        ("微信号：abc_12345", MASK, "an account of a messenger"),
        ("路灯编号 9901010137000001 坏了", "路灯编号 9901010137000001 坏了", "a component's number is no phone"),
        ("案件260601-1234567，18日16:00前", "案件260601-1234567，18日16:00前", "a case's number and a time are none"),
        ("第三五七号楼，二单元", "第三五七号楼，二单元", "a house's number in words is none"),
    ],
)
def test_contact_details_are_masked_however_they_are_written(said: str, passed_on: str, because: str):
    assert screen(said).text == passed_on, because


def relay(life: Life) -> list[RelayMessage]:
    with connection.cursor() as cursor:
        return list_relay(cursor, life.file.case.id, [r.id for r in life.file.reports])


def send(life: Life, by: str, text: str, **more: object) -> RelayMessage:
    post = RESIDENT if by == "resident" else life.post(by)
    report_id = more.pop("report_id", life.file.reports[0].id)
    return send_relay_message(
        life.city, life.number, report_id, text, post, life.clock, owns=by == "resident", **more  # type: ignore
    )  # fmt: skip


def test_both_sides_write_and_see_what_was_read(life: Life):
    life.report()
    send(life, "handler_e1", "请问几楼可以看到？我的电话13911112222")
    send(life, "resident", "三楼，下午在家")
    assert [(m.side, m.text, m.hidden) for m in relay(life)] == [
        ("unit", f"请问几楼可以看到？我的电话{MASK}", 1),
        ("resident", "三楼，下午在家", 0),
    ]
    with connection.cursor() as cursor:
        assert mark_read(cursor, [life.file.reports[0].id], "resident", life.clock.now()) == 1
    assert [m.read_at is not None for m in relay(life)] == [True, False]
    assert life.broken() == []


def test_the_words_stand_sealed_in_their_own_table_and_as_a_digest_in_the_chain(life: Life):
    life.report()
    send(life, "resident", "我家在三楼最里面那户")
    entry = life.entries[-1]
    assert (entry.subject, entry.move, entry.text) == ("relay", "relay", None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT topic, payload FROM base_outbox ORDER BY id")
        told = cursor.fetchall()
        assert "relay.sent" in [topic for topic, _ in told]
        assert "三楼" not in str(told)
        assert list_broken_relay(cursor, life.city.id) == []
        cursor.execute("UPDATE cases_relay SET salt = '\\x00'")
        assert [what for _, _, what in list_broken_relay(cursor, life.city.id)] == [
            "a relayed text does not match its digest"
        ]
        cursor.execute("DELETE FROM cases_relay")
        assert [what for _, _, what in list_broken_relay(cursor, life.city.id)] == ["a relayed message is gone"]


def test_nobody_else_writes(life: Life):
    life.report()
    for login in ("handler_e2", "dispatcher", "callback", "leader", "steward"):
        with pytest.raises(NotAllowed):
            send(life, login, "您好")
    with pytest.raises(NotAllowed):
        send_relay_message(life.city, life.number, life.file.reports[0].id, "我来看看", RESIDENT, life.clock)
    with pytest.raises(NoSuchReport):
        send(life, "handler_e1", "您好", report_id=1)
    with pytest.raises(BadReport):
        send(life, "handler_e1", "  ")
    assert relay(life) == []


def test_a_day_has_its_limit_and_a_case_that_ended_long_ago_passes_nothing_on(life: Life):
    life.city = with_settings(life.city, limits={"relay_a_day": 2})
    life.report()
    send(life, "resident", "一")
    send(life, "resident", "二")
    with pytest.raises(TooManyMessages, match="2 messages"):
        send(life, "resident", "三")
    send(life, "handler_e1", "收到")
    life.clock.advance(hours=20)
    send(life, "resident", "第二天")
    life.move("withdraw", "resident", owns=True, reason="withdrawn.by_resident")
    life.clock.advance(days=31)
    with pytest.raises(NotAllowed, match="ended"):
        send(life, "resident", "很久以后")


def test_a_message_does_not_make_what_others_saw_stale(life: Life):
    life.report()
    seen = life.file.case.version
    send(life, "resident", "补充一点")
    life.move("sign", "handler_e1", version=seen)
    assert life.state == "signed"


@pytest.mark.parametrize(
    ("consents", "told", "because"),
    [
        (("callback", "sms"), 1, "who agreed to messages is told that one waits"),
        (("callback",), 0, "who did not agree is not"),
    ],
)
def test_the_resident_is_told_by_sms_only_with_consent(
    life: Life, consents: tuple[str, ...], told: int, because: str
):
    life.report(consents=consents)
    send(life, "handler_e1", "请问在家吗")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM base_message WHERE template = 'relay.waiting'")
        assert cursor.fetchone()[0] == told, because
        cursor.execute("SELECT by_role, reason, fields FROM cases_reporter_read")
        assert cursor.fetchall() == [("system", "relay", ["phone"])] * told, "the phone alone was opened, and logged"
