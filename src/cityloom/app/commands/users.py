"""List who may sign in; set and reset passwords, lift locks, reset second factors, see what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cityloom.app.exits import Refused
from cityloom.app.options import AS_JSON, LOGIN, example, print_json
from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BY = "command"  # who did it, as the account's record tells


@click.group()
def command() -> None:
    """People and their posts come with the city's folder; here they get passwords."""


@command.command("list", epilog=example("cityloom users list", "cityloom users list --json"))
@AS_JSON
@needs_database
def list_users(as_json: bool) -> None:
    """List logins, names and whether they can sign in, with a second factor or without."""
    from django.contrib.auth.models import User

    from cityloom.city.models import SecondFactor

    secured = set(SecondFactor.objects.exclude(confirmed_at=None).values_list("login", flat=True))
    rows = [
        {
            "login": user.get_username(),
            "name": user.first_name,
            "state": "asleep"
            if not user.is_active
            else "can sign in"
            if user.has_usable_password()
            else "no password",
            "second_factor": user.get_username() in secured,
            "administrator": user.is_superuser,
        }
        for user in User.objects.order_by("username").iterator()
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        factor = ", second factor" if row["second_factor"] else ""
        admin = ", administrator" if row["administrator"] else ""
        click.echo(f"{row['login']:24} {row['name']:16} {row['state']}{factor}{admin}")


@command.command(epilog=example("cityloom users password LOGIN", "cityloom users password LOGIN --must-change"))
@LOGIN
@click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    envvar="CITYLOOM_NEW_PASSWORD",
    help="Asked for when absent; may come from the variable CITYLOOM_NEW_PASSWORD.",
)
@click.option("--admin", is_flag=True, help="Make the account an administrator; it is made when absent.")
@click.option("--must-change", is_flag=True, help="The person sets another one at the next sign-in.")
@AS_JSON
@needs_database
def password(login: str, password: str, admin: bool, must_change: bool, as_json: bool) -> None:
    """Set the password of LOGIN; all sessions of the person end."""
    from django.contrib.auth.models import User
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from cityloom.base.clock import clock_of_settings
    from cityloom.city.passwords import set_password

    user = User.objects.filter(username=login).first()
    if user is None:
        if not admin:
            raise Refused("command.no_login_yet", login=login)
        user = User(username=login)
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise Refused("command.weak_password", why=" ".join(weak.messages)) from weak
    user.is_staff = user.is_superuser = admin or user.is_superuser
    set_password(user, password, BY, clock_of_settings().now(), must_change=must_change)
    _told(as_json, f"{login} can sign in now.", login=login, administrator=user.is_superuser, must_change=must_change)


@command.command(epilog=example("cityloom users reset LOGIN"))
@LOGIN
@click.option("--site", default="", help="Where people find the site, for example https://city.example.")
@AS_JSON
@needs_database
def reset(login: str, site: str, as_json: bool) -> None:
    """Print a link by which LOGIN sets a new password: good once, for CITYLOOM_RESET_HOURS."""
    from django.conf import settings
    from django.urls import reverse

    from cityloom.base.clock import clock_of_settings
    from cityloom.city.passwords import issue_reset

    user = _user(login)
    if not user.is_active:
        raise Refused("command.no_post", login=login)
    uid, token = issue_reset(user, BY, clock_of_settings().now())
    link = f"{(site or _site()).rstrip('/')}{reverse('reset', args=[uid, token])}"
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    _told(as_json, link, login=login, link=link, hours=hours)
    click.echo(f"Good once, for {hours} h. Hand it to {login} alone.", err=True)


@command.command(epilog=example("cityloom users mail LOGIN name@city.example"))
@LOGIN
@click.argument("address")
@AS_JSON
@needs_database
def mail(login: str, address: str, as_json: bool) -> None:
    """Keep the mail address of LOGIN, to which links for a forgotten password go; `-` forgets it."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    user = _user(login)
    wanted = "" if address == "-" else address.strip()
    if wanted:
        try:
            validate_email(wanted)
        except ValidationError as wrong:
            raise Refused("command.bad_mail") from wrong
    user.email = wanted
    user.save(update_fields=["email"])
    said = f"{login} has {'a mail address' if wanted else 'no mail address'} now."
    _told(as_json, said, login=login, has_address=bool(wanted))


@command.command(epilog=example("cityloom users unlock LOGIN"))
@LOGIN
@AS_JSON
@needs_database
def unlock(login: str, as_json: bool) -> None:
    """Lift the lock of LOGIN after too many failed sign-ins, at every address."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.web.lockout import unlock as lift

    _user(login)
    lifted = lift(login, BY, clock_of_settings().now())
    said = f"{login} can try again." if lifted else f"{login} was not locked."
    _told(as_json, said, login=login, was_locked=bool(lifted))


