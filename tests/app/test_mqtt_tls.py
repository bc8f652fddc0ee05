"""Devices over TLS: each by its own secret, the server by its certificate, and nobody in the open."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.app.mqtt_device import MqttDevice
from tests.app.test_ingest import until

from cityloom.app.device_door import DeviceDoor, issuer_key
from cityloom.app.nats_server import start_nats
from cityloom.app.processes import free_port
from cityloom.app.sense_log import SenseLog
from cityloom.base.clock import RealClock
from cityloom.sensing.actions.give_secret import give_secret
from cityloom.sensing.actions.load_devices import load_devices

DEVICE = "level-1"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "devices of the small city")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "mqtt.crt", folder / "mqtt.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return paths


def test_over_tls_a_device_comes_in_by_its_secret_and_nobody_in_the_open(
    small_city, database_url, var_folder, monkeypatch
):
    certificate, key = make_certificate(var_folder)
    monkeypatch.setenv("CITYLOOM_MQTT_CERT", str(certificate))
    monkeypatch.setenv("CITYLOOM_MQTT_KEY", str(key))
    load_devices(small_city)
    secret = give_secret(small_city, DEVICE, RealClock())
    server, stop = start_nats(var_folder, port=free_port(), mqtt_port=free_port()), threading.Event()
    DeviceDoor(server.url, issuer_key(var_folder), small_city.id, small_city.code, RealClock(), stop).start()
    trusts = ssl.create_default_context(cafile=str(certificate))
    reader = SenseLog(server.url, "sense.990100.>")
    reader.begin_after(0)
    refused = "not let in|CERTIFICATE_VERIFY_FAILED|ended|reset"
    topic = f"sense/990100/{DEVICE}/depth_cm"

    def come_in(secret: str, tls: ssl.SSLContext | None = trusts, user: str = DEVICE) -> MqttDevice:
        return MqttDevice(server.mqtt_port, user, secret, tls=tls)

    def has_come() -> bool:
        try:
            come_in(secret).say(topic, b"1", 1)
        except OSError:  # the door is still opening
            return False
        return True

    try:
        until(has_come, "the door is open")
        come_in(secret).say(topic, b"2", 2)
        for given, tls, user, because in [
            ("wrong", trusts, DEVICE, "a wrong secret"),
            ("", trusts, DEVICE, "no secret"),
            (secret, trusts, "level-2", "the secret of another device"),
            (secret, None, DEVICE, "in the open, with the right secret"),
            (secret, ssl.create_default_context(), DEVICE, "a device that does not know the certificate"),
        ]:
            with pytest.raises(OSError, match=refused):
                come_in(given, tls, user).say(topic, because.encode(), 3)
        with contextlib.suppress(OSError):  # the server may answer, and hands nothing on
            come_in(secret).say("sense/990100/level-2/depth_cm", b"for another", 4)
        found: list[bytes] = []
        until(lambda: found.extend(m.body for m in reader.fetch(0.2)) or len(found) >= 2, "both are in the log")
        assert found == [b"1", b"2"]
        assert reader.fetch(0.5) == []
    finally:
        stop.set()
        server.stop()
