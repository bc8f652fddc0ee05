"""The doors of a running city, as a browser finds them: pages, forms, sessions. For the demo's people."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import NamedTuple, Protocol

from cityloom.city.values import Post

TIMEOUT_S = 30.0
File = tuple[str, bytes, str]  # name, content, type


class Answer(NamedTuple):
    """What a door answered, redirects followed."""

    status: int
    text: str
    url: str


class DoorShut(ConnectionError):
    """The server does not answer."""


class Door(Protocol):
    """One person's browser."""

    def get(self, path: str) -> Answer: ...

    def post(self, path: str, fields: Mapping[str, str], files: Mapping[str, File]) -> Answer: ...


class HttpDoor:
    """A browser with its own cookies at an address."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Answer:
        return self._ask(urllib.request.Request(self._url + path))  # noqa: S310 (the address is the operator's)

    def post(self, path: str, fields: Mapping[str, str], files: Mapping[str, File]) -> Answer:
        body, kind = _form(fields, files)
        headers = {"Content-Type": kind, "Referer": self._url + path, "Origin": self._url}
        return self._ask(urllib.request.Request(self._url + path, body, headers))  # noqa: S310

    def _ask(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return Answer(answer.status, answer.read().decode("utf-8", "replace"), answer.url)
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.read().decode("utf-8", "replace"), request.full_url)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as away:
            raise DoorShut(str(away)) from away


class Person:
    """Somebody at a door: signs in once, sends forms with the token of the page."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._acts_by = ""

    def sign_in(self, login: str, password: str) -> Answer:
        """Name and password, as typed into the page."""
        return self.send("/signin/", {"username": login, "password": password})

    def act_by(self, post: Post) -> Answer | None:
        """Choose the post to act by; nothing to do when it is chosen already."""
        key = "|".join([post.role.value, post.unit or "", post.area or ""])
        if key == self._acts_by:
            return None
        answer = self.send("/signin/post/", {"post": key, "next": "/queue/"})
        self._acts_by = key if answer.status < 400 else ""
        return answer

    def send(
        self, path: str, fields: Mapping[str, str], files: Mapping[str, File] | None = None, page: str = ""
    ) -> Answer:
        """Open the page of a form and send it; `page` where the form stands on another page."""
        shown = self._door.get(page or path)
        found = _TOKEN.search(shown.text)
        if found is None:
            return shown
        return self._door.post(path, {"csrfmiddlewaretoken": found.group(1), **fields}, files or {})


_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def _form(fields: Mapping[str, str], files: Mapping[str, File]) -> tuple[bytes, str]:
    if not files:
        return urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields.items()
    ]
    for name, (file, content, kind) in files.items():
        told = f'form-data; name="{name}"; filename="{file}"\r\nContent-Type: {kind}'
        head = f"--{edge}\r\nContent-Disposition: {told}\r\n\r\n"
        parts += [head.encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{edge}--\r\n".encode()]), f"multipart/form-data; boundary={edge}"
