"""One try over a real socket: the address that was looked at is the one spoken to, in bounded time and size."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.exchange.webhooks.receiver import Receiver

from cityloom.exchange.webhooks.addresses import Address, Inside
from cityloom.exchange.webhooks.posting import Poster, resolve

HERE = Inside.of(["127.0.0.0/8"])
LOOPBACK = ipaddress.ip_address("127.0.0.1")


def always(*addresses: str) -> Callable[[str, int], list[Address]]:
    return lambda host, port: [ipaddress.ip_address(a) for a in addresses]


def test_what_is_answered_is_told_with_its_first_signs(receiver: Receiver) -> None:
    receiver.status, receiver.say = 422, "第一行\n第二行".encode() + b"x" * 100_000
    answer = Poster(HERE).post(receiver.url, b"{}", {"webhook-id": "msg_1"})
    assert (answer.status, answer.is_good) == (422, False)
    assert answer.text.startswith("第一行 第二行x")
    assert len(answer.text) <= 200
    assert answer.duration_ms >= 0
    assert receiver.got[0].headers["content-type"] == "application/json"
    assert receiver.got[0].path == "/hook"


def test_a_redirect_is_an_answer_and_never_followed(receiver: Receiver) -> None:
    with Receiver() as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        answer = Poster(HERE).post(receiver.url, b"{}", {})
        assert (answer.status, answer.is_good) == (307, False)
        assert elsewhere.got == []


def test_the_address_that_was_permitted_is_the_one_that_is_spoken_to(receiver: Receiver) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[Address]:
        """A name that leads to the receiver when it is looked at; whoever asks again is led elsewhere."""
        asked.append(host)
        return [LOOPBACK] if len(asked) == 1 else [ipaddress.ip_address("169.254.169.254")]

    url = receiver.url.replace("127.0.0.1", "hooks.example")
    answer = Poster(Inside.of(["hooks.example"]), resolve=rebinding).post(url, b"{}", {})
    assert answer.is_good
    assert asked == ["hooks.example"]
    assert receiver.got[0].headers["host"] == url.split("/")[2]


def test_a_name_that_leads_inside_is_refused_unless_it_is_named(receiver: Receiver) -> None:
    url = receiver.url.replace("127.0.0.1", "hooks.example")
    refused = Poster(Inside(), resolve=always("127.0.0.1", "10.0.0.1")).post(url, b"{}", {})
    assert refused.reason is not None
    assert refused.reason.code == "webhook.address_refused"
    assert receiver.got == []


@pytest.mark.parametrize("number", ["2130706433", "0x7f000001", "127.1"])
def test_an_address_written_as_a_number_is_refused_all_the_same(number: str, receiver: Receiver) -> None:
    refused = Poster(Inside(), resolve=resolve).post(receiver.url.replace("127.0.0.1", number), b"{}", {})
    assert refused.reason is not None
    assert refused.reason.code in ("webhook.address_refused", "webhook.unknown_host")
    assert receiver.got == []


def test_nobody_there_is_told_without_a_traceback() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    answer = Poster(HERE).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert answer.reason is not None
    assert answer.reason.code == "webhook.no_answer"

    def unknown(host: str, port: int) -> list[Address]:
        raise socket.gaierror

    answer = Poster(HERE, resolve=unknown).post("https://nobody.example/", b"{}", {})
    assert answer.reason is not None
    assert answer.reason.code == "webhook.unknown_host"


@contextmanager
def dripping(says: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """A server that accepts and then does as it likes."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                says(client, stop)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        stop.set()
        thread.join(30)


def _one_sign_at_a_time(client: socket.socket, stop: threading.Event) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while not stop.wait(0.05):
        try:
            client.sendall(b"X-Slow: 1\r\n")
        except OSError:
            return


def _a_head_without_its_body(client: socket.socket, stop: threading.Event) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    stop.wait(30)


def _nothing(client: socket.socket, stop: threading.Event) -> None:
    stop.wait(30)


def _nonsense(client: socket.socket, stop: threading.Event) -> None:
    client.sendall(b"this is not HTTP at all\r\n\r\n")


@pytest.mark.parametrize(
    ("says", "codes", "because"),
    [
        (_one_sign_at_a_time, {"webhook.too_slow"}, "trickling does not hold a try open"),
        (_nothing, {"webhook.too_slow"}, "silence ends with the time"),
        (_nonsense, {"webhook.no_answer"}, "what is no HTTP is no answer"),
    ],
)
def test_a_try_ends_whatever_the_other_side_does(
    says: Callable[[socket.socket, threading.Event], None], codes: set[str], because: str
) -> None:
    with dripping(says) as url:
        answer = Poster(HERE, timeout_s=1.0).post(url, b"{}", {})
    assert answer.reason is not None, because
    assert answer.reason.code in codes, because


def test_a_message_is_taken_when_the_head_says_so_though_the_body_never_comes() -> None:
    with dripping(_a_head_without_its_body) as url:
        answer = Poster(HERE, timeout_s=1.0).post(url, b"{}", {})
    assert (answer.is_good, answer.text) == (True, "")


def test_a_certificate_that_does_not_fit_is_refused(receiver: Receiver) -> None:
    answer = Poster(HERE).post(receiver.url.replace("http://", "https://"), b"{}", {})
    assert answer.reason is not None
    assert answer.reason.code == "webhook.no_answer"
    assert receiver.got == []
