"""Whether a request's person must have shown a second factor, and whether that was done in this session."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest

from cityloom.city.factor_rule import needs_second_factor
from cityloom.city.values import Post, Role

_PASSED = "factor_passed"


def is_in_use() -> bool:
    """Whether this installation knows a second factor at all."""
    return settings.CITYLOOM_SECOND_FACTOR is not None


def is_asked_of(request: HttpRequest, posts: Iterable[Post]) -> bool:
    """Whether the signed-in person's rights ask for a second factor."""
    roles = [p.role for p in posts]
    if getattr(request.user, "is_staff", False):
        roles.append(Role.ADMIN)
    return needs_second_factor(roles, settings.CITYLOOM_SECOND_FACTOR)


def has_passed(request: HttpRequest) -> bool:
    """Whether a second factor was shown in this session."""
    return bool(request.session.get(_PASSED))


def note_passed(request: HttpRequest) -> None:
    """The second factor was shown in this session."""
    request.session[_PASSED] = True


def forget_passed(request: HttpRequest) -> None:
    """The second factor is no more."""
    request.session.pop(_PASSED, None)
