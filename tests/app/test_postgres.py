"""The embedded PostgreSQL: private, durable, and never left behind."""

import os
import pwd
import signal
import subprocess
import sys
import textwrap
import time

import psycopg
import pytest

from cityloom.app.places import project_root
from cityloom.app.postgres import (
    PostgresAlreadyRuns,
    PostgresDidNotStart,
    WrongPostgresVersion,
    borrowed_postgres,
    find_postgres,
    start_postgres,
)
from cityloom.app.processes import is_alive


def wait_until(true, because, within_s=60.0):
    """Poll until the condition holds; a generous limit, so that only a real failure reaches it."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.02)
    raise AssertionError(because)


def start_in_another_process(var):
    """A Python process that starts the server on `var`, says so and waits."""
    code = f"""
        import sys, time
        from pathlib import Path
        from cityloom.app.postgres import start_postgres
        server = start_postgres(Path({str(var)!r}), durable=False)
        print(server.pid, flush=True)
        time.sleep(600)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(project_root() / "src")},
        text=True,
    )
    return process, int(process.stdout.readline())


def test_the_server_speaks_utf8_and_keeps_what_is_committed_on_disk(start_own_postgres):
    server = start_own_postgres()
    with psycopg.connect(server.url) as connection:
        said = connection.execute(
            "SELECT current_setting('server_encoding'), current_setting('fsync'), "
            "(SELECT datctype FROM pg_database WHERE datname = current_database()), current_user, "
            "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
        ).fetchone()
    assert said == ("UTF8", "on", "C.UTF-8", "cityloom", False)


def test_trigrams_of_chinese_are_not_empty(start_own_postgres):
    with psycopg.connect(start_own_postgres().url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT show_trgm('路灯不亮') <> '{}'").fetchone() == (True,)


def test_a_server_killed_hard_starts_again_with_everything_that_was_committed(var_folder):
    server = start_postgres(var_folder)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    again = start_postgres(var_folder)
    try:
        with psycopg.connect(again.url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
        assert again.url == server.url, "clients must find it again at the same address"
    finally:
        again.stop()


def test_stopping_ends_the_process_and_leaves_no_socket(var_folder):
    server = start_postgres(var_folder, durable=False)
    server.stop()
    assert not is_alive(server.pid)
    assert not server.socket_dir.exists()
    assert find_postgres(var_folder) is None


def test_a_second_server_on_the_same_folder_is_refused_with_the_pid_of_the_first(start_own_postgres):
    server = start_own_postgres()
    with pytest.raises(PostgresAlreadyRuns, match=str(server.pid)):
        start_postgres(server.data.parent)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's parent-death signal is Linux's")
def test_the_server_dies_with_the_process_that_started_it(var_folder):
    starter, pid = start_in_another_process(var_folder)
    starter.kill()
    starter.wait()
    wait_until(lambda: not is_alive(pid), "the server outlived its starter")


def test_a_running_server_is_found_by_another_process_and_borrowed(var_folder):
    starter, pid = start_in_another_process(var_folder)
    try:
        with borrowed_postgres(var_folder) as server:
            assert server.pid == pid
            with psycopg.connect(server.url) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        assert is_alive(pid), "a borrower must not stop what it did not start"
    finally:
        starter.terminate()
        starter.wait()
        wait_until(lambda: not is_alive(pid), "the server outlived its starter")


def test_a_borrowed_server_that_nobody_ran_is_stopped_at_the_end(var_folder):
    with borrowed_postgres(var_folder) as server:
        assert is_alive(server.pid)
    assert not is_alive(server.pid)


def test_data_of_another_major_version_is_refused_before_anything_starts(var_folder):
    start_postgres(var_folder, durable=False).stop()
    (var_folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(WrongPostgresVersion, match="cityloom backup"):
        start_postgres(var_folder)


def test_a_server_that_cannot_start_says_why(var_folder):
    with pytest.raises(PostgresDidNotStart, match="no_such_setting"):
        start_postgres(var_folder, durable=False, settings={"no_such_setting": "1"})
    assert find_postgres(var_folder) is None


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")


@as_root
def test_run_by_root_the_server_is_an_account_without_privileges(start_own_postgres):
    server = start_own_postgres()
    assert os.stat(f"/proc/{server.pid}").st_uid != 0
    assert server.data.stat().st_uid != 0
    assert server.data.stat().st_mode & 0o077 == 0


@as_root
def test_another_account_on_the_machine_cannot_come_in(start_own_postgres):
    server = start_own_postgres()
    stranger = pwd.getpwnam("daemon")
    tried = subprocess.run(
        [str(server.bin_dir / "psql"), server.url, "-c", "SELECT 1"],
        user=stranger.pw_uid,
        group=stranger.pw_gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode != 0
    assert "authentication failed" in tried.stderr


@as_root
def test_under_a_closed_folder_the_data_lies_where_the_account_can_reach_it(var_folder):
    closed = var_folder / "closed"
    closed.mkdir(mode=0o700)
    server = start_postgres(closed / "var", durable=False)
    try:
        assert not server.data.is_relative_to(closed)
        assert str(server.data.parent) in (closed / "var" / "postgres.moved").read_text()
        assert find_postgres(closed / "var").pid == server.pid
        assert closed.stat().st_mode & 0o077 == 0, "nothing was opened for it"
    finally:
        server.stop()
        subprocess.run(["rm", "-rf", str(server.data.parent)], check=True)
