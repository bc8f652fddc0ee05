"""`make screens`: a picture of every main page of the demo city, into docs/screens, for the README and the docs.

    python -m tests.web.shoot_pages --site http://127.0.0.1:8000 --password PASSWORD
    python -m tests.web.shoot_pages --only screen --only dispatch

Without `--site` a demo city of its own is started in a folder that is gone afterwards.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import click
from PIL import Image

from cityloom.app.places import demo_password, project_root

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = project_root() / "docs" / "screens"
SIZES = {"desk": (1440, 900), "phone": (390, 844), "wall": (1920, 1080), "kiosk": (1080, 1400)}
PATIENCE_MS, QUIET_MS = 120_000, 20_000
COLOURS, WALL_COLOURS = 255, 160  # the wall is dark and large
OPENS_WITHIN_S, LIVED_S = 900, 240
Act = Callable[["Page"], None]


@dataclass(frozen=True)
class Shot:
    """A picture: its name, the page, who opens it, how; `act` is done before it is taken."""

    name: str
    path: str
    login: str = ""
    size: str = "desk"
    language: str = "zh"
    theme: str = ""
    act: Act | None = None


class CannotShoot(click.ClickException):
    """What is missing for the pictures."""


def follow(selector: str) -> Act:
    """Go where the first link that fits leads."""

    def act(tab: Page) -> None:
        if tab.locator(selector).count():
            tab.goto(str(tab.locator(selector).first.evaluate("each => each.href")))

    return act


def to_step(step: int) -> Act:
    """The report, filled in as far as a step."""

    def act(tab: Page) -> None:
        tab.wait_for_selector("form[data-ready]")
        tab.fill("#words", "小区门口的路灯坏了三天，晚上很黑，老人不敢出门")
        for earlier in range(1, step):
            tab.click(f"[data-step-of='{earlier}'] .stepnav .main")
            if earlier == 1:
                tab.wait_for_selector("[data-map-idle]")
                tab.locator(".map").click(position={"x": 170, "y": 130})
                tab.wait_for_selector(".proof")
            tab.wait_for_timeout(400)

    return act


def sent(tab: Page) -> None:
    """Report and send."""
    to_step(3)(tab)
    tab.click("#send-it")
    tab.wait_for_selector("code")


def followed(tab: Page) -> None:
    """Report, send, and follow what became of it."""
    sent(tab)
    tab.goto(f"{tab.url.split('/t/')[0]}/t/{tab.locator('code').first.inner_text()}/")


def a_call(tab: Page) -> None:
    """A call half taken."""
    tab.fill("#phone", "13800138000")
    tab.fill("#words", "小区门口的路灯坏了三天，晚上很黑，老人不敢出门")
    tab.wait_for_selector("#reading .take[data-class]")


def side_by_side(tab: Page) -> None:
    """Two cases of the list beside each other: the two alike, where the desk knows such."""
    tab.wait_for_selector("#athand")
    if tab.locator("[data-merge]").count():
        follow("[data-merge]")(tab)
        return
    links = tab.locator("[data-open]").evaluate_all("all => all.map((each) => each.href)")
    numbers = [parse_qs(urlsplit(link).query)["case"][0] for link in links[:2]]
    if len(numbers) == 2:
        tab.goto(f"{tab.url.split('/dispatch/')[0]}/dispatch/{numbers[0]}/{numbers[1]}/")


def a_past_day(tab: Page) -> None:
    """Yesterday at twenty past four in the afternoon."""
    tab.click("a[rel=prev]")
    tab.wait_for_selector("a.past")
    tab.locator("[data-slider]").fill(str(16 * 60 + 20))


SHOTS: tuple[Shot, ...] = (
    Shot("start", "/"),
    Shot("start-phone-en", "/", size="phone", language="en"),
    Shot("report", "/report/"),
    Shot("report-phone", "/report/", size="phone", act=to_step(1)),
    Shot("report-where-phone", "/report/", size="phone", act=to_step(2)),
    Shot("report-near-phone", "/report/", size="phone", act=to_step(3)),
    Shot("sent-phone", "/report/", size="phone", act=sent),
    Shot("thread-phone", "/report/", size="phone", act=followed),
    Shot("public-map", "/map/"),
    Shot("public-map-phone", "/map/", size="phone"),
    Shot("kiosk", "/kiosk/", size="kiosk", act=follow("main a[href^='/kiosk/']")),
    Shot("sign-in", "/signin/"),
    Shot("intake", "/new/", "agent", act=a_call),
    Shot("dispatch", "/dispatch/", "dispatcher"),
    Shot("dispatch-en", "/dispatch/", "dispatcher", language="en", theme="ink"),
    Shot("compare", "/dispatch/", "dispatcher", act=side_by_side),
    Shot("queue", "/queue/?view=open", "dispatcher"),
    Shot("inbox", "/inbox/", "handler"),
    Shot("case", "/inbox/", "handler", act=follow("main a[href^='/case/']")),
    Shot("field-phone", "/field/", "grid", size="phone"),
    Shot("field-report-phone", "/field/report/", "grid", size="phone"),
    Shot("field-map-phone", "/field/map/", "grid", size="phone"),
    Shot("check-desk", "/check/", "checker"),
    Shot("callbacks", "/callbacks/", "callback"),
    Shot("screen", "/screen/", "leader", size="wall"),
    Shot("screen-en", "/screen/", "leader", size="wall", language="en"),
    Shot("replay", "/screen/", "leader", size="wall", act=a_past_day),
    Shot("vital", "/vital/", "leader"),
    Shot("alarms", "/alarms/", "dispatcher"),
    Shot("alarm", "/alarms/", "dispatcher", act=follow("[data-open]")),
    Shot("device", "/devices/?type=gas_meter", "leader", act=follow(".devices table a")),
    Shot("fire", "/fire/", "dispatcher"),
    Shot("bikes", "/bikes/", "leader"),
    Shot("walls", "/wall/", "leader"),
    Shot("micro-grids", "/micro-grids/", "steward"),
    Shot("settings", "/settings/", "admin"),
    Shot("settings-phone-en", "/settings/", "admin", size="phone", language="en"),
    Shot("admin", "/admin/", "admin"),
    Shot("admin-units", "/admin/city/unit/", "admin"),
    Shot("services", "/services/", "admin"),
    Shot("webhooks", "/webhooks/", "admin"),
    Shot("messages", "/messages/", "admin"),
    Shot("paths", "/paths/"),
    Shot("style", "/style/"),
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--site", help="A demo city that runs; one of its own is started when none is named.")
@click.option("--password", default="", help="What its people sign in with; that of this clone's demo when empty.")
@click.option("--only", multiple=True, type=click.Choice([shot.name for shot in SHOTS]), help="Only these pictures.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Where they are kept.")
def main(site: str | None, password: str, only: tuple[str, ...], into: Path) -> None:
    """Take a picture of each main page, packed for a repository."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise CannotShoot("no Chromium on this machine; on Debian: apt-get install chromium fonts-noto-cjk")
    wanted = [shot for shot in SHOTS if not only or shot.name in only]
    with contextlib.ExitStack() as closing:
        if site is None:
            site, password = closing.enter_context(_own_city())
        password = password or demo_password(project_root() / "var")
        playwright = closing.enter_context(sync_playwright())
        gl = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=program, args=gl)
        into.mkdir(parents=True, exist_ok=True)
        sessions: dict[str, list[Any]] = {}
        for shot in wanted:
            kept = take(browser, site, password, shot, sessions, into)
            click.echo(f"{kept.stat().st_size // 1024:5} KiB  {kept.name}")


