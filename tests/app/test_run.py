"""`cityloom run` as a person uses it: it opens, says where, and leaves nothing behind however it ends."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from cityloom.app.places import project_root
from cityloom.app.processes import free_port, group_members, is_port_free
from cityloom.app.running import is_of_older_make

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc and needs prctl")


def start_run(var, port, *more):
    ours = ("CITYLOOM_", "MAKE")  # as a person starts it, also when make started the tests
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.Popen(
        [sys.executable, "-m", "cityloom", "run", "--no-demo", "--port", str(port), *more],
        env=kept | {"CITYLOOM_VAR": str(var), "PYTHONPATH": str(project_root() / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until_open(process):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Cityloom is at" in line:
            return "".join(lines)
    raise AssertionError("it never opened:\n" + "".join(lines))


def processes_of(var):
    """Every living process that belongs to this folder, by its environment or its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if str(var).encode() in words and not zombie:
            found.append(f"{entry.name} {(entry / 'comm').read_text().strip()}")
    return found


def wait_until_none_is_left(var, within_s=60.0):
    deadline = time.monotonic() + within_s
    while (left := processes_of(var)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def fresh_folder():
    folder = Path(tempfile.mkdtemp(prefix="cityloom-test-"))
    folder.chmod(0o755)
    return folder


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def prepared():
    """A folder whose database was made by an earlier run."""
    folder = fresh_folder()
    yield folder
    wait_until_none_is_left(folder)
    shutil.rmtree(folder)


@pytest.fixture
def running(prepared):
    """A running city without a demo that the test may end: its process, its port."""
    port = free_port()
    process = start_run(prepared, port)
    read_until_open(process)
    yield process, port
    stop(process)


@dataclass(frozen=True)
class Open:
    """A running city that outlives the test: its process, folder and port, and what it said until it was open."""

    process: subprocess.Popen
    var: Path
    port: int
    said: str


@pytest.fixture(scope="module")
def open_city():
    var, port = fresh_folder(), free_port()
    process = start_run(var, port)
    yield Open(process, var, port, read_until_open(process))
    stop(process)
    shutil.rmtree(var)


@linux_only
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_stops_every_process_it_started(running, prepared, sig):
    process, port = running
    assert len(processes_of(prepared)) > 3
    process.send_signal(sig)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert processes_of(prepared) == []
    assert is_port_free(port)


@linux_only
def test_killed_hard_it_leaves_no_process_and_starts_again(running, prepared):
    process, port = running
    process.kill()
    process.communicate()
    wait_until_none_is_left(prepared)
    again = start_run(prepared, port)
    try:
        assert f":{port}" in read_until_open(again)
    finally:
        again.send_signal(signal.SIGINT)
        again.communicate(timeout=60)
    assert processes_of(prepared) == []


@linux_only
def test_web_workers_end_with_a_web_server_killed_hard_and_the_pages_come_back(open_city):
    state = json.loads((open_city.var / "run.json").read_text())
    web = next(child["pid"] for child in state["children"] if child["name"] == "web")
    os.kill(web, signal.SIGKILL)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        now = json.loads((open_city.var / "run.json").read_text())
        if any(child["name"] == "web" and child["pid"] != web for child in now["children"]) and answers(
            open_city.port
        ):
            break
        time.sleep(0.1)
    assert answers(open_city.port)
    assert group_members(web) == [], "a worker of the killed server lives on"


@linux_only
def test_a_database_killed_hard_comes_back_at_the_same_address(open_city):
    pid_file = open_city.var / "postgres" / "postmaster.pid"
    pid = int(pid_file.read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if pid_now(pid_file) not in (None, pid) and has_its_tables(open_city.port):
            break
        time.sleep(0.2)
    assert has_its_tables(open_city.port)
    assert pid_now(pid_file) not in (None, pid)


def pid_now(pid_file):
    """The process that the server's pid file names, or None while there is none."""
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError):
        return None


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def has_its_tables(port):
    """Whether the pages find the database with its tables; with no city loaded they are not ready all the same."""
    try:
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    except OSError:
        return False
    with answer:
        return any(check["what"] == "tables" and check["ok"] for check in json.load(answer)["checks"])


@pytest.mark.parametrize(
    ("code", "folder", "older", "because"),
    [
        ("660100", "", True, "the demo city before sensing watched anything"),
        ("660100", "watched", False, "the demo city of today"),
        ("990100", "", False, "a city of somebody's own needs no such folder"),
    ],
)
def test_a_demo_city_that_an_older_version_made_is_known(tmp_path, code, folder, older, because):
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / "city.toml").write_text(f'code = "{code}"\n')
    assert is_of_older_make(tmp_path) is older, because


def test_each_step_is_told_with_its_seconds_and_the_address_comes_last(open_city):
    steps = re.findall(r"^  (\w[\w' ]*)\.+ +\d+\.\d s$", open_city.said, re.M)
    assert steps == ["database", "messages", "tables", "pages"]
    last = open_city.said.rstrip().splitlines()[-1]
    assert last.startswith(f"Cityloom is at http://127.0.0.1:{open_city.port} ")


def test_a_second_run_in_the_same_folder_is_told_who_runs(open_city):
    second = start_run(open_city.var, free_port())
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 3
    assert f"pid {open_city.process.pid}" in said


def test_a_port_in_use_is_said_with_its_owner_and_the_way_out(var_folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = start_run(var_folder, port)
        said, _ = refused.communicate(timeout=60)
    assert refused.returncode == 3
    assert f"port {port} is in use" in said
    assert f"--port {port + 1}" in said
    if sys.platform.startswith("linux"):
        assert f"pid {os.getpid()}" in said
    assert not (var_folder / "postgres").exists(), "nothing may be started before the port is known to be free"
