"""Accounts of machines: no password, no sign-in; a unit owns one, a person answers for it, tokens act by its post.

A machine's account rests by itself, and its tokens open nothing, when its day has come, when it was disabled, and
when the person who answers for it has left; naming another one wakes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import User

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city import models
from cityloom.city.logins import SERVICE
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role

MOST_DAYS = 3 * 366
NOT_FOR_MACHINES = frozenset({Role.SYSTEM})

register(
    {
        "service.exists": (
            "已有名为{name}的服务账号，请另取名，或用 cityloom services hand-over 更换负责人",
            "there is a service account {name} already; choose another name, or name another responsible person "
            "with `cityloom services hand-over`",
        ),
        "service.no_such": (
            "没有名为{name}的服务账号；cityloom services list 列出全部",
            "there is no service account {name}; `cityloom services list` lists them",
        ),
        "service.name": (
            "服务账号的名称为1到100个可见字符",
            "a service account has a name of 1 to 100 visible signs",
        ),
        "service.purpose": ("请写明服务账号的用途", "say what the service account is for"),
        "service.no_such_role": ("没有岗位“{role}”；有：{known}", "there is no role {role}; there are: {known}"),
        "service.no_such_unit": (
            "本市今天没有单位{unit}，请用 units.csv 里的代码",
            "the city has no unit {unit} today; use a code of units.csv",
        ),
        "service.no_such_area": (
            "本市没有区域{area}，请用 areas.geojson 里的代码",
            "the city has no area {area}; use a code of areas.geojson",
        ),
        "service.no_such_person": (
            "{login}不能登录或不存在，负责人须是在岗人员",
            "{login} does not exist or cannot sign in; the responsible person is one who can",
        ),
        "service.days": ("有效期为1到{most}天", "a service account is good for 1 to {most} days"),
        "service.rests": (
            "服务账号{name}现在不能使用（{state}），请先用 cityloom services 处理",
            "the service account {name} cannot be used now ({state}); see `cityloom services` first",
        ),
    }
)


class CannotKeepService(CityloomError):
    """A machine's account that cannot be made or changed so, with what would be right."""

    status = 422


class NoSuchService(CityloomError):
    """No machine's account of that name."""

    status = 404


class ServiceState(StrEnum):
    """Whether tokens of a machine's account open anything, and if not why."""

    GOOD = "good"
    DISABLED = "disabled"
    EXPIRED = "expired"
    WITHOUT_PERSON = "without_person"


@dataclass(frozen=True)
class ServiceAccount:
    """A machine's account: whose it is, who answers for it, what for, and the post that its tokens act by."""

    id: int
    name: str
    login: str
    purpose: str
    owner: str
    responsible: str
    role: Role
    unit: str
    area: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    last_used_at: datetime | None
    disabled_at: datetime | None
    has_person: bool

    @property
    def post(self) -> Post:
        """The post that its tokens act by; nobody else holds it."""
        return Post(self.login, self.role, self.unit or None, self.area or None, name=self.name)

    def state(self, at: datetime) -> ServiceState:
        """Whether it can be used at that moment."""
        return state_of(self.disabled_at, self.expires_at, self.has_person, at)


def state_of(disabled_at: datetime | None, expires_at: datetime, has_person: bool, at: datetime) -> ServiceState:
    """Whether an account of such dates can be used at a moment; `has_person`: who answers for it can sign in."""
    if disabled_at is not None:
        return ServiceState.DISABLED
    if at >= expires_at:
        return ServiceState.EXPIRED
    return ServiceState.GOOD if has_person else ServiceState.WITHOUT_PERSON


def list_service_accounts(city: City) -> list[ServiceAccount]:
    """All machines' accounts of a city by name, disabled ones too; two statements."""
    return _accounts(models.ServiceAccount.objects.filter(city_id=city.id))


def find_service_account(city: City, name: str) -> ServiceAccount:
    """The machine's account of that name; raises NoSuchService."""
    found = _accounts(models.ServiceAccount.objects.filter(city_id=city.id, login=login_of(name)))
    if not found:
        raise NoSuchService("service.no_such", name=name[:100])
    return found[0]


def accounts_without_person() -> list[ServiceAccount]:
    """Machines' accounts of all cities that rest because who answered for them has left."""
    found = _accounts(models.ServiceAccount.objects.filter(disabled_at=None))
    return [each for each in found if not each.has_person]


def login_of(name: str) -> str:
    """How entries and tokens name a machine's account."""
    return f"{SERVICE}{name}"


def _accounts(rows: object) -> list[ServiceAccount]:
    found = list(rows.order_by("name"))  # type: ignore[attr-defined]
    people = User.objects.filter(username__in={row.responsible for row in found}, is_active=True)
    active = set(people.values_list("username", flat=True))
    return [
        ServiceAccount(
            id=row.pk, name=row.name, login=row.login, purpose=row.purpose, owner=row.owner,
            responsible=row.responsible, role=Role(row.role), unit=row.unit, area=row.area, made_at=row.made_at,
            made_by=row.made_by, expires_at=row.expires_at, last_used_at=row.last_used_at,
            disabled_at=row.disabled_at, has_person=row.responsible in active,
        )
        for row in found
    ]  # fmt: skip
