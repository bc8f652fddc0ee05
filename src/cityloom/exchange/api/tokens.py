"""Tokens: by which post and for what another system may knock at the doors. REST and Open311 share them.

A token reads `clm_PREFIX_SECRET` with 256 random bits in its secret. The prefix finds the row and names the token to
people; of the whole only the SHA-256 digest is kept, which needs no salt because nobody can guess 256 bits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.http import HttpRequest

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.deputy_rows import deputy_posts
from cityloom.city.held_posts import posts_held
from cityloom.city.logins import SERVICE
from cityloom.city.models import ServiceAccount as ServiceAccountRow
from cityloom.city.service_accounts import ServiceState, find_service_account, state_of
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.exchange import models

SCOPES: dict[str, tuple[str, str]] = {
    "reports:write": ("提交诉求", "send reports"),
    "reports:read": ("查看诉求", "read reports"),
    "cases:read": ("查看案件", "read cases"),
    "cases:words": ("查看诉求原话和办理说明", "read what was said and noted"),
    "cases:move": ("办理案件", "move cases"),
    "screen:read": ("显示一屏总览", "show the one screen"),
    "master:read": ("查看单位", "read units"),
    "webhooks:manage": ("管理推送", "manage webhooks"),
    "readings:write": ("提交读数", "send readings"),
    "readings:read": ("查看本单位不公开设备的读数", "read readings of the unit's own private devices"),
    "devices:write": ("登记和修改设备、数据流", "register and change devices and streams"),
}
USED_EVERY = timedelta(hours=1)  # how coarsely the last use is kept
DEFAULT_DAYS = 365
MOST_DAYS = 3 * 366

_TOKEN = re.compile(r"clm_([0-9a-z]{8})_([A-Za-z0-9_-]{43})")
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"

register(
    {
        "token.unknown": (
            "令牌无效：不存在、已过期或已吊销。请管理员用 cityloom tokens issue 重新签发",
            "the token is not valid: unknown, expired or revoked. An administrator issues one with "
            "`cityloom tokens issue`",
        ),
        "token.post_gone": (
            "令牌所属岗位（{role}）现已无人担任，请为现任岗位重新签发",
            "the post of this token ({role}) is no longer held by its person; issue a token for a present post",
        ),
        "token.needed": (
            "此接口需要令牌：请求头 Authorization: Bearer …",
            "this address asks for a token: send the header Authorization: Bearer …",
        ),
        "token.scope": (
            "令牌没有“{scope}”权限范围；它有：{scopes}",
            "the token lacks the scope {scope}; it has: {scopes}",
        ),
        "token.unknown_scope": (
            "没有权限范围“{scope}”；有：{known}",
            "there is no scope {scope}; there are: {known}",
        ),
        "token.no_such_post": (
            "{login}没有这样的岗位；现有岗位：{held}",
            "{login} holds no such post; the posts are: {held}",
        ),
        "token.which_post": (
            "{login}有多个岗位，请用 --role、--unit 指明：{held}",
            "{login} holds several posts; say which with --role and --unit: {held}",
        ),
        "token.service_disabled": (
            "服务账号{name}已停用，令牌随之失效",
            "the service account {name} was disabled, and its tokens with it",
        ),
        "token.service_expired": (
            "服务账号{name}已到期，请用 cityloom services hand-over --days 延长",
            "the day of the service account {name} has come; `cityloom services hand-over --days` gives it more",
        ),
        "token.service_without_person": (
            "服务账号{name}的负责人已离岗，请用 cityloom services hand-over 指定新的负责人",
            "who answered for the service account {name} has left; name another person with "
            "`cityloom services hand-over`",
        ),
        "token.not_its_post": (
            "服务账号{name}的岗位是{held}；不写 --role、--unit、--area，或写成一致",
            "the service account {name} acts as {held}; leave --role, --unit and --area out, or say the same",
        ),
        "token.days": ("有效期为1到{most}天", "a token is valid for 1 to {most} days"),
        "token.no_such": ("没有以{prefix}开头的令牌", "there is no token that begins with {prefix}"),
    }
)


class BadToken(CityloomError):
    """A token that was sent but opens nothing."""

    status = 401


class TokenNeeded(CityloomError):
    """A door that asks for a token, and none came."""

    status = 401


class ScopeMissing(CityloomError):
    """The token is good, but not for this."""

    status = 403


class CannotIssue(CityloomError):
    """A token that may not be made, with what would be right."""

    status = 422


class NoSuchToken(CityloomError):
    """No token of that prefix."""

    status = 404


class ServiceDates(NamedTuple):
    """What decides whether a machine's account can be used."""

    disabled_at: datetime | None
    expires_at: datetime
    has_person: bool


