"""What the claims of an identity provider say of a person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.city.told_person import ToldPerson
from cityloom.web.provider_settings import KnownBy, ProviderSettings

MOST_GROUPS = 2_000

register(
    {
        "claims.missing": (
            "统一身份认证没有告诉我们您是谁（缺少“{claim}”）。请管理员在统一身份认证一侧放行这一项",
            "the identity provider did not say who you are (the claim {claim} is missing). The administrator lets "
            "the provider send it",
        ),
        "claims.mail_unverified": (
            "您的邮箱在统一身份认证中尚未验证。请先在那里验证邮箱，再登录",
            "your mail address is not verified at the identity provider. Verify it there, then sign in again",
        ),
        "claims.groups_left_out": (
            "您的用户组太多，统一身份认证没有随登录发来。请管理员让它只发与本系统有关的组",
            "you are in so many groups that the identity provider left them out. The administrator lets it send only "
            "those that concern this system",
        ),
    }
)


class ClaimsLacking(CityloomError):
    """The provider says too little of the person to let anybody in."""

    status = 403


def told_of(claims: Mapping[str, Any], provider: ProviderSettings) -> ToldPerson:
    """The person that the claims speak of; raises ClaimsLacking.

    No groups in the claims means that the person is in none: a provider leaves an empty list out. One that leaves a
    long list out says so (`_claim_names`, Core 1.0, 5.6.2), and then nobody's posts are ended by guess.
    """
    value = _text(value_of(claims, provider.claim))
    if not value:
        raise ClaimsLacking("claims.missing", claim=provider.claim)
    if provider.known_by is KnownBy.EMAIL and claims.get("email_verified") not in (True, "true"):
        raise ClaimsLacking("claims.mail_unverified")
    return ToldPerson(
        issuer=provider.issuer,
        subject=str(claims["sub"]),
        known_by=provider.known_by.value,
        value=value,
        name=_text(claims.get("name")) or value,
        groups=_groups(claims, provider.groups_claim) if provider.groups_claim else None,
    )


def has_shown_factor(claims: Mapping[str, Any], factors: frozenset[str]) -> bool:
    """Whether the provider asked for what the settings count as a second factor (`amr`, RFC 8176, or `acr`)."""
    methods = claims.get("amr")
    shown = {f"amr:{method}" for method in methods} if isinstance(methods, list) else set()
    return bool(factors & (shown | {f"acr:{claims.get('acr', '')}"}))


def value_of(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name; `a.b` may be the claim `b` inside the claim `a`. None where there is none."""
    if name in claims:
        return claims[name]
    first, _, rest = name.partition(".")
    inner = claims.get(first)
    return value_of(inner, rest) if rest and isinstance(inner, Mapping) else None


def _groups(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = value_of(claims, name)
    if value is None:
        elsewhere = claims.get("_claim_names")
        if isinstance(elsewhere, Mapping) and name in elsewhere:
            raise ClaimsLacking("claims.groups_left_out")
        return ()
    listed = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text for each in listed[:MOST_GROUPS] if (text := _text(each))))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
