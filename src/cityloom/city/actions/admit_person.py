"""Let in a person whom the identity provider has verified: find who it is here, bind both, take over the groups."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city import models
from cityloom.city.account_events import Happened, record
from cityloom.city.accounts import make_account
from cityloom.city.actions.set_groups import set_groups
from cityloom.city.logins import PROVIDER, is_login
from cityloom.city.told_person import ToldPerson

register(
    {
        "person.unknown": (
            "统一身份认证确认您是“{value}”，但这里没有您的账号。请管理员把您加进 people.csv 或人员名单后再登录",
            "the identity provider knows you as “{value}”, but you have no account here. The administrator adds you "
            "to people.csv or to the list of people; then sign in again",
        ),
        "person.asleep": (
            "您的账号已停用，不能登录。如有疑问请联系管理员",
            "your account was put to sleep and cannot sign in. The administrator knows why",
        ),
        "person.several": (
            "“{value}”对应不止一个账号，不能判断是哪一个。请管理员改正后再登录",
            "“{value}” belongs to more than one account here. The administrator mends that; then sign in again",
        ),
        "person.bound": (
            "账号{login}已绑定统一身份认证里的另一个人。确属换号时，请管理员运行 cityloom people release {login}",
            "the account {login} is bound to somebody else at the identity provider. If the person got another one "
            "there, the administrator runs `cityloom people release {login}`",
        ),
        "person.administrator": (
            "系统管理账号只用密码登录，不经统一身份认证",
            "an account of the administration signs in with its password, never through the identity provider",
        ),
        "person.login_form": (
            "统一身份认证给出的“{value}”不能作登录名。请管理员另设一项作为登录名",
            "“{value}”, as the identity provider calls you, cannot be a login. The administrator chooses another "
            "claim",
        ),
    }
)


class NotAdmitted(CityloomError):
    """Verified by the provider, and still nobody who may sign in here."""

    status = 403


def admit_person(told: ToldPerson, at: datetime, *, create: bool) -> User:
    """The account of the person. Raises NotAdmitted; an account is made only where `create` says so.

    At the first sign-in the provider's unchanging name of the person (issuer and subject) is bound to the account;
    from then on it alone says who it is. Somebody else who takes over the same login, mail address or number there
    does not get in.
    """
    with transaction.atomic():
        user = _find(told) or _make(told, at, create=create)
        login = user.get_username()
        if not user.is_active:
            raise NotAdmitted("person.asleep")
        if user.is_staff or user.is_superuser:
            raise NotAdmitted("person.administrator")
        _bind(login, told, at)
        if told.groups is not None:
            set_groups(login, told.groups, PROVIDER, at)
        return user


def release_person(login: str, by: str, at: datetime) -> bool:
    """Forget to whom at the provider an account is bound, so that the next sign-in binds it anew; whether it was."""
    with transaction.atomic():
        rows = models.PersonIdentity.objects.filter(login=login).exclude(subject="")
        if not rows.update(issuer="", subject="", bound_at=None):
            return False
        record(login, Happened.RELEASED, by, at)
        return True


def is_bound(login: str) -> bool:
    """Whether the account has been signed in to through an identity provider."""
    return models.PersonIdentity.objects.filter(login=login).exclude(subject="").exists()


def _find(told: ToldPerson) -> User | None:
    bound = models.PersonIdentity.objects.filter(issuer=told.issuer, subject=told.subject).first()
    if bound is not None:
        return User.objects.filter(username=bound.login).first()
    if told.known_by == "email":
        found = User.objects.filter(email__iexact=told.value)
    elif told.known_by == "external_id":
        rows = models.PersonIdentity.objects.filter(external_id=told.value).values("login")
        found = User.objects.filter(username__in=rows)
    else:
        found = User.objects.filter(username=told.value)
    people = list(found[:2])
    if len(people) > 1:
        raise NotAdmitted("person.several", value=told.value[:150])
    return people[0] if people else None


def _make(told: ToldPerson, at: datetime, *, create: bool) -> User:
    if not create:
        raise NotAdmitted("person.unknown", value=told.value[:150])
    if not is_login(told.value):
        raise NotAdmitted("person.login_form", value=told.value[:150])
    if User.objects.filter(username=told.value).exists():
        raise NotAdmitted("person.several", value=told.value)
    return make_account(told.value, told.name, PROVIDER, at)


def _bind(login: str, told: ToldPerson, at: datetime) -> None:
    models.PersonIdentity.objects.get_or_create(login=login)
    row = models.PersonIdentity.objects.select_for_update().get(login=login)
    if (row.issuer, row.subject) == (told.issuer, told.subject):
        return
    if row.subject and row.issuer == told.issuer:
        raise NotAdmitted("person.bound", login=login)
    row.issuer, row.subject, row.bound_at = told.issuer, told.subject[:255], at
    row.save(update_fields=["issuer", "subject", "bound_at"])
    record(login, Happened.BOUND, PROVIDER, at)