@dataclass(frozen=True)
class Token:
    """A token as it is kept; its secret is nowhere."""

    id: int
    prefix: str
    name: str
    login: str
    role: Role
    unit: str
    area: str
    is_service: bool
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    service: ServiceDates | None = None  # of the machine's account, where the token was found by its text

    def is_good(self, at: datetime) -> bool:
        """Whether it has neither been revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class Caller(NamedTuple):
    """Who calls: the token, and the post it acts by at this moment."""

    token: Token
    post: Post

    def needs(self, scope: str) -> Post:
        """The post, if the token is for this; raises ScopeMissing."""
        if scope not in self.token.scopes:
            raise ScopeMissing("token.scope", scope=scope, scopes=sorted(self.token.scopes))
        return self.post


# --- knocking ---------------------------------------------------------------------------------------------------


def authenticate(request: HttpRequest, city: City, at: datetime, *, api_key: str = "") -> Caller | None:
    """Who calls: the token of `Authorization: Bearer …`, else of `api_key`, with its post; None when none came.

    Raises BadToken for one that is unknown, expired, revoked or whose person no longer holds the post. One statement,
    a second for a deputy's post, and one an hour for each token to remember that it is used.
    """
    text = bearer_of(request) or api_key.strip()
    return caller_of_text(text, city, at) if text else None


def caller_of_text(text: str, city: City, at: datetime) -> Caller:
    """Who sent this token, with the post it acts by; raises BadToken, and costs, as `authenticate` says."""
    token = find_token(city, text)
    if token is None or not token.is_good(at):
        raise BadToken("token.unknown")
    _check_service(token, at)
    post = post_of(token, city, at)
    if post is None:
        raise BadToken("token.post_gone", role=token.role.value)
    if token.last_used_at is None or at - token.last_used_at >= USED_EVERY:
        _note_use(token, city, at)
    return Caller(token, post)


_RESTS = {
    ServiceState.DISABLED: "token.service_disabled",
    ServiceState.EXPIRED: "token.service_expired",
    ServiceState.WITHOUT_PERSON: "token.service_without_person",
}


def _check_service(token: Token, at: datetime) -> None:
    """Raise BadToken when the machine's account of the token rests."""
    if token.service is None:
        return
    state = state_of(token.service.disabled_at, token.service.expires_at, token.service.has_person, at)
    if state is not ServiceState.GOOD:
        raise BadToken(_RESTS[state], name=token.login.removeprefix(SERVICE))


def _note_use(token: Token, city: City, at: datetime) -> None:
    models.ApiToken.objects.filter(id=token.id).update(last_used_at=at)
    if token.is_service:
        ServiceAccountRow.objects.filter(city_id=city.id, login=token.login).update(last_used_at=at)


