"""Two plain answers for whoever watches the processes: alive, and ready to serve."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and has every table this version needs; else 503 and the reason."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse({"status": "not ready", "because": "the database does not answer"}, status=503)
    if waiting:
        because = f"{len(waiting)} migrations wait; run `cityloom migrate`"
        return JsonResponse({"status": "not ready", "because": because}, status=503)
    return JsonResponse({"status": "ok"})
