"""From messages to readings, without a database: whose message it is, what it says, and what was refused and why.

A message never stops the ones behind it. Memory is bounded by the register: what nobody knows is counted, not kept.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from cityloom.base.reasons import register
from cityloom.city.payload_files import Payload
from cityloom.sensing.gate import Gate
from cityloom.sensing.payloads import (
    MISSING,
    PLAIN,
    TIME_KEYS,
    BadTime,
    BadValue,
    at_path,
    number_of,
    time_of,
)
from cityloom.sensing.registry import DeviceInMemory, StreamOfDevice
from cityloom.sensing.values import Readings, Real, joined, no_readings, readings_of

MOST_BYTES = 4_000_000  # of one message
SAMPLE_CHARS = 120
MOST_TOPICS = 100_000  # that are remembered; then they are looked up anew
MARK = "_mark"  # stands for a device where a process marks how far it has read

register(
    {
        "sensing.bad_topic": (
            "主题“{sample}”不是 sense/城市/设备 或 sense/城市/设备/数据流",
            "the topic {sample} is neither sense/CITY/DEVICE nor sense/CITY/DEVICE/STREAM",
        ),
        "sensing.unknown_device": (
            "没有登记这样的设备，例如“{sample}”；请在 things.csv 中登记",
            "no such device is registered, for example {sample}; add it to things.csv",
        ),
        "sensing.retired_device": (
            "设备{about}已停用，仍在发送；请恢复登记或关闭它",
            "the device {about} rests and still sends; register it again or switch it off",
        ),
        "sensing.unknown_stream": (
            "设备{about}没有数据流“{sample}”；请在 things.csv 的 streams 中登记，或在 payloads.toml 中写明",
            "the device {about} has no stream {sample}; name it under streams in things.csv, or map it in "
            "payloads.toml",
        ),
        "sensing.too_large": (
            "设备{about}的一条消息过大；请分成几条发送",
            "a message of the device {about} is too large; send several smaller ones",
        ),
        "sensing.not_json": (
            "设备{about}发来的不是 JSON：{sample}",
            "what the device {about} sent is no JSON: {sample}",
        ),
        "sensing.no_number": (
            "设备{about}发来的值不是数字：{sample}",
            "a value of the device {about} is no number: {sample}",
        ),
        "sensing.bad_time": (
            "设备{about}发来的时间无法读取：{sample}；请用毫秒、秒或 ISO 8601",
            "a time of the device {about} cannot be read: {sample}; use milliseconds, seconds or ISO 8601",
        ),
        "sensing.uneven": (
            "设备{about}发来的几个数组长度不一",
            "arrays in a message of the device {about} differ in length",
        ),
        "sensing.early": (
            "设备{about}的时钟快了，读数时间在未来；请校正设备时钟",
            "the clock of the device {about} runs ahead, its readings lie in the future; set it right",
        ),
        "sensing.ancient": (
            "设备{about}的读数早于2010年；请校正设备时钟",
            "readings of the device {about} are older than 2010; set its clock right",
        ),
        "sensing.quarantined": (
            "设备{about}在隔离中，消息未读",
            "the device {about} is in quarantine, its messages are not read",
        ),
        "sensing.flood": (
            "设备{about}在10秒内发来{messages}条消息、{readings}个读数，已隔离；"
            "检查设备后用 cityloom devices release 解除",
            "the device {about} sent {messages} messages with {readings} readings within 10 seconds and is in "
            "quarantine; mend it and release it with `cityloom devices release`",
        ),
    }
)


class Message(NamedTuple):
    """A message of the log: `sense.CITY.DEVICE[.STREAM]`, its body, its number and the moment the log took it."""

    subject: bytes
    body: bytes
    sequence: int
    at_ms: int


class Refusal(NamedTuple):
    """Something that was not taken: the reason's code without `sensing.`, the device's code if known, a sample."""

    kind: str
    about: str
    sample: str
    times: int = 1


class Taken(NamedTuple):
    """What a batch of messages came to."""

    readings: Readings
    refused: dict[tuple[str, str], Refusal]  # by kind and device
    ends: Sequence[int] = ()  # for each message how many readings it and those before it brought


class NotTaken(Exception):
    """A message that is refused whole."""

    def __init__(self, kind: str, sample: object = "", about: str = "") -> None:
        super().__init__(kind)
        self.kind, self.sample, self.about = kind, str(sample)[:SAMPLE_CHARS], about


@dataclass
class Intake:
    """Reads messages for a register of devices."""

    devices: Mapping[str, DeviceInMemory]
    payloads: Mapping[str, Payload] = field(default_factory=dict)  # by type of device
    gate: Gate = field(default_factory=Gate)
    _topics: dict[bytes, tuple[DeviceInMemory, StreamOfDevice | None]] = field(default_factory=dict)

    def take(self, messages: Iterable[Message]) -> Taken:
        """The readings of the messages in their order, and what was refused, counted by kind and device."""
        taking = _Taking()
        topics, gate = self._topics, self.gate
        ends: list[int] = []
        for subject, body, _, at_ms in messages:
            about = ""
            try:
                found = topics.get(subject)
                if found is None:
                    found = self._look_up(subject)
                device, stream = found
                about = device.code
                if device.state == "retired":
                    raise NotTaken("retired_device")
                if not gate.lets_in(device.id, at_ms):
                    raise NotTaken("quarantined")
                self._read(taking, device, stream, body, at_ms)
            except NotTaken as why:
                if why.kind != MARK:
                    taking.refuse(why.kind, about or why.about, why.sample)
            ends.append(taking.count)
        return Taken(taking.readings(), taking.refused, ends)

    def _look_up(self, subject: bytes) -> tuple[DeviceInMemory, StreamOfDevice | None]:
        """The device and stream of a subject; only what is registered is remembered."""
        tokens = subject.decode("utf-8", "replace").replace("//", "\x00").split(".")
        if tokens[0] == "sensepart":  # sensepart.NUMBER.CITY.DEVICE
            tokens = ["sense", *tokens[2:]]
        if not 3 <= len(tokens) <= 4 or tokens[0] != "sense":
            raise NotTaken("bad_topic", "/".join(tokens))
        names = [token.replace("\x00", ".") for token in tokens]
        if names[2] == MARK:
            raise NotTaken(MARK)
        device = self.devices.get(names[2])
        if device is None:
            raise NotTaken("unknown_device", names[2])
        stream = None
        if len(names) == 4:
            stream = device.streams.get(names[3])
            if stream is None:
                raise NotTaken("unknown_stream", names[3], device.code)
        if len(self._topics) >= MOST_TOPICS:
            self._topics.clear()
        self._topics[subject] = device, stream
        return device, stream

    def forget_topics(self) -> None:
        """Look every topic up again, after the register has changed."""
        self._topics.clear()

    def _read(
        self, taking: _Taking, device: DeviceInMemory, stream: StreamOfDevice | None, body: bytes, at_ms: int
    ) -> None:
        if len(body) > MOST_BYTES:
            raise NotTaken("too_large", len(body))
        try:
            said = json.loads(body)
        except (ValueError, RecursionError) as why:
            raise NotTaken("not_json", body[:SAMPLE_CHARS].decode("utf-8", "replace")) from why
        before = taking.count
        if stream is not None:
            _read_stream(taking, device, stream, said, at_ms)
        else:
            how = self.payloads.get(device.type, PLAIN)
            _read_device(taking, device, how, said, at_ms)
        if taking.count - before > 1:
            self.gate.count(device.id, at_ms, taking.count - before)


class _Taking:
    """Collects readings in the order of arrival, single ones in lists and arrays as they come."""

    def __init__(self) -> None:
        self.refused: dict[tuple[str, str], Refusal] = {}
        self.count = 0
        self._done: list[Readings] = []
        self._stream: list[int] = []
        self._at_ms: list[int] = []
        self._value: list[float] = []

    def one(self, stream: StreamOfDevice, at_ms: int, said: Any) -> None:
        value = number_of(said)
        self._stream.append(stream.id)
        self._at_ms.append(at_ms)
        self._value.append(value if stream.factor == 1.0 and not stream.offset else _kept(stream, value))
        self.count += 1

    def many(self, stream: StreamOfDevice, at_ms: np.ndarray[Any, np.dtype[np.int64]], said: list[Any]) -> None:
        """A column of values with their times, which are of the same length."""
        value = _values(said)
        self._close()
        self._done.append(
            Readings(np.full(len(said), stream.id, np.int64), at_ms, stream.factor * value + stream.offset)
        )
        self.count += len(said)

    def refuse(self, kind: str, about: str, sample: object = "") -> None:
        key = (kind, about)
        known = self.refused.get(key)
        if known is None:
            self.refused[key] = Refusal(kind, about, str(sample)[:SAMPLE_CHARS])
        else:
            self.refused[key] = known._replace(times=known.times + 1)

    def readings(self) -> Readings:
        self._close()
        return joined(self._done) if self._done else no_readings()

    def _close(self) -> None:
        if self._stream:
            self._done.append(readings_of(self._stream, self._at_ms, self._value))
            self._stream, self._at_ms, self._value = [], [], []


def _values(said: list[Any]) -> Real:
    """The values of a column; None becomes NaN."""
    try:
        found = np.asarray(said)
        if found.dtype.kind not in "fi":  # not numbers all: each is looked at
            if any(isinstance(each, str) for each in said):
                raise BadValue("no number")
            found = np.asarray(said, np.float64)
    except (TypeError, ValueError, OverflowError) as why:
        raise BadValue("no number") from why
    if found.ndim != 1 or np.isinf(found).any():
        raise BadValue("no number")
    return found.astype(np.float64, copy=False)


def _kept(stream: StreamOfDevice, value: float) -> float:
    return stream.factor * value + stream.offset


def _read_stream(taking: _Taking, device: DeviceInMemory, stream: StreamOfDevice, said: Any, at_ms: int) -> None:
    """A message about one stream: a number, `{"t": …, "v": …}` with one or many, or `[[t, v], …]`."""
    if isinstance(said, dict):
        value = said.get("v", said.get("value", MISSING))
        if value is MISSING:
            raise NotTaken("no_number", sorted(said)[:5])
        _read_column(taking, device, {stream: value}, _time_in(said, PLAIN), "auto", at_ms)
    elif isinstance(said, list):
        pairs = [pair for pair in said if isinstance(pair, list) and len(pair) == 2]
        if len(pairs) != len(said):
            raise NotTaken("uneven")
        times, values = [p[0] for p in pairs], [p[1] for p in pairs]
        _read_column(taking, device, {stream: values}, times, "auto", at_ms)
    else:
        _read_column(taking, device, {stream: said}, MISSING, "auto", at_ms)


def _read_device(taking: _Taking, device: DeviceInMemory, how: Payload, said: Any, at_ms: int) -> None:
    """A message of several streams: an object, an object of arrays, or a list of objects."""
    if how.items:
        said = at_path(said, how.items)
    if isinstance(said, list):
        for each in said:
            _read_object(taking, device, how, each, at_ms)
    else:
        _read_object(taking, device, how, said, at_ms)


def _read_object(taking: _Taking, device: DeviceInMemory, how: Payload, said: Any, at_ms: int) -> None:
    if not isinstance(said, dict):
        raise NotTaken("not_json", type(said).__name__)
    found: dict[StreamOfDevice, Any] = {}
    if how.streams:
        for name, path in how.streams.items():
            value = at_path(said, path)
            if value is not MISSING and name in device.streams:
                found[device.streams[name]] = value
    else:
        for name, value in said.items():
            stream = device.streams.get(name)
            if stream is not None:
                found[stream] = value
            elif name not in TIME_KEYS:
                taking.refuse("unknown_stream", device.code, name)
    _read_column(taking, device, found, _time_in(said, how), how.time_unit, at_ms)


def _time_in(said: dict[str, Any], how: Payload) -> Any:
    if how.time:
        return at_path(said, how.time)
    return next((said[key] for key in TIME_KEYS if key in said), MISSING)


def _read_column(
    taking: _Taking, device: DeviceInMemory, found: dict[StreamOfDevice, Any], time: Any, unit: str, at_ms: int
) -> None:
    """Values of several streams at one time, or arrays of them at an array of times."""
    try:
        if isinstance(time, list):
            times = _times(time, unit)
            for stream, values in found.items():
                if not isinstance(values, list) or len(values) != len(times):
                    raise NotTaken("uneven")
                taking.many(stream, times, values)
            return
        at = at_ms if time is MISSING or time is None else time_of(time, unit)
    except BadTime as why:
        raise NotTaken("bad_time", time) from why
    except BadValue as why:
        raise NotTaken("no_number", why) from why
    for stream, value in found.items():
        try:
            taking.one(stream, at, value)
        except BadValue:
            taking.refuse("no_number", device.code, value)


def _times(said: list[Any], unit: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Times of an array; whole milliseconds, the usual case, at once."""
    if unit in ("auto", "ms") and said and type(said[0]) is int:
        with contextlib.suppress(ValueError):  # what is of no one kind is looked at one by one
            times = np.array(said)
            if times.dtype == np.int64 and times.ndim == 1 and times.min() >= 10**11 and times.max() < 2**42:
                return times
    return np.asarray([time_of(each, unit) for each in said], np.int64)
