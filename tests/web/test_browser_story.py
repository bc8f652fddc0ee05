"""Two cases lived in a real browser: a hotline matter and a street matter reported by the public."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw
from tests.cases.life import Life
from tests.web.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def street_photo(tmp_path: Path) -> Path:
    """A picture of a grey street with something dark in it, with a place hidden in its data."""
    image = Image.new("RGB", (640, 480), "#b8b2a6")
    ImageDraw.Draw(image).ellipse((220, 200, 420, 320), fill="#3a3a38")
    exif = Image.Exif()
    exif[0x010E] = "a hidden description"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    path = tmp_path / "street.jpg"
    path.write_bytes(out.getvalue())
    return path


@pytest.fixture
def people(site: Life, django_user_model: Any) -> Life:
    """Everybody of the small city has a password."""
    for user in django_user_model.objects.all():
        user.set_password(PASSWORD)
        user.save()
    return site


def _sign_in(tab: Page, url: str, login: str) -> None:
    tab.context.clear_cookies()
    tab.goto(f"{url}/signin/")
    tab.fill("#username", login)
    tab.fill("#password", PASSWORD)
    tab.click("main button")
    tab.wait_for_url(lambda address: "/signin/" not in address)  # each post comes to a desk of its own


def _open(tab: Page, url: str, login: str, number: str) -> None:
    _sign_in(tab, url, login)
    tab.goto(f"{url}/case/{number}/")


def _do(tab: Page, move: str, photo: Path | None = None, **typed: str) -> None:
    """Fill in a move's form and send it; a folded one is opened first."""
    form = tab.locator(f'form.moveform:has(input[name="move"][value="{move}"])')
    if not form.is_visible():
        tab.locator("details.move", has=form).locator("summary").click()
    for name, value in typed.items():
        field = form.locator(f'[name="{name}"]')
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    if photo is not None:
        form.locator('input[name="photos"]').set_input_files(photo)
    form.locator("button.button").click()
    tab.wait_for_load_state()
    assert not tab.locator(".error").count(), tab.locator(".error").first.inner_text()


def test_a_hotline_matter_from_the_call_to_the_callback(
    page: Page, live_server: Any, people: Life, shoot: Callable[[Page, str], None], street_photo: Path
):
    url = live_server.url
    _sign_in(page, url, "agent")
    page.goto(f"{url}/new/")
    page.fill("#name", "秦晓梅")
    page.fill("#phone", "13800138000")
    page.fill("#words", "楼下烧烤店营业到凌晨两点，油烟和划拳声吵得全楼睡不着")
    page.select_option("#class", "hotline:0101")
    page.fill("#address", "望江路18号楼下")
    page.click("details.more summary")
    page.fill("#lon", "110.0011")
    page.fill("#lat", "30.0011")
    page.uncheck('[name="hold"]')
    page.click(".send button")
    page.wait_for_url(re.compile("/case/"))
    number = people.number = page.url.split("/")[-2]
    assert people.state == "dispatched"

    people.clock.advance(minutes=25)
    _open(page, url, "handler_e1", number)
    _do(page, "sign")
    people.clock.advance(hours=1)
    _do(page, "contact", note="已电话联系诉求人，约定今晚到现场")
    page.wait_for_selector("[data-map-idle]")
    shoot(page, "case")
    people.clock.advance(hours=20)
    _do(page, "handle", note="已约谈店主，十点后停止露天经营", photo=street_photo)
    _do(page, "reply", note="店主承诺十点后不再露天经营，我们会连续夜查一周")

    people.clock.advance(days=6)
    _open(page, url, "callback", number)
    page.click(".contact button")
    assert page.locator(".contacts").inner_text() == "秦晓梅\n13800138000"
    page.goto(f"{url}/case/{number}/")
    _do(page, "call_back", solved="yes", satisfied="satisfied")
    assert people.state == "closed"
    assert people.broken() == []


