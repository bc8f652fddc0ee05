"""The administrator's pages of webhooks: a secret shown once, health, deliveries, what can be done; nobody else."""
# ruff: noqa: F811 (fixtures of another story)

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from tests.cases.life import PARKING, Life
from tests.exchange.webhooks.conftest import HERE
from tests.exchange.webhooks.receiver import Receiver
from tests.web.conftest import browser_of, site  # noqa: F401
from tests.web.test_browser_story import _sign_in, people  # noqa: F401

from cityloom.exchange.models import Webhook, WebhookDelivery
from cityloom.exchange.webhooks.courier import Courier
from cityloom.exchange.webhooks.posting import Poster

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIST = "/webhooks/"


@pytest.fixture(autouse=True)
def inside(settings: Any) -> None:
    """This machine may be led to."""
    settings.CITYLOOM_WEBHOOK_HOSTS = HERE


def settle(life: Life) -> None:
    courier = Courier(life.clock, lambda _: life.city, Poster(HERE, 30.0), chance=lambda: 0.5)
    courier.settle()
    courier.close()


def secret_in(text: str) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", text)
    return found[0] if found else ""


def lived(life: Life) -> None:
    life.report("hotline", by="agent", class_code=PARKING)
    life.move("sign", "handler_e1")


def test_a_webhook_is_added_and_its_secret_shown_on_that_answer_only(
    site: Life, browser_of: Callable[..., Client]
) -> None:
    admin = browser_of("admin")
    with Receiver() as receiver:
        made = admin.post(f"{LIST}add/", {"url": receiver.url, "description": "The board", "moves": ["sign"]})
        secret = secret_in(made.text)
        assert secret
        assert "no-store" in made.headers["Cache-Control"]
        hook = Webhook.objects.get()
        assert not secret_in(admin.get(f"{LIST}{hook.pk}/").text)
        lived(site)
        settle(site)
        assert receiver.versions() == [2]
        assert receiver.got[0].fits(secret)
    text = admin.get(LIST).text
    assert "The board" in text
    assert "sign for" in text.lower()
    assert "unencrypted" in text
    page = admin.get(f"{LIST}{hook.pk}/").text
    assert site.number in page
    assert "204" in page


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"url": "https://10.1.2.3/"}, 422, "CITYLOOM_WEBHOOK_HOSTS"),
        ({"url": "hooks.example"}, 422, "https://"),
        ({"url": "https://hooks.example/", "sees": "nobody"}, 422, "nobody"),
    ],
)
def test_what_is_refused_is_told_and_what_was_typed_is_kept(
    typed: dict[str, str], status: int, said: str, site: Life, browser_of: Callable[..., Client]
) -> None:
    refused = browser_of("admin").post(f"{LIST}add/", {**typed, "description": "kept as typed", "moves": ["close"]})
    assert refused.status_code == status
    assert said in refused.text
    assert "kept as typed" in refused.text
    assert re.search(r'value="close" checked', refused.text)
    assert not Webhook.objects.exists()


def test_everything_that_can_be_done_is_done_from_the_page(site: Life, browser_of: Callable[..., Client]) -> None:
    admin = browser_of("admin")
    with Receiver(status=500, say=b"<b>no</b>") as receiver:
        admin.post(f"{LIST}add/", {"url": receiver.url})
        hook = Webhook.objects.get()
        where, do = f"{LIST}{hook.pk}/", f"{LIST}{hook.pk}/do/"

        def version() -> int:
            return Webhook.objects.get().version

        lived(site)
        settle(site)
        failing = admin.get(where).text
        assert "Failing" in failing
        assert "&lt;b&gt;no&lt;/b&gt;" in failing, "what a receiver says is shown, never run"
        receiver.status = 204
        site.clock.advance(seconds=10)
        settle(site)
        assert "Active" in admin.get(where).text
        first = WebhookDelivery.objects.order_by("id").first()
        assert first is not None
        done = admin.post(do, {"act": f"replay:{first.pk}"}, follow=True)
        assert "1 go out again soon" in done.text
        assert "A test message goes out soon" in admin.post(do, {"act": "test"}, follow=True).text
        settle(site)
        assert f"again of {first.pk}" in admin.get(f"{where}?state=delivered").text
        assert "No such deliveries" in admin.get(f"{where}?state=failed").text
        site.clock.advance(minutes=1)
        spanned = admin.post(do, {"act": "replay", "since": "2026-06-01T00:00", "until": ""}, follow=True)
        assert "2 go out again soon" in spanned.text
        refused = admin.post(do, {"act": "replay", "since": "2026-06-02T00:00", "until": "2026-06-01T00:00"})
        assert refused.status_code == 422
        assert 'value="2026-06-02T00:00"' in refused.text
        new = secret_in(admin.post(do, {"act": "rotate", "overlap": "24", "version": version()}).text)
        settle(site)
        assert receiver.got[-1].fits(new)
        assert "still signs until" in admin.post(do, {"act": "rotate", "overlap": "24", "version": version()}).text
        assert admin.post(do, {"act": "pause", "version": version() - 1}).status_code == 412
        assert admin.post(do, {"act": "pause", "version": version()}).status_code == 302
        assert admin.post(do, {"act": "test"}).status_code == 409
        assert admin.post(do, {"act": "resume", "version": version()}).status_code == 302
        assert admin.post(do, {"act": "remove", "version": version()}).headers["Location"] == LIST
    assert admin.get(where).status_code == 404
    assert "There is no webhook yet" in admin.get(LIST).text


