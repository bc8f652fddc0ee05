"""The servers as parts that a supervisor can keep running, at the same address after every restart."""

from dataclasses import dataclass
from pathlib import Path

from cityloom.app.nats_server import RunningNats, start_nats
from cityloom.app.postgres import RunningPostgres, find_postgres, start_postgres
from cityloom.app.processes import is_alive


@dataclass
class PostgresPart:
    """The embedded PostgreSQL. One that another command runs already is used until it ends."""

    var: Path
    name: str = "postgres"
    server: RunningPostgres | None = None

    @property
    def url(self) -> str:
        if self.server is None:
            raise RuntimeError("PostgreSQL has not been started yet")
        return self.server.url

    def start(self) -> None:
        self.server = find_postgres(self.var) or start_postgres(self.var)

    def pid(self) -> int | None:
        """Its process, when it is ours to end."""
        if self.server is None or self.server.process is None:
            return None
        return self.server.pid

    def has_ended(self) -> bool:
        if self.server is None:
            return False
        if self.server.process is not None:
            return self.server.process.poll() is not None
        return not is_alive(self.server.pid)

    def stop(self) -> None:
        if self.server is not None and self.server.process is not None:
            self.server.stop()


@dataclass
class NatsPart:
    """The embedded NATS; a restart takes the same ports, so that clients find it again."""

    var: Path
    name: str = "nats"
    port: int | None = None
    mqtt_port: int | None = None
    server: RunningNats | None = None

    @property
    def url(self) -> str:
        if self.server is None:
            raise RuntimeError("NATS has not been started yet")
        return self.server.url

    def start(self) -> None:
        self.server = start_nats(self.var, port=self.port, mqtt_port=self.mqtt_port)
        self.port, self.mqtt_port = self.server.port, self.server.mqtt_port

    def pid(self) -> int | None:
        return self.server.pid if self.server is not None else None

    def has_ended(self) -> bool:
        return self.server is not None and self.server.process.poll() is not None

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
