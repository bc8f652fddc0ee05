"""`cityloom people sync`, `show` and `release`: who people are to other systems, and what that gives them here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityloom.app.commands._service_warnings import warn_of
from cityloom.app.completing import logins
from cityloom.app.exits import Exit, Refused, language_of
from cityloom.app.options import AS_JSON, CITY, chosen_city, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from cityloom.city.actions.sync_people import SyncResult
    from cityloom.city.people_differences import Difference
    from cityloom.city.problems import Problem

BY = "command"  # who did it, as the account's record tells
LOGIN = click.argument("login", shell_complete=logins)


@click.command(epilog=example("cityloom people sync people.csv --dry-run", "cityloom people sync people.csv --json"))
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only list every difference.")
@click.option(
    "--most-leaving",
    type=click.FloatRange(0, 100),
    default=10.0,
    show_default=True,
    help="Per cent of the list's people who may stop signing in at once.",
)
@click.option("--force", is_flag=True, help="Let more of them stop than that.")
@AS_JSON
@needs_database
def sync(file: Path, dry_run: bool, most_leaving: float, force: bool, as_json: bool) -> None:
    """Bring accounts and groups in line with the whole list of people in FILE.

    FILE is a CSV with the attributes of SCIM 2.0: userName, active, displayName, externalId, emails, groups. Who was
    on it before and is no more can no longer sign in; nothing is deleted, and people.csv stays as it is. Doing it
    again changes nothing. Exit code 1: refused, or rows that could not be used; they are listed.
    """
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.actions.sync_people import ListUnreadable, sync_people

    try:
        done = sync_people(
            file, clock_of_settings().now(), dry_run=dry_run, force=force, most_leaving_percent=most_leaving
        )
    except ListUnreadable as refused:
        if as_json:
            print_json({"applied": False, "problems": [each.as_json(language_of()) for each in refused.problems]})
        else:
            _tell_problems(refused.problems)
        raise
    if as_json:
        print_json(_as_json(done))
    else:
        _tell(done)
    if any(problem.level == "error" for problem in done.problems):
        raise click.exceptions.Exit(Exit.FOUND)


@click.command(epilog=example("cityloom people show LOGIN --json"))
@LOGIN
@CITY
@AS_JSON
@needs_database
def show(login: str, city_code: str | None, as_json: bool) -> None:
    """Tell which posts LOGIN holds today and what gives them, and which groups when."""
    from django.contrib.auth.models import User

    from cityloom.base.clock import clock_of_settings
    from cityloom.city import models
    from cityloom.city.held_posts import posts_held

    city = chosen_city(city_code)
    user = User.objects.filter(username=login).first()
    if user is None:
        raise Refused("command.no_login", login=login)
    identity = models.PersonIdentity.objects.filter(login=login).first()
    today = clock_of_settings().now().astimezone(city.calendar().tz).date()
    told: dict[str, Any] = {
        "login": login,
        "name": user.first_name,
        "can_sign_in": user.is_active,
        "external_id": identity.external_id if identity else "",
        "listed": bool(identity and identity.listed_at),
        "bound_at": identity.bound_at if identity else None,
        "posts": [
            {"role": p.role.value, "unit": p.unit, "area": p.area, "from": p.group or "people.csv"}
            for p in posts_held(city, login, today)
        ],
        "groups": [
            {"group": m.group, "from": m.joined_at, "by": m.joined_by, "until": m.left_at, "ended_by": m.left_by}
            for m in models.GroupMember.objects.filter(login=login).order_by("id")
        ],
    }
    if as_json:
        print_json(told)
        return
    state = "can sign in" if user.is_active else "asleep"
    bound = ", bound to the identity provider" if told["bound_at"] else ""
    click.echo(f"{login}  {user.first_name}  {state}{', on the list of people' if told['listed'] else ''}{bound}")
    for post in told["posts"]:
        held = "/".join(filter(None, (post["role"], post["unit"], post["area"])))
        click.echo(f"  {held:40} by {post['from']}")
    for row in told["groups"]:
        until = f"{row['until']:%Y-%m-%d %H:%M}" if row["until"] else "…"
        click.echo(
            f"  group {row['group']}: {row['from']:%Y-%m-%d %H:%M} ({row['by']}) – {until} {row['ended_by']}".rstrip()
        )


@click.command(epilog=example("cityloom people release LOGIN"))
@LOGIN
@AS_JSON
@needs_database
def release(login: str, as_json: bool) -> None:
    """Forget who LOGIN is at the identity provider, so that the next sign-in there binds the account anew."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.actions.admit_person import release_person

    released = release_person(login, BY, clock_of_settings().now())
    if as_json:
        print_json({"login": login, "released": released})
    else:
        click.echo(f"{login} is bound anew at the next sign-in." if released else f"{login} was not bound.")


def _as_json(done: SyncResult) -> dict[str, Any]:
    return {
        "applied": done.applied,
        "persons": done.persons,
        "differences": [
            {"login": d.login, "kind": d.kind.value, "before": d.before, "after": d.after} for d in done.differences
        ],
        "problems": [each.as_json(language_of()) for each in done.problems],
        "services_without_person": [each.name for each in done.without_person],
    }


def _tell(done: SyncResult) -> None:
    for each in done.differences:
        click.echo(_line(each))
    _tell_problems(done.problems)
    warn_of(done.without_person)
    kinds = Counter(each.kind.value for each in done.differences)
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no differences"
    click.echo(f"{done.persons:,} people on the list: {counted}{'' if done.applied else '; nothing was changed'}")


def _line(each: Difference) -> str:
    change = f"{each.before} → {each.after}" if each.before and each.after else each.after or each.before
    return f"{each.login:24} {each.kind.value:14} {change}".rstrip()


def _tell_problems(problems: tuple[Problem, ...]) -> None:
    language = language_of()
    stop = "；" if language == "zh" else "; "
    for each in problems:
        place = f"{each.file}, {each.where(language)}"
        click.echo(f"{each.level}: {place}: {each.wrong(language)}{stop}{each.right(language)}", err=True)