def test_deliveries_go_by_pages(site: Life, browser_of: Callable[..., Client], monkeypatch: Any) -> None:
    monkeypatch.setattr("cityloom.app.webhook_pages.SHOWN", 1)
    admin = browser_of("admin", "zh")
    with Receiver() as receiver:
        admin.post(f"{LIST}add/", {"url": receiver.url})
        lived(site)
        settle(site)
    seen, address = [], f"{LIST}{Webhook.objects.get().pk}/"
    while address:
        text = admin.get(address).text
        seen += re.findall(r"第(\d)版", text)
        found = re.search(r'class="pager"><a class="button" href="\?([^"#]+)', text)
        address = f"{LIST}{Webhook.objects.get().pk}/?{found[1].replace('&amp;', '&')}" if found else ""
    assert seen == ["2", "1"]


def test_only_administrators_find_and_open_the_pages(site: Life, browser_of: Callable[..., Client]) -> None:
    browser_of("admin").post(f"{LIST}add/", {"url": "https://hooks.example/"})
    number = Webhook.objects.get().pk
    assert f'href="{LIST}"' in browser_of("admin").get("/queue/").text
    for login in ("handler_e1", "supervisor", "leader", "agent"):
        client = browser_of(login)
        assert f'href="{LIST}"' not in client.get("/queue/").text
        for address in (LIST, f"{LIST}{number}/"):
            assert client.get(address).status_code == 403
        assert client.post(f"{LIST}{number}/do/", {"act": "remove", "version": "1"}).status_code == 403
    assert browser_of().get(LIST).headers["Location"].startswith(reverse("sign_in"))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_pages_fit_a_desk_and_a_phone(
    width: int, height: int, people: Life, page: Page, live_server: Any, shoot: Any
) -> None:
    with Receiver() as receiver, Receiver(status=503, say=b"upstream is being restarted") as failing:
        page.set_viewport_size({"width": width, "height": height})
        _sign_in(page, live_server.url, "admin")
        page.goto(f"{live_server.url}{LIST}")
        page.fill("#url", failing.url)
        page.fill("#description", "城市运行中心大屏")
        page.check("input[value=dispatch]")
        page.click(".hookform .button.main")
        assert secret_in(page.input_value("#secret"))
        page.goto(f"{live_server.url}{LIST}")
        page.click(".addhook summary")
        page.fill("#url", receiver.url)
        page.click(".hookform .button.main")
        lived(people)
        settle(people)
        page.goto(f"{live_server.url}{LIST}")
        assert page.locator(".hooklist tbody tr").count() == 2
        _fits(page, width)
        shoot(page, f"webhooks-{width}")
        page.click("text=城市运行中心大屏")
        assert "503" in page.inner_text(".sendings")
        _fits(page, width)
        shoot(page, f"webhook-{width}")
        page.click("button[value=test]")
        page.wait_for_selector(".good")
        settle(people)
        page.goto(f"{live_server.url}{LIST}")
        page.locator(".hooklist tbody a").first.click()
        page.locator("button[value^='replay:']").first.click()
        page.wait_for_selector(".good")
        _fits(page, width)


def _fits(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing hangs out to the side"
