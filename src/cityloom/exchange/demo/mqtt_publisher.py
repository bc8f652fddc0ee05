"""A publisher over MQTT 3.1.1, as a city's own gateway has one: a message is sent again until the server has it."""

from __future__ import annotations

import time

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from cityloom.exchange.demo.device_play import Away

ANSWER_S = 10.0
MOST_UNANSWERED = 200


class MqttPublisher:
    """Connects when it is first needed and again after it was lost."""

    def __init__(self, host: str, port: int, user: str, password: str, name: str = "jinchuan-gateway") -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv311, clean_session=True)
        self._client.username_pw_set(user, password)
        self._client.max_inflight_messages_set(MOST_UNANSWERED)
        self._address = host, port
        self._begun = False

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a message over at QoS 1; raises Away while the server cannot be reached."""
        self._connect()
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise Away(f"{sent.rc.name} for {topic}")
        if sent.mid % MOST_UNANSWERED == 0:
            sent.wait_for_publish(ANSWER_S)
            if not sent.is_published():
                raise Away(f"no answer within {ANSWER_S:.0f} s")

    def close(self) -> None:
        """End the connection; what was handed over but not answered may be lost, as with any device."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connect(self) -> None:
        try:
            if not self._begun:
                self._client.connect(*self._address, keepalive=30)
                self._client.loop_start()  # connects again by itself from now on
                self._begun = True
        except OSError as why:
            raise Away(str(why)) from why
        end_s = time.monotonic() + ANSWER_S
        while not self._client.is_connected():
            if time.monotonic() > end_s:
                raise Away(f"no connection within {ANSWER_S:.0f} s")
            time.sleep(0.05)