@command.command("second-factor", epilog=example("cityloom users second-factor LOGIN --reset"))
@LOGIN
@click.option("--reset", "wanted", is_flag=True, help="Forget the generator and the recovery codes.")
@AS_JSON
@needs_database
def second_factor(login: str, wanted: bool, as_json: bool) -> None:
    """Tell whether LOGIN has a second factor, or reset it, so that the person enrols again."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.account_sessions import end_sessions
    from cityloom.city.second_factor import count_recovery_codes, has_factor, turn_off

    _user(login)
    if not wanted:
        left, has = count_recovery_codes(login), has_factor(login)
        said = f"has a second factor; {left} recovery codes left." if has else "has no second factor."
        _told(as_json, f"{login} {said}", login=login, second_factor=has, recovery_codes=left)
        return
    now = clock_of_settings().now()
    gone = turn_off(login, BY, now)
    end_sessions(login, BY, now)
    said = "enrols again at the next sign-in." if gone else "had no second factor."
    _told(as_json, f"{login} {said}", login=login, was_reset=bool(gone))


@command.command(epilog=example("cityloom users events LOGIN --most 50"))
@LOGIN
@click.option("--most", type=click.IntRange(1), default=20, show_default=True, help="How many of the last ones.")
@AS_JSON
@needs_database
def events(login: str, most: int, as_json: bool) -> None:
    """List what happened to the account of LOGIN, the newest first."""
    from cityloom.city.account_events import list_events

    _user(login)
    found = list_events(login, most)
    if as_json:
        print_json([{"at": event.at, "kind": event.kind, "by": event.by_login} for event in found])
        return
    for event in found:
        click.echo(f"{event.at:%Y-%m-%d %H:%M:%S%z}  {event.kind:20} by {event.by_login}")


@command.command(epilog=example("cityloom users posts LOGIN"))
@LOGIN
@AS_JSON
@needs_database
def posts(login: str, as_json: bool) -> None:
    """List the posts of LOGIN in every city: role, unit, area, from and until; the city's folder decides them."""
    from cityloom.city.snapshot import current_city, list_cities

    _user(login)
    rows = [
        {"city": city.code, "role": post.role.value, "unit": post.unit or "", "area": post.area or "",
         "from": post.valid.start, "until": post.valid.end}
        for city in list_cities()
        for post in current_city(city.code).posts.get(login, ())
    ]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for row in rows:
        span = f"{row['from'] or ''} – {row['until'] or ''}"
        click.echo(f"{row['city']:10} {row['role']:16} {row['unit']:24} {row['area']:16} {span}".rstrip(" –"))
    click.echo(f"{len(rows)} posts")


@command.command(epilog=example("cityloom users sessions LOGIN", "cityloom users sessions LOGIN --end"))
@LOGIN
@click.option("--end", is_flag=True, help="End them all at once: the person signs in again.")
@AS_JSON
@needs_database
def sessions(login: str, end: bool, as_json: bool) -> None:
    """List where LOGIN is signed in: since when, seen last, from which address and device; or end it all."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.account_sessions import end_sessions, list_sessions

    _user(login)
    if end:
        ended = end_sessions(login, BY, clock_of_settings().now())
        _told(as_json, f"{ended} sessions of {login} ended.", login=login, ended=ended)
        return
    found = list_sessions(login)
    if as_json:
        keys = ("handle", "began_at", "seen_at", "address", "device")  # the session's own key opens it: never told
        print_json([{key: getattr(each, key) for key in keys} for each in found])
        return
    for each in found:
        click.echo(
            f"{each.began_at:%Y-%m-%d %H:%M}  seen {each.seen_at:%Y-%m-%d %H:%M}  {each.address:16} {each.device}"
        )
    click.echo(f"{len(found)} sessions")


@command.command("demo-passwords", epilog=example("cityloom users demo-passwords"))
@AS_JSON
@needs_database
def demo_passwords(as_json: bool) -> None:
    """Give everybody without a password the demo's shared one. Refused in production."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password

    if settings.PRODUCTION:
        raise Refused("command.demo_only")
    waiting = get_user_model().objects.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    count = waiting.update(password=make_password(settings.CITYLOOM_DEMO_PASSWORD))
    shared = settings.CITYLOOM_DEMO_PASSWORD
    _told(as_json, f"{count} people sign in with {shared}", people=count, password=shared)


def _state(user: User) -> str:
    if not user.is_active:
        return "asleep"
    return "can sign in" if user.has_usable_password() else "no password"


def _told(as_json: bool, sentence: str, **facts: object) -> None:
    if as_json:
        print_json(facts)
    else:
        click.echo(sentence)


def _user(login: str) -> User:
    from django.contrib.auth.models import User

    user = User.objects.filter(username=login).first()
    if user is None:
        raise Refused("command.no_login", login=login)
    return user


def _site() -> str:
    """Where people find this installation, as far as the settings tell."""
    from django.conf import settings

    if settings.PRODUCTION:
        return f"https://{settings.ALLOWED_HOSTS[0].lstrip('.*')}"
    return "http://127.0.0.1:8000"
