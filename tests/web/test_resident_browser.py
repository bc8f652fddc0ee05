"""The resident's pages in a real browser: three steps, without a connection, light, readable by everybody."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from PIL import Image
from tests.cases.life import NOISE, SOUTHEAST, Life
from tests.web.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REFUSE = "gb2013:E0110"
LON, LAT = 110.0031, 30.0031
FIRST_VIEW_BYTES = 100_000
EVERY_LOOK = [(390, 844, "light"), (390, 844, "dark"), (1440, 900, "light"), (1440, 900, "dark")]


def photo_taken_at(lon: float, lat: float) -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: _parts(lat), 3: "E", 4: _parts(lon)}
    out = io.BytesIO()
    Image.new("RGB", (3200, 2400), "#9aa").save(out, "JPEG", exif=exif)
    return out.getvalue()


def _parts(degrees: float) -> tuple[float, float, float]:
    minutes = (degrees - int(degrees)) * 60
    return (float(int(degrees)), float(int(minutes)), round((minutes - int(minutes)) * 60, 4))


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@pytest.fixture
def phone(chromium: Browser, site: Life) -> Iterator[Page]:
    """A phone with a place of its own that it gives to nobody; a script that throws fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True)
    tab = context.new_page()
    thrown: list[str] = []
    tab.on("pageerror", lambda error: thrown.append(str(error)))
    yield tab
    context.close()
    assert thrown == []


class ComesBack(LiveServerThread):
    """A server that takes the port it had before, though the system has not forgotten its last visitors."""

    def _create_server(self, connections_override: Any = None) -> Any:
        where = (self.host, self.port)
        return self.server_class(
            where, QuietWSGIRequestHandler, allow_reuse_address=True, connections_override=connections_override
        )


class Server:
    """The whole site, files through its own middleware, on a port that stays the same when it goes away and back."""

    def __init__(self) -> None:
        self._port = 0
        self._thread: LiveServerThread | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}"

    def start(self) -> None:
        self._thread = ComesBack("localhost", static_handler=lambda application: application, port=self._port)
        self._thread.daemon = True
        self._thread.start()
        self._thread.is_ready.wait()
        assert self._thread.error is None
        self._port = self._thread.port

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.terminate()
        self._thread = None


@pytest.fixture
def server(live_server: Any) -> Iterator[Server]:
    """A site of its own beside `live_server`, whose database arrangements it shares."""
    started = Server()
    yield started
    started.stop()


def write(tab: Page, url: str, words: str = "Somebody dumped kitchen waste here") -> None:
    tab.goto(f"{url}/report/")
    tab.wait_for_selector("form[data-ready][data-step='1']")
    tab.fill("#words", words)


def to_step(tab: Page, step: int) -> None:
    tab.click(f"[data-step-of='{step - 1}'] .stepnav .main")
    tab.wait_for_selector(f"form[data-step='{step}']")


def with_shell(tab: Page) -> None:
    """Wait until the page's shell is kept and its worker serves the page."""
    wait_until(
        tab,
        "async () => (await (await caches.open('report-shell')).keys()).length > 4 "
        "&& navigator.serviceWorker.controller !== null",
    )


def test_three_steps_lead_from_a_photo_to_the_promise(phone: Page, live_server: Any, site: Life) -> None:
    write(phone, live_server.url)
    taken = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_taken_at(LON, LAT)}
    phone.set_input_files("#photos", taken)
    phone.wait_for_selector(".shotlist img")
    assert not phone.locator("#lon").is_visible(), "no coordinates in sight"
    phone.click("[data-part='photo-place-yes']")
    to_step(phone, 2)
    phone.wait_for_selector("[data-map-idle]")
    phone.wait_for_selector(".map-pin")
    phone.wait_for_selector("#proof .proof")
    assert phone.input_value("#lon").startswith("110.0031")
    assert "Southeast Street" in phone.locator("#proof").inner_text()
    to_step(phone, 3)
    phone.select_option("#class", REFUSE)
    phone.click("#send-it")
    phone.wait_for_url(re.compile("/t/[A-Z0-9]+/sent/"))
    code = phone.locator("code.code").inner_text()
    site.number = phone.locator(".number").inner_text()
    assert site.file.case.areas[2] == "990101001"
    assert (count("cases_report"), count("cases_photo")) == (1, 1)
    phone.goto(f"{live_server.url}/track/")
    phone.click("[data-mine] [data-part='link']")
    assert code in phone.url, "the report is in this phone's own list"


