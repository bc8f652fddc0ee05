"""Tell how the installation is doing now: what it needs, what waits, how many cases are open."""

from __future__ import annotations

import click

from cityloom.app.exits import Exit
from cityloom.app.options import AS_JSON, example, print_json
from cityloom.app.ready import ready


@click.command(epilog=example("cityloom status", "cityloom status --prometheus"))
@click.option("--prometheus", is_flag=True, help="Print the stored figures in the text format of Prometheus.")
@AS_JSON
def command(prometheus: bool, as_json: bool) -> None:
    """Tell what `/readyz` and `/metrics` tell: each look with its next step, queues, open cases by state.

    `cityloom check` looks at the machine before a start; this one at what runs. Exit code 3 when it cannot serve.
    """
    with ready(migrated=False):
        from dataclasses import asdict

        from cityloom.app.figures import StoredFigures
        from cityloom.app.health_checks import is_ready, looks
        from cityloom.base.clock import clock_of_settings

        stored, found = StoredFigures(clock_of_settings), looks()
        figures = stored.figures()
        if prometheus:
            from prometheus_client import generate_latest

            click.echo(generate_latest(stored.registry()).decode(), nl=False)
        elif as_json:
            cases = [{"city": city, "state": state, "count": n} for city, state, n in figures.open_cases]
            checks = [look.as_json() for look in found]
            print_json({"ready": is_ready(found), "checks": checks, **asdict(figures), "open_cases": cases})
        else:
            for look in found:
                sign = click.style("ok  ", fg="green") if look.ok else click.style("LACK", fg="red")
                click.echo("; ".join(part for part in (f"{sign} {look.what}: {look.says}", look.next_step) if part))
            for name, queue in (("outbox", figures.outbox), ("due moments", figures.late_clocks)):
                if queue is not None:
                    click.echo(f"{name}: {queue.count:,} wait, the oldest for {queue.oldest_s:,.0f} s")
            for city, state, count in figures.open_cases:
                click.echo(f"{city}  {state:16} {count:>10,}")
    if not is_ready(found):
        raise click.exceptions.Exit(Exit.LACKING)
