"""To see, to correct, to erase: asked with code and phone, decided by a data steward, carried out without a gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.cases.life import RESIDENT, Life, photo
from tests.cases.people import places_that_hold

from cityloom.cases.actions.ask_rights_request import ask_rights_request
from cityloom.cases.actions.decide_rights_request import decide_rights_request
from cityloom.cases.actions.export_reporter import export_reporter
from cityloom.cases.actions.hold_case import hold_case, lift_hold
from cityloom.cases.actions.send_relay_message import send_relay_message
from cityloom.cases.errors import BadReport, GuardHolds, NotAllowed, NotProven, OnHold, UnknownWord
from cityloom.cases.gone_files import remove_gone_files
from cityloom.cases.permissions import SYSTEM
from cityloom.cases.reporters import list_case_ids_by_phone, open_contacts
from cityloom.cases.rights import RightsRequest, list_requests

NAME, PHONE, HOME = "欧阳静疑", "13912345678", "枫林路9弄12号"
WORDS, ADDED, MESSAGE = "夜里三点还在打桩，孩子要高考", "今晚又开始了，比昨天更响", "我住三楼靠东那一户"
SECRETS = (NAME, PHONE, HOME, WORDS, ADDED, MESSAGE)


@pytest.fixture(autouse=True)
def own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def lived(life: Life) -> Life:
    """A case that its resident filled with words, photos, messages; the staff's note names the person."""
    life.report(
        name=NAME, phone=PHONE, home_address=HOME, words=WORDS, address=f"{HOME}楼下", photos=(photo("teal"),)
    )
    life.move("supplement", "resident", owns=True, note=ADDED, report_id=life.file.reports[0].id)
    say(life, "resident", MESSAGE)
    life.move("sign", "handler_e1")
    life.move("contact", "handler_e1", note=f"已联系{NAME}，电话139-1234-5678，约定晚上到现场")
    return life


def say(life: Life, by: str, text: str) -> None:
    post = RESIDENT if by == "resident" else life.post(by)
    report_id = life.file.reports[0].id
    send_relay_message(life.city, life.number, report_id, text, post, life.clock, owns=by == "resident")


def ask(life: Life, kind: str, phone: str = PHONE, wish: dict[str, str] | None = None) -> RightsRequest:
    assert life.received is not None
    return ask_rights_request(life.city, life.received.tracking_code, phone, kind, wish or {}, RESIDENT, life.clock)


def decide(life: Life, request: RightsRequest, decision: str, reason: str, by: str = "steward") -> RightsRequest:
    return decide_rights_request(life.city, request.id, decision, reason, life.post(by), life.clock)


