"""Keys are changed while all goes on: everything opens, phones are found, and the old key really goes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from tests.cases.life import NORTHEAST, RESIDENT, Life

from cityloom.base.crypto import NoKeyOpens, Vault, new_key
from cityloom.cases.actions.receive_report import NewReport, receive_report
from cityloom.cases.actions.send_relay_message import send_relay_message
from cityloom.cases.key_rotation import list_standing, may_retire, reseal
from cityloom.cases.relay import list_relay
from cityloom.cases.reporters import list_case_ids_by_phone, open_contacts

OLD, NEW, THIRD = new_key(), new_key(), new_key()


@pytest.fixture(autouse=True)
def old_key(settings: Any) -> Any:
    use(settings, OLD)
    return settings


def use(settings: Any, *keys: str) -> None:
    settings.CITYLOOM_DATA_KEY_FILE = None
    settings.CITYLOOM_DATA_KEYS = list(keys)


def standing() -> tuple[int, int]:
    """Rows that older keys sealed, and rows of keys that are not at hand."""
    with connection.cursor() as cursor:
        found = list_standing(cursor)
    return sum(s.older for s in found), sum(s.unknown for s in found)


def test_a_vault_seals_with_the_first_key_and_finds_under_all():
    safe = Vault([NEW, OLD])
    assert safe.open(Vault([OLD]).seal("秦")) == "秦"
    assert Vault([OLD]).blind_index("1") in safe.blind_indexes("1")
    assert Vault([NEW]).blind_index("1") == safe.blind_index("1")
    assert safe.is_sealed_now(safe.seal("秦"))
    assert not safe.is_sealed_now(Vault([OLD]).seal("秦"))
    with pytest.raises(NoKeyOpens):
        Vault([THIRD]).open(safe.seal("秦"))


def test_rotation_seals_everything_again_and_the_old_key_goes(life: Life, old_key: Any):
    for n in range(5):
        life.report(name=f"秦{n}", phone=f"1380013800{n}", place=NORTHEAST, consents=("callback", "sms"))
    send_relay_message(life.city, life.number, life.file.reports[0].id, "几楼？", life.post("handler_e2"), life.clock)
    use(old_key, NEW, OLD)
    assert standing() == (7, 0), "five people, one message through the case, one SMS that waits"
    assert list_case_ids_by_phone(life.city, "13800138003") != [], "found while the keys change"
    assert reseal() == 7
    assert reseal() == 0
    assert standing() == (0, 0)
    use(old_key, NEW)
    (contact,) = open_contacts(life.file, life.post("callback"), "callback", life.clock)
    assert (contact.name, contact.phone) == ("秦4", "13800138004")
    assert list_case_ids_by_phone(life.city, "13800138004") == [life.file.case.id]
    with connection.cursor() as cursor:
        assert [m.text for m in list_relay(cursor, life.file.case.id, [life.file.reports[0].id])] == ["几楼？"]


def test_a_key_that_is_missing_is_told_and_nothing_may_be_retired(life: Life, old_key: Any):
    life.report()
    use(old_key, NEW)
    assert standing() == (1, 1)
    with connection.cursor() as cursor:
        assert not may_retire(list_standing(cursor))
    with pytest.raises(NoKeyOpens):
        reseal()


def test_a_broken_off_rotation_goes_on_where_it_was(life: Life, old_key: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cityloom.cases.key_rotation.BATCH", 2)
    for n in range(5):
        life.report(phone=f"1380013800{n}", place=NORTHEAST)
    use(old_key, NEW, OLD)

    class Broken(Exception):
        pass

    def stop(count: int) -> None:
        raise Broken

    with pytest.raises(Broken):
        reseal(stop)
    assert standing() == (3, 0)
    assert reseal() == 3


def test_a_wish_not_to_be_written_to_outlives_the_key(life: Life, old_key: Any):
    from cityloom.base.messages import address_indexes, find_wish, note_wish

    life.report(phone="13800138000")
    note_wish(life.city.code, "sms", "13800138000", "progress", False, life.clock)
    use(old_key, NEW, OLD)
    reseal()
    use(old_key, NEW)
    assert find_wish(life.city.code, address_indexes("13800138000"), "progress") is False


def test_a_form_sent_again_after_the_change_gives_the_same_code(life: Life, old_key: Any):
    new = NewReport(source="resident", words="灯不亮", lon=110.0011, lat=30.0011, idempotency_key="form-1")
    first = receive_report(life.city, new, RESIDENT, life.clock)
    use(old_key, NEW, OLD)
    again = receive_report(life.city, new, RESIDENT, life.clock)
    assert (again.again, again.tracking_code) == (True, first.tracking_code)


@pytest.mark.django_db(transaction=True)
def test_reports_keep_coming_while_keys_change(life: Life, old_key: Any):
    """Two threads report, one seals again; at the end one key opens all."""
    life.report(phone="13800138000")
    use(old_key, NEW, OLD)
    wrong: list[BaseException] = []

    def arrive(first: int) -> None:
        try:
            for n in range(first, first + 15):
                new = NewReport(
                    source="resident", words=f"第{n}件", name="秦", phone=f"139{n:08}", lon=110.0011, lat=30.0011
                )
                receive_report(life.city, new, RESIDENT, life.clock)
        except BaseException as why:  # handed to the test's own thread below
            wrong.append(why)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=arrive, args=(first,)) for first in (100, 200)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        reseal()
    for thread in threads:
        thread.join()
    reseal()
    assert wrong == []
    use(old_key, NEW)
    assert standing() == (0, 0)
    for n in (*range(100, 115), *range(200, 215)):
        assert len(list_case_ids_by_phone(life.city, f"139{n:08}")) == 1
