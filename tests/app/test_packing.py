"""Files are packed for who unpacks them, and stay the same file."""

from __future__ import annotations

import gzip

import pytest
from django.test import Client

FILE = "/static/cityloom/pages.css"


def test_a_style_is_packed_for_a_browser_that_unpacks_it_and_plain_for_another() -> None:
    plain = Client().get(FILE)
    packed = Client().get(FILE, headers={"accept-encoding": "gzip, br"})
    text = b"".join(plain.streaming_content)  # type: ignore[attr-defined]
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == text
    assert int(packed.headers["Content-Length"]) == len(packed.content) < len(text) / 2
    assert {plain.headers["Vary"], packed.headers["Vary"]} == {"Accept-Encoding"}


@pytest.mark.parametrize(
    ("path", "header", "because"),
    [
        (FILE, {"range": "bytes=0-9"}, "a part of a file is a part of the plain one"),
        ("/static/cityloom/icon.svg", {}, "a file this small is not worth it"),
        ("/healthz", {}, "pages and other answers are left alone"),
    ],
)
def test_other_answers_stay_as_they_are(path: str, header: dict[str, str], because: str) -> None:
    answer = Client().get(path, headers={"accept-encoding": "gzip", **header})
    assert answer.status_code in (200, 206), because
    assert "Content-Encoding" not in answer.headers, because


def test_a_file_that_has_not_changed_is_not_sent_again() -> None:
    first = Client().get(FILE, headers={"accept-encoding": "gzip"})
    kept = {"if-modified-since": first.headers["Last-Modified"], "accept-encoding": "gzip"}
    assert Client().get(FILE, headers=kept).status_code == 304
