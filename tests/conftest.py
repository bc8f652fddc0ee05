"""What every test may lean on: a real PostgreSQL and NATS of its own, no outside network, the real data.

The server is started once for a whole run, in a folder that is gone afterwards; under `-n` each worker has
its own database on it.
"""

import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cityloom.app.nats_server import RunningNats, start_nats
from cityloom.app.places import project_root
from cityloom.app.postgres import RunningPostgres, start_postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from tests.cases.life import Life

    from cityloom.city.snapshot_values import City

_SHARED_URL = "CITYLOOM_TEST_POSTGRES"
PATIENCE_MS = 120_000  # how long a browser waits for what must come, on a machine that does much else
_shared: list[tuple[RunningPostgres, Path]] = []


class OutsideNetworkUsed(Exception):
    """A test tried to reach another machine."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the slow tests in their whole size")
    parser.addoption("--screens", action="store_true", help="keep pictures of the pages in docs/screens")


def pytest_configure(config: pytest.Config) -> None:
    """Quick password hashes, commands in English; with several workers the one that leads them starts the server."""
    from django.conf import settings
    from tests.emptying import empty_after_tests

    os.environ["CITYLOOM_LANG"] = "en"  # what commands say, on a machine of any language
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    empty_after_tests()
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        var = _short_folder()
        server = _start_server(var)
        _shared.append((server, var))
        os.environ[_SHARED_URL] = server.url


LONGEST = ("test_kill.py", "test_kill_devices.py", "test_every_page_browser.py", "test_leaks.py",
           "test_every_page_costs.py", "test_api_leaks.py", "test_whole_life_browser.py", "test_document.py",
           "test_demo_history.py")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that no worker is left alone with one of them at the end; else the order stays."""
    long = {item.path for item in items if item.get_closest_marker("browser") or item.get_closest_marker("slow")}
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (rank.get(item.path.name, len(LONGEST)), item.path not in long))


def pytest_unconfigure(config: pytest.Config) -> None:
    while _shared:
        server, var = _shared.pop()
        server.stop()
        shutil.rmtree(var, ignore_errors=True)
        os.environ.pop(_SHARED_URL, None)


def _short_folder() -> Path:
    """A fresh folder that a server under another account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="cityloom-test-"))
    folder.chmod(0o755)
    return folder


def _start_server(var: Path) -> RunningPostgres:
    """The run's server, quick rather than safe."""
    from tests.emptying import let_tests_empty

    server = start_postgres(var, durable=False)
    let_tests_empty(server)
    return server


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of the run's PostgreSQL."""
    if _SHARED_URL in os.environ:
        yield os.environ[_SHARED_URL]
        return
    var = _short_folder()
    server = _start_server(var)
    yield server.url
    server.stop()
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, postgres_url: str) -> None:
    """Points Django at the run's own server, never at a running city."""
    from django.conf import settings

    from cityloom.app.settings import database_from_url

    entry = settings.DATABASES["default"]
    kept = {key: value for key, value in entry.items() if key in ("TEST", "ATOMIC_REQUESTS", "TIME_ZONE")}
    entry.clear()
    entry.update(kept | {"AUTOCOMMIT": True, "ATOMIC_REQUESTS": False, "TIME_ZONE": None})
    entry.update(database_from_url(postgres_url, pool=0))


@pytest.fixture
def database_url(transactional_db: None, postgres_url: str) -> str:
    """The address of the migrated test database, for a test that starts processes of its own."""
    from django.conf import settings

    name = settings.DATABASES["default"]["NAME"]
    return postgres_url.replace("@/cityloom?", f"@/{name}?")


@pytest.fixture
def start_own_postgres() -> Iterator[Callable[[], RunningPostgres]]:
    """A function that starts a durable server which the test may kill; all is cleared away."""
    started: list[tuple[RunningPostgres, Path]] = []

    def start() -> RunningPostgres:
        var = _short_folder()
        started.append((start_postgres(var), var))
        return started[-1][0]

    yield start
    for server, var in started:
        server.stop()
        shutil.rmtree(var, ignore_errors=True)


@pytest.fixture
def var_folder() -> Iterator[Path]:
    """A fresh folder of running data."""
    folder = _short_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nats_server() -> Iterator[RunningNats]:
    """A NATS server with JetStream and MQTT on free ports."""
    var = _short_folder()
    from cityloom.app.processes import free_port

    server = start_nats(var, port=free_port(), mqtt_port=free_port())
    yield server
    server.stop()
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the slow tests run in their whole size."""
    return bool(request.config.getoption("--full"))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The real data sets; a test that asks is skipped where they are absent."""
    named = os.environ.get("CITYLOOM_DATA")
    folder = Path(named) if named else project_root().parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder}; CITYLOOM_DATA names another place")
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """The machine's Chromium; tests that ask are skipped where it or the built scripts are absent.

    It ends with the module, because Playwright keeps an event loop running that other tests could not stand.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine; on Debian: apt-get install chromium fonts-noto-cjk")
    if not (project_root() / "src/cityloom/web/static/cityloom/build/map.js").exists():
        pytest.skip("the scripts of the pages are not built; run `make assets`")
    from playwright.sync_api import expect, sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in the test's thread
        software_gl = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=program, args=software_gl)
        new_context = browser.new_context

        def patient_context(**how: Any) -> "BrowserContext":
            context = new_context(**how)
            context.set_default_timeout(PATIENCE_MS)
            return context

        patch.setattr(browser, "new_context", patient_context)
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    """A fresh tab at a desk's size; an error that a script throws fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    tab = context.new_page()
    thrown: list[str] = []
    tab.on("pageerror", lambda error: thrown.append(str(error)))
    yield tab
    context.close()
    assert thrown == []


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Callable[["Page", str], None]:
    """Keeps a picture of a page as `docs/screens/NAME.png`, when the run was asked for pictures."""
    wanted = request.config.getoption("--screens")
    folder = project_root() / "docs" / "screens"

    def keep(tab: "Page", name: str) -> None:
        if wanted:
            folder.mkdir(parents=True, exist_ok=True)
            tab.screenshot(path=folder / f"{name}.png")

    return keep


@pytest.fixture(autouse=True, scope="session")
def no_outside_network() -> Iterator[None]:
    """Sockets reach this machine only; anything else fails the test that tried."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(sock: socket.socket, address: object) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            host = str(address[0])
            try:
                inside = ipaddress.ip_address(host).is_loopback
            except ValueError:
                inside = host == "localhost"
            if not inside:
                raise OutsideNetworkUsed(f"a test tried to connect to {host}; fake the service instead")

    def connect(self: socket.socket, address: object) -> None:
        check(self, address)
        return real_connect(self, address)

    def connect_ex(self: socket.socket, address: object) -> int:
        check(self, address)
        return real_connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        yield


@pytest.fixture(scope="session")
def small_city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small made-up city."""
    from tests.city.small_city import write_small_city

    return write_small_city(tmp_path_factory.mktemp("small-city"))


@pytest.fixture
def small_city(db: None, small_city_folder: Path) -> "City":
    """The small city, loaded into the test's database."""
    from tests.city.laid_city import lay_city

    return lay_city(small_city_folder)


@pytest.fixture
def life(small_city: "City") -> "Life":
    """A case's life in the small city, beginning on Monday 1 June 2026 at nine."""
    from tests.cases.life import Life

    return Life(small_city)