def test_back_goes_one_step_back_and_what_was_typed_is_kept_over_a_reload(phone: Page, live_server: Any) -> None:
    write(phone, live_server.url, "The lamp is dark")
    taken = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_taken_at(LON, LAT)}
    phone.set_input_files("#photos", taken)
    phone.wait_for_selector(".shotlist img")
    to_step(phone, 2)
    phone.go_back()
    phone.wait_for_selector("form[data-ready][data-step='1']")
    wait_until(phone, _KEPT_WITH_PHOTO)
    phone.goto(f"{live_server.url}/report/")
    phone.wait_for_selector("[data-part='restored']:not([hidden])")
    assert phone.input_value("#words") == "The lamp is dark"
    assert phone.locator(".shotlist img").count() == 1
    with phone.expect_navigation():
        phone.click("[data-part='afresh']")
    phone.wait_for_selector("form[data-ready]")
    assert phone.input_value("#words") == ""
    assert phone.locator(".shotlist img").count() == 0


_KEPT_WITH_PHOTO = """() => new Promise((done) => {
  const asked = indexedDB.open("cityloom", 1);
  asked.onsuccess = () => {
    const all = asked.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => {
      asked.result.close();
      done(all.result.some((each) => each.state === "writing" && each.photos.length === 1));
    };
  };
})"""


def wait_until(tab: Page, script: str) -> None:
    """Ask again until the script's promise says yes."""
    for _ in range(300):
        if tab.evaluate(script):
            return
        tab.wait_for_timeout(100)
    raise AssertionError(f"never came true: {script}")


def test_places_are_suggested_while_an_address_is_typed_and_chosen_by_keys(phone: Page, live_server: Any) -> None:
    write(phone, live_server.url)
    to_step(phone, 2)
    phone.type("#address", "Northwest")
    phone.wait_for_selector("#places li")
    phone.press("#address", "ArrowDown")
    assert phone.get_attribute("#places li", "aria-selected") == "true"
    phone.press("#address", "Enter")
    assert phone.input_value("#address").startswith("Northwest")
    assert phone.input_value("#lon").startswith("110.01")
    assert phone.locator("form[data-step='2']").count() == 1, "Enter chose, it did not go on"


def test_an_open_matter_nearby_is_joined_by_me_too(phone: Page, live_server: Any, site: Life) -> None:
    site.report(class_code=NOISE)
    write(phone, live_server.url, "Noise here, too")
    phone.evaluate(
        "([lon, lat]) => { for (const [id, value] of [['lon', lon], ['lat', lat]]) {"
        " const field = document.getElementById(id); field.value = value;"
        " field.dispatchEvent(new Event('change', { bubbles: true })); } }",
        [str(SOUTHEAST[0]), str(SOUTHEAST[1])],
    )
    to_step(phone, 2)
    to_step(phone, 3)
    phone.click(".nearcards .metoo")
    phone.click("#send-it")
    phone.wait_for_url(re.compile("/sent/"))
    assert "together with the same matter" in phone.locator("h1").inner_text()
    assert (count("cases_case"), count("cases_report")) == (1, 2)


def test_without_a_connection_a_report_waits_on_the_phone_and_goes_out_once(phone: Page, server: Server) -> None:
    phone.goto(f"{server.url}/report/")
    with_shell(phone)
    server.stop()
    phone.context.set_offline(True)
    phone.goto(f"{server.url}/report/")
    phone.wait_for_selector("form[data-ready][data-step='1']")
    phone.fill("#words", "Deep hole, no signal here")
    taken = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_taken_at(LON, LAT)}
    phone.set_input_files("#photos", taken)
    phone.click("[data-part='photo-place-yes']")
    to_step(phone, 2)
    phone.wait_for_selector(".nomap")
    to_step(phone, 3)
    phone.click("#send-it")
    phone.wait_for_selector("[data-later]:not([hidden])")
    assert "Deep hole" in phone.locator("[data-waiting] li").inner_text()
    assert count("cases_report") == 0
    server.start()
    phone.context.set_offline(False)
    phone.wait_for_selector("[data-mine] li")
    phone.wait_for_selector("[data-waiting]", state="hidden")
    phone.goto(f"{server.url}/report/")
    phone.wait_for_selector("[data-mine] li")
    assert (count("cases_report"), count("cases_photo")) == (1, 1)


def test_an_answer_that_is_lost_on_its_way_makes_no_second_report(phone: Page, live_server: Any) -> None:
    lost: list[str] = []

    def lose_the_first(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().text())  # the server has received it
            route.abort()
        else:
            route.fallback()

    phone.context.route(re.compile(r"/report/$"), lose_the_first)
    write(phone, live_server.url, "The answer to this one gets lost")
    to_step(phone, 2)
    to_step(phone, 3)
    phone.click("#send-it")
    phone.wait_for_selector("[data-later]:not([hidden])")
    assert lost
    assert count("cases_report") == 1
    phone.wait_for_selector("[data-mine] li")
    assert count("cases_report") == 1


