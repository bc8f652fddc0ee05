"""Codes and recovery codes are taken once, the secret lies sealed, and who needs a second factor is a setting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django_otp.oath import TOTP

from cityloom.city import second_factor as factors
from cityloom.city.factor_rule import FactorRuleNotUnderstood, needs_second_factor, roles_that_need_it
from cityloom.city.models import AccountEvent, RecoveryCode, SecondFactor
from cityloom.city.values import Role

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
T = 1_780_000_000.0


def code_at(secret: str, unix_s: float) -> str:
    generator = TOTP(factors._bytes(secret))
    generator.time = unix_s
    return f"{generator.token():06d}"


@pytest.fixture
def enrolled(db: None) -> tuple[str, list[str]]:
    """The secret and the recovery codes of somebody who enrolled at T."""
    secret = factors.begin("agent", NOON)
    codes = factors.confirm("agent", code_at(secret, T), NOON, T)
    assert codes is not None
    return secret, codes


def test_the_code_is_that_of_rfc_6238():
    """Appendix B: the secret 12345678901234567890 gives 94287082 at second 59; six digits are its last six."""
    import base64

    secret = base64.b32encode(b"12345678901234567890").decode()
    assert code_at(secret, 59) == "287082"


@pytest.mark.parametrize(
    ("rule", "needing", "because"),
    [
        ("off", None, "there is none at all"),
        ("optional", frozenset(), "nobody has to"),
        ("admin, auditor", frozenset({Role.ADMIN, Role.AUDITOR}), "these roles have to"),
    ],
)
def test_who_needs_a_second_factor_is_a_setting(rule, needing, because):
    assert roles_that_need_it(rule) == needing, because


def test_a_rule_that_names_no_role_is_refused_with_the_roles_there_are():
    with pytest.raises(FactorRuleNotUnderstood, match="callback_agent"):
        roles_that_need_it("admin,boss")


def test_a_person_with_several_posts_needs_it_when_one_of_them_does():
    assert needs_second_factor([Role.CHECKER, Role.LEADER], frozenset({Role.LEADER}))
    assert not needs_second_factor([Role.CHECKER], frozenset({Role.LEADER}))
    assert not needs_second_factor([Role.LEADER], None)


def test_a_code_is_taken_once_and_half_a_minute_early_or_late(enrolled):
    secret, _ = enrolled
    assert not factors.check_code("agent", code_at(secret, T), NOON, T), "the code of enrolling was used"
    assert factors.check_code("agent", code_at(secret, T + 60), NOON, T + 30), "a clock half a minute ahead"
    assert not factors.check_code("agent", code_at(secret, T + 30), NOON, T + 60), "older than the last one taken"
    assert not factors.check_code("agent", code_at(secret, T + 300), NOON, T + 120), "far in the future"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "000000\x00", "'; --", "9" * 500])
def test_what_is_no_code_is_refused(enrolled, code):
    assert not factors.check_code("agent", code, NOON, T + 60)


def test_a_recovery_code_is_taken_once_however_it_is_typed(enrolled):
    _, codes = enrolled
    assert factors.check_code("agent", codes[0].lower().replace("-", " "), NOON, T)
    assert not factors.check_code("agent", codes[0], NOON, T)
    assert factors.count_recovery_codes("agent") == 9
    assert not factors.check_code("somebody", codes[1], NOON, T), "it is its person's alone"
    kinds = list(AccountEvent.objects.filter(login="agent").order_by("id").values_list("kind", flat=True))
    assert kinds == ["factor_on", "recovery_used"]


def test_new_recovery_codes_make_the_old_ones_void(enrolled):
    _, old = enrolled
    new = factors.make_recovery_codes("agent", NOON)
    assert not set(old) & set(new)
    assert not factors.check_code("agent", old[0], NOON, T)
    assert factors.check_code("agent", new[0], NOON, T)


def test_neither_secret_nor_recovery_codes_can_be_read_in_the_database(enrolled, tmp_path):
    secret, codes = enrolled
    dump = tmp_path / "city.json"
    call_command(
        "dumpdata", "city.secondfactor", "city.recoverycode", "city.accountevent", output=str(dump), verbosity=0
    )
    text = dump.read_text()
    row = bytes(SecondFactor.objects.get(login="agent").key_sealed)
    assert secret.encode() not in row
    assert all(
        code.replace("-", "").encode() not in bytes(r.digest) for code in codes for r in RecoveryCode.objects.all()
    )
    assert not any(word in text for word in (secret, *codes, codes[0].replace("-", "")))


def test_an_unconfirmed_generator_lets_nobody_in_and_is_offered_again(db):
    secret = factors.begin("agent", NOON)
    assert factors.begin("agent", NOON) == secret
    assert not factors.has_factor("agent")
    assert not factors.check_code("agent", code_at(secret, T), NOON, T)
    assert factors.confirm("agent", "000000", NOON, T) is None


def test_turned_off_it_leaves_nothing_behind_but_its_record(enrolled):
    assert factors.turn_off("agent", "command", NOON)
    assert not factors.turn_off("agent", "command", NOON)
    assert not SecondFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert AccountEvent.objects.filter(kind="factor_off", by_login="command").count() == 1


def test_the_address_for_the_app_names_city_and_person():
    uri = factors.enrolment_uri("a&b", "ABCD", "小城 x")
    assert (
        uri
        == "otpauth://totp/%E5%B0%8F%E5%9F%8E%20x:a%26b?secret=ABCD&issuer=%E5%B0%8F%E5%9F%8E%20x&period=30&digits=6"
    )


def test_what_happened_to_an_account_cannot_be_changed(enrolled):
    from django.db import DatabaseError, transaction

    for change in (lambda e: e.update(kind="locked"), lambda e: e.delete()):
        with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
            change(AccountEvent.objects.filter(login="agent"))
