"""Makes a command ready to work: a database that answers, with the tables of this version, and Django set up."""

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from cityloom.app.environment import Environment
from cityloom.app.places import var_dir
from cityloom.app.processes import CannotStart

P = ParamSpec("P")
R = TypeVar("R")

DATABASE_URL = "CITYLOOM_DATABASE_URL"


class TablesWait(CannotStart):
    """The database lacks tables of this version."""


class TablesOfNoRelease(CannotStart):
    """The database was made by a state between two releases, from which no migration leads on."""


@contextlib.contextmanager
def database_at_hand() -> Iterator[str]:
    """The address of the database: the one that is named, the one that runs, or one started for the while."""
    env = Environment.of_process()
    env.require_for_production()
    named = env.text(DATABASE_URL)
    if named:
        yield named
        return
    from cityloom.app.postgres import borrowed_postgres

    with borrowed_postgres(var_dir()) as server:
        os.environ[DATABASE_URL] = server.url
        try:
            yield server.url
        finally:
            os.environ.pop(DATABASE_URL, None)


@contextlib.contextmanager
def ready(*, migrated: bool = True) -> Iterator[None]:
    """Inside, Django works on a living database.

    Missing tables are made in demo mode; in production they are the operator's decision, so it refuses.
    """
    with database_at_hand():
        set_up_django()
        from django.db import connections

        try:
            if migrated:
                _ensure_tables()
            yield
        finally:
            connections.close_all()


def set_up_django() -> None:
    """Load the settings and the models; harmless when done already."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityloom.app.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


def keep_pool(size: int) -> None:
    """Let this process, and those it forks, take their connections from a pool of that size unless the settings name
    one; also in a process whose settings were read before it knew what it would become."""
    from django.db import connections

    from cityloom.app.settings import pool_of

    entry = connections.settings["default"]
    if not entry["OPTIONS"].get("pool"):
        entry["OPTIONS"]["pool"] = pool_of(size)
        entry["CONN_MAX_AGE"] = 0


def needs_database(command: Callable[P, R]) -> Callable[P, R]:
    """Decorates a command's function: it runs with Django set up and a migrated database that answers."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with ready():
            return command(*args, **kwargs)

    return wrapped


def _ensure_tables() -> None:
    from django.conf import settings

    waiting = waiting_migrations()
    if not waiting:
        return
    if settings.PRODUCTION:
        raise TablesWait(
            f"{len(waiting)} migrations wait: make a backup, run `cityloom migrate`, then again",
            f"有 {len(waiting)} 个数据表变更待执行：请先备份，执行 `cityloom migrate`，再试一次",
        )
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def waiting_migrations() -> list[str]:
    """The migrations of this version that the database has not seen, in order. Raises TablesOfNoRelease."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    seen = {(app, name) for app, name in executor.loader.applied_migrations}
    for (app, name), migration in executor.loader.disk_migrations.items():
        replaced = set(migration.replaces)
        if (app, name) not in seen and replaced & seen and not replaced <= seen:
            raise TablesOfNoRelease(
                f"the tables of {app!r} are those of a state between two releases: restore a backup of a release "
                f"with `cityloom restore`; for a demo delete {var_dir()} (all that was entered) and start again",
                f"{app} 的数据表来自两次发布之间的版本：请用 `cityloom restore` 恢复某次发布的备份；"
                f"演示则删除 {var_dir()}（其中录入的内容全部丢失）后重新启动",
            )
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def known_migrations() -> frozenset[str]:
    """Every migration that this version knows, also those that newer ones replaced; asked of no database."""
    from django.db.migrations.loader import MigrationLoader

    on_disk = MigrationLoader(None).disk_migrations
    replaced = (pair for migration in on_disk.values() for pair in migration.replaces)
    return frozenset(f"{app}.{name}" for app, name in (*on_disk, *replaced))
