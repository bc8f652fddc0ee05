"""No page, picture, data door, message or log shows who reported to anybody but the posts that call back.

Every address there is, is asked for and sent to as every post, with every case, photo, report and request. A new
address is walked by itself where it takes arguments known here, and fails the walk where it takes others.
"""

from __future__ import annotations

import io
import json
import logging
from collections import Counter
from itertools import product
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image
from tests.cases.life import DRAIN, LAMP, NOISE, NORTHEAST, PARKING, REFUSE, RESIDENT, Life, photo

from cityloom.cases.actions.ask_rights_request import ask_rights_request
from cityloom.cases.actions.issue_order import issue_order
from cityloom.cases.actions.send_relay_message import send_relay_message
from cityloom.cases.order_issuing import NewOrder
from cityloom.cases.photos import clean_photo
from cityloom.city.snapshot_values import City

NAME, PHONE = "欧阳静疑", "13912345678"
OTHER_NAME, OTHER_PHONE = "司徒远瞩", "18698765432"
SECRETS = (NAME, PHONE, OTHER_NAME, OTHER_PHONE)
WORDS = "夜里三点还在打桩，孩子要高考"
ABOUT, COMPLAINED = "街道窗口的人说话太难听", "handler_e1"  # a complaint about a unit, and somebody of it
HIDDEN_IN_PHOTO = "owner 欧阳静疑 13912345678"


def with_hidden_data() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = HIDDEN_IN_PHOTO
    exif[0x8825] = {1: "N", 2: (30.0, 0.0, 6.0)}
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def city_of_secrets(life: Life) -> tuple[Life, list[str], list[str]]:
    """Cases in many states, each reported by somebody whose name must not be seen; their numbers and codes."""
    person = {"name": NAME, "phone": PHONE, "words": WORDS}
    numbers, codes = [], []

    def lived(*steps: tuple[str, str], **said: object) -> None:
        received = life.report(**{**person, **said})  # type: ignore[arg-type]
        numbers.append(received.number)
        codes.append(received.tracking_code)
        for move, by in steps:
            pictures = [photo()] if move == "handle" else ()
            reason = "return.not_ours" if move == "return" else None
            life.move(move, by, note="已办理", reason=reason, pictures=pictures)

    unit = "handler_e1"
    lived(source="resident", photos=(clean_photo(with_hidden_data()),))
    lived(("return", unit), source="hotline", by="agent")
    lived(("sign", unit), ("contact", unit), source="hotline", by="agent")
    lived(("sign", unit), ("contact", unit), ("handle", unit), ("reply", unit), source="hotline", by="agent")
    life.report("resident", class_code=NOISE, same_as=life.number, name=OTHER_NAME, phone=OTHER_PHONE)
    codes.append(life.received.tracking_code)  # type: ignore[union-attr]
    lived(source="resident", class_code=LAMP)
    lived(("verify", "checker"), source="resident", class_code=DRAIN)
    lived(source="resident", class_code=REFUSE, confidential=True)
    lived(source="hotline", by="agent", class_code=PARKING, place=None)
    lived(source="hotline", by="agent", words=ABOUT, complained_about=("street_e1",))
    lived(("sign", "handler_e2"), source="resident", place=NORTHEAST, consents=("callback", "sms"))
    report_id = life.file.reports[0].id
    send_relay_message(life.city, life.number, report_id, f"我是{PHONE}", RESIDENT, life.clock, owns=True)
    send_relay_message(life.city, life.number, report_id, "几点在家？", life.post("handler_e2"), life.clock)
    wanted = NewOrder("case", "限期整改", "三日内办结并答复", 3, "work_day", case_number=numbers[0])
    issue_order(life.city, wanted, life.post("supervisor"), life.clock)
    for kind in ("see", "erase", "correct"):
        ask_rights_request(life.city, codes[-1], PHONE, kind, {"name": OTHER_NAME}, RESIDENT, life.clock)
    return life, numbers, codes