def test_a_street_matter_from_a_residents_phone_to_its_end(
    chromium: Any,
    page: Page,
    live_server: Any,
    people: Life,
    street_photo: Path,
    shoot: Callable[[Page, str], None],
):
    url = live_server.url
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True).new_page()
    phone.goto(f"{url}/")
    phone.click("text=Report it")
    phone.wait_for_selector("form[data-ready][data-step='1']")
    phone.fill("#words", "Somebody dumped kitchen waste here")
    phone.set_input_files("#photos", street_photo)
    phone.wait_for_selector(".shotlist img")
    phone.click("[data-step-of='1'] .stepnav .main")
    phone.wait_for_selector("[data-map-idle]")
    phone.locator(".map").click(position={"x": 180, "y": 150})
    phone.wait_for_selector(".proof")
    assert re.match(r"110\.0\d+", phone.input_value("#lon"))
    phone.click("[data-step-of='2'] .stepnav .main")
    phone.fill('input[type="search"]', "refuse")
    assert phone.input_value("#class") == "gb2013:E0110"
    phone.click("#send-it")
    phone.wait_for_url(re.compile("/sent/"))
    code = phone.locator("code").inner_text()
    shoot(phone, "sent-phone")

    people.number = phone.locator(".number").inner_text()
    area = people.file.case.areas[1]
    people.clock.advance(minutes=12)
    _open(page, url, "checker", people.number)
    _do(page, "verify", note="现场属实")
    assert people.state == "dispatched"
    _open(page, url, "handler_east" if area == "990101" else "handler_west", people.number)
    people.clock.advance(minutes=8)
    _do(page, "sign")
    people.clock.advance(minutes=55)
    _do(page, "handle", note="已清运", photo=street_photo)
    people.clock.advance(minutes=20)
    _open(page, url, "checker", people.number)
    _do(page, "pass_check", note="已干净", photo=street_photo)
    assert people.state == "closed"

    phone.goto(f"{url}/t/{code}/")
    assert "The work passed the check on the spot" in phone.locator(".knots").inner_text()
    assert phone.locator(".beforeafter img").count() == 3
    shoot(phone, "thread-phone")
    phone.locator("summary", has_text="Not solved").click()
    phone.locator('form:has(input[value="reopen"]) button').click()
    phone.wait_for_selector(".good")
    assert people.file.case.reopen_count == 1
    phone.context.close()


def test_the_list_with_its_map(page: Page, live_server: Any, people: Life, shoot: Callable[[Page, str], None]):
    _some_work(people)
    _sign_in(page, live_server.url, "dispatcher")
    page.goto(f"{live_server.url}/queue/?view=open")
    page.wait_for_selector("[data-map-idle]")
    shoot(page, "queue")
    assert page.locator(".lines tbody tr:not(.block)").count() == 6


@pytest.mark.parametrize(("name", "path"), [("start", "/"), ("report", "/report/"), ("paths", "/paths/")])
def test_a_public_page_is_no_wider_than_a_phone_and_opens_at_a_desk(
    page: Page, live_server: Any, people: Life, shoot: Callable[[Page, str], None], name: str, path: str
):
    _some_work(people)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}{path}")
    if page.locator(".map").first.is_visible():
        page.wait_for_selector("[data-map-idle]")
    assert page.locator("h1").is_visible()
    shoot(page, name)


def _some_work(life: Life) -> None:
    """A morning's cases in several states."""
    drain, lamp, parking = "gb2013:0103", "gb2013:0137", "hotline:0102"
    life.report(class_code=parking, words="小区门口车辆乱停，救护车进不来", address="望江路18号门口")
    life.report(words="烧烤店营业到凌晨两点", place=(110.0031, 30.0071), address="松风里7号楼下")
    life.move("sign", "handler_e2")
    life.clock.advance(hours=2, minutes=30)
    life.report(class_code="gb2013:E0110", words="垃圾堆了两天没人清", place=(110.0091, 30.0031), address="菜场西门")
    found = {"source": "grid_worker", "by": "collector"}
    life.report(
        **found, class_code=drain, standard_code="drain-missing", words="井盖不见了", place=(110.0012, 30.0012)
    )
    life.report(**found, class_code=lamp, words="路灯不亮", place=(110.005, 30.003), address="滨河路")
    life.report(source="hotline", by="agent", class_code=None, words="说不清是什么箱子，在冒烟", place=None)
    life.clock.advance(minutes=40)
