"""The settings of the identity provider: read, checked, and refused where they would not be safe. Before Django."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from cityloom.app.environment import Environment, SettingNotUnderstood
from cityloom.web.provider_settings import CLAIMS, KnownBy, ProviderSettings


def provider_of(env: Environment) -> ProviderSettings | None:
    """The identity provider, or None where CITYLOOM_OIDC_ISSUER is empty."""
    issuer = env.text("CITYLOOM_OIDC_ISSUER").rstrip("/")
    if not issuer:
        return None
    _check_address(issuer)
    client_id = env.text("CITYLOOM_OIDC_CLIENT_ID")
    if not client_id:
        raise SettingNotUnderstood(
            "CITYLOOM_OIDC_ISSUER is set and CITYLOOM_OIDC_CLIENT_ID is not; register this installation with the "
            "provider and name the client id that it gives"
        )
    scopes = tuple(env.text("CITYLOOM_OIDC_SCOPES").split())
    if "openid" not in scopes:
        raise SettingNotUnderstood("CITYLOOM_OIDC_SCOPES lacks openid; write for example `openid profile email`")
    known_by = _known_by(env)
    label_zh, label_en = _label(env)
    return ProviderSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=_secret(env),
        scopes=scopes,
        label_zh=label_zh,
        label_en=label_en,
        known_by=known_by,
        claim=env.text("CITYLOOM_OIDC_CLAIM") or CLAIMS[known_by],
        groups_claim=env.text("CITYLOOM_OIDC_GROUPS_CLAIM"),
        factors=_factors(env),
    )


def _check_address(issuer: str) -> None:
    """The provider is spoken to by TLS; only one on this very machine may be tried without."""
    parts = urlsplit(issuer)
    if parts.scheme == "https" and parts.hostname:
        return
    if not (parts.scheme == "http" and _is_this_machine(parts.hostname or "")):
        raise SettingNotUnderstood(f"CITYLOOM_OIDC_ISSUER is {issuer!r}; it must begin with https://")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret(env: Environment) -> str:
    """The client secret, given itself or by the file that holds it; none for a public client."""
    file = env.text("CITYLOOM_OIDC_CLIENT_SECRET_FILE")
    if not file:
        return env.text("CITYLOOM_OIDC_CLIENT_SECRET")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as wrong:
        raise SettingNotUnderstood(
            f"CITYLOOM_OIDC_CLIENT_SECRET_FILE cannot be read: {wrong.strerror}; name a file that this account reads"
        ) from wrong


def _known_by(env: Environment) -> KnownBy:
    value = env.text("CITYLOOM_OIDC_PERSON")
    try:
        return KnownBy(value)
    except ValueError as wrong:
        known = ", ".join(KnownBy)
        raise SettingNotUnderstood(f"CITYLOOM_OIDC_PERSON is {value!r}; it may be {known}") from wrong


def _label(env: Environment) -> tuple[str, str]:
    """The button in Chinese and in English, from `zh|en`."""
    given = env.text("CITYLOOM_OIDC_LABEL")
    zh, bar, en = (part.strip() for part in given.partition("|"))
    if not given:
        return ProviderSettings.label_zh, ProviderSettings.label_en
    if not (bar and zh and en):
        raise SettingNotUnderstood(
            "CITYLOOM_OIDC_LABEL must be in both languages, for example `用市统一身份认证登录|Sign in with City ID`"
        )
    return zh, en


def _factors(env: Environment) -> frozenset[str]:
    values = env.items("CITYLOOM_OIDC_FACTORS")
    for value in values:
        if not value.startswith(("amr:", "acr:")) or len(value) == len("amr:"):
            raise SettingNotUnderstood(f"CITYLOOM_OIDC_FACTORS holds {value!r}; write for example amr:mfa,amr:otp")
    return frozenset(values)
