"""Passwords: which are good enough, when one is due to be changed, how one is set, and links that set one once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import get_language

from cityloom.base.reasons import Reason, register, render
from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.account_sessions import end_sessions

register(
    {
        "password.too_few_classes": (
            "密码至少要用到小写字母、大写字母、数字、其他符号中的{least}类",
            "a password needs at least {least} of: small letters, capital letters, digits, other signs",
        ),
    }
)


def count_classes(password: str) -> int:
    """How many of the four classes of signs a password uses: small letters, capitals, digits, anything else."""
    kinds = {
        "small" if sign.islower() else "capital" if sign.isupper() else "digit" if sign.isdigit() else "other"
        for sign in password
    }
    return len(kinds)


class ClassesValidator:
    """Refuses a password of too few classes of signs; one of Django's AUTH_PASSWORD_VALIDATORS."""

    def __init__(self, least: int = 3) -> None:
        self.least = least

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError for a password of fewer classes."""
        if count_classes(password) < self.least:
            raise ValidationError(self.get_help_text(), code="too_few_classes")

    def get_help_text(self) -> str:
        """The rule in the language of the moment."""
        return render(Reason("password.too_few_classes", {"least": self.least}), get_language() or "en")


def set_password(user: User, password: str, by: str, at: datetime, *, must_change: bool = False) -> None:
    """Set a password that has been found good; all the person's sessions end and every reset link is void."""
    login = user.get_username()
    with transaction.atomic():
        user.set_password(password)
        user.save()
        models.Account.objects.update_or_create(
            login=login, defaults={"password_set_at": at, "must_change": must_change}
        )
        end_sessions(login, by, at)
        record(login, Happened.PASSWORD_SET, by, at)


def password_is_due(login: str, at: datetime, days: int) -> bool:
    """Whether the person must set another password: told so, or the last is older than `days` (0: never)."""
    row = models.Account.objects.filter(login=login).first()
    if row is None:
        return False
    old = row.password_set_at is not None and days > 0 and at - row.password_set_at > timedelta(days=days)
    return bool(row.must_change or old)


def issue_reset(user: User, by: str, at: datetime) -> tuple[str, str]:
    """Both parts of a link by which the person sets a new password: valid once, and for PASSWORD_RESET_TIMEOUT.

    A password set, or a sign-in, makes every link issued before it void.
    """
    record(user.get_username(), Happened.RESET_ISSUED, by, at)
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


def user_of_reset(uid: str, token: str) -> User | None:
    """Whose password the link sets; None for one that is mistyped, used, too old, or of somebody who left."""
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(uid).decode()), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user is not None and default_token_generator.check_token(user, token) else None
