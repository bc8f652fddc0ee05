"""The servers of the demo's operators of shared bikes: each publishes where its fleet stands, by GBFS 3.0.

One small server stands for all of them, a path for each; it answers nothing for one whose server is away.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cityloom.base.clock import Clock
from cityloom.city.values import Name
from cityloom.exchange.demo.bike_firms import FIRMS, HOST
from cityloom.exchange.demo.fleets import Fleets
from cityloom.exchange.gbfs import writing
from cityloom.exchange.gbfs.writing import VehicleRow

log = logging.getLogger("cityloom.bikes")

VERSION = "3.0"
ZONE = "Asia/Shanghai"


def document_of(fleets: Fleets, path: str, base: str, at: datetime) -> dict[str, Any] | None:
    """The document at `/OPERATOR/NAME.json`; None where there is none or the operator is silent. Pure."""
    _, code, name = path.split("/", 2) if path.count("/") == 2 else ("", "", "")
    number = next((n for n, firm in enumerate(FIRMS) if firm.code == code), None)
    if number is None or fleets.is_silent(number, at.timestamp()):
        return None
    if name == "gbfs.json":
        names = ("system_information", "vehicle_status")
        return writing.discovery(VERSION, {each: f"{base}/{code}/{each}.json" for each in names}, (), at)
    if name == "system_information.json":
        return writing.system_information(VERSION, code, Name(FIRMS[number].zh, FIRMS[number].en), ZONE, at)
    if name == "vehicle_status.json":
        bikes = fleets.bikes_at(number, at.timestamp())
        rows = [VehicleRow(bike.code, bike.lon, bike.lat, False, False, at) for bike in bikes]
        return writing.vehicles(VERSION, rows, at)
    return None


def serve_bikes(port: int, fleets: Callable[[], Fleets], clock: Clock) -> ThreadingHTTPServer | None:
    """Answer on that port in threads of its own, until it is shut down; None where somebody else already does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base = f"http://{self.headers.get('Host', HOST)}"
            found = document_of(fleets(), self.path, base, clock.now().astimezone(UTC))
            body = b"" if found is None else json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
            self.send_response(200 if found is not None else 503)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug(format, *args)

    try:
        server = ThreadingHTTPServer((HOST, port), Handler)
    except OSError as why:
        log.warning("bikes=silent port=%d reason=%r", port, str(why))
        return None
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.1,), name="bikes", daemon=True).start()
    return server