def bearer_of(request: HttpRequest) -> str:
    """What stands behind `Bearer` in the request's head; empty for none."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def prefix_of(text: str) -> str:
    """The part of a token that names it; empty for a text that is no token."""
    found = _TOKEN.fullmatch(text)
    return found[1] if found else ""


def find_token(city: City, text: str) -> Token | None:
    """The token of that text, good or not any more; None when the city has none, or its person's account sleeps.

    A token of a machine comes with the dates of the machine's account.
    """
    if not (prefix := prefix_of(text)):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.prefix, t.name, t.login, t.role, t.unit, t.area, t.is_service, t.scopes, t.created_at, "
            "t.expires_at, t.last_used_at, t.revoked_at, t.digest, coalesce(u.is_active, false), s.disabled_at, "
            "s.expires_at FROM exchange_api_token t "
            "LEFT JOIN city_service_account s ON t.is_service AND s.city_id = t.city_id AND s.login = t.login "
            "LEFT JOIN auth_user u ON u.username = coalesce(s.responsible, t.login) "
            "WHERE t.prefix = %s AND t.city_id = %s",
            [prefix, city.id],
        )
        row = cursor.fetchone()
    if row is None or not hmac.compare_digest(bytes(row[13]), digest_of(text)):
        return None
    token, (active, disabled_at, expires_at) = _token(row[:13]), row[14:]
    if token.is_service:
        return replace(token, service=ServiceDates(disabled_at, expires_at, active)) if expires_at else None
    return token if active else None


def post_of(token: Token, city: City, at: datetime) -> Post | None:
    """The post a token acts by: its own, or the one its person holds now or stands in for; None for one that is gone.

    A unit that does not live today has no service account either.
    """
    day = at.astimezone(city.calendar().tz).date()
    if token.is_service:
        if token.unit and (token.unit not in city.units or not city.units[token.unit].valid.covers(day)):
            return None
        own = Post(token.login, token.role, token.unit or None, token.area or None, name=token.name)
        return city.placed(own, day)
    wanted = (token.role, token.unit, token.area)
    held = next((p for p in posts_held(city, token.login, day) if _key(p) == wanted), None)
    return held or next((p for p in deputy_posts(city, token.login, day) if _key(p) == wanted), None)


def _key(post: Post) -> tuple[Role, str, str]:
    return post.role, post.unit or "", post.area or ""


# --- issuing and revoking ---------------------------------------------------------------------------------------


def choose_post(city: City, login: str, role: str, unit: str, area: str, at: datetime) -> Post:
    """The one post of a person that these words name; raises CannotIssue for none and for several."""
    day = at.astimezone(city.calendar().tz).date()
    held = posts_held(city, login, day)
    told = ["/".join(filter(None, [p.role.value, p.unit, p.area])) for p in held]
    found = [
        p for p in held if role in ("", p.role.value) and unit in ("", p.unit or "") and area in ("", p.area or "")
    ]
    if not found:
        raise CannotIssue("token.no_such_post", login=login, held=told)
    if len(found) > 1:
        raise CannotIssue("token.which_post", login=login, held=told)
    return found[0]


def service_post(city: City, name: str, role: str = "", unit: str = "", area: str = "") -> Post:
    """The post of the machine's account of that name; words given besides must agree with it, else CannotIssue."""
    account = find_service_account(city, name)
    asked, held = (role, unit, area), (account.role.value, account.unit, account.area)
    if any(word not in ("", kept) for word, kept in zip(asked, held, strict=True)):
        raise CannotIssue("token.not_its_post", name=name, held="/".join(filter(None, held)))
    return account.post


def issue_token(
    city: City, post: Post, name: str, scopes: Iterable[str], days: int | None, by: str, at: datetime
) -> tuple[Token, str]:
    """A new token for a post and its text, which is told this once; `days` None never expires.

    Raises CannotIssue for an unknown scope or a span out of range.
    """
    wanted = frozenset(scopes)
    for scope in sorted(wanted - SCOPES.keys()):
        raise CannotIssue("token.unknown_scope", scope=scope, known=sorted(SCOPES))
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise CannotIssue("token.days", most=MOST_DAYS)
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    text = f"clm_{prefix}_{secrets.token_urlsafe(32)}"
    models.ApiToken.objects.create(
        city_id=city.id,
        prefix=prefix,
        digest=digest_of(text),
        name=name[:100],
        login=post.login,
        role=post.role.value,
        unit=post.unit or "",
        area=post.area or "",
        is_service=post.login.startswith(SERVICE),
        scopes=sorted(wanted),
        created_at=at,
        created_by=by,
        expires_at=at + timedelta(days=days) if days is not None else None,
    )
    token = find_token_by_prefix(city, prefix)
    return token, text


def find_token_by_prefix(city: City, prefix: str) -> Token:
    """The token that begins so; raises NoSuchToken."""
    found = [t for t in list_tokens(city) if t.prefix == prefix.removeprefix("clm_").split("_")[0]]
    if not found:
        raise NoSuchToken("token.no_such", prefix=prefix[:12])
    return found[0]


def list_tokens(city: City) -> list[Token]:
    """All tokens of a city, the newest first, revoked ones too."""
    rows = models.ApiToken.objects.filter(city_id=city.id).order_by("-id")
    return [_token(row) for row in rows.values_list(*_COLUMNS)]


def revoke_token(city: City, prefix: str, by: str, at: datetime) -> Token:
    """The token, good for nothing from now on; raises NoSuchToken. Doing it twice changes nothing."""
    token = find_token_by_prefix(city, prefix)
    models.ApiToken.objects.filter(id=token.id, revoked_at=None).update(revoked_at=at, revoked_by=by)
    return find_token_by_prefix(city, token.prefix)


_COLUMNS = (
    "id", "prefix", "name", "login", "role", "unit", "area", "is_service", "scopes", "created_at", "expires_at",
    "last_used_at", "revoked_at",
)  # fmt: skip


def _token(row: tuple[object, ...]) -> Token:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["role"] = Role(str(values["role"]))
    values["scopes"] = frozenset(values["scopes"])  # type: ignore[call-overload]
    return Token(**values)  # type: ignore[arg-type]


def digest_of(text: str) -> bytes:
    """How a token is kept."""
    return hashlib.sha256(b"cityloom token\0" + text.encode()).digest()
