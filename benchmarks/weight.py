"""What a first visit of each main page brings over the wire, packed, with its map's tiles: by a browser that asks."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.counting import web_server
from benchmarks.fill import Stand

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Figure = tuple[str, float, str]
Say = Callable[[str], None]
PHONE, DESK, WALL = (390, 844), (1440, 900), (1920, 1080)
PATIENCE_MS, QUIET_MS = 120_000, 15_000
# Address, who asks (none: a resident), the size of the window.
PAGES: tuple[tuple[str, str, tuple[int, int]], ...] = (
    ("/", "", PHONE),
    ("/report/", "", PHONE),
    ("/track/", "", PHONE),
    ("/map/", "", PHONE),
    ("/queue/", "dispatcher", DESK),
    ("/dispatch/", "dispatcher", DESK),
    ("/inbox/", "handler", DESK),
    ("/field/", "grid", PHONE),
    ("/screen/", "leader", WALL),
)


class NoBrowser(Exception):
    """Nothing here can ask for a page as a browser does."""


def run(stand: Stand, say: Say) -> list[Figure]:
    """Kilobytes and requests of each page until nothing more is asked for, and without what its map asks for."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise NoBrowser("no Chromium on this machine; on Debian: apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    sessions = {login: _session(login) for _, login, _ in PAGES if login}
    figures: list[Figure] = []
    with web_server(stand) as (port, _), sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        for address, login, size in PAGES:
            say(address)
            figures += weigh(browser, f"http://127.0.0.1:{port}", address, sessions.get(login, ""), size)
        browser.close()
    return figures


def weigh(browser: Browser, site: str, address: str, session: str, size: tuple[int, int]) -> list[Figure]:
    """One page in a browser that has nothing of the site yet: what came over the wire, in all and without the map."""
    from playwright.sync_api import Error

    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.set_default_timeout(PATIENCE_MS)
    if session:
        context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    tab = context.new_page()
    network = context.new_cdp_session(tab)
    network.send("Network.enable")
    asked: dict[str, str] = {}
    came: dict[str, int] = {}

    def note(event: dict[str, Any]) -> None:
        asked[event["requestId"]] = event["request"]["url"]

    def add(event: dict[str, Any]) -> None:
        came[event["requestId"]] = int(event["encodedDataLength"])

    network.on("Network.requestWillBeSent", note)
    network.on("Network.loadingFinished", add)
    tab.goto(f"{site}{address}", wait_until="load")
    shown = tab.locator(":is([data-map], [data-screen-map]):visible")
    if shown.count():
        shown.first.scroll_into_view_if_needed()
        tab.wait_for_selector("[data-map-idle]", state="attached")
    with contextlib.suppress(Error):  # a page that goes on asking is weighed as it stands by then
        tab.wait_for_load_state("networkidle", timeout=QUIET_MS)
    context.close()
    of_map = {key for key, url in asked.items() if _is_of_a_map(url.removeprefix(site))}
    kept = {key: size for key, size in came.items() if not asked.get(key, "").startswith(("data:", "blob:"))}
    without = sum(size for key, size in kept.items() if key not in of_map)
    return [
        (f"first visit of {address}, all", round(sum(kept.values()) / 1000, 1), "kB"),
        (f"first visit of {address}, without its map", round(without / 1000, 1), "kB"),
        (f"first visit of {address}, requests", len(kept), ""),
    ]


def _is_of_a_map(path: str) -> bool:
    """Whether an address is a map's: its script, styles, worker, tiles or data."""
    return any(part in path for part in ("/build/map", ".pbf", ".geojson"))


def _session(login: str) -> str:
    """The session of a person who has signed in."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    user = get_user_model()._default_manager.get(username=login)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return str(client.cookies["sessionid"].value)
