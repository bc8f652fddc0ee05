"""List who may sign in; set and reset passwords, lift locks, reset second factors, see what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cityloom.app.ready import needs_database

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BY = "command"  # who did it, as the account's record tells


@click.group()
def command() -> None:
    """People and their posts come with the city's folder; here they get passwords."""


@command.command("list")
@needs_database
def list_users() -> None:
    """List logins, names and whether they can sign in, with a second factor or without."""
    from django.contrib.auth.models import User

    from cityloom.city.models import SecondFactor

    secured = set(SecondFactor.objects.exclude(confirmed_at=None).values_list("login", flat=True))
    for user in User.objects.order_by("username").iterator():
        state = "asleep" if not user.is_active else "can sign in" if user.has_usable_password() else "no password"
        factor = ", second factor" if user.get_username() in secured else ""
        admin = ", administrator" if user.is_superuser else ""
        click.echo(f"{user.get_username():24} {user.first_name:16} {state}{factor}{admin}")


@command.command()
@click.argument("login")
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
@needs_database
def password(login: str, password: str, admin: bool, must_change: bool) -> None:
    """Set the password of LOGIN; all sessions of the person end."""
    from django.contrib.auth.models import User
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from cityloom.base.clock import clock_of_settings
    from cityloom.city.passwords import set_password

    user = User.objects.filter(username=login).first()
    if user is None:
        if not admin:
            raise click.ClickException(
                f"nobody has the login {login}; add the person to people.csv and run `cityloom city load`, "
                "or say --admin to make an administrator"
            )
        user = User(username=login)
    try:
        validate_password(password, user)
    except ValidationError as weak:
        raise click.ClickException(" ".join(weak.messages)) from weak
    user.is_staff = user.is_superuser = admin or user.is_superuser
    set_password(user, password, BY, clock_of_settings().now(), must_change=must_change)
    click.echo(f"{login} can sign in now.")


@command.command()
@click.argument("login")
@click.option("--site", default="", help="Where people find the site, for example https://city.example.")
@needs_database
def reset(login: str, site: str) -> None:
    """Print a link by which LOGIN sets a new password: good once, for CITYLOOM_RESET_HOURS."""
    from django.conf import settings
    from django.urls import reverse

    from cityloom.base.clock import clock_of_settings
    from cityloom.city.passwords import issue_reset

    user = _user(login)
    if not user.is_active:
        raise click.ClickException(f"{login} holds no post any more; put the person into people.csv first")
    uid, token = issue_reset(user, BY, clock_of_settings().now())
    click.echo(f"{(site or _site()).rstrip('/')}{reverse('reset', args=[uid, token])}")
    click.echo(f"Good once, for {settings.PASSWORD_RESET_TIMEOUT // 3600} h. Hand it to {login} alone.", err=True)


@command.command()
@click.argument("login")
@click.argument("address")
@needs_database
def mail(login: str, address: str) -> None:
    """Keep the mail address of LOGIN, to which links for a forgotten password go; `-` forgets it."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    user = _user(login)
    wanted = "" if address == "-" else address.strip()
    if wanted:
        try:
            validate_email(wanted)
        except ValidationError as wrong:
            raise click.ClickException("this is no mail address; write for example name@city.example") from wrong
    user.email = wanted
    user.save(update_fields=["email"])
    click.echo(f"{login} has {'a mail address' if wanted else 'no mail address'} now.")


@command.command()
@click.argument("login")
@needs_database
def unlock(login: str) -> None:
    """Lift the lock of LOGIN after too many failed sign-ins, at every address."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.web.lockout import unlock as lift

    _user(login)
    lifted = lift(login, BY, clock_of_settings().now())
    click.echo(f"{login} can try again." if lifted else f"{login} was not locked.")


@command.command("second-factor")
@click.argument("login")
@click.option("--reset", "wanted", is_flag=True, help="Forget the generator and the recovery codes.")
@needs_database
def second_factor(login: str, wanted: bool) -> None:
    """Tell whether LOGIN has a second factor, or reset it, so that the person enrols again."""
    from cityloom.base.clock import clock_of_settings
    from cityloom.city.account_sessions import end_sessions
    from cityloom.city.second_factor import count_recovery_codes, has_factor, turn_off

    _user(login)
    if not wanted:
        left = count_recovery_codes(login)
        click.echo(f"{login} has a second factor; {left} recovery codes left." if has_factor(login) else
                   f"{login} has no second factor.")  # fmt: skip
        return
    now = clock_of_settings().now()
    gone = turn_off(login, BY, now)
    end_sessions(login, BY, now)
    click.echo(f"{login} enrols again at the next sign-in." if gone else f"{login} had no second factor.")


@command.command()
@click.argument("login")
@click.option("--most", default=20, show_default=True, help="How many of the last ones.")
@needs_database
def events(login: str, most: int) -> None:
    """List what happened to the account of LOGIN, the newest first."""
    from cityloom.city.account_events import list_events

    _user(login)
    for event in list_events(login, most):
        click.echo(f"{event.at:%Y-%m-%d %H:%M:%S%z}  {event.kind:20} by {event.by_login}")


@command.command("demo-passwords")
@needs_database
def demo_passwords() -> None:
    """Give everybody without a password the demo's shared one. Refused in production."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password

    if settings.PRODUCTION:
        raise click.ClickException("a shared password is for demos; use `cityloom users password LOGIN`")
    waiting = get_user_model().objects.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    count = waiting.update(password=make_password(settings.CITYLOOM_DEMO_PASSWORD))
    click.echo(f"{count} people sign in with {settings.CITYLOOM_DEMO_PASSWORD}")


def _user(login: str) -> User:
    from django.contrib.auth.models import User

    user = User.objects.filter(username=login).first()
    if user is None:
        raise click.ClickException(f"nobody has the login {login}; `cityloom users list` shows who there is")
    return user


def _site() -> str:
    """Where people find this installation, as far as the settings tell."""
    from django.conf import settings

    if settings.PRODUCTION:
        return f"https://{settings.ALLOWED_HOSTS[0].lstrip('.*')}"
    return "http://127.0.0.1:8000"
