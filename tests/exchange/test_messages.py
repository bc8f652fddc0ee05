"""The connectors that carry messages: make-believe, SMTP, a gateway over HTTP; and how the settings choose them."""

from __future__ import annotations

import json
import socketserver
import threading
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

import cityloom.exchange.messages
from cityloom.base.messages import Text
from cityloom.base.pretended import Pretended, drawer, list_pretended, put_pretended
from cityloom.base.sending import Outgoing, ProviderAway, ProviderRefused
from cityloom.exchange.messages.choosing import BadAdapterAddress, choose_adapters
from cityloom.exchange.messages.http_sms.client import HttpSms
from cityloom.exchange.messages.http_sms.mapping import BadSmsForm, SmsForm, answer_of, form_of, read_form, request_of
from cityloom.exchange.messages.pretend.client import Pretend
from cityloom.exchange.messages.smtp.client import Smtp
from cityloom.exchange.messages.smtp.mapping import mail_of

FOLDER = Path(cityloom.exchange.messages.__file__).parent
CONNECTORS = sorted(path.parent for path in FOLDER.glob("*/manifest.toml"))
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SMS = Outgoing("17", "sms", "13800138000", Text("", "【小城】您好"), "zh", NOW)
MAIL = Outgoing("18", "mail", "qin@city.example", Text("问题解决了吗", "请告诉我们\n谢谢"), "zh", NOW)
SAMPLE = FOLDER / "http_sms" / "sample_form.toml"


# --- a connector is a folder of familiar files ------------------------------------------------------------------


@pytest.mark.parametrize("folder", CONNECTORS, ids=lambda path: path.name)
def test_a_connector_is_a_folder_of_familiar_files(folder):
    assert {"manifest.toml", "client.py", "mapping.py", "README.md"} <= {path.name for path in folder.iterdir()}
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    assert manifest["name"] == folder.name
    assert manifest.keys() == {"name", "title_zh", "title_en", "kinds", "address", "example", "sends_outside"}


def test_there_are_three_of_them():
    assert [path.name for path in CONNECTORS] == ["http_sms", "pretend", "smtp"]


# --- make-believe -----------------------------------------------------------------------------------------------


def test_a_pretended_message_lies_in_the_drawer_newest_first(tmp_path):
    adapter = Pretend(drawer(tmp_path))
    assert adapter.send(SMS) == "pretended-17"
    adapter.send(MAIL)
    assert [(m.id, m.kind, m.body) for m in list_pretended(drawer(tmp_path))] == [
        ("18", "mail", "请告诉我们\n谢谢"),
        ("17", "sms", "【小城】您好"),
    ]
    assert (drawer(tmp_path) / "messages.jsonl").stat().st_mode & 0o077 == 0, "for its owner only"


def test_a_line_that_broke_off_hides_no_other_and_a_second_attempt_shows_once(tmp_path):
    put_pretended(tmp_path, Pretended("1", "sms", "x", "", "one", "t"))
    with (tmp_path / "messages.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "2", "kin\n[]\n')
    put_pretended(tmp_path, Pretended("1", "sms", "x", "", "one", "t"))
    assert [m.id for m in list_pretended(tmp_path)] == ["1"]
    assert list_pretended(tmp_path / "nowhere") == []


# --- SMTP -------------------------------------------------------------------------------------------------------


class FakeSmtp(socketserver.StreamRequestHandler):
    """A mail server that knows the few words of a delivery; `replies` says no to one of them."""

    replies: ClassVar[dict[str, str]] = {}
    got: ClassVar[list[str]] = []

    def handle(self) -> None:
        self._say("220 fake")
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].split(" ")[0].upper()
            self.got.append(line)
            if word in self.replies:
                self._say(self.replies[word])
            elif word == "DATA":
                self._say("354 go on")
                while (part := self.rfile.readline().decode()) not in (".\r\n", ""):
                    self.got.append(part.rstrip("\r\n"))
                self._say(self.replies.get("CONTENT", "250 kept"))
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def mail_server() -> Iterator[Callable[..., Smtp]]:
    """A function that gives the adapter for a server with these replies."""
    FakeSmtp.replies, FakeSmtp.got = {}, []
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), FakeSmtp)) as port:

        def make(**replies: str) -> Smtp:
            FakeSmtp.replies = replies
            return Smtp("127.0.0.1", port, "no-reply@city.example", starttls=False, timeout_s=5)

        yield make