def take(browser: Browser, site: str, password: str, shot: Shot, sessions: dict[str, list[Any]], into: Path) -> Path:
    """One picture, kept with a palette of its own."""
    width, height = SIZES[shot.size]
    is_phone = shot.size == "phone"
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN" if shot.language == "zh" else "en-GB",
        has_touch=is_phone, is_mobile=is_phone, device_scale_factor=2 if is_phone else 1, reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    tab = context.new_page()
    if shot.login:
        if shot.login not in sessions:
            _sign_in(tab, site, shot.login, password)
            sessions[shot.login] = context.cookies()
        context.add_cookies(sessions[shot.login])
    language = {"zh": "zh-hans", "en": "en"}[shot.language]
    context.add_cookies([{"name": "django_language", "value": language, "url": site}])
    if shot.theme:
        context.add_cookies([{"name": "theme", "value": shot.theme, "url": site}])
    answer = tab.goto(f"{site}{shot.path}")
    if answer is None or answer.status != 200:
        raise CannotShoot(
            f"{shot.path} answered {answer.status if answer else 'nothing'} to {shot.login or 'anybody'}"
        )
    if shot.act is not None:
        shot.act(tab)
    _settled(tab)
    path = into / f"{shot.name}.png"
    _keep(tab.screenshot(), path, WALL_COLOURS if shot.size == "wall" else COLOURS)
    context.close()
    return path


def _settled(tab: Page) -> None:
    """Until the map is drawn and nothing more is asked for; a page that goes on asking is taken as it stands."""
    from playwright.sync_api import Error

    if tab.locator(":is([data-map], [data-screen-map]):visible").count():
        tab.wait_for_selector("[data-map-idle]", state="attached")
    with contextlib.suppress(Error):
        tab.wait_for_load_state("networkidle", timeout=QUIET_MS)
    tab.evaluate("document.activeElement?.blur()")
    tab.wait_for_timeout(300)


def _keep(picture: bytes, path: Path, colours: int) -> None:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    method = Image.Quantize.FASTOCTREE if colours == WALL_COLOURS else Image.Quantize.MEDIANCUT  # small reds stay red
    packed = image.quantize(colours, method=method, dither=Image.Dither.NONE)
    packed.save(path, optimize=True)


def _sign_in(tab: Page, site: str, login: str, password: str) -> None:
    tab.goto(f"{site}/signin/")
    tab.fill("#username", login)
    tab.fill("#password", password)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    if "/signin/post" in tab.url:
        with tab.expect_navigation():
            tab.locator("main button").first.click()


@contextlib.contextmanager
def _own_city() -> Iterator[tuple[str, str]]:
    """A demo city in a folder of its own, after some minutes of its day: its address and password."""
    var = Path(tempfile.mkdtemp(prefix="cityloom-screens-"))
    var.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "cityloom", "run", "--port", str(port)],
        env={**os.environ, "CITYLOOM_VAR": str(var)}, start_new_session=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        site = f"http://127.0.0.1:{port}"
        _wait(site, process)
        click.echo(f"The demo city is open; its day is left to run for {LIVED_S} s.", err=True)
        time.sleep(LIVED_S)
        yield site, demo_password(var)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(var, ignore_errors=True)


def _wait(site: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + OPENS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{site}/readyz", timeout=5).close()  # noqa: S310 (our own address)
            return
        time.sleep(1)
    raise CannotShoot("the demo city did not open; `make run` tells why")


if __name__ == "__main__":
    main()
