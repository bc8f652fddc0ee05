"""No page, picture, data door, message or log shows who reported to anybody but the posts that call back.

Every address of the pages is walked as every post, with every case, photo and report there is; a new page is
walked without being named here.
"""

from __future__ import annotations

import io
import json
import logging
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.exceptions import NoReverseMatch
from PIL import Image
from tests.cases.life import DRAIN, LAMP, NOISE, PARKING, REFUSE, Life, photo

from cityloom.cases.photos import clean_photo
from cityloom.city.snapshot_values import City

NAME, PHONE = "欧阳静疑", "13912345678"
OTHER_NAME, OTHER_PHONE = "司徒远瞩", "18698765432"
SECRETS = (NAME, PHONE, OTHER_NAME, OTHER_PHONE)
WORDS = "夜里三点还在打桩，孩子要高考"
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
    return life, numbers, codes


def addresses(numbers: list[str], photo_ids: list[int]) -> list[str]:
    """Every page address there is, with every number and photo where it takes one; codes are the resident's own."""
    values = {"number": numbers, "photo_id": photo_ids, "layer": ["roads", "parks"]}
    found = []
    for pattern in _patterns(get_resolver()):
        needed = list(pattern.pattern.converters)
        if "code" in needed or any(n not in values for n in needed):
            continue
        for value in values[needed[0]] if needed else [None]:
            kwargs = {needed[0]: value} if needed else {}
            try:
                from django.urls import reverse

                found.append(reverse(pattern.name, kwargs=kwargs))
            except NoReverseMatch:
                continue
    for base in list(found):
        if base.endswith("/queue/"):
            found += [f"{base}?q={n}" for n in numbers] + [f"{base}?state=closed"]
    return found


def _patterns(resolver: URLResolver) -> list[URLPattern]:
    found: list[URLPattern] = []
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            if each.app_name != "admin":
                found += _patterns(each)
        elif each.name:
            found.append(each)
    return found


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


def test_no_page_shows_a_reporter_to_anybody_but_those_who_call_back(
    city_of_secrets: tuple[Life, list[str], list[str]], small_city: City, caplog: pytest.LogCaptureFixture
) -> None:
    _, numbers, _ = city_of_secrets
    caplog.set_level(logging.DEBUG)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM cases_photo")
        photo_ids = [i for (i,) in cursor.fetchall()]
    walk = addresses(numbers, photo_ids)
    assert len(walk) > 40
    visitors = {"": Client()} | {login: signed_in(login) for login in one_of_each_role(small_city)}
    answered = 0
    for turn, (login, client) in enumerate(visitors.items()):
        for place, address in enumerate(walk):
            language = ("zh-hans", "en")[(turn + place) % 2]
            answer = client.get(address, headers={"Accept-Language": language})
            assert answer.status_code < 500, (login, address)
            answered += answer.status_code == 200
            assert not leaks(shown(answer)), (login, address)
    assert answered > 250, "the walk saw pages, not only refusals"
    assert not leaks(caplog.text)


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
