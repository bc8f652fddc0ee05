"""Tell other systems at once what happens to cases: webhooks with their deliveries, tests and replays."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.completing import area_codes, unit_codes
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.city.values import Post
    from cityloom.exchange.webhooks.values import Delivery, Webhook

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
NUMBER = click.argument("number", type=click.IntRange(1, 2**63 - 1))


@click.group()
def command() -> None:
    """Tell other systems at once what happens to cases: add, pause, test and replay webhooks, see their deliveries.

    Messages are signed as Standard Webhooks 1.0.0 asks and sent by the worker, at least once.
    """


@command.command("list", epilog=example("cityloom webhooks list --json"))
@CITY
@AS_JSON
@needs_database
def list_command(city_code: str | None, as_json: bool) -> None:
    """List webhooks with their state, what they ask for, and since when they fail."""
    from cityloom.exchange.webhooks.rows import list_webhooks

    found = list_webhooks(chosen_city(city_code), _by())
    if as_json:
        print_json([_told(each) for each in found])
        return
    for each in found:
        health = f"failing since {each.failing_since:%Y-%m-%d %H:%M} UTC" if each.failing_since else ""
        click.echo(f"{each.id:>5}  {each.state:7} {each.url:60} {_wish(each):40} {health}".rstrip())
    click.echo(f"{len(found):,} webhooks")


@command.command(
    epilog=example(
        "cityloom webhooks add https://hooks.example/cases --move file --move close",
        "cityloom webhooks add https://hooks.example/unit --unit street_01 --description 'its own system'",
    )
)
@click.argument("url")
@click.option("--description", default="", help="What it is for.")
@click.option("--move", "moves", multiple=True, help="Only what holds this move; may be given several times.")
@click.option("--lead", "units", multiple=True, shell_complete=unit_codes, help="Only cases led by this unit.")
@click.option("--area", "areas", multiple=True, shell_complete=area_codes, help="Only cases inside this area.")
@click.option(
    "--unit", shell_complete=unit_codes, help="It sees what a handler of this unit sees, not the whole city."
)
@CITY
@AS_JSON
@needs_database
def add(
    url: str, description: str, moves: tuple[str, ...], units: tuple[str, ...], areas: tuple[str, ...],
    unit: str | None, city_code: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Add a webhook to URL and print its secret; it is never shown again."""
    from django.conf import settings

    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.add_webhook import NewWebhook, add_webhook
    from cityloom.exchange.webhooks.values import Wanted

    new = NewWebhook(url, description, Wanted(moves, units, areas), unit)
    inside = settings.CITYLOOM_WEBHOOK_HOSTS
    hook, secret = add_webhook(chosen_city(city_code), new, _by(), inside, clock_of_settings())
    _tell_secret(hook, secret, as_json)


@command.command(epilog=example("cityloom webhooks remove 3"))
@NUMBER
@CITY
@AS_JSON
@needs_database
def remove(number: int, city_code: str | None, as_json: bool) -> None:
    """Remove webhook NUMBER: nothing more is sent, its secrets are gone."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.change_webhook import remove_webhook

    remove_webhook(chosen_city(city_code), number, _by(), clock_of_settings())
    print_json({"id": number, "removed": True}) if as_json else click.echo(f"Webhook {number} is removed.")


@command.command(epilog=example("cityloom webhooks pause 3"))
@NUMBER
@CITY
@AS_JSON
@needs_database
def pause(number: int, city_code: str | None, as_json: bool) -> None:
    """Pause webhook NUMBER: its messages wait until it is resumed, or are given up after some days."""
    _set_state(number, "paused", city_code, as_json)


@command.command(epilog=example("cityloom webhooks resume 3"))
@NUMBER
@CITY
@AS_JSON
@needs_database
def resume(number: int, city_code: str | None, as_json: bool) -> None:
    """Resume webhook NUMBER, paused or turned off: what waits goes out at once."""
    _set_state(number, "active", city_code, as_json)


@command.command(epilog=example("cityloom webhooks rotate 3 --overlap 48", "cityloom webhooks rotate 3 --overlap 0"))
@NUMBER
@click.option(
    "--overlap",
    "overlap_h",
    type=click.IntRange(0, 168),
    default=24,
    show_default=True,
    help="Hours for which the old secret signs beside the new one; 0 ends it at once.",
)
@CITY
@AS_JSON
@needs_database
def rotate(number: int, overlap_h: int, city_code: str | None, as_json: bool) -> None:
    """Give webhook NUMBER a new secret and print it; it is never shown again."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.rotate_webhook_secret import rotate_webhook_secret

    hook, secret = rotate_webhook_secret(chosen_city(city_code), number, _by(), clock_of_settings(), overlap_h)
    _tell_secret(hook, secret, as_json)


