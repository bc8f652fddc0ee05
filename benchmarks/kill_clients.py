"""Those who report while others are killed: each writes down what it was told, and after a failure asks again.

One calls the action itself, as the intake of another system does; the other fills in the page's form as a browser
would, with its token, its once-only key and now and then a photo.
"""

from __future__ import annotations

import html
import http.client
import io
import os
import random
import re
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

CITY = "990100"
CLASSES = ("hotline:0101", "gb2013:0137", "gb2013:E0110", "hotline:0102")
WORDS = "夜里施工很吵，睡不着"
NAME = "秦晓梅"
ANSWER_S = 30.0
AGAIN_S = 0.1
PAUSE_S = 0.2  # at most, between two reports of one client
BOUNDARY = "----cityloom-kill-proof"
REFUSED = "-"


class Ack(NamedTuple):
    """What a client was told: the number and code of the report under its key, or that it was refused."""

    key: str
    number: str
    code: str
    photos: int

    @property
    def was_refused(self) -> bool:
        return self.number == REFUSED

    def line(self) -> bytes:
        return f"{self.key} {self.number} {self.code} {self.photos}\n".encode()


def read_acks(book: Path) -> list[Ack]:
    """The whole lines of a client's book; a half line was not told."""
    lines = book.read_text().split("\n")[:-1] if book.exists() else []
    found = [line.split() for line in lines]
    return [Ack(key, number, code, int(photos)) for key, number, code, photos in (f for f in found if len(f) == 4)]


class NotAnswered(Exception):
    """The page gave no answer that a person could read as yes or no."""


# --- through the action -----------------------------------------------------------------------------------------


def report_directly(name: str, book: int, stopped: list[bool]) -> None:
    """Report through the action, on and on."""
    from cityloom.app.ready import set_up_django

    set_up_django()
    from django.db import InterfaceError, OperationalError, connection

    from cityloom.base.clock import clock_of_settings
    from cityloom.cases.actions.receive_report import NewReport, receive_report
    from cityloom.city.snapshot import current_city
    from cityloom.city.values import Post, Role

    chance = random.Random(f"{name}:{os.getpid()}")
    clock = clock_of_settings()
    key = ""
    while not stopped:
        key = key or f"{name}-{chance.randrange(16**12):012x}"
        lon, lat = _somewhere(chance)
        new = NewReport(
            source=chance.choice(("resident", "hotline")), words=WORDS, class_code=chance.choice(CLASSES),
            lon=lon, lat=lat, name=NAME, phone=_phone(chance), idempotency_key=key,
        )  # fmt: skip
        try:
            received = receive_report(current_city(CITY), new, Post("resident", Role.RESIDENT), clock)
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(AGAIN_S)
            continue
        code = received.tracking_code if new.source == "resident" else REFUSED
        os.write(book, Ack(key, received.number, code, 0).line())
        key = ""
        time.sleep(chance.uniform(0.0, PAUSE_S))


# --- through the pages ------------------------------------------------------------------------------------------


@dataclass
class Browser:
    """A resident's browser: it keeps the cookie and sends back the form that the page gave.

    Each comes from an address of its own on this machine, as residents do.
    """

    port: int
    chance: random.Random
    cookie: str = ""
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def get(self, path: str) -> str:
        """The page, kept cookies and all; raises NotAnswered."""
        return self._ask("GET", path)[1]

    def post(self, path: str, fields: dict[str, str], photo: bytes = b"") -> tuple[int, str]:
        """The status and page that answer the form; raises NotAnswered."""
        return self._ask("POST", path, _encoded(fields, photo))

    def leave(self) -> None:
        """Forget everything; the next page is asked for from another address."""
        self.cookie = ""
        self._hang_up()

    def _ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
        headers = {"Accept-Language": "en", "Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.port}"}
        if body:
            headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        try:
            line = self._line()
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            page = answer.read().decode()
        except (OSError, http.client.HTTPException) as why:
            self._hang_up()
            raise NotAnswered(f"{type(why).__name__}: {why}") from why
        if answer.status >= 500:
            raise NotAnswered(f"{answer.status}: {page[-300:]}")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("csrftoken="):
                self.cookie = value.split(";")[0]
        return answer.status, page

    def _line(self) -> http.client.HTTPConnection:
        if self._connection is None:
            own = f"127.{self.chance.randrange(1, 255)}.{self.chance.randrange(256)}.{self.chance.randrange(1, 255)}"
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=ANSWER_S, source_address=(own, 0)
            )
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def report_by_browser(name: str, book: int, stopped: list[bool], port: int) -> None:
    """Report through the page of residents, on and on."""
    chance = random.Random(f"{name}:{os.getpid()}")
    browser = Browser(port, chance)
    while not stopped:
        try:
            form = form_of(browser.get("/report/"))
        except NotAnswered as why:
            print(why, file=sys.stderr, flush=True)
            time.sleep(AGAIN_S)
            continue
        told = _see_through(browser, form, chance, stopped)
        if told is not None:
            os.write(book, told.line())
        browser.leave()
        time.sleep(chance.uniform(0.0, PAUSE_S))


