"""The main job: a whole city on this machine, from servers to pages, in named steps with their seconds."""

import csv
import json
import os
import signal
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cityloom.app import forking
from cityloom.app.commands._demo_history import TRUTH
from cityloom.app.counters import share_counters
from cityloom.app.environment import Environment
from cityloom.app.forking import CAN_FORK
from cityloom.app.parts import NatsPart, PostgresPart
from cityloom.app.places import demo_password
from cityloom.app.processes import CannotStart, free_port, require_port, stop_group
from cityloom.app.ready import set_up_django
from cityloom.app.supervise import MARK, Program, Supervisor, mark_of, tail

PAGES_WAIT_S = 60.0
WATCHED = "watched"  # what scenarios of sensing watch, beside the files of the city itself


class StepFailed(CannotStart):
    """A step of the start ended with an error; the end of its log is in the message."""


@dataclass
class Errand(Program):
    """A program that is sent once and not again: the next start of the city sees whether it came to its end."""

    def pid(self) -> int | None:
        return None if self.process is None or self.process.poll() is not None else self.process.pid

    def has_ended(self) -> bool:
        self.pid()  # collects it when it has ended
        return False


class StopAsked(Exception):
    """Somebody asked to stop while the city was still starting."""


@dataclass(frozen=True)
class Wish:
    """What to run: the folder of data, the address, the city, and whether its day plays live."""

    var: Path
    host: str
    port: int
    city: Path
    demo: bool
    play: bool
    today: date


@dataclass
class Progress:
    """One line a step: what it is, then how many seconds it took, counting up where a terminal shows it."""

    out: Callable[[str], None] = field(default=lambda text: print(text, end="", flush=True))
    live: bool = field(default_factory=sys.stdout.isatty)

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[], None]]:
        """Inside, calling what is given shows that time passes."""
        began = time.monotonic()
        title = f"  {what:.<34} "
        shown = 0.0

        def tick() -> None:
            nonlocal shown
            seconds = time.monotonic() - began
            if self.live and seconds - shown >= 1:
                shown = seconds
                self.out(f"\r{title}{seconds:6.0f} s")

        self.out(title)
        try:
            yield tick
        except BaseException:
            self.out("\n")
            raise
        self.out(("\r" + title if shown else "") + f"{time.monotonic() - began:6.1f} s\n")

    def line(self, text: str) -> None:
        self.out(text + "\n")


def run_city(wish: Wish) -> None:
    """Start everything, print the address, keep it running until Ctrl-C or SIGTERM, then stop all of it."""
    progress = Progress()
    supervisor = Supervisor(wish.var, progress.line)
    stop = _StopFlag(supervisor)
    env = Environment.of_process()
    env.require_for_production()
    require_port(wish.port, wish.host, "make run PORT=" if os.environ.get("MAKELEVEL") else "cityloom run --port ")
    supervisor.begin()
    try:
        with stop.heard():
            _start(wish, env, supervisor, progress, stop)
            if wish.demo:
                logins = ", ".join(easy_logins(wish.city))
                progress.line(f"\nSign in as {logins}\nwith the password {demo_password(wish.var)}")
            progress.line(f"\nCityloom is at http://{_shown_host(wish.host)}:{wish.port}   (Ctrl-C stops it)")
            supervisor.watch()
    except StopAsked:
        pass
    finally:
        progress.line("Stopping …")
        supervisor.stop_all()


