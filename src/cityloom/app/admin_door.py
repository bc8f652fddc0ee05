"""Django's own administration has no sign-in of its own: it takes our password, lockout and second factor."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from cityloom.base.errors import CityloomError
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.factor_door import has_passed, is_asked_of


class AdminDoor:
    """Sends whoever comes to the administration without having signed in wholly to do so first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(reverse("admin:index")):
            if not request.user.is_authenticated:
                return redirect(f"{reverse('sign_in')}?{urlencode({'next': reverse('admin:index')})}")
            if is_asked_of(request, _posts_of(request)) and not has_passed(request):
                return redirect("second_factor")
        return self.get_response(request)


def _posts_of(request: HttpRequest) -> tuple[Post, ...]:
    try:
        return context.posts_of(request, context.city())
    except CityloomError:
        return ()  # no city is loaded: accounts can be edited all the same
