"""The embedded NATS: JetStream and MQTT for this installation only."""

import asyncio
import contextlib
import socket

import nats
import nats.errors

from cityloom.app.nats_server import start_nats
from cityloom.app.processes import free_port, is_alive, is_port_free


def test_a_message_put_into_jetstream_survives_a_restart(var_folder):
    async def put(url):
        client = await nats.connect(url)
        stream = client.jetstream()
        await stream.add_stream(name="kept", subjects=["kept.*"])
        await stream.publish("kept.one", "井盖".encode())
        await client.close()

    async def get(url):
        client = await nats.connect(url)
        message = await client.jetstream().get_last_msg("kept", "kept.one")
        await client.close()
        return message.data.decode()

    first = start_nats(var_folder, port=free_port(), mqtt_port=free_port())
    asyncio.run(put(first.url))
    first.stop()
    again = start_nats(var_folder, port=first.port, mqtt_port=first.mqtt_port)
    try:
        assert again.url == first.url
        assert asyncio.run(get(again.url)) == "井盖"
    finally:
        again.stop()


def test_nobody_comes_in_without_the_password(nats_server):
    async def knock():
        with contextlib.suppress(nats.errors.Error, OSError):
            client = await nats.connect(
                f"nats://127.0.0.1:{nats_server.port}", allow_reconnect=False, connect_timeout=10
            )
            await client.jetstream(timeout=10).account_info()
            return client.last_error, "let in"
        return None, "refused"

    assert asyncio.run(knock()) == (None, "refused")


def test_a_device_is_answered_over_mqtt(nats_server):
    user, password = nats_server.url.removeprefix("nats://").split("@")[0].split(":")
    connect = bytes([0, 4]) + b"MQTT" + bytes([4, 0b11000010, 0, 60])
    for text in ("lamp-1", user, password):
        connect += len(text).to_bytes(2, "big") + text.encode()
    with socket.create_connection(("127.0.0.1", nats_server.mqtt_port), timeout=10) as device:
        device.sendall(bytes([0x10, len(connect)]) + connect)
        assert device.recv(4) == bytes([0x20, 2, 0, 0]), "CONNACK, accepted"


def test_stopping_frees_the_port(var_folder):
    server = start_nats(var_folder, port=free_port(), mqtt_port=free_port())
    server.stop()
    assert not is_alive(server.pid)
    assert is_port_free(server.port)
