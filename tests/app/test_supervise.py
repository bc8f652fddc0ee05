"""The supervisor keeps parts running, gives up on what will not stay up, and leaves nothing behind."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from cityloom.app.processes import group_members, is_alive, started_ticks
from cityloom.app.supervise import (
    MARK,
    AlreadyRunning,
    KeepsEnding,
    Program,
    Supervisor,
    end_what_is_left,
    mark_of,
)

SLEEPER = "import time; time.sleep(600)"
WITH_A_CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print('ready', flush=True); time.sleep(600)"
)


def wait_until(true, because, within_s=60.0):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.02)
    raise AssertionError(because)


def program(var, code, name="part"):
    env = dict(os.environ) | {MARK: mark_of(var)}
    return Program(name, [sys.executable, "-c", code], var / "log" / f"{name}.log", env)


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(tmp_path, said.append)
    supervisor.begin()
    yield supervisor
    supervisor.stop_all()


def test_a_part_that_ends_by_itself_is_started_again_and_it_is_said(supervisor, said, tmp_path):
    part = program(tmp_path, SLEEPER)
    supervisor.start(part)
    first = part.pid()
    part.process.kill()

    def stop_when_back():
        wait_until(lambda: part.pid() != first and not part.has_ended(), "it was not started again")
        supervisor.ask_to_stop()

    helper = threading.Thread(target=stop_when_back)
    helper.start()
    supervisor.watch(every_s=0.02)
    helper.join()
    assert part.pid() != first
    assert any("part ended by itself" in line and "part.log" in line for line in said)


def test_a_part_that_will_not_stay_up_is_given_up_with_its_last_words(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("cityloom.app.supervise.BACKOFF_S", (0.01,) * 5)
    supervisor.start(program(tmp_path, "print('no lamp oil'); raise SystemExit(1)"))
    with pytest.raises(KeepsEnding, match="no lamp oil"):
        supervisor.watch(every_s=0.01)


def test_stopping_ends_also_the_children_of_a_part(supervisor, tmp_path):
    part = program(tmp_path, WITH_A_CHILD)
    supervisor.start(part)
    wait_until(lambda: "ready" in part.log.read_text(), "the part did not start")
    group = part.pid()
    assert len(group_members(group)) == 2
    supervisor.stop_all()
    assert group_members(group) == []
    assert not supervisor.state_file.exists()


def test_children_of_a_part_that_crashed_are_ended_before_it_starts_again(supervisor, tmp_path):
    part = program(tmp_path, WITH_A_CHILD)
    supervisor.start(part)
    wait_until(lambda: "ready" in part.log.read_text(), "the part did not start")
    group = part.pid()
    part.process.kill()

    def stop_when_back():
        wait_until(lambda: part.pid() != group, "it was not started again")
        supervisor.ask_to_stop()

    helper = threading.Thread(target=stop_when_back)
    helper.start()
    supervisor.watch(every_s=0.02)
    helper.join()
    assert group_members(group) == []


def test_a_second_supervisor_on_the_same_folder_is_told_the_pid_of_the_first(tmp_path, said):
    other = subprocess.Popen([sys.executable, "-c", SLEEPER])
    try:
        state = {"pid": other.pid, "ticks": started_ticks(other.pid), "mark": "", "children": []}
        (tmp_path / "run.json").write_text(json.dumps(state))
        with pytest.raises(AlreadyRunning, match=str(other.pid)):
            Supervisor(tmp_path, said.append).begin()
    finally:
        other.kill()
        other.wait()


def test_what_a_killed_supervisor_left_is_ended_at_the_next_start(tmp_path, said):
    env = dict(os.environ) | {MARK: mark_of(tmp_path)}
    left = subprocess.Popen([sys.executable, "-c", SLEEPER], env=env, start_new_session=True)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    child = {"name": "web", "pid": left.pid, "ticks": started_ticks(left.pid)}
    state = {"pid": gone.pid, "ticks": 1, "mark": mark_of(tmp_path), "children": [child]}
    (tmp_path / "run.json").write_text(json.dumps(state))
    supervisor = Supervisor(tmp_path, said.append)
    supervisor.begin()
    assert left.wait(10) != 0
    assert any(f"web (pid {left.pid})" in line for line in said)
    supervisor.stop_all()


def test_what_outlived_a_forked_leader_is_known_by_its_log(tmp_path):
    log = tmp_path / "log" / "web.log"
    log.parent.mkdir()
    with log.open("w") as out:
        worker = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=out, start_new_session=True)
    child = {"name": "web", "pid": worker.pid, "ticks": started_ticks(worker.pid) - 1}
    assert end_what_is_left({"mark": mark_of(tmp_path), "children": [child]}) == [f"web (pid {worker.pid})"]
    assert worker.wait(10) != 0


def test_a_stranger_who_got_the_same_pid_is_left_alone(tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    try:
        child = {"name": "web", "pid": stranger.pid, "ticks": started_ticks(stranger.pid) - 1}
        assert end_what_is_left({"mark": mark_of(tmp_path), "children": [child]}) == []
        assert is_alive(stranger.pid)
    finally:
        stranger.kill()
        stranger.wait()
