"""Posts and questions nobody should send: each is answered clearly, none breaks the server or fills its memory."""

from __future__ import annotations

import gc
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from defusedxml import ElementTree
from django.test import Client
from tests.cases.life import Life, photo

from cityloom.exchange.open311.documents import CONTENT_TYPES

pytestmark = pytest.mark.django_db(transaction=True)
FORM, XML = "application/x-www-form-urlencoded", "text/xml"
SEED = 311
MOST_GROWTH_MB = 150
BOMB = (
    b'<!DOCTYPE l [<!ENTITY a "lol">'
    + b"".join(
        f'<!ENTITY {chr(98 + i)} "{"&" + chr(97 + i) + ";"}{"&" + chr(97 + i) + ";"}">'.encode() * 1
        for i in range(20)
    )
    + b"]><requests><request><description>&u;</description></request></requests>"
)
OUTSIDE = b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><request>&a;</request>'
NAMES = (
    "service_code", "lat", "long", "description", "address_string", "address_id", "email", "phone", "first_name",
    "last_name", "device_id", "account_id", "media_url", "api_key", "jurisdiction_id", "attribute[condition]",
    "attribute[component]", "attribute[]", "attribute[attribute[x]]", "page", "page_size", "bbox", "radius", "status",
    "start_date", "end_date", "updated_after", "service_request_id", "update_id", "callback",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-1", "1e309", "nan", "inf", "1e-320", "٣", "九", "null", "true", "[]", "{}", "垃圾堆了两天",
    "🏙️" * 50,
    "a" * 5000, "长" * 6000, "\x00", "a\x00b", "\x0b\x1b[31m", "\u202eevil", "\ud7ff￾", "<script>alert(1)</script>",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "]]>&lol;", "'; DROP TABLE cases_case; --", "%s%s%n", "%(x)s",
    "{0.__class__}",
    "{link}", "../../etc/passwd", "http://[", "https://x/" + "y" * 600, "javascript:alert(1)", "http://127.0.0.1:1/x",
    "2026-06-01T00:00:00Z", "2026-06-01T00:00:00+99:99", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-23:59",
    "30.0011",
    "110.0011", "gb2013-E0110", "gb2013-0137", "hotline-0101", "hotline-0904", "gb2013:E0110", "_e5_9e", "_ff",
    "lamp-out",
    "110.0,30.0,110.1,30.1", "clm_aaaaaaaa_" + "x" * 43, "9" * 400, "990101001", "13800138000",
)  # fmt: skip
PATHS = (
    *("v2/requests.xml", "v2/requests.json", "v2/requests", "test/v2/requests.json") * 4,
    *("v2/servicerequestupdates.xml", "v2/update.json", "v2/services.json", "v2/tokens/%00.xml", "discovery.xml"),
)
ASKED = (
    "v2/requests.{f}", "v2/servicerequestupdates.{f}", "v2/requests/{t}.{f}", "v2/services/{t}.{f}",
    "v2/tokens/{t}.{f}",
    "v2/{t}", "{t}.{f}", "v2/requests.{t}",
)  # fmt: skip
KINDS = (
    FORM, FORM, FORM, "multipart/form-data; boundary=b", "multipart/form-data", "text/xml; charset=utf-16",
    "application/json", "", "nonsense", f"{FORM}; charset=gb18030", f"{FORM}; charset=%00",
    "text/plain; charset=\x07",
)  # fmt: skip
SIGNS = ("&", "=", "+", "%", ";", "[", "]", "attribute", "\r\n", "--b", "Content-Disposition: form-data; name=")


def good(chance: random.Random) -> dict[str, str]:
    """A request that would be taken, before something is done to it."""
    return {
        "service_code": chance.choice(["gb2013-E0110", "gb2013-0137", "hotline-0101"]),
        "lat": "30.0011",
        "long": "110.0011",
        "description": f"垃圾堆了{chance.randrange(99)}天",
    }


def a_body(chance: random.Random) -> bytes:
    """One body: a good form with one or more hostile fields, or no form at all."""
    way = chance.randrange(10)
    if way < 5:
        fields = good(chance)
        for name in chance.sample(NAMES, chance.randrange(1, 5)):
            fields[name] = chance.choice(TEXTS)
        return urlencode(fields, errors="ignore").encode()
    if way == 5:  # another encoding, escaped or plain
        text = "路灯不亮，请来修理".encode(chance.choice(["gb18030", "big5", "utf-16", "shift_jis"]), "ignore")
        return b"service_code=gb2013-E0110&lat=30.0011&long=110.0011&description=" + (
            quote_from_bytes(text).encode() if chance.random() < 0.5 else text
        )
    if way == 6:
        return chance.choice([BOMB, OUTSIDE, b"<" * 3000, b"{" * 3000, b"[" * 3000, b"\xff" * 300, b"&" * 5000])
    if way == 7:
        return urlencode([(f"f{i}", "x") for i in range(chance.choice([150, 250, 3000]))]).encode()
    if way == 8:
        return chance.randbytes(chance.randrange(2000))
    return "".join(chance.choice((*SIGNS, *TEXTS)) for _ in range(chance.randrange(30))).encode(errors="ignore")