def test_what_the_server_refuses_stays_on_the_phone_with_its_reason(phone: Page, live_server: Any) -> None:
    write(phone, live_server.url, "x" * 2001)
    to_step(phone, 2)
    to_step(phone, 3)
    phone.click("#send-it")
    phone.wait_for_selector("[data-part='refusal']:not([hidden])")
    assert "more than 2000" in phone.locator("[data-part='refusal']").inner_text()
    phone.goto(f"{live_server.url}/report/")
    phone.wait_for_selector("[data-part='restored']:not([hidden])")
    assert len(phone.input_value("#words")) == 2001
    assert count("cases_report") == 0


def test_without_scripts_the_same_form_is_one_page(chromium: Browser, live_server: Any, site: Life) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844})
    tab = context.new_page()
    tab.goto(f"{live_server.url}/report/")
    tab.fill("#words", "路口的井盖松了")
    tab.fill("#lon", "110.0031")
    tab.fill("#lat", "30.0031")
    tab.click("#send-it")
    assert tab.locator("code.code").is_visible()
    assert count("cases_report") == 1
    context.close()


# --- light and readable ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/report/", "/track/", "/", "/map/"])
def test_the_first_view_of_a_residents_page_is_at_most_100_kb(
    chromium: Browser, server: Server, site: Life, path: str
) -> None:
    """Everything but the map itself, which comes when its place is on the screen."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    sizes: dict[str, int] = {}
    tab.on("requestfinished", lambda request: sizes.update({request.url: _bytes(request)}))
    tab.goto(f"{server.url}{path}", wait_until="load")
    tab.wait_for_load_state("networkidle")
    first = {url: size for url, size in sizes.items() if not re.search(r"/map[./-]|\.geojson|/map/[a-z]+|\.pbf", url)}
    context.close()
    assert len(first) >= 5, "styles and scripts were counted"
    assert sum(first.values()) <= FIRST_VIEW_BYTES, first
    if path in ("/report/", "/track/"):
        assert sum(sizes.values()) <= FIRST_VIEW_BYTES, "no map before somebody looks at it"


def _bytes(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])


@pytest.mark.parametrize(("width", "height", "scheme"), EVERY_LOOK)
def test_everybody_can_use_the_residents_pages(
    chromium: Browser, live_server: Any, site: Life, width: int, height: int, scheme: Any
) -> None:
    site.report(phone="", name="", class_code=REFUSE)
    site.clock.advance(minutes=20)
    code = site.received.tracking_code  # type: ignore[union-attr]
    locale = "zh-CN" if scheme == "light" else "en-GB"
    context = chromium.new_context(viewport={"width": width, "height": height}, locale=locale, color_scheme=scheme)
    tab = context.new_page()
    for path in ("/", "/track/", "/map/", f"/m/{site.number}/", f"/t/{code}/", f"/t/{code}/sent/"):
        tab.goto(f"{live_server.url}{path}")
        assert violations(tab) == [], path
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, path
    write(tab, live_server.url)
    for step in (1, 2, 3):
        if step > 1:
            to_step(tab, step)
        assert violations(tab) == [], f"step {step}"
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, f"step {step}"
    context.close()


@pytest.mark.parametrize("path", ["/report/", "/"])
def test_a_residents_page_shows_its_focus_and_is_gone_through_by_keys(
    phone: Page, live_server: Any, path: str
) -> None:
    phone.goto(f"{live_server.url}{path}")
    seen = set()
    for _ in range(12):
        phone.keyboard.press("Tab")
        seen.add(
            phone.evaluate("document.activeElement.matches(':focus-visible') && document.activeElement.outerHTML")
        )
    assert len(seen) >= 8
    assert False not in seen


def test_large_type_makes_every_text_of_a_page_larger(phone: Page, live_server: Any) -> None:
    phone.goto(f"{live_server.url}/report/")
    before = phone.evaluate("parseFloat(getComputedStyle(document.querySelector('#words')).fontSize)")
    phone.click("footer button[name='type']")
    phone.wait_for_selector("html[data-type='large']")
    after = phone.evaluate("parseFloat(getComputedStyle(document.querySelector('#words')).fontSize)")
    assert after >= before * 1.2
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_pictures_of_the_residents_pages(
    chromium: Browser, live_server: Any, site: Life, shoot: Callable[[Page, str], None], tmp_path: Path
) -> None:
    """Kept by `make screens`; each page is drawn to its end either way."""
    site.report(class_code=REFUSE)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True)
    tab = context.new_page()
    write(tab, live_server.url)
    taken = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_taken_at(*SOUTHEAST)}
    tab.set_input_files("#photos", taken)
    tab.click("[data-part='photo-place-yes']")
    shoot(tab, "report-phone")
    to_step(tab, 2)
    tab.wait_for_selector("[data-map-idle]")
    shoot(tab, "report-where-phone")
    to_step(tab, 3)
    tab.wait_for_selector(".nearcard")
    shoot(tab, "report-near-phone")
    context.close()
