"""The administration: Django's own, dressed in our tokens, its models called by the city's words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.functional import lazystr

from cityloom.base.errors import CityloomError
from cityloom.city.values import Role
from cityloom.web import context
from cityloom.web.look import look_of
from cityloom.web.words import WORDS, say


class _Said:
    """A text that is chosen when it is shown, because the visitor's language is known only then."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __str__(self) -> str:
        return say(self.key)


def said(key: str) -> Any:
    """The text of a key in the language of whoever reads it; stands wherever Django takes a lazy string."""
    return lazystr(_Said(key))


class CityloomAdminSite(admin.AdminSite):
    """Accounts can be edited; what the city's folder holds can be looked at."""

    site_header = said("admin.title")
    site_title = said("admin.title")
    index_title = said("admin.index")
    site_url = "/settings/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever administers accounts, and who acts by the post of an administrator, to look."""
        return super().has_permission(request) or acts_as_admin(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the administration is given, with the visitor's choice of light or dark."""
        return {**super().each_context(request), "look": look_of(request)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The models by the city's words, accounts first."""
        found = super().get_app_list(request, app_label)
        for app in found:
            app["name"] = _word(f"admin.app_{app['app_label']}", app["name"])
            for model in app["models"]:
                model["name"] = _word(f"admin.model_{model['object_name']}", model["name"])
        return sorted(found, key=lambda app: app["app_label"] != "auth")


def acts_as_admin(request: HttpRequest) -> bool:
    """Whether the signed-in person acts by the post of an administrator."""
    if not request.user.is_active:
        return False
    try:
        post = context.post_of(request, context.city())
    except CityloomError:
        return False
    return post is not None and post.role is Role.ADMIN


def _word(key: str, otherwise: str) -> str:
    return say(key) if key in WORDS else otherwise