def _see_through(browser: Browser, form: dict[str, str], chance: random.Random, stopped: list[bool]) -> Ack | None:
    """Send one form until it is answered: with the page of what is open nearby in between, and again when cut off."""
    lon, lat = _somewhere(chance)
    photo = _photo(chance) if chance.random() < 0.25 else b""
    typed = form | {
        "class": chance.choice(CLASSES), "words": WORDS, "lon": f"{lon:.6f}", "lat": f"{lat:.6f}",
        "address": "", "name": NAME, "phone": _phone(chance),
    }  # fmt: skip
    joins = chance.random() < 0.2
    while not stopped:
        try:
            status, page = browser.post("/report/", typed, photo)
        except NotAnswered as why:
            print(why, file=sys.stderr, flush=True)
            time.sleep(AGAIN_S)
            continue
        if status != 200:
            print(f"{status}: {_plain(page)[:500]}", file=sys.stderr, flush=True)
            return Ack(typed["key"], REFUSED, REFUSED, 0)
        if (told := _told(page)) is not None:
            return Ack(typed["key"], *told, 1 if photo else 0)
        if typed.get("asked"):
            raise NotAnswered(f"the page neither took nor refused the report: {_plain(page)[:500]}")
        offered = re.findall(r'name="same_as" value="([^"]+)"', page)
        typed |= {"asked": "yes", "same_as": chance.choice(offered) if offered and joins else ""}
    return None


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of the page's report form, its token and key among them."""
    form = re.search(r'<form method="post" action="/report/".*?</form>', page, re.DOTALL)
    if form is None:
        raise NotAnswered(f"the page has no report form: {_plain(page)[:300]}")
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    return {name: html.unescape(value) for name, value in fields}


def _told(page: str) -> tuple[str, str] | None:
    """The number and the tracking code on the page after sending."""
    number = re.search(r'<span class="number">([^<]+)</span>', page)
    code = re.search(r'<code class="code">(\w+)</code>', page)
    return (number[1], code[1]) if number and code else None


def _plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2] or page).split())


def _encoded(fields: dict[str, str], photo: bytes) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if photo:
        head = 'Content-Disposition: form-data; name="photos"; filename="a.jpg"\r\nContent-Type: image/jpeg'
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + photo + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def _photo(chance: random.Random) -> bytes:
    """A small picture that no other report has."""
    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("RGB", (32, 24), chance.randbytes(32 * 24 * 3)).save(out, "JPEG")
    return out.getvalue()


def _phone(chance: random.Random) -> str:
    """A number that nobody has; the doors count how often each reports."""
    return f"120{chance.randrange(10**8):08d}"


def _somewhere(chance: random.Random) -> tuple[float, float]:
    return 110.0 + chance.uniform(0.0002, 0.0078), 30.0 + chance.uniform(0.0002, 0.0078)


def main(name: str, acks: Path, port: int) -> None:
    """Report until SIGTERM: as a browser on that port, or directly when it is 0."""
    stopped: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    book = os.open(acks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    if port:
        report_by_browser(name, book, stopped, port)
    else:
        report_directly(name, book, stopped)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
