"""Small truths about processes and ports that the launchers and the supervisor share."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from cityloom.app.environment import Lack

_PR_SET_PDEATHSIG = 1


class CannotStart(Lack):
    """Something this machine lacks or holds back; the message names the next step."""


class PortTaken(CannotStart):
    """Another process listens on the port that was asked for."""


@dataclass(frozen=True)
class Account:
    """The account a server runs under."""

    name: str
    uid: int
    gid: int


class Become(TypedDict, total=False):
    """The arguments by which subprocess starts a program as another account; empty for one's own."""

    user: int
    group: int
    extra_groups: list[int]


def become(account: Account | None) -> Become:
    """How to start a program as that account."""
    if account is None or account.uid == os.geteuid():
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def own_account() -> Account:
    """The account of this process."""
    try:
        entry = pwd.getpwuid(os.geteuid())
    except KeyError:
        raise CannotStart(
            f"user id {os.geteuid()} has no name on this machine, so the embedded servers cannot start; "
            "run as a named user, or set CITYLOOM_DATABASE_URL and CITYLOOM_NATS_URL to running servers",
            f"用户号 {os.geteuid()} 在本机没有名字，内置服务器无法启动；请换一个有名字的用户，"
            "或用 CITYLOOM_DATABASE_URL 和 CITYLOOM_NATS_URL 指明正在运行的服务器",
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def server_account(data: Path) -> Account:
    """Who runs a server with that data: this user, or for root an existing account without privileges.

    Data that exists already stays with its owner.
    """
    own = own_account()
    if own.uid != 0:
        return own
    if data.exists() and data.stat().st_uid != 0:
        entry = pwd.getpwuid(data.stat().st_uid)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL refuses to run as root and this machine has neither the account `postgres` nor `nobody`; "
        "run cityloom as an ordinary user, or set CITYLOOM_DATABASE_URL to a running server",
        "PostgreSQL 不能以 root 运行，而本机没有 `postgres` 或 `nobody` 帐号；"
        "请用普通用户运行 cityloom，或用 CITYLOOM_DATABASE_URL 指明正在运行的服务器",
    )


def can_enter(account: Account, folder: Path) -> bool:
    """Whether that account can reach the folder through all its parents."""
    if account.uid == os.geteuid():
        return os.access(folder, os.X_OK)
    probe = subprocess.run(
        ["test", "-x", str(folder)],
        cwd="/",
        check=False,
        **become(account),
    )
    return probe.returncode == 0


def die_with_parent(sig: int) -> Callable[[], None]:
    """A function for a fresh child: on Linux the kernel sends it that signal as soon as its parent dies.

    Elsewhere nothing happens; the pid files under `var` then let the next start clean up.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, sig, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the kernel was asked
            os.kill(os.getpid(), sig)

    return ask


def die_with_web_server() -> None:
    """A worker of a web server that named itself in CITYLOOM_WEB_PARENT is killed when that one dies (Linux only)."""
    if sys.platform.startswith("linux") and os.environ.get("CITYLOOM_WEB_PARENT") == str(os.getppid()):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    account: Account | None = None,
    on_parent_death: int = signal.SIGTERM,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in its own session and process group, its words appended to `log`.

    It dies with this process. Call it from the main thread: the kernel watches the thread that started it.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # a log may hold what only the owner may read
    with log.open("ab") as out:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(on_parent_death),
            env=env,
            cwd=cwd or "/",
            **become(account),
        )


def is_alive(pid: int) -> bool:
    """Whether a process with that id runs; one that has ended and waits to be collected does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return sys.platform != "linux"
    return stat.rpartition(")")[2].split()[0] != "Z"


def started_ticks(pid: int) -> int | None:
    """When a process started, in the kernel's ticks since boot: with the pid it names one process."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return None


def stop_group(pgid: int, *, sig: int = signal.SIGTERM, wait_s: float = 10.0) -> None:
    """Ask every process of the group to stop, and after `wait_s` make it."""
    try:
        os.killpg(pgid, sig)
    except ProcessLookupError:
        return
    if not _group_ended(pgid, wait_s):
        try:
            os.killpg(pgid, signal.SIGKILL)
        except ProcessLookupError:
            return
        _group_ended(pgid, 5.0)


def _group_ended(pgid: int, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if not group_members(pgid):
            return True
        time.sleep(0.02)
    return False


def group_members(pgid: int) -> list[int]:
    """The living processes of a process group."""
    if not sys.platform.startswith("linux"):
        try:
            os.killpg(pgid, 0)
        except ProcessLookupError:
            return []
        return [pgid]
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == pgid and fields[0] != "Z":
            members.append(int(entry.name))
    return members


def free_port(preferred: int | None = None, host: str = "127.0.0.1") -> int:
    """The preferred port when nobody listens there, else one the kernel picks."""
    if preferred is not None and is_port_free(preferred, host):
        return preferred
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def port_owner(port: int) -> str | None:
    """`name (pid 123)` of who listens on that TCP port, where the kernel lets us see it; else None."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return None
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            held = {os.readlink(handle) for handle in (entry / "fd").iterdir()}
            name = (entry / "comm").read_text().strip()
        except OSError:
            continue
        if held & inodes:
            return f"{name} (pid {entry.name})"
    return None


def require_port(port: int, host: str, choose_another: str) -> None:
    """Refuse plainly when somebody listens there already; `choose_another` is the option to advise."""
    if is_port_free(port, host):
        return
    owner = port_owner(port)
    who = f"by {owner}" if owner else "by a process that this user cannot see"
    raise PortTaken(
        f"port {port} is in use {who}; stop it, or choose another port: {choose_another}{port + 1}",
        f"端口 {port} 已被占用（{owner or '本用户看不到的进程'}）；"
        f"请停止它，或换一个端口：{choose_another}{port + 1}",
    )