def figures() -> list[Any]:
    """What boards count from: no words, no people."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.number, c.class_code, c.area, c.lon, c.lat, c.opened_at, c.lead_unit, c.overdue_raw, "
            "(SELECT count(*) FROM cases_report r WHERE r.case_id = c.id), "
            "(SELECT array_agg(t.unit || t.state) FROM cases_task t WHERE t.case_id = c.id) "
            "FROM cases_case c ORDER BY c.id"
        )
        return cursor.fetchall()


def test_after_an_erasure_nothing_that_is_kept_holds_the_person_and_the_chain_stands(lived: Life):
    assert len(places_that_hold(*SECRETS)) >= 8, "the search finds what is there, sealed or not"
    before = figures()
    request = ask(lived, "erase")
    decided = decide(lived, request, "granted", "rights.granted")
    remove_gone_files()
    assert places_that_hold(*SECRETS, "139-1234-5678") == []
    assert lived.broken() == []
    assert figures() == before
    assert decided.done == {"cases": 1, "texts": 3, "relay": 1, "photos": 1, "persons": 1}
    entry = next(e for e in lived.entries if e.move == "erase")
    assert (entry.by_login, entry.reason["code"]) == ("steward", "erase.asked")
    assert entry.changes["erased"]["parts"] == ["contact", "photos", "relay", "words"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_entry WHERE text_digest IS NOT NULL AND text_salt IS NOT NULL")
        assert cursor.fetchone()[0] == 0, "a digest without its salt tells nothing"
    assert list_case_ids_by_phone(lived.city, PHONE) == []


def test_all_matters_of_the_person_are_erased_and_nobody_elses(life: Life):
    life.report(name="司徒远瞩", phone="18698765432", words="我也听到了")
    shared = life.number
    life.report(name=NAME, phone=PHONE, words=WORDS, same_as=shared)
    life.move("supplement", "resident", owns=True, note=ADDED, report_id=life.file.reports[1].id)
    life.report(name=NAME, phone="139 1234 5678", words="另外一件：路灯不亮", place=(110.0091, 30.0031))
    other = life.number
    request = ask(life, "erase", "139-1234-5678")
    assert len(request.reporter_ids) == 2
    decide(life, request, "granted", "rights.granted")
    assert places_that_hold(NAME, PHONE, WORDS, ADDED, "路灯不亮") == []
    assert len(places_that_hold("司徒远瞩", "18698765432", "我也听到了")) == 3, "the other person's data stays"
    for number in (shared, other):
        life.number = number
        assert life.broken() == []


def test_in_part_contact_details_go_and_the_words_stay_as_the_law_demands(lived: Life):
    decide(lived, ask(lived, "erase"), "partly", "rights.law_keeps_words")
    assert places_that_hold(NAME, PHONE, MESSAGE) == []
    assert places_that_hold(WORDS, ADDED) != []
    assert lived.file.reports[0].reporter_id is None
    assert lived.broken() == []


def test_a_report_that_waits_for_its_callback_is_exempt_once_nobody_is_left_to_call(lived: Life):
    lived.move("handle", "handler_e1", note="已劝止", pictures=[photo()])
    lived.move("reply", "handler_e1", note="已答复")
    assert lived.file.reports[0].state == "due_callback"
    decide(lived, ask(lived, "erase"), "granted", "rights.granted")
    assert (lived.file.reports[0].state, lived.file.reports[0].exempt_reason) == ("exempt", "exempt.no_contact")
    assert lived.state == "closed"
    assert lived.broken() == []


@pytest.mark.parametrize(
    ("phone", "because"),
    [("13800000000", "another number"), ("", "no number"), ("1391234567", "one digit short")],
)
def test_code_and_phone_together_prove_who_asks(lived: Life, phone: str, because: str):
    with pytest.raises(NotProven):
        ask(lived, "see", phone)
    with connection.cursor() as cursor:
        assert list_requests(cursor, lived.city.id, only_open=False) == [], because


def test_a_report_without_a_phone_proves_nobody(life: Life):
    life.report(name="", phone="")
    with pytest.raises(NotProven):
        ask(life, "see", "")


def test_a_request_has_its_limit_and_is_listed_by_what_falls_due_first(lived: Life):
    request = ask(lived, "see")
    assert request.due_at.astimezone(lived.clock.now().tzinfo).isoformat() == "2026-06-22T09:00:00+08:00"
    assert ask(lived, "see").id == request.id, "asked again while it is open, it is the same one"
    lived.clock.advance(days=1)
    erase = ask(lived, "erase")
    with connection.cursor() as cursor:
        assert [r.id for r in list_requests(cursor, lived.city.id, only_open=True)] == [request.id, erase.id]


def test_only_a_data_steward_decides_once_and_with_a_reason_that_fits(lived: Life):
    request = ask(lived, "see")
    for login in ("dispatcher", "leader", "admin", "callback", "handler_e1"):
        with pytest.raises(NotAllowed):
            decide(lived, request, "granted", "rights.granted", by=login)
    with pytest.raises(UnknownWord):
        decide(lived, request, "partly", "rights.law_keeps_words")
    with pytest.raises(UnknownWord):
        decide(lived, request, "refused", "rights.granted")
    decide(lived, request, "refused", "rights.asked_again")
    with pytest.raises(GuardHolds):
        decide(lived, request, "granted", "rights.granted")
    assert lived.moves[-2:] == ["ask_rights", "decide_rights"]


def test_what_is_kept_is_shown_whole_and_as_plain_values(lived: Life):
    open_contacts(lived.file, lived.post("callback"), "callback", lived.clock)
    request = decide(lived, ask(lived, "see"), "granted", "rights.granted")
    told = export_reporter(lived.city, request.case_id, request.reporter_ids, SYSTEM, lived.clock)
    text = json.dumps(told, ensure_ascii=False)
    for said in SECRETS:
        assert said in text
    assert told["persons"][0]["purposes"]["phone"] == ["callback", "relay"]
    assert next((r["role"], r["why"], r["fields"]) for r in told["reads"]) == (
        "callback_agent", "callback", ["name", "phone", "address"],
    )  # fmt: skip
    assert "callback" not in [r.get("login") for r in told["reads"]], "colleagues are not named"


def test_a_correction_is_sealed_found_and_told_by_its_fields_only(lived: Life):
    request = ask(lived, "correct", wish={"name": "欧阳静怡", "phone": "13755556666"})
    assert "欧阳静怡" not in str([e.changes for e in lived.entries])
    decide(lived, request, "granted", "rights.granted")
    (contact,) = open_contacts(lived.file, lived.post("callback"), "callback", lived.clock)
    assert (contact.name, contact.phone, contact.address) == ("欧阳静怡", "13755556666", HOME)
    assert list_case_ids_by_phone(lived.city, "13755556666") == [lived.file.case.id]
    assert list_case_ids_by_phone(lived.city, PHONE) == []
    assert next(e for e in lived.entries if e.move == "correct").changes["corrected"]["fields"] == ["name", "phone"]
    assert lived.broken() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT wish_sealed FROM cases_rights_request WHERE id = %s", [request.id])
        assert bytes(cursor.fetchone()[0]) == b"", "the wish goes once it is decided"


def test_a_correction_says_what_is_right(lived: Life):
    with pytest.raises(BadReport):
        ask(lived, "correct", wish={"name": "  "})


def test_a_case_on_hold_keeps_its_data_until_the_hold_is_lifted(lived: Life):
    hold_case(lived.city, lived.number, "hold.litigation", lived.post("steward"), lived.clock)
    with pytest.raises(GuardHolds):
        hold_case(lived.city, lived.number, "hold.audit", lived.post("steward"), lived.clock)
    request = ask(lived, "erase")
    with pytest.raises(OnHold, match=lived.number):
        decide(lived, request, "granted", "rights.granted")
    assert places_that_hold(WORDS) != []
    with pytest.raises(NotAllowed):
        lift_hold(lived.city, lived.number, lived.post("admin"), lived.clock)
    lift_hold(lived.city, lived.number, lived.post("steward"), lived.clock)
    with pytest.raises(GuardHolds):
        lift_hold(lived.city, lived.number, lived.post("steward"), lived.clock)
    decide(lived, request, "granted", "rights.granted")
    assert places_that_hold(WORDS) == []
    assert lived.broken() == []


def test_the_database_lets_only_text_and_salt_of_an_entry_go(lived: Life):
    from django.db import DatabaseError, transaction

    entry = next(e for e in lived.entries if e.text)
    for change in ("reason = '{}'", "text_digest = NULL", "text = 'x'", "text = NULL, text_salt = '\\x00'"):
        with (
            pytest.raises(DatabaseError, match="only ever added"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE cases_entry SET {change} WHERE id = %s", [entry.id])


def test_a_file_that_will_not_go_is_tried_again(lived: Life, monkeypatch: pytest.MonkeyPatch):
    from django.core.files.storage import default_storage

    decide(lived, ask(lived, "erase"), "granted", "rights.granted")

    def refuse(name: str) -> None:
        raise OSError("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", refuse)
        with pytest.raises(OSError, match="away"):
            remove_gone_files()
    assert remove_gone_files() == 1
    assert remove_gone_files() == 0


def test_reading_needs_a_reason_that_fits_the_post(lived: Life):
    for login, why in (("callback", "emergency"), ("shift", "callback"), ("steward", "callback"), ("shift", "x")):
        with pytest.raises(NotAllowed):
            open_contacts(lived.file, lived.post(login), why, lived.clock)
    (contact,) = open_contacts(lived.file, lived.post("shift"), "emergency", lived.clock)
    assert contact.phone == PHONE
    with connection.cursor() as cursor:
        cursor.execute("SELECT by_login, by_unit, reason, fields FROM cases_reporter_read ORDER BY id")
        assert cursor.fetchall() == [("shift", "hotline", "emergency", ["name", "phone", "address"])]


def test_words_left_behind_in_a_case_that_was_merged_go_too(lived: Life):
    first, code = lived.number, lived.received
    lived.report(name="司徒远瞩", phone="18698765432", words="我也听到了")
    other = lived.number
    lived.number = first
    lived.move("merge", "dispatcher", case=other, reason="merged.same_matter")
    lived.received = code
    assert lived.file.case.merged_into == other
    decide(lived, ask(lived, "erase"), "granted", "rights.granted")
    remove_gone_files()
    assert places_that_hold(*SECRETS) == []
    assert len(places_that_hold("司徒远瞩", "18698765432", "我也听到了")) == 3
    for number in (first, other):
        lived.number = number
        assert lived.broken() == []