def test_a_mail_goes_out_with_an_id_that_stays(mail_server):
    adapter = mail_server()
    assert adapter.send(MAIL) == "<cityloom.18@city.example>"
    text = "\n".join(FakeSmtp.got)
    assert "RCPT TO:<qin@city.example>" in text.replace("rcpt", "RCPT")
    assert "Message-ID: <cityloom.18@city.example>" in text
    assert "Auto-Submitted: auto-generated" in text


def test_a_mails_subject_is_one_line():
    mail = mail_of(replace(MAIL, text=Text("a\r\nBcc: all@city.example", "b")), "n@city.example")
    assert mail["Subject"] == "a Bcc: all@city.example"
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    ("word", "reply", "error", "because"),
    [
        ("RCPT", "550 no such user", ProviderRefused, "there is no such mailbox"),
        ("RCPT", "451 greylisted", ProviderAway, "come again"),
        ("CONTENT", "554 spam", ProviderRefused, "the content is refused"),
        ("CONTENT", "452 full", ProviderAway, "no room now"),
        ("MAIL", "530 sign in first", ProviderAway, "our setup is wrong, not the mail"),
    ],
)
def test_a_mail_servers_answer_says_whether_to_come_again(mail_server, word, reply, error, because):
    with pytest.raises(error) as refusal:
        mail_server(**{word: reply}).send(MAIL)
    assert "qin@" not in str(refusal.value), because


def test_a_mail_server_that_is_not_there_is_away():
    with pytest.raises(ProviderAway):
        Smtp("127.0.0.1", 1, "n@city.example", timeout_s=1).send(MAIL)


def test_a_mail_server_without_tls_is_refused_unless_told_otherwise(mail_server):
    adapter = mail_server()
    with pytest.raises(ProviderAway):
        Smtp(adapter.host, adapter.port, adapter.sender, timeout_s=5).send(MAIL)


# --- a gateway over HTTP ----------------------------------------------------------------------------------------


