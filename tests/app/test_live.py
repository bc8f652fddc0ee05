"""The live process: what it tells, to whom, how often, and what a screen that lost its line gets."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cases.life import Life

from cityloom.app.live_hub import BEHIND, QUIET_S, Hub, Screen, Told
from cityloom.app.nats_server import RunningNats
from cityloom.app.processes import free_port
from cityloom.app.relay import JetStream, Relay
from cityloom.city.values import Post, Role
from cityloom.web.screen_pulse import new_token, post_of_token, scope_of_token

CITY, WEST = (("area", ""),), (("area", "west"),)


class Asked:
    """Notes which scope was asked for with which cases."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, list[str]]] = []

    async def __call__(self, scope: Any, numbers: list[str]) -> dict[str, Any]:
        self.calls.append((scope, list(numbers)))
        return {"cases": list(numbers)}


def moved(number: str, *moves: str) -> bytes:
    return json.dumps({"number": number, "moves": list(moves)}).encode()


def test_screens_of_one_scope_share_a_question_and_each_is_told():
    async def story() -> None:
        asked, now = Asked(), [100.0]
        hub = Hub(asked, lambda: now[0])
        screens = [Screen(CITY), Screen(CITY), Screen(WEST)]
        hub.screens.update(screens)
        await hub.tick()
        asked.calls.clear()
        hub.hear(7, moved("A", "receive", "dispatch"))
        hub.hear(8, moved("B", "sign"))
        assert await hub.tick() == 2
        assert sorted(asked.calls) == [(CITY, ["A"]), (WEST, ["A"])], "two scopes, only what is new by name"
        for screen in screens:
            assert screen.queue.get_nowait() is not None
            assert screen.queue.get_nowait() == Told(8, {"cases": ["A"]})

    asyncio.run(story())


def test_nothing_is_asked_while_nothing_moves_but_now_and_then():
    async def story() -> None:
        asked, now = Asked(), [100.0]
        hub = Hub(asked, lambda: now[0])
        hub.screens.add(Screen(CITY))
        counts = []
        for seconds in (0, 1, QUIET_S - 1, QUIET_S, QUIET_S + 1):
            now[0] = 100.0 + seconds
            counts.append(await hub.tick())
        assert counts == [1, 0, 0, 1, 0]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("after", "missed", "because"),
    [(None, [], "a fresh screen has drawn all there is"), (3, ["B", "C"], "two came while the line was lost"),
     (9, [], "nothing came since")],
)  # fmt: skip
def test_a_screen_that_lost_its_line_is_told_what_it_missed(after: int | None, missed: list[str], because: str):
    async def story() -> Told:
        hub = Hub(Asked())
        for seq, number in ((3, "A"), (4, "B"), (9, "C")):
            hub.hear(seq, moved(number, "receive"))
        stream = hub.listen(CITY, after)
        first = await anext(stream)
        await stream.aclose()
        assert hub.screens == set(), "a screen that has gone is forgotten"
        return first

    assert asyncio.run(story()) == Told(9, {"cases": missed}), because


def test_a_slow_screen_loses_the_oldest_and_holds_nobody_up():
    screen = Screen(CITY)
    for seq in range(BEHIND + 3):
        screen.tell(Told(seq, {}))
    assert [screen.queue.get_nowait().seq for _ in range(BEHIND)] == list(range(3, BEHIND + 3))


def test_a_message_that_cannot_be_read_is_passed_over(caplog: pytest.LogCaptureFixture):
    hub = Hub(Asked())
    for seq, body in enumerate((b"\xff", b"[]", b'{"moves": 3}', moved("A", "receive")), 1):
        hub.hear(seq, body)
    assert [came.number for came in hub._came] == ["A"]
    assert caplog.text.count("unreadable") == 3


def test_an_event_is_one_line_of_data_with_its_place():
    assert Told(5, {"matter": "路灯\n"}).as_event().decode() == 'id: 5\nevent: pulse\ndata: {"matter":"路灯\\n"}\n\n'


@pytest.mark.django_db
def test_a_token_brings_back_the_post_it_was_made_for(life: Life):
    post = life.post("handler_lighting")
    told = scope_of_token(new_token(life.city, post, "990101", "en"))
    assert (told["city"], told["area"], told["lang"]) == (life.city.code, "990101", "en")
    back = post_of_token(life.city, told, life.clock.now())
    assert (back.login, back.role, back.units, back.area) == (post.login, post.role, post.units, post.area)


# --- the process ----------------------------------------------------------------------------------------------------


@pytest.fixture
def live(
    database_url: str, nats_server: RunningNats, var_folder: Path, settings: Any, life: Life
) -> Iterator[Callable[[], str]]:
    """The live process beside the test's database and message server; gives its address once it answers."""
    port = free_port()
    env = dict(os.environ) | {
        "CITYLOOM_VAR": str(var_folder), "CITYLOOM_DATABASE_URL": database_url, "CITYLOOM_NATS_URL": nats_server.url,
        "CITYLOOM_SECRET_KEY": settings.SECRET_KEY, "CITYLOOM_ENV": "demo",
    }  # fmt: skip
    log = (var_folder / "live.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "cityloom", "live", "--port", str(port)], env=env, stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"

    def answering() -> str:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            assert process.poll() is None, (var_folder / "live.log").read_text()
            try:
                with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:  # noqa: S310 (our own process)
                    assert answer.read() == b"ok"
                    return address
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise AssertionError((var_folder / "live.log").read_text())

    yield answering
    process.terminate()
    process.wait(30)
    log.close()


@pytest.mark.django_db(transaction=True)
def test_a_screen_hears_of_a_new_case_and_a_forged_token_is_refused(
    live: Callable[[], str], life: Life, nats_server: RunningNats
):
    address = live()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}/live?token=forged", timeout=30)  # noqa: S310 (our own process)
    assert refused.value.code == 403
    with pytest.raises(urllib.error.HTTPError) as unknown:
        urllib.request.urlopen(f"{address}/elsewhere", timeout=30)  # noqa: S310 (our own process)
    assert unknown.value.code == 404

    leader = Post("leader", Role.LEADER, "centre")
    relay = Relay(JetStream(nats_server.url), lambda _: life.city.code)
    relay.pass_on()
    token = new_token(life.city, leader, "", "zh")
    with urllib.request.urlopen(f"{address}/live?token={token}", timeout=60) as stream:  # noqa: S310 (our own process)
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["Access-Control-Allow-Origin"] == "*"
        first = next_pulse(stream)
        assert first["cases"] == []
        life.report("hotline", by="agent")
        while relay.pass_on() == 0:
            time.sleep(0.1)
        heard = next_pulse(stream)
        while not heard["cases"]:
            heard = next_pulse(stream)
    relay.close()
    assert [case["number"] for case in heard["cases"]] == [life.number]
    assert heard["flow"]["open"] == first["flow"]["open"] + 1


def next_pulse(stream: Any) -> dict[str, Any]:
    """The next event of the stream; waits as long as the stream's own patience."""
    for line in stream:
        if line.startswith(b"data: {"):
            told: dict[str, Any] = json.loads(line[6:])
            return told
    raise AssertionError("the stream ended")