@command.command(epilog=example("cityloom webhooks test 3"))
@NUMBER
@CITY
@AS_JSON
@needs_database
def test(number: int, city_code: str | None, as_json: bool) -> None:
    """Have the worker send a test message to webhook NUMBER; see how it went with `cityloom webhooks deliveries`."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.replay_webhook import ping_webhook

    delivery = ping_webhook(chosen_city(city_code), number, _by(), clock_of_settings())
    if as_json:
        print_json({"delivery": delivery})
    else:
        click.echo(f"A test goes out as delivery {delivery}; see `cityloom webhooks deliveries {number}`.")


@command.command(epilog=example("cityloom webhooks deliveries 3 --state failed --limit 20"))
@NUMBER
@click.option("--state", type=click.Choice(["waiting", "delivered", "failed"]), help="Of this state only.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@click.option("--after", type=int, help="Those before this delivery: the last one that was listed.")
@CITY
@AS_JSON
@needs_database
def deliveries(
    number: int, state: str | None, limit: int, after: int | None, city_code: str | None, as_json: bool
) -> None:
    """List the deliveries of webhook NUMBER, the newest first, with what the receiver answered."""
    from cityloom.base.reasons import Reason, render
    from cityloom.exchange.webhooks.rows import get_webhook, list_deliveries

    hook = get_webhook(chosen_city(city_code), _by(), number)
    found, _ = list_deliveries(hook, state or "", after, limit)
    if as_json:
        print_json([_told_delivery(each) for each in found])
        return
    for each in found:
        about = f"{each.key} v{each.seq}" if each.seq else each.topic
        why = render(Reason.from_json(each.reason), "en") if each.reason else ""
        tried = f"{each.attempts} tries" if each.attempts != 1 else "1 try"
        click.echo(f"{each.id:>12}  {each.state:9} {about:24} {tried:9} {each.status or '':>3} {why}".rstrip())
    click.echo(f"{len(found):,} deliveries")


@command.command(
    epilog=example(
        "cityloom webhooks replay 3 --delivery 128004",
        "cityloom webhooks replay 3 --failed --since 2026-11-20",
        "cityloom webhooks replay 3 --since 2026-11-20T08:00 --until 2026-11-20T12:00",
    )
)
@NUMBER
@click.option("--delivery", "delivery_id", type=click.IntRange(1, 2**63 - 1), help="This one again.")
@click.option("--failed", "only_failed", is_flag=True, help="Of the span only what failed.")
@click.option("--since", type=MOMENT, help="What was made from this moment on, in the city's time zone.")
@click.option("--until", type=MOMENT, help="What was made before this moment; now if not given.")
@CITY
@AS_JSON
@needs_database
def replay(
    number: int, delivery_id: int | None, only_failed: bool, since: datetime | None, until: datetime | None,
    city_code: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Send deliveries of webhook NUMBER again, as new ones that name the first."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.replay_webhook import Again, replay_webhook

    city = chosen_city(city_code)
    zone = city.calendar().tz
    span = [at.replace(tzinfo=zone) if at else None for at in (since, until)]
    again = Again(delivery_id, span[0], span[1], only_failed)
    made = replay_webhook(city, number, again, _by(), clock_of_settings())
    print_json({"deliveries": made}) if as_json else click.echo(f"{made:,} deliveries go out again.")


def _by() -> Post:
    """Whoever has the machine manages all of the city's webhooks."""
    from cityloom.city.values import Post, Role

    return Post("command", Role.ADMIN)


def _set_state(number: int, state: str, city_code: str | None, as_json: bool) -> None:
    from django.conf import settings

    from cityloom.base.clock import clock_of_settings
    from cityloom.exchange.actions.change_webhook import WebhookChange, change_webhook

    inside = settings.CITYLOOM_WEBHOOK_HOSTS
    change = WebhookChange(state=state)
    hook = change_webhook(chosen_city(city_code), number, change, _by(), inside, clock_of_settings())
    print_json(_told(hook)) if as_json else click.echo(f"Webhook {hook.id} is {hook.state}.")


def _tell_secret(hook: Webhook, secret: str, as_json: bool) -> None:
    if as_json:
        print_json({**_told(hook), "secret": secret})
        return
    click.echo(secret)
    click.echo(f"signs webhook {hook.id} to {hook.url}; it is not shown again", err=True)


def _wish(hook: Webhook) -> str:
    parts = (*hook.wanted.moves, *hook.wanted.units, *hook.wanted.areas)
    return ",".join(parts) or "everything"


def _told(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.id, "url": hook.url, "description": hook.description, "role": hook.post.role.value,
        "unit": hook.post.unit, "area": hook.post.area, "moves": hook.wanted.moves, "units": hook.wanted.units,
        "areas": hook.wanted.areas, "state": hook.state, "reason": dict(hook.reason), "version": hook.version,
        "failing_since": hook.failing_since, "last_success_at": hook.last_success_at,
        "both_secrets_until": hook.old_until, "created_at": hook.created_at, "created_by": hook.created_by,
    }  # fmt: skip


def _told_delivery(each: Delivery) -> dict[str, Any]:
    from dataclasses import asdict

    return {name: value for name, value in asdict(each).items() if name != "body"}