class FakeGateway(BaseHTTPRequestHandler):
    """A gateway that answers what it is told to and keeps what it got."""

    answer: ClassVar[tuple[int, bytes]] = (200, b"{}")
    got: ClassVar[list[tuple[str, dict[str, str], Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, dict(self.headers), json.loads(body)))
        status, content = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing in the middle of the tests."""


@pytest.fixture
def gateway() -> Iterator[Callable[..., HttpSms]]:
    FakeGateway.got = []
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), FakeGateway)) as port:

        def make(status: int, content: str) -> HttpSms:
            FakeGateway.answer = (status, content.encode())
            return HttpSms("127.0.0.1", port, "/v1/send?app=1", read_form(SAMPLE), tls=False, timeout_s=5)

        yield make


def test_a_gateway_gets_the_fields_it_asked_for(gateway):
    assert gateway(200, '{"code": 0, "data": {"messageId": "g-5"}}').send(SMS) == "g-5"
    ((path, headers, body),) = FakeGateway.got
    assert path == "/v1/send?app=1"
    assert body == {"phone": "13800138000", "content": "【小城】您好", "outId": "17"}
    assert headers["Idempotency-Key"] == "cityloom-17"
    assert headers["Authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("status", "content", "error", "because"),
    [
        (200, '{"code": "isv.MOBILE_NUMBER_ILLEGAL"}', ProviderRefused, "its answer says no"),
        (200, "<html>welcome</html>", ProviderRefused, "what is no JSON says no success"),
        (400, "{}", ProviderRefused, "a bad request stays bad"),
        (302, "", ProviderRefused, "nobody follows a redirection with personal data"),
        (401, "{}", ProviderAway, "our key is wrong: mended by the operator"),
        (429, "{}", ProviderAway, "too fast"),
        (503, "", ProviderAway, "away"),
    ],
)
def test_a_gateways_answer_says_whether_to_come_again(gateway, status, content, error, because):
    with pytest.raises(error) as refusal:
        gateway(status, content).send(SMS)
    assert "13800138000" not in str(refusal.value), because


def test_a_gateway_that_is_not_there_is_away():
    with pytest.raises(ProviderAway):
        HttpSms("127.0.0.1", 1, "/", read_form(SAMPLE), tls=False, timeout_s=1).send(SMS)


def test_a_form_may_nest_its_fields_and_its_answer():
    form = form_of(
        {"fields": {"to": ["{to}"], "body": {"text": "{text}", "n": 1}}, "answer": {"id": "items.0.id"}}, "x"
    )
    assert json.loads(request_of(form, SMS)[0]) == {"to": ["13800138000"], "body": {"text": "【小城】您好", "n": 1}}
    assert answer_of(form, b'{"items": [{"id": 9}]}').provider_id == "9"
    assert answer_of(form, b"").taken, "a form that asks for nothing takes any good status"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"fields": {"to": "{to}"}}, "{to} and {text}"),
        ({"fields": {"to": "{to}", "t": "{text}", "n": "{name}"}}, "{name}"),
        ({"fields": {"to": "{to}", "t": "{text}"}, "anwser": {}}, "anwser"),
        ({"fields": ["{to}", "{text}"]}, "tables"),
        ({"fields": {"to": "{to", "t": "{text}"}}, "expected"),
    ],
)
def test_a_form_with_a_mistake_says_which(data, told):
    with pytest.raises(BadSmsForm) as refusal:
        form_of(data, "sms.toml")
    assert told in str(refusal.value)


def test_a_form_that_is_absent_or_no_toml_says_so(tmp_path):
    with pytest.raises(BadSmsForm, match="there is no file"):
        read_form(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("fields = [", encoding="utf-8")
    with pytest.raises(BadSmsForm, match="wrong"):
        read_form(tmp_path / "bad.toml")


# --- choosing ---------------------------------------------------------------------------------------------------


def test_the_settings_choose_the_connectors(tmp_path):
    adapters = choose_adapters(
        "https+sms://gateway.example/v1/send?app=1",
        "smtps://city:se%40cret@mail.example?from=no-reply@city.example",
        str(SAMPLE),
        tmp_path,
        production=True,
    )
    sms, mail = adapters["sms"], adapters["mail"]
    assert isinstance(sms, HttpSms)
    assert (sms.host, sms.port, sms.path, sms.tls) == ("gateway.example", 443, "/v1/send?app=1", True)
    assert isinstance(mail, Smtp)
    assert (mail.host, mail.port, mail.user, mail.password) == ("mail.example", 465, "city", "se@cret")
    assert mail.sender == "no-reply@city.example"


def test_a_demo_pretends_and_an_empty_address_sends_nothing(tmp_path):
    assert isinstance(choose_adapters("pretend:", "", "", tmp_path)["sms"], Pretend)
    assert choose_adapters("", "", "", tmp_path) == {}


@pytest.mark.parametrize(
    ("sms", "mail", "form", "setting"),
    [
        ("gateway.example", "", str(SAMPLE), "CITYLOOM_SMS_URL"),
        ("ftp://gateway.example", "", str(SAMPLE), "CITYLOOM_SMS_URL"),
        ("https+sms://gateway.example/send", "", "", "CITYLOOM_SMS_FORM"),
        ("https+sms://gateway.example:port/", "", str(SAMPLE), "CITYLOOM_SMS_URL"),
        ("", "smtp://user:secret@mail.example", "", "CITYLOOM_MAIL_URL"),
        ("", "mailto:a@b.example", "", "CITYLOOM_MAIL_URL"),
    ],
)
def test_an_address_that_names_no_connector_is_refused_without_repeating_it(tmp_path, sms, mail, form, setting):
    with pytest.raises(BadAdapterAddress) as refusal:
        choose_adapters(sms, mail, form, tmp_path)
    assert setting in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_production_refuses_to_pretend(tmp_path):
    with pytest.raises(BadAdapterAddress, match="pretends"):
        choose_adapters("pretend:", "", "", tmp_path, production=True)


def test_the_sample_form_is_a_form():
    assert read_form(SAMPLE) == SmsForm(
        fields={"phone": "{to}", "content": "{text}", "outId": "{id}"},
        headers={"Authorization": "Bearer PUT-YOUR-KEY-HERE"},
        id_at="data.messageId",
        success_at="code",
        success_is=("0", "OK"),
    )