def _start(wish: Wish, env: Environment, supervisor: Supervisor, progress: Progress, stop: "_StopFlag") -> None:
    """The steps in order; each needs those before it."""
    settings: dict[str, str] = {}
    if not env.text("CITYLOOM_DATABASE_URL"):
        postgres = PostgresPart(wish.var)
        with progress.step("database"):
            supervisor.start(postgres)
        settings["CITYLOOM_DATABASE_URL"] = postgres.url
    if not env.text("CITYLOOM_NATS_URL"):
        nats = NatsPart(wish.var)
        with progress.step("messages"):
            supervisor.start(nats)
        settings["CITYLOOM_NATS_URL"] = nats.url
    if not os.environ.get("CITYLOOM_SITE_URL"):
        settings["CITYLOOM_SITE_URL"] = f"http://{_shown_host(wish.host)}:{wish.port}"
    live_port = None
    if not env.text("CITYLOOM_LIVE_URL"):
        live_port = free_port(wish.port + 1, wish.host)
        settings["CITYLOOM_LIVE_URL"] = f"http://{_shown_host(wish.host)}:{live_port}"
    bikes_port = None
    if wish.demo and wish.play and not env.text("CITYLOOM_BIKE_FEEDS"):
        bikes_port = free_port(wish.port + 2)
        settings["CITYLOOM_BIKE_FEEDS"] = _demo_bike_feeds(bikes_port)
    starter = _Starter(wish.var, _child_env(wish.var, settings))
    run = _StepRunner(starter, stop)
    with progress.step("tables"):
        starter.read_code(wish.demo)
        run("tables", "migrate")
    if wish.demo:
        _ensure_demo_city(wish, run, progress)
        if is_of_older_make(wish.city):
            progress.line(
                f"  {wish.city} was made by an older version and lacks watched buildings and places of bikes;\n"
                f"  without that folder and {wish.var} (all that was entered here) the next start makes it anew"
            )
    _start_programs(wish, starter, supervisor, progress, stop, live_port, bikes_port)


def _ensure_demo_city(wish: Wish, run: "_StepRunner", progress: Progress) -> None:
    """Make and load the demo city once; a mark beside the data says that it was done whole."""
    mark = wish.var / "demo-city.json"
    if mark.exists():
        return

    def step(what: str, *command: str) -> None:
        with progress.step(what) as tick:
            run(what, *command, tick=tick)

    city = str(wish.city)
    if not (wish.city / "city.toml").exists():
        until = last_day_of_history(wish.today).isoformat()
        step("make the city", "demo", "make", "--seed", "7", "--until", until, city)
    step("load the city", "city", "load", city)
    code = _code_of(wish.city)
    if (wish.city / "registers").is_dir():
        step("its registers", "registers", "load", str(wish.city / "registers"), "--city", code)
    if (wish.city / WATCHED).is_dir():
        step("its watched buildings", "fire", "load", str(wish.city / WATCHED / "buildings.csv"), "--city", code)
        step("its bike places", "bikes", "fences", str(wish.city / WATCHED / "bike_places.geojson"), "--city", code)
    step("its people's passwords", "users", "demo-passwords")
    mark.write_text(json.dumps({"city": city, "on": wish.today.isoformat()}))


def is_of_older_make(city: Path) -> bool:
    """Whether it is the demo city as made by a version that knew nothing of sensing; a city of one's own never is."""
    from cityloom.exchange.demo.areas import CITY_CODE

    return _code_of(city) == CITY_CODE and not (city / WATCHED).is_dir()


def _code_of(city: Path) -> str:
    return str(tomllib.loads((city / "city.toml").read_text(encoding="utf-8"))["code"])


def _demo_bike_feeds(port: int) -> str:
    """Where the worker finds the demo's operators, as CITYLOOM_BIKE_FEEDS says it."""
    from cityloom.exchange.demo.bike_firms import feeds_at

    return ",".join(f"{code}={url}" for code, url in feeds_at(port).items())