# Where the values of an address's arguments come from. An address may have an entry of its own: `route.argument`.
ORDERS = "SELECT year || '-' || serial FROM cases_order"
ARGUMENTS: dict[str, str] = {
    "number": "SELECT number FROM cases_case ORDER BY id",
    "other": "SELECT number FROM cases_case ORDER BY id DESC LIMIT 1",
    "order.number": ORDERS,
    "order_move.number": ORDERS,
    "order_letter.number": ORDERS,
    "alarm.number": "SELECT id FROM sensing_alarm",
    "alarm_move.number": "SELECT id FROM sensing_alarm",
    "fire_verdict.number": "SELECT id FROM sensing_alarm",
    "bikes_map.layer": "SELECT unnest(ARRAY['places', 'heaps', 'outside'])",
    "fire_plan.digest": "SELECT 'none'",
    "identifier": "SELECT identifier FROM sensing_warning WHERE own",
    "version": "SELECT '3.0'",
    "gbfs_document.name": "SELECT 'gbfs'",
    "device.code": "SELECT code FROM sensing_device",
    "device_maintenance.code": "SELECT code FROM sensing_device",
    "device_calibrate.code": "SELECT code FROM sensing_device",
    "device_replace.code": "SELECT code FROM sensing_device",
    "photo_id": "SELECT id FROM cases_photo ORDER BY id",
    "request_id": "SELECT id FROM cases_rights_request",
    "case_request.request_id": "SELECT id FROM cases_request UNION SELECT 1",
    "check_id": "SELECT 1",
    "patrol_id": "SELECT 1",
    "task_id": "SELECT id FROM cases_task ORDER BY id",
    "webhook_id": "SELECT id FROM exchange_webhook",
    "delivery_id": "SELECT id FROM exchange_webhook_delivery",
    "report_id": "SELECT id FROM cases_report ORDER BY id",
    "name": "SELECT 'hotline'",
    "area": "SELECT unnest(ARRAY['990100', '990101001'])",
    "unit": "SELECT 'street_e1'",
    "z": "SELECT 0",
    "x": "SELECT 0",
    "y": "SELECT 0",
    "layer": "SELECT unnest(ARRAY['roads', 'parks'])",
    "kiosk": "SELECT 'K01'",
    "size": "SELECT 192",
    "uid": "SELECT 'MQ'",
    "token": "SELECT 'none'",
}
BY_CODE = "code"  # the resident's own addresses: walked with the codes of the reports
MAY_BE_ABSENT = frozenset({"mode", "form"})  # parts of an address of Open311 that it can do without
# Addresses whose very purpose is to show contact data to the post that may have it; tests of their own follow.
SHOW_CONTACT = frozenset({"case_contact", "callbacks_number", "callbacks"})


def routes() -> list[URLPattern]:
    """Every address of the site outside the administration."""
    return [p for p in _patterns(get_resolver()) if p.name]


def addresses(codes: list[str]) -> list[tuple[str, str]]:
    """Name and address of every route with every value of its arguments; fails where an argument is not known."""
    found: list[tuple[str, str]] = []
    for pattern in routes():
        needed = [name for name in pattern.pattern.regex.groupindex if name not in MAY_BE_ABSENT]
        values = [codes if name == BY_CODE else _values(pattern.name, name) for name in needed]
        for chosen in product(*values):
            found.append((pattern.name, reverse(pattern.name, kwargs=dict(zip(needed, chosen, strict=True)))))
    numbers = _values("queue", "number")
    return found + [("queue", f"{reverse('queue')}?view=all&number={n}") for n in numbers]


def _values(route: str, argument: str) -> list[object]:
    sql = ARGUMENTS.get(f"{route}.{argument}", ARGUMENTS.get(argument))
    assert sql is not None, f"the walk does not know what {argument} of {route} is: add it to ARGUMENTS"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [value for (value,) in cursor.fetchall()][:12] or [1]


def _patterns(resolver: URLResolver) -> list[URLPattern]:
    found: list[URLPattern] = []
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            if each.app_name != "admin":
                found += _patterns(each)
        elif each.name:
            found.append(each)
    return found


