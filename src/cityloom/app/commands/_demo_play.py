"""`cityloom demo play`: the demo city's day, lived through the real actions."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityloom.app.options import FOLDER, example
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    import threading
    from http.server import ThreadingHTTPServer

    from cityloom.base.clock import Clock


@click.command("play", epilog=example("cityloom demo play cities/jinchuan --rate 10"))
@click.option(
    "--rate",
    type=click.FloatRange(min=0.01, max=1000),
    default=1.0,
    show_default=True,
    help="How often things happen: at 1 about one report in 7 seconds in the busiest hour.",
)
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which day.")
@click.option(
    "--mqtt", metavar="URL", help="Where its devices speak, mqtt://USER:PASSWORD@HOST:PORT; usually the own server."
)
@click.option(
    "--bikes",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Where its operators of shared bikes publish GBFS.",
)
@click.argument("folder", metavar="DIR", type=FOLDER)
@needs_database
def play(rate: float, seed: int, mqtt: str | None, bikes: int | None, folder: Path) -> None:
    """Let people report, posts take up what is open and devices speak in the city of the folder DIR, until Ctrl-C or
    SIGTERM.

    The city must be loaded. A case that a visitor reported or moved is left to the visitor for a quarter of an hour.
    """
    import signal
    import threading

    from cityloom.app.places import var_dir
    from cityloom.app.relay import find_embedded_mqtt
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.snapshot import current_city
    from cityloom.exchange.demo.alarm_play import AlarmTender
    from cityloom.exchange.demo.play import Player

    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    code = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))["code"]
    clock = clock_of_settings()
    if where := mqtt or find_embedded_mqtt(var_dir()):
        threading.Thread(target=_devices, args=(where, code, clock, stop, seed), name="devices", daemon=True).start()
    server = _bikes(bikes, folder, code, clock, seed) if bikes else None
    Player(lambda: current_city(code), clock, stop, rate, seed, AlarmTender(lambda: current_city(code), clock)).play()
    if server is not None:
        server.shutdown()


def _bikes(port: int, folder: Path, code: str, clock: Clock, seed: int) -> ThreadingHTTPServer | None:
    """The servers of the operators, over the parking places of the folder; None for one without any."""
    from concurrent.futures import Future
    from zoneinfo import ZoneInfo

    from cityloom.city.snapshot import current_city
    from cityloom.exchange.demo.bike_past import tell_bike_past
    from cityloom.exchange.demo.bike_server import serve_bikes
    from cityloom.exchange.demo.fleets import Fleets
    from cityloom.exchange.demo.watched import read_parking_places

    places = read_parking_places(folder)
    if not places:
        return None
    ready: Future[Fleets] = Future()
    server = serve_bikes(port, ready.result, clock)  # at once: who asks meanwhile waits, and is not sent away
    now, city = clock.now(), current_city(code)
    zone = now.astimezone(ZoneInfo(city.time_zone)).utcoffset()
    fleets = Fleets(places, int(zone.total_seconds()) if zone else 0, seed, now.timestamp())
    if city.config.scenarios.bikes is not None:
        tell_bike_past(city, fleets, now)
    ready.set_result(fleets)
    return server


def _devices(where: str, code: str, clock: Clock, stop: threading.Event, seed: int) -> None:
    """What the city's devices say, over MQTT, until `stop`."""
    from urllib.parse import unquote, urlsplit

    from cityloom.city.snapshot import current_city
    from cityloom.exchange.demo.device_play import DevicePlayer, town_of
    from cityloom.exchange.demo.mqtt_publisher import MqttPublisher
    from cityloom.sensing.registry import has_heard

    parts = urlsplit(where)
    publisher = MqttPublisher(
        parts.hostname or "127.0.0.1",
        parts.port or 1883,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )
    city = current_city(code)
    town = town_of(city, seed, clock.now())
    try:
        DevicePlayer(code, town, clock, stop, publisher, lambda: not has_heard(city.id)).play()
    finally:
        publisher.close()
