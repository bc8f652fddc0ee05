"""List who may sign in and set passwords."""

import click

from cityloom.app.ready import needs_database


@click.group()
def command() -> None:
    """People and their posts come with the city's folder; here they get passwords."""


@command.command("list")
@needs_database
def list_users() -> None:
    """List logins, names and whether they can sign in."""
    from django.contrib.auth.models import User

    for user in User.objects.order_by("username").iterator():
        state = "asleep" if not user.is_active else "can sign in" if user.has_usable_password() else "no password"
        admin = ", administrator" if user.is_superuser else ""
        click.echo(f"{user.get_username():24} {user.first_name:16} {state}{admin}")


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
@needs_database
def password(login: str, password: str, admin: bool) -> None:
    """Set the password of LOGIN."""
    from django.contrib.auth.models import User
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

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
    user.set_password(password)
    user.is_staff = user.is_superuser = admin or user.is_superuser
    user.save()
    click.echo(f"{login} can sign in now.")


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
