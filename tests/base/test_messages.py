"""Messages: kept with what they are about, held in quiet hours, sent at least once, forgotten once they ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from cityloom.base.clock import GivenClock
from cityloom.base.ids import ids
from cityloom.base.message_rules import (
    RETRY_MIN,
    BadMessage,
    MessageRules,
    forbidden,
    held_until,
    masked,
    plain_address,
    quiet_until,
    retry_after,
)
from cityloom.base.messages import (
    About,
    Template,
    count_messages,
    known_templates,
    list_messages,
    note_wish,
    register_templates,
    rendered,
    send_later,
)
from cityloom.base.reasons import render
from cityloom.base.sending import LEASE, Outgoing, ProviderAway, ProviderRefused, forget_messages, send_messages

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = MessageRules(zone=SHANGHAI, signed_zh="小城12345", signed_en="Small City")
CITY, PHONE = "990100", "13800138000"

register_templates(
    {
        "test.told": Template("您好，{what}。", "Hello, {what}.", "告知", "News"),
        "test.urgent": Template("请撤离{what}", "leave {what}", urgent=True),
    }
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=SHANGHAI)


@dataclass
class Post:
    """A provider that writes down what it got; `mood` may raise."""

    got: list[Outgoing] = field(default_factory=list)
    mood: Callable[[Outgoing], None] | None = None

    def send(self, message: Outgoing) -> str:
        if self.mood is not None:
            self.mood(message)
        self.got.append(message)
        return f"provider-{len(self.got)}"


@pytest.fixture
def clock(db: None) -> GivenClock:
    ids.forget()
    return GivenClock(at(1, 9))


@pytest.fixture
def provider() -> Post:
    return Post()


def tell(clock: GivenClock, to: str = PHONE, template: str = "test.told", **more: object) -> int:
    given = {"language": "zh", "purpose": "progress", "about": About(CITY, "260601-1", 7), **more}
    kind = "mail" if "@" in to else "sms"
    return send_later(kind, to, template, {"what": "路灯修好了"}, clock=clock, **given)  # type: ignore[arg-type]


def sent(provider: Post, clock: GivenClock, most: int = 20) -> int:
    return send_messages({"sms": provider, "mail": provider}, clock, lambda _: RULES, most)


def state_of(message_id: int) -> str:
    return next(m.state for m in list_messages(CITY) if m.id == message_id)


# --- the rules, as values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until", "because"),
    [
        (at(1, 9), None, "morning"),
        (at(1, 20, 59), None, "the last minute before"),
        (at(1, 21), at(2, 8), "evening: until the next morning"),
        (at(2, 0, 30), at(2, 8), "after midnight: until the same morning"),
        (at(2, 8), None, "they end at eight"),
        (datetime(2026, 6, 1, 14, tzinfo=UTC), at(2, 8), "22:00 in Shanghai, whatever the server's zone"),
    ],
)
def test_quiet_hours_are_the_citys_own_night(now, until, because):
    assert quiet_until(now, RULES) == until, because


@pytest.mark.parametrize(
    ("begins", "ends", "hour", "quiet", "because"),
    [
        (time(12), time(14), 13, True, "a noon rest"),
        (time(12), time(14), 15, False, "after it"),
        (time(8), time(8), 3, False, "equal bounds: none"),
    ],
)
def test_quiet_hours_may_lie_within_a_day_or_be_left_out(begins, ends, hour, quiet, because):
    rules = MessageRules(zone=SHANGHAI, quiet_from=begins, quiet_until=ends)
    assert (quiet_until(at(1, hour), rules) is not None) is quiet, because


@pytest.mark.parametrize(
    ("now", "sent_today", "urgent", "until", "because"),
    [
        (at(1, 9), 0, False, None, "nothing stands against it"),
        (at(1, 9), 4, False, at(2, 8), "the day's four went out; tomorrow begins after quiet hours"),
        (at(1, 22), 0, False, at(2, 8), "quiet hours"),
        (at(1, 22), 9, True, None, "what is urgent waits for nothing"),
    ],
)
def test_a_message_is_held_by_quiet_hours_and_by_the_days_number(now, sent_today, urgent, until, because):
    held = held_until(now, sent_today, urgent, RULES)
    assert (held[0] if held else None) == until, because


@pytest.mark.parametrize(
    ("purpose", "wish", "goes", "because"),
    [
        ("callback", None, True, "who reported may be asked, unless"),
        ("callback", False, False, "they said no"),
        ("news", None, False, "news need a yes"),
        ("news", True, True, "and have one"),
        ("account", False, True, "a password reset was asked for by its receiver"),
    ],
)
def test_consent_is_held_against_the_purpose(purpose, wish, goes, because):
    assert (forbidden(purpose, wish) is None) is goes, because


def test_waiting_grows_with_every_failure_and_ends():
    waits = [retry_after(n) for n in range(1, len(RETRY_MIN) + 2)]
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)]
    assert waits[-1] is None


@pytest.mark.parametrize(
    ("kind", "written", "plain"),
    [
        ("sms", "138-0013-8000", PHONE),
        ("sms", "+86 138 0013 8000", PHONE),
        ("sms", "8613800138000", PHONE),
        ("sms", "+44 20 7946 0000", "+442079460000"),
        ("mail", " Qin@City.Example ", "Qin@city.example"),
    ],
)
def test_an_address_is_the_same_however_it_was_written(kind, written, plain):
    assert plain_address(kind, written) == plain


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("sms", ""), ("sms", "12"), ("sms", "call me"), ("sms", "1" * 30), ("mail", "nobody"), ("mail", "a@b@c d"),
        ("mail", "a@b\nBcc: c@d"), ("pigeon", PHONE),
    ],
)  # fmt: skip
def test_an_address_that_reaches_nobody_is_refused(kind, written):
    with pytest.raises(BadMessage):
        plain_address(kind, written)


def test_others_see_an_address_only_in_part():
    assert (masked(PHONE), masked("qin@city.example")) == ("138****8000", "q***@city.example")


def test_a_text_is_signed_and_in_the_readers_language():
    assert rendered("test.told", {"what": "修好了"}, "zh", "小城").body == "【小城】您好，修好了。"
    assert rendered("test.told", {"what": "mended"}, "en", "Small City").body == "Small City: Hello, mended."


def test_every_template_says_the_same_in_both_languages():
    from string import Formatter

    for code, template in known_templates().items():
        zh, en = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in (template.zh, template.en))
        assert zh == en, code


# --- keeping ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"template": "test.never"}, "no such template"),
        ({"purpose": "fun"}, "no such purpose"),
        ({"to": "12"}, "no number"),
    ],
)
def test_a_message_that_could_never_go_out_is_refused_at_once(clock, wrong, because):
    with pytest.raises(BadMessage):
        tell(clock, **wrong)
    assert count_messages(CITY) == {}, because


def test_a_template_without_its_parameters_is_refused(clock):
    with pytest.raises(BadMessage, match="what"):
        send_later("sms", PHONE, "test.told", {}, language="zh", purpose="work", about=About(CITY), clock=clock)


def test_nothing_personal_is_kept_in_plain(clock):
    tell(clock)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(m)::text, to_sealed, params_sealed FROM base_message m")
        text, to_sealed, params_sealed = cursor.fetchone()
    for row in (text.encode(), bytes(to_sealed), bytes(params_sealed)):
        assert PHONE.encode() not in row
        assert "路灯".encode() not in row


def test_a_message_lives_and_dies_with_the_callers_transaction(clock, provider):
    with transaction.atomic():
        tell(clock)
        transaction.set_rollback(True)
    assert sent(provider, clock) == 0


def test_the_same_key_keeps_one_message(clock, provider):
    first = tell(clock, once="reply-7")
    assert tell(clock, once="reply-7") == first
    assert tell(clock, once="reply-8") != first
    sent(provider, clock)
    assert len(provider.got) == 2


# --- sending ----------------------------------------------------------------------------------------------------


def test_a_message_goes_out_signed_and_is_forgotten_but_for_its_trace(clock, provider):
    told = tell(clock)
    assert sent(provider, clock) == 1
    (got,) = provider.got
    assert (got.to, got.text.body, got.id) == (PHONE, "【小城12345】您好，路灯修好了。", str(told))
    (kept,) = list_messages(CITY)
    assert (kept.state, kept.attempts, kept.to, kept.about) == ("sent", 1, "", About(CITY, "260601-1", 7))
    with connection.cursor() as cursor:
        cursor.execute("SELECT provider_id, length(to_sealed), length(params_sealed) FROM base_message")
        assert cursor.fetchone() == ("provider-1", 0, 0)
    assert sent(provider, clock) == 0, "once is enough"


def test_in_quiet_hours_it_waits_for_the_morning(clock, provider):
    clock.at = at(1, 22)
    told = tell(clock)
    sent(provider, clock)
    assert (provider.got, state_of(told)) == ([], "waiting")
    (kept,) = list_messages(CITY)
    assert kept.next_at == at(2, 8)
    assert kept.attempts == 0, "waiting for the morning is no failed attempt"
    clock.at = at(2, 8)
    sent(provider, clock)
    assert len(provider.got) == 1


def test_an_urgent_message_wakes_people_up(clock, provider):
    clock.at = at(1, 3)
    tell(clock, template="test.urgent")
    sent(provider, clock)
    assert len(provider.got) == 1


def test_one_person_gets_so_many_a_day_and_the_rest_tomorrow(clock, provider):
    for _ in range(6):
        tell(clock)
    tell(clock, to="13900139000")
    sent(provider, clock)
    assert [m.to for m in provider.got].count(PHONE) == RULES.most_a_day
    assert len(provider.got) == RULES.most_a_day + 1, "another person has a number of his own"
    clock.at = at(2, 8)
    sent(provider, clock)
    assert len(provider.got) == 7


def test_who_said_no_gets_nothing_and_the_reason_is_kept(clock, provider):
    told = tell(clock, purpose="callback")
    note_wish(CITY, "sms", "138 0013 8000", "callback", False, clock)
    other = tell(clock, purpose="progress")
    sent(provider, clock)
    assert (state_of(told), state_of(other)) == ("dropped", "sent")
    why = next(m.reason for m in list_messages(CITY) if m.id == told)
    assert why is not None
    assert render(why, "zh") == "收件人不愿接收此类消息"
    note_wish(CITY, "sms", PHONE, "callback", True, clock)
    assert state_of(tell(clock, purpose="callback")) == "waiting"


def test_a_message_not_before_its_time_and_not_after_it(clock, provider):
    later = tell(clock, not_before=at(1, 11))
    stale = tell(clock, not_before=at(1, 10), until=at(1, 10, 30))
    sent(provider, clock)
    assert provider.got == []
    clock.at = at(1, 11)
    sent(provider, clock)
    assert (state_of(later), state_of(stale)) == ("sent", "dropped")


def _away(message: Outgoing) -> None:
    raise ProviderAway("message.provider_away", detail="HTTP 503")


def test_a_provider_that_is_away_is_asked_later_and_later_and_then_given_up(clock, provider):
    told = tell(clock, template="test.urgent")
    provider.mood = _away
    waits = []
    for _ in range(len(RETRY_MIN)):
        sent(provider, clock)
        (kept,) = list_messages(CITY)
        assert kept.next_at is not None
        waits.append(kept.next_at - clock.now())
        clock.at = kept.next_at
    assert waits == [timedelta(minutes=m) for m in RETRY_MIN]
    sent(provider, clock)
    assert state_of(told) == "failed"
    assert sent(provider, clock) == 0


def test_a_provider_that_is_away_is_left_alone_for_the_round_and_holds_up_no_other(clock, provider):
    away = Post(mood=_away)
    for _ in range(5):
        tell(clock)
    mail = tell(clock, to="qin@city.example")
    dealt = send_messages({"sms": away, "mail": provider}, clock, lambda _: RULES)
    assert (dealt, state_of(mail)) == (2, "sent")
    assert count_messages(CITY) == {"waiting": 5, "sent": 1}


def test_a_message_the_provider_refuses_ends(clock, provider):
    def refuse(message: Outgoing) -> None:
        raise ProviderRefused("message.provider_refused", detail="HTTP 400")

    provider.mood = refuse
    told = tell(clock)
    sent(provider, clock)
    assert state_of(told) == "failed"


def test_an_adapter_that_breaks_tells_no_address(clock, provider, caplog):
    def break_(message: Outgoing) -> None:
        raise RuntimeError(f"cannot reach {message.to}")

    provider.mood = break_
    tell(clock)
    sent(provider, clock)
    assert "RuntimeError" in caplog.text
    assert PHONE not in caplog.text
    (kept,) = list_messages(CITY)
    assert kept.state == "waiting"
    assert PHONE not in str(kept.reason)


def test_without_an_adapter_the_next_step_is_told(clock):
    tell(clock)
    send_messages({}, clock, lambda _: RULES)
    (kept,) = list_messages(CITY)
    assert kept.reason is not None
    assert "CITYLOOM_SMS_URL" in render(kept.reason, "en")


def test_a_worker_that_died_while_sending_leaves_it_to_another_under_the_same_id(clock, provider):
    class Killed(BaseException):
        pass

    def kill(message: Outgoing) -> None:
        provider.got.append(message)
        raise Killed

    provider.mood = kill
    told = tell(clock)
    with pytest.raises(Killed):
        sent(provider, clock)
    provider.mood = None
    assert sent(provider, clock) == 0, "it might still be at work"
    clock.at += LEASE
    assert sent(provider, clock) == 1
    assert {m.id for m in provider.got} == {str(told)}, "the provider can tell that it is the same message"
    assert state_of(told) == "sent"


def test_a_template_of_an_older_version_ends_the_message_only(clock, provider):
    told = tell(clock)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE base_message SET template = 'gone.away' WHERE id = %s", [told])
    other = tell(clock)
    sent(provider, clock)
    assert (state_of(told), state_of(other)) == ("failed", "sent")


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_message():
    ids.forget()
    clock, provider = GivenClock(at(1, 9)), Post()
    told = {tell(clock, to=f"139{i:08d}") for i in range(20)}
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        sent(provider, clock)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(int(m.id) for m in provider.got) == sorted(told)


def test_ended_messages_are_forgotten_after_a_while(clock, provider):
    tell(clock)
    sent(provider, clock)
    tell(clock, not_before=at(20, 9))
    assert forget_messages(clock.now()) == 0
    assert forget_messages(clock.now() + timedelta(seconds=1)) == 1
    assert count_messages(CITY) == {"waiting": 1}


def test_a_wish_and_a_waiting_message_outlive_a_change_of_keys(clock, provider, settings, monkeypatch):
    from cityloom.base import keys, messages, sending
    from cityloom.base.crypto import Vault, new_key

    old, new = new_key(), new_key()
    for module in (keys, messages, sending):
        monkeypatch.setattr(module, "vault", lambda: Vault([old]))
    note_wish(CITY, "sms", PHONE, "callback", False, clock)
    unwanted, told = tell(clock, purpose="callback"), tell(clock)
    for module in (keys, messages, sending):
        monkeypatch.setattr(module, "vault", lambda: Vault([new, old]))
    sent(provider, clock)
    assert (state_of(unwanted), state_of(told)) == ("dropped", "sent")


def test_a_message_whose_key_is_gone_says_so(clock, provider, monkeypatch):
    from cityloom.base import sending
    from cityloom.base.crypto import Vault, new_key

    tell(clock)
    monkeypatch.setattr(sending, "vault", lambda: Vault([new_key()]))
    sent(provider, clock)
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, reason->>'code' FROM base_message")
        assert cursor.fetchall() == [("failed", "message.key_gone")]