def easy_logins(city: Path) -> list[str]:
    """The logins of the folder that are a plain word, one for each role."""
    with (city / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        logins = dict.fromkeys(row["login"] for row in csv.DictReader(file))
    return [login for login in logins if login.isalpha()]


def last_day_of_history(today: date) -> date:
    """Today, or the last day that the demo city's calendar knows."""
    from cityloom.exchange.demo.calendar import YEARS

    return min(today, date(YEARS[1], 12, 31))


@dataclass
class _Starter:
    """Starts commands of cityloom: forked from this process, once it has read what they share, else anew."""

    var: Path
    env: dict[str, str]
    forks: bool = CAN_FORK

    def read_code(self, demo: bool) -> None:
        """Read the code and the settings here, in the environment that the programs are to have."""
        if not self.forks:
            return
        os.environ.update(self.env)
        share_counters(self.var)
        set_up_django()
        forking.read_code([*forking.OF_EVERY_CITY, *(forking.OF_THE_DEMO if demo else ())])
        forking.settle()

    def read_city(self) -> None:
        """Read the city as well, when it is loaded."""
        if self.forks:
            forking.read_city()
            forking.settle()

    def program(self, name: str, *arguments: str) -> Program:
        """A program that the supervisor can start and start again."""
        argv, log = [sys.executable, "-m", "cityloom", *arguments], self.var / "log" / f"{name}.log"
        fork = (lambda: forking.fork_cityloom(name, arguments, log)) if self.forks else None
        return Program(name, argv, log, dict(self.env), fork=fork)


def _start_programs(
    wish: Wish,
    starter: _Starter,
    supervisor: Supervisor,
    progress: Progress,
    stop: "_StopFlag",
    live_port: int | None,
    bikes_port: int | None,
) -> None:
    """Pages, worker and live stream, then the demo's day and year. `live_port`: where our own stream stands,
    `bikes_port`: where the demo's operators of shared bikes publish."""

    program = starter.program
    with progress.step("pages"):
        starter.read_city()
        if wish.demo:
            supervisor.start(program("ingest", "ingest"))
        if wish.demo and wish.play:  # before the worker, which asks the demo's operators of bikes at once
            bikes = [] if bikes_port is None else ["--bikes", str(bikes_port)]
            supervisor.start(program("player", "demo", "play", *bikes, str(wish.city)))
        web = program("web", "web", "--host", wish.host, "--port", str(wish.port))
        supervisor.start(web)
        _wait_for_pages(wish, web, stop)
        supervisor.start(program("worker", "worker"))
        if live_port is not None:  # after the worker, which makes the stream of moves
            supervisor.start(program("live", "live", "--host", wish.host, "--port", str(live_port)))
    if wish.demo and not (wish.var / TRUTH).exists():
        last = last_day_of_history(wish.today)
        until = [] if last == wish.today else ["--until", last.isoformat()]
        year = program("history", "demo", "history", *until, str(wish.city))
        supervisor.start(Errand(year.name, year.argv, year.log, year.env, fork=year.fork))
        progress.line(f"  its year of cases is being loaded beside the pages (see {year.log})")


def _wait_for_pages(wish: Wish, web: Program, stop: "_StopFlag") -> None:
    address = f"http://{_shown_host(wish.host)}:{wish.port}/healthz"
    deadline = time.monotonic() + PAGES_WAIT_S
    while time.monotonic() < deadline:
        stop.obey()
        if web.has_ended():
            break
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise StepFailed(f"the pages did not start; the end of {web.log}:\n{tail(web.log)}")


@dataclass
class _StepRunner:
    """Runs a command of cityloom as a step, its words kept in a log, and ends it when asked to stop."""

    starter: _Starter
    stop: "_StopFlag"

    def __call__(self, what: str, *arguments: str, tick: Callable[[], None] = lambda: None) -> None:
        program = self.starter.program(f"start-{what.replace(' ', '-')}", *arguments)
        log = program.log
        log.unlink(missing_ok=True)
        program.start()
        process = program.process
        assert process is not None
        try:
            while process.poll() is None:
                self.stop.obey()
                tick()
                time.sleep(0.02)
        except StopAsked:
            stop_group(process.pid)
            process.wait()
            raise
        if (ended := process.poll()) != 0:
            raise StepFailed(f"`cityloom {' '.join(arguments)}` ended with {ended}; the end of {log}:\n{tail(log)}")


@dataclass
class _StopFlag:
    """Remembers that a signal asked to stop."""

    supervisor: Supervisor
    asked: bool = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside, Ctrl-C, SIGTERM and a closed terminal set the flag; a second Ctrl-C is taken as it comes."""
        old = {sig: signal.getsignal(sig) for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        for sig in old:
            signal.signal(sig, self._hear)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, old[signal.SIGINT])

    def _hear(self, signum: int, frame: object) -> None:
        self.asked = True
        self.supervisor.ask_to_stop()

    def obey(self) -> None:
        if self.asked:
            raise StopAsked


def _child_env(var: Path, settings: Mapping[str, str]) -> dict[str, str]:
    return dict(os.environ) | {"CITYLOOM_VAR": str(var), MARK: mark_of(var), "PYTHONUNBUFFERED": "1"} | dict(settings)


def _shown_host(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