def a_multipart(chance: random.Random) -> bytes:
    """A form in parts, whole, torn off, with a hostile file name or a file that is none."""
    file = chance.choice([photo().data, BOMB, b"", b"GIF89a", photo().data[:200], b"\xff\xd8" + b"\x00" * 500])
    name = chance.choice(
        ["a.jpg", "../../../etc/cron.d/x", "\x00.jpg", "长" * 300 + ".jpg", 'a"; name="b', "a\r\nX: y"]
    )
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in good(chance).items()
    ]
    parts.append(
        f'--b\r\nContent-Disposition: form-data; name="media"; filename="{name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n".encode()
        + file
        + b"\r\n"
    )
    whole = b"".join(parts) + b"--b--\r\n"
    return whole if chance.random() < 0.6 else whole[: chance.randrange(len(whole))]


def check(answer: Any, sent: Any) -> None:
    """An answer of the specification, in the form it says it has; never a fault of the server."""
    assert answer.status_code < 500, (answer.status_code, sent)
    kind = answer.headers["Content-Type"]
    assert kind in CONTENT_TYPES.values(), (kind, sent)
    value: Any = ElementTree.fromstring(answer.content) if "xml" in kind else json.loads(answer.content)
    if answer.status_code >= 400:
        first = value[0]
        code = first.findtext("code") if "xml" in kind else first["code"]
        told = first.findtext("description") if "xml" in kind else first["description"]
        assert int(code) == answer.status_code, sent
        assert told, sent
        assert len(answer.content) < 5000, "what was sent is not sent back whole"


def memory_mb() -> float:
    """What this process holds."""
    gc.collect()
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def test_no_post_breaks_the_server_or_fills_its_memory(city_door: Life, full: bool, record_property: Any) -> None:
    chance, client = random.Random(SEED), Client()
    statuses: dict[int, int] = {}
    before = peak = memory_mb()
    for number in range(10_000 if full else 300):
        is_parts = chance.random() < 0.15
        kind = "multipart/form-data; boundary=b" if is_parts else chance.choice(KINDS)
        body = a_multipart(chance) if is_parts else a_body(chance)
        path = f"/open311/{chance.choice(PATHS)}"
        answer = client.generic("POST", path, body, kind)
        check(answer, (number, path, kind, body[:300]))
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        if number % 500 == 0:
            peak = max(peak, memory_mb())
    record_property("statuses", statuses)
    record_property("growth_mb", round(max(peak, memory_mb()) - before))
    print(f"statuses {statuses}, memory +{max(peak, memory_mb()) - before:.0f} MB")
    assert {200, 400, 404} <= statuses.keys(), "some of everything happened"
    assert max(peak, memory_mb()) - before < MOST_GROWTH_MB


def test_no_question_breaks_the_server(city_door: Life, full: bool) -> None:
    chance, client = random.Random(SEED), Client()
    for number in range(3_000 if full else 200):
        path = chance.choice(ASKED).format(f=chance.choice(["xml", "json"]), t=quote(chance.choice(TEXTS), safe=""))
        asked = {n: chance.choice(TEXTS) for n in chance.sample(NAMES, chance.randrange(4))}
        query = urlencode(asked, errors="ignore") if chance.random() < 0.9 else "%ff%fe=%80&%00=x&" * 3
        answer = client.generic("GET", f"/open311/{path}", QUERY_STRING=query)
        check(answer, (number, path, query))


HUGE = [
    (FORM, b"description=" + b"a" * 300_000, "a form beyond its bound"),
    (FORM, b"lat=1&" * 60_000, "many small fields"),
    (XML, BOMB * 200, "an XML bomb, which nothing here parses"),
    ("application/json", b"[" * 300_000, "deep JSON"),
]


@pytest.mark.parametrize(("kind", "body", "because"), HUGE, ids=[h[2] for h in HUGE])
def test_a_huge_body_is_refused_before_it_is_read(city_door, kind, body, because):
    answer = Client().generic("POST", "/open311/v2/requests.json", body, kind)
    check(answer, because)
    assert answer.status_code in (400, 413)


def test_a_body_that_says_it_is_huge_is_refused_without_waiting_for_it(city_door):
    answer = Client().generic("POST", "/open311/v2/requests.xml", b"lat=1", FORM, CONTENT_LENGTH=str(10**12))
    assert answer.status_code == 413
    kind = "multipart/form-data; boundary=b"
    assert (
        Client().generic("POST", "/open311/v2/requests.xml", b"-", kind, CONTENT_LENGTH=str(10**12)).status_code
        == 413
    )


def test_a_large_photo_is_refused_with_its_bound(city_door):
    head = b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.jpg"\r\n\r\n'
    body = head + b"\xff" * 13_000_000 + b"\r\n--b--\r\n"
    answer = Client().generic("POST", "/open311/v2/requests.json", body, "multipart/form-data; boundary=b")
    check(answer, "13 MB")
    assert answer.status_code == 413


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16", "latin-1"])
def test_another_encoding_is_told_to_be_utf_8(city_door, encoding):
    text = ("路口" if encoding != "latin-1" else "éé").encode(encoding)
    body = b"service_code=gb2013-E0110&lat=30.0011&long=110.0011&description=" + quote_from_bytes(text).encode()
    answer = Client(headers={"accept-language": "en"}).generic("POST", "/open311/v2/requests.json", body, FORM)
    assert answer.status_code == 400
    assert "UTF-8" in json.loads(answer.content)[0]["description"]
