"""What a device sends again, as MQTT has it: told apart by QoS 2, or by a time of its own, and by nothing else."""

from __future__ import annotations

import struct

from tests.app.mqtt_device import MqttDevice, packet

from cityloom.app.nats_server import RunningNats
from cityloom.app.sense_log import SenseLog

TOPIC = "sense/again/d/level"


def test_a_packet_that_is_sent_again_is_two_messages_under_qos_1_and_one_under_qos_2(
    nats_server: RunningNats,
) -> None:
    log = SenseLog(nats_server.url, "sense.again.>")
    log.begin_after(0)
    user, password = nats_server.url.removeprefix("nats://").split("@")[0].split(":")
    device = MqttDevice(nats_server.mqtt_port, user, password, "again")
    number = struct.pack(">H", 7)
    try:
        for again in (False, True):
            device.say(TOPIC, b"1", 6, again)
        for again in (False, True):
            device.socket.sendall(packet(TOPIC, b"2", 2, 7, again))
            assert device._exactly(4) == b"\x50\x02" + number, "PUBREC"
        device.socket.sendall(b"\x62\x02" + number)  # PUBREL
        assert device._exactly(4) == b"\x70\x02" + number, "PUBCOMP"
        device.say(TOPIC, b"end", 8)
        found: list[bytes] = []
        while b"end" not in found:
            more = log.fetch(30)
            assert more, "nothing comes any more"
            found += [message.body for message in more]
        assert sorted(found) == [b"1", b"1", b"2", b"end"], "the server hands no mark of a repetition on"
    finally:
        device.close()
        log.close()
