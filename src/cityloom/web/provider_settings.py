"""The identity provider that this installation trusts with sign-in, as the settings name it. Known before Django."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class KnownBy(StrEnum):
    """By what of ours a person is found: the login, the mail address or the number of another system."""

    LOGIN = "login"
    EMAIL = "email"
    EXTERNAL_ID = "external_id"


CLAIMS = {
    KnownBy.LOGIN: "preferred_username",
    KnownBy.EMAIL: "email",
    KnownBy.EXTERNAL_ID: "employee_number",
}


@dataclass(frozen=True)
class ProviderSettings:
    """One OpenID Connect provider. `claim` is compared with what `known_by` names; `groups_claim` blank: no groups.

    `factors` are the values `amr:…` and `acr:…` of its tokens that count as a second factor; none: our own is asked.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False, default="")
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    label_zh: str = "用统一身份认证登录"
    label_en: str = "Sign in with the city's single sign-on"
    known_by: KnownBy = KnownBy.LOGIN
    claim: str = CLAIMS[KnownBy.LOGIN]
    groups_claim: str = ""
    factors: frozenset[str] = frozenset()

    def label(self, language: str) -> str:
        """What its button says."""
        return self.label_zh if language == "zh" else self.label_en

    @property
    def acr_values(self) -> str:
        """The authentication contexts asked of the provider (OpenID Connect Core 1.0, 3.1.2.1), by name."""
        return " ".join(sorted(f.removeprefix("acr:") for f in self.factors if f.startswith("acr:")))
