"""A case's life reaches a receiver outside: each version once, signed, again when it was down; never the inside."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from tests.cases.life import NOISE, PARKING, SOUTHWEST, Life
from tests.exchange.webhooks.conftest import ADMIN, HERE
from tests.exchange.webhooks.receiver import Receiver

from cityloom.base.clock import GivenClock
from cityloom.base.crypto import new_key
from cityloom.base.models import Message as KeptMessage
from cityloom.cases.key_rotation import Standing, list_standing, may_retire, reseal
from cityloom.city.values import Post, Role
from cityloom.exchange.actions.change_webhook import WebhookChange, change_webhook, remove_webhook
from cityloom.exchange.actions.replay_webhook import Again, ping_webhook, replay_webhook
from cityloom.exchange.actions.rotate_webhook_secret import rotate_webhook_secret
from cityloom.exchange.webhooks.addresses import Inside
from cityloom.exchange.webhooks.courier import Courier
from cityloom.exchange.webhooks.errors import NoSuchWebhook, WebhookChanged, WebhookNotNow
from cityloom.exchange.webhooks.fan_out import fan_out
from cityloom.exchange.webhooks.rows import get_webhook, list_deliveries
from cityloom.exchange.webhooks.taking import LEASE, forget_deliveries, give_up_old, take
from cityloom.exchange.webhooks.values import Delivery, Webhook

Add = Callable[..., tuple[Webhook, str]]
Couriers = Callable[..., Courier]


def deliveries(hook: Webhook) -> list[Delivery]:
    """The oldest first."""
    return list_deliveries(hook, limit=200)[0][::-1]


def states(hook: Webhook) -> list[str]:
    return [d.state for d in deliveries(hook)]


def lived(life: Life) -> None:
    """A report is received and its unit signs for it, contacts and handles it."""
    life.report("hotline", by="agent", class_code=PARKING)
    life.move("sign", "handler_e1")
    life.move("contact", "handler_e1", note="已联系")


def test_a_receiver_gets_each_version_of_a_case_once_in_order_and_the_signatures_fit(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, secret = add()
    lived(life)
    courier_of().settle()
    assert receiver.versions() == list(range(1, life.file.case.version + 1))
    assert all(got.fits(secret) for got in receiver.got)
    assert not any(got.fits(add()[1]) for got in receiver.got)
    assert receiver.got[0].data["moves"][0] == "receive"
    assert receiver.got[-1].data["state"] == life.state
    assert states(hook) == ["delivered"] * len(receiver.got)
    courier_of().settle()
    assert len(receiver.got) == life.file.case.version


def test_nothing_of_a_person_and_no_words_cross_the_line(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    add()
    life.report(words="楼上漏水，找秦晓梅", address="东南街道1号302室", name="秦晓梅", phone="13800138000")
    courier_of().settle()
    text = json.dumps([g.data for g in receiver.got], ensure_ascii=False)
    assert receiver.got
    for secret in ("秦晓梅", "13800138000", "漏水", "302"):
        assert secret not in text
    assert receiver.got[0].data["lon"] is None, "what a home called about is told by its area"
    assert receiver.got[0].data["area"] == life.file.case.area


def test_a_webhook_asks_for_moves_units_and_areas_and_gets_only_these(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    add(moves=("sign",), units=("street_e1",))
    lived(life)
    first = life.number
    life.report(class_code=NOISE, place=SOUTHWEST)
    courier_of().settle()
    assert [(g.data["number"], g.data["moves"]) for g in receiver.got] == [(first, ["sign"])]


def test_a_webhook_of_a_unit_is_told_of_its_cases_only_and_never_of_complaints_about_it(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    add(unit="street_e1")
    lived(life)
    theirs = life.number
    life.report(class_code=NOISE, place=SOUTHWEST)
    life.report("hotline", by="agent", words="窗口的人说话太难听", complained_about=("street_e1",))
    courier_of().settle()
    assert {g.data["number"] for g in receiver.got} == {theirs}


def test_what_happened_before_a_webhook_was_made_is_not_told(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    life.report()
    life.clock.advance(minutes=1)
    add()
    courier_of().settle()
    assert receiver.got == []


def test_a_receiver_that_was_down_gets_everything_later_under_the_same_ids(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, secret = add()
    lived(life)
    receiver.status = 503
    courier = courier_of()
    courier.settle()
    refused = list(receiver.got)
    assert [g.data["version"] for g in refused] == [1], "a later version waits for the one before it"
    assert states(hook)[0] == "waiting"
    assert deliveries(hook)[0].status == 503
    receiver.status = 200
    courier.settle()
    assert len(receiver.got) == 1, "it is left in peace until its time has come"
    life.clock.advance(seconds=6)
    courier.settle()
    assert receiver.versions() == [1, *range(1, life.file.case.version + 1)]
    assert receiver.got[1].id == refused[0].id
    assert receiver.got[1].body == refused[0].body
    assert receiver.got[1].fits(secret)
    assert get_webhook(life.city, ADMIN, hook.id).failing_since is None


def test_a_receiver_that_asks_for_time_gets_it(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()
    life.report()
    receiver.status, receiver.headers = 429, {"Retry-After": "120"}
    courier_of().settle()
    again = deliveries(hook)[0].next_at
    assert again is not None
    assert again - life.clock.now() == timedelta(seconds=120)


def test_a_worker_that_dies_between_sending_and_marking_leaves_the_same_id_to_another(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()
    life.report()
    dying = courier_of()
    dying.round()  # fans out and takes; nobody ever marks it
    [(future, _)] = dying._flying.items()
    assert future.result(60).is_good
    dying._flying.clear()
    other = courier_of()
    other.settle()
    assert len(receiver.got) == 1, "its lease is not over"
    life.clock.advance(seconds=LEASE.total_seconds() + 1)
    other.settle()
    assert [g.id for g in receiver.got] == [receiver.got[0].id] * 2
    assert states(hook) == ["delivered"]


def test_a_silent_message_server_does_not_hold_webhooks_up_nor_the_other_way_round(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    add()
    life.report()
    courier_of().settle()
    assert receiver.got
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FILTER (WHERE waiting), count(*) FILTER (WHERE for_hooks) FROM base_outbox")
        assert cursor.fetchone() == (1, 0), "the relay's mark is its own"


def test_fanning_out_twice_makes_one_delivery(life: Life, receiver: Receiver, add: Add, courier_of: Couriers) -> None:
    hook, _ = add()
    life.report()
    courier_of().settle()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE base_outbox SET for_hooks = true")
    courier_of().settle()
    assert len(receiver.got) == len(deliveries(hook)) == 1


def test_an_address_that_fails_is_asked_by_one_message_at_a_time_and_all_flow_once_it_answers(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()
    receiver.status = 500
    courier = courier_of()
    for _ in range(7):
        life.report(class_code=NOISE)
        courier.settle()
    broken = get_webhook(life.city, ADMIN, hook.id)
    assert broken.failures == len(receiver.got) == 5, "then it rests"
    assert broken.failing_since is not None
    life.clock.advance(minutes=2)
    courier.settle()
    assert len(receiver.got) == 6, "one message tries it"
    receiver.status = 204
    life.clock.advance(minutes=11)
    courier.settle()
    assert states(hook) == ["delivered"] * 7


def test_a_message_is_given_up_after_its_tries_and_can_be_replayed_by_itself(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, secret = add()
    life.report()
    receiver.status, receiver.say = 400, b"<p>no\x00 such\n board</p>" + b"x" * 5000
    courier = courier_of()
    for _ in range(20):
        courier.settle()
        life.clock.advance(hours=5)
    [failed] = deliveries(hook)
    assert failed.state == "failed"
    assert failed.attempts == len(receiver.got) <= 12
    assert failed.answer.startswith("<p>no such board</p>")
    assert len(failed.answer) <= 200
    receiver.status = 200
    assert replay_webhook(life.city, hook.id, Again(failed.id), ADMIN, life.clock) == 1
    courier.settle()
    first, again = deliveries(hook)
    assert (again.first_id, again.state, again.body) == (first.id, "delivered", first.body)
    assert receiver.got[-1].id == first.event
    assert receiver.got[-1].headers["cityloom-replay-of"] == str(first.id)
    assert receiver.got[-1].headers["cityloom-delivery"] == str(again.id)
    assert receiver.got[-1].fits(secret)


def test_all_that_failed_or_all_of_a_span_is_replayed_once(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()
    begun = life.clock.now()
    lived(life)
    courier = courier_of()
    courier.settle()
    with connection.cursor() as cursor:  # as if the receiver had lost the first two
        cursor.execute(
            "UPDATE exchange_webhook_delivery SET state = 'failed' WHERE id = ANY(%s)",
            [[d.id for d in deliveries(hook)[:2]]],
        )
    life.clock.advance(hours=1)
    versions, only_failed = receiver.versions(), Again(since=begun, only_failed=True)
    assert replay_webhook(life.city, hook.id, only_failed, ADMIN, life.clock) == 2
    assert replay_webhook(life.city, hook.id, only_failed, ADMIN, life.clock) == 0, "they wait already"
    courier.settle()
    assert receiver.versions() == [*versions, 1, 2]
    assert replay_webhook(life.city, hook.id, only_failed, ADMIN, life.clock) == 0, "they were delivered since"
    assert replay_webhook(life.city, hook.id, Again(since=begun), ADMIN, life.clock) == len(versions)
    courier.settle()
    assert receiver.versions() == [*versions, 1, 2, *versions]


def test_both_secrets_sign_while_one_is_changed_and_then_only_the_new_one(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, old = add()
    changed, new = rotate_webhook_secret(life.city, hook.id, ADMIN, life.clock, overlap_h=24)
    courier = courier_of()
    life.report()
    courier.settle()
    assert receiver.got[-1].fits(old)
    assert receiver.got[-1].fits(new)
    with pytest.raises(WebhookNotNow):
        rotate_webhook_secret(life.city, hook.id, ADMIN, life.clock)
    life.clock.advance(hours=25)
    life.report(class_code=PARKING, place=SOUTHWEST)
    courier.settle()
    assert not receiver.got[-1].fits(old)
    assert receiver.got[-1].fits(new)
    _, newest = rotate_webhook_secret(life.city, hook.id, ADMIN, life.clock, overlap_h=0, version=changed.version)
    life.report()
    courier.settle()
    assert not receiver.got[-1].fits(new)
    assert receiver.got[-1].fits(newest)


def test_secrets_are_kept_sealed(life: Life, add: Add) -> None:
    _, secret = add()
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(w)::text, secret_sealed FROM exchange_webhook w")
        text, sealed = cursor.fetchone()
    assert secret not in text
    assert secret.removeprefix("whsec_").encode() not in bytes(sealed)


def test_a_receiver_that_says_gone_is_told_nothing_more_and_its_owner_gets_a_mail(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    User.objects.filter(username="admin").update(email="admin@city.example")
    hook, _ = add()
    lived(life)
    receiver.status = 410
    courier = courier_of()
    courier.settle()
    off = get_webhook(life.city, ADMIN, hook.id)
    assert (off.state, off.reason["code"]) == ("off", "webhook.gone")
    assert len(receiver.got) == 1
    assert set(states(hook)) == {"failed"}
    assert KeptMessage.objects.filter(template="webhook.off").count() == 1
    life.report()
    courier.settle()
    assert len(receiver.got) == 1
    receiver.status = 200
    with pytest.raises(WebhookNotNow):
        replay_webhook(life.city, hook.id, Again(since=hook.created_at), ADMIN, life.clock)
    change_webhook(life.city, hook.id, WebhookChange(state="active"), ADMIN, HERE, life.clock)
    life.clock.advance(minutes=1)
    replay_webhook(life.city, hook.id, Again(since=hook.created_at, only_failed=True), ADMIN, life.clock)
    courier.settle()
    assert receiver.versions() == [1, 1, 2, 3]


def test_a_webhook_that_fails_for_days_on_end_is_turned_off(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()
    receiver.status = 500
    courier = courier_of()
    for _ in range(6):
        life.report()
        courier.settle()
        life.clock.advance(days=1)
    off = get_webhook(life.city, ADMIN, hook.id)
    assert (off.state, off.reason["code"]) == ("off", "webhook.failing")


def test_a_paused_webhook_keeps_its_messages_for_a_while(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()
    change_webhook(life.city, hook.id, WebhookChange(state="paused"), ADMIN, HERE, life.clock, version=1)
    with pytest.raises(WebhookChanged):
        change_webhook(life.city, hook.id, WebhookChange(state="active"), ADMIN, HERE, life.clock, version=1)
    courier = courier_of()
    life.report()
    courier.settle()
    life.clock.advance(days=4)
    life.report(class_code=PARKING, place=SOUTHWEST)
    courier.settle()
    assert receiver.got == []
    assert give_up_old(life.clock.now() - timedelta(days=3), life.clock.now()) == 1
    assert states(hook) == ["failed", "waiting"]
    change_webhook(life.city, hook.id, WebhookChange(state="active"), ADMIN, HERE, life.clock, version=2)
    courier.settle()
    assert [g.data["number"] for g in receiver.got] == [life.number]


def test_a_removed_webhook_is_gone_with_its_secrets_and_at_last_with_its_deliveries(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()
    life.report()
    remove_webhook(life.city, hook.id, ADMIN, life.clock)
    life.report(class_code=PARKING, place=SOUTHWEST)
    courier_of().settle()
    assert receiver.got == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(secret_sealed), length(old_secret_sealed) FROM exchange_webhook")
        assert cursor.fetchone() == (0, 0)
        life.clock.advance(days=31)
        forget_deliveries(life.clock.now() - timedelta(days=30))
        cursor.execute("SELECT count(*) FROM exchange_webhook")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("inside", "because"),
    [
        (Inside(), "nothing inside was named"),
        (Inside.of(["10.0.0.0/8", "other.city.example"]), "something else inside was named"),
    ],
)
def test_an_address_inside_is_never_led_to(
    inside: Inside, because: str, life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    hook, _ = add()  # when this machine was still named
    life.report()
    courier_of(inside).settle()
    assert receiver.got == [], because
    [delivery] = deliveries(hook)
    assert (delivery.state, delivery.reason["code"]) == ("waiting", "webhook.private_host")


def test_a_test_message_says_that_it_is_one(life: Life, receiver: Receiver, add: Add, courier_of: Couriers) -> None:
    hook, secret = add(moves=("close",))
    ping_webhook(life.city, hook.id, ADMIN, life.clock)
    courier_of().settle()
    [got] = receiver.got
    assert json.loads(got.body)["type"] == "webhook.ping"
    assert got.data == {"city": life.city.code, "webhook": hook.id}
    assert got.fits(secret)


def test_a_slow_receiver_holds_up_its_own_messages_only(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    with Receiver(wait_for=threading.Event()) as slow:
        slow_hook, _ = add(url=slow.url)
        hook, _ = add()
        courier = courier_of()
        lived(life)
        while len(receiver.got) < life.file.case.version:
            courier.round(wait_s=0.2)
        assert states(slow_hook)[0] == "sending"
        assert len(slow.got) == 1
        slow.wait_for.set()  # type: ignore[union-attr]
        courier.settle()
    assert states(slow_hook) == states(hook) == ["delivered"] * life.file.case.version


def test_two_workers_never_take_the_same_message(life: Life, receiver: Receiver, add: Add) -> None:
    add()
    for _ in range(3):
        life.report(class_code=NOISE)
    fan_out(lambda _: life.city)
    taken = take(life.clock.now(), [], 2) + take(life.clock.now(), [], 2) + take(life.clock.now(), [], 2)
    assert len({t.delivery.id for t in taken}) == len(taken) == 3


def test_a_post_manages_its_own_webhooks_and_an_administrator_all(life: Life, add: Add) -> None:
    hook, _ = add(by=life.post("handler_e1"))
    assert get_webhook(life.city, ADMIN, hook.id) == get_webhook(life.city, life.post("handler_e1"), hook.id)
    with pytest.raises(NoSuchWebhook):
        get_webhook(life.city, life.post("handler_e2"), hook.id)
    with pytest.raises(NoSuchWebhook):
        get_webhook(life.city, Post("district", Role.ADMIN, None, "990101"), hook.id)


def test_the_signature_tells_the_time_on_the_wall_whatever_the_city_lives_in(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers
) -> None:
    add()
    life.report()
    wall = GivenClock(life.clock.now() + timedelta(days=400))
    courier_of(wall=wall).settle()
    assert receiver.got[0].headers["webhook-timestamp"] == str(int(wall.now().timestamp()))


def test_secrets_are_sealed_again_when_data_keys_change(
    life: Life, receiver: Receiver, add: Add, courier_of: Couriers, settings: Any
) -> None:
    settings.CITYLOOM_DATA_KEY_FILE = None
    first, second = new_key(), new_key()
    settings.CITYLOOM_DATA_KEYS = [first]
    hook, old = add()
    _, new = rotate_webhook_secret(life.city, hook.id, ADMIN, life.clock)
    settings.CITYLOOM_DATA_KEYS = [second, first]
    assert any(s.table == "exchange_webhook" and s.older == 1 for s in list_standing_now())
    reseal()
    assert may_retire(list_standing_now())
    settings.CITYLOOM_DATA_KEYS = [second]
    life.report()
    courier_of().settle()
    assert receiver.got[-1].fits(old)
    assert receiver.got[-1].fits(new)


def list_standing_now() -> list[Standing]:
    with connection.cursor() as cursor:
        return list_standing(cursor)