def sent(client: Client, address: str, body: dict[str, object]) -> object:
    """The answer to a form; nothing it did stays, and the visitor is signed in as before."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = client.post(address, body, headers={"Accept-Language": "en"})
        text = shown(answer)
        transaction.set_rollback(True)
    client.cookies = cookies
    assert answer.status_code < 500, address
    return text


def shown(answer: object) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return body.decode("utf-8", "replace") + str(answer.headers)  # type: ignore[attr-defined]


def leaks(text: str) -> list[str]:
    """Which secrets a text holds, plain, as JSON or address escapes, with or without their separators."""
    spelled = {s: {s, json.dumps(s)[1:-1], quote(s), s[:3] + "-" + s[3:7] + "-" + s[7:]} for s in SECRETS}
    return [s for s, ways in spelled.items() if any(w in text for w in ways)]


def signed_in(login: str) -> Client:
    client = Client()
    user, _ = get_user_model().objects.get_or_create(username=login)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def one_of_each_role(city: City) -> list[str]:
    """A login for every role of the city, and both districts' handlers."""
    first = {(p.role, p.unit if p.role == "handler" else ""): login for login, ps in city.posts.items() for p in ps}
    return sorted(set(first.values()))


@pytest.fixture(autouse=True)
def no_public_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk knocks more often than a person may."""
    for module in ("public_limits", "report", "report_app", "kiosk", "track", "callback_answer", "passwords"):
        monkeypatch.setattr(f"cityloom.web.{module}.knock_at", lambda *_, **__: frozenset(), raising=False)


def test_no_page_shows_a_reporter_to_anybody_but_those_who_call_back(
    city_of_secrets: tuple[Life, list[str], list[str]],
    small_city: City,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    _, _, codes = city_of_secrets
    caplog.set_level(logging.DEBUG)
    whole = request.config.getoption("--full")  # else every other address of a route, by turns of the visitors
    walk = [(route, address) for route, address in addresses(codes[:3]) if route not in SHOW_CONTACT]
    assert len({route for route, _ in walk}) >= len(routes()) - len(SHOW_CONTACT)
    many = Counter(route for route, _ in walk)
    visitors = {"": Client()} | {login: signed_in(login) for login in one_of_each_role(small_city)}
    answered = 0
    for turn, (login, client) in enumerate(visitors.items()):
        for place, (route, address) in enumerate(walk):
            if login and "/t/" in address:  # walked once: who has the code needs no post
                continue
            if not whole and login != COMPLAINED and many[route] > 1 and (turn + place) % 2:
                continue
            language = ("zh-hans", "en")[(turn + place // 2) % 2]
            answer = client.get(address, headers={"Accept-Language": language})
            assert answer.status_code < 500, (login, address)
            answered += answer.status_code == 200
            text = shown(answer)
            assert not leaks(text), (login, route, address)
            if login == COMPLAINED:
                assert ABOUT not in text, (login, address)
    assert answered > 250, "the walk saw pages, not only refusals"
    assert not leaks(caplog.text)


def test_no_form_answers_with_a_reporter(
    city_of_secrets: tuple[Life, list[str], list[str]],
    small_city: City,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    life, numbers, codes = city_of_secrets
    whole = request.config.getoption("--full")  # else every other form, by turns of the visitors
    caplog.set_level(logging.DEBUG)
    report_id = life.file.reports[0].id
    body = {
        "report": report_id, "text": "您好", "reason": "hold.audit", "unit": "street_e2", "version": "999",
        "kind": "see", "phone": "13700000000", "as": "json", "decision": "refused|rights.asked_again",
        "move": "sign", "subject": "case", "password": "no", "username": "nobody", "code": "no", "words": "看看",
        "same_as": numbers[0], "note": "x",
    }  # fmt: skip
    walk = {route: address for route, address in addresses(codes[:1]) if route not in SHOW_CONTACT}
    for turn, login in enumerate(["", *one_of_each_role(small_city)]):
        client = signed_in(login) if login else Client()
        for place, (route, address) in enumerate(walk.items()):
            if not whole and login != COMPLAINED and (turn + place) % 2:
                continue
            assert not leaks(str(sent(client, address, body))), (login, route)
    assert not leaks(caplog.text)


def test_a_route_with_an_argument_nobody_knows_fails_the_walk(city_of_secrets: object) -> None:
    with pytest.raises(AssertionError, match="add it to ARGUMENTS"):
        _values("some_new_page", "never_heard_of")


def test_the_unit_a_complaint_is_about_reads_nothing_of_it(
    city_of_secrets: tuple[Life, list[str], list[str]],
) -> None:
    life, numbers, _ = city_of_secrets
    about = next(n for n in numbers if _about(life, n))
    client = signed_in(COMPLAINED)
    for address in (f"/case/{about}/", f"/queue/?view=all&number={about}", "/queue/?view=all", "/map/cases.geojson"):
        text = shown(client.get(address))
        assert ABOUT not in text, address
        assert address == f"/queue/?view=all&number={about}" or about not in text or "/case/" in address
    assert client.get(f"/case/{about}/").status_code == 403
    other = signed_in("dispatcher")
    assert ABOUT in shown(other.get(f"/case/{about}/")), "those who work on it do read it"


def _about(life: Life, number: str) -> bool:
    life.number = number
    return bool(life.file.case.complained_about)


def test_no_move_answers_with_a_reporter(
    city_of_secrets: tuple[Life, list[str], list[str]], small_city: City
) -> None:
    _, numbers, _ = city_of_secrets
    for login in one_of_each_role(small_city):
        client = signed_in(login)
        for number in numbers:
            for move in ("sign", "void", "no-such-move"):
                answer = client.post(f"/case/{number}/move/", {"move": move, "version": "999", "note": "x"})
                assert answer.status_code < 500
                assert not leaks(shown(answer)), (login, number, move)


def test_contact_is_shown_to_the_callback_post_and_refused_to_all_others(
    city_of_secrets: tuple[Life, list[str], list[str]], small_city: City
) -> None:
    _, numbers, _ = city_of_secrets
    for login, posts in small_city.posts.items():
        client = signed_in(login)
        for number in numbers:
            answer = client.post(f"/case/{number}/contact/", {"reason": "callback"})
            seen = leaks(shown(answer))
            allowed = any(p.role.value == "callback_agent" for p in posts)
            assert bool(seen) == allowed, (login, number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_reporter_read")
        assert cursor.fetchone()[0] >= len(numbers), "every reading is recorded"


def test_a_residents_own_page_shows_no_other_reporter_and_no_page_shows_the_words_in_public(
    city_of_secrets: tuple[Life, list[str], list[str]],
) -> None:
    _, numbers, codes = city_of_secrets
    stranger = Client()
    for code in codes:
        answer = stranger.get(f"/t/{code}/")
        assert answer.status_code == 200
        assert not leaks(shown(answer))
    for address in ("/", "/paths/", "/map/cases.geojson", "/map/cases.geojson?bbox=109,29,111,31"):
        text = shown(stranger.get(address))
        assert WORDS not in text, address
    public = shown(stranger.get("/map/cases.geojson?bbox=109,29,111,31"))
    hidden = [n for n in numbers if n in public and n == numbers[6]]
    assert not hidden, "a confidential case is on no public map"


def test_neither_messages_nor_photos_nor_tables_hold_a_reporter(
    city_of_secrets: tuple[Life, list[str], list[str]],
) -> None:
    from django.core.files.storage import default_storage

    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [t for (t,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = [[bytes(v) if isinstance(v, memoryview) else v for v in r] for r in cursor.fetchall()]
            assert not leaks(str(rows)), table
        cursor.execute("SELECT file FROM cases_photo")
        for (name,) in cursor.fetchall():
            with default_storage.open(name) as kept:
                data = kept.read()
            assert PHONE.encode() not in data
            assert NAME.encode() not in data
            assert b"Exif" not in data
