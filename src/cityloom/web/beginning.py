"""A session begins: signed in, noted with its address and device, the oldest beyond the limit ended."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest

from cityloom.city.account_sessions import note_session
from cityloom.city.passwords import password_is_due
from cityloom.web import context
from cityloom.web.addresses import address_of
from cityloom.web.devices import device_of
from cityloom.web.doors import PASSWORD_DUE
from cityloom.web.factor_door import note_passed

BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin_session(request: HttpRequest, user: User, *, passed: bool) -> None:
    """Sign the person in; `passed`: a second factor was shown."""
    now = context.clock().now()
    login(request, user, BACKEND)
    request.session["began_s"] = int(time.time())
    if passed:
        note_passed(request)
    name = user.get_username()
    if password_is_due(name, now, settings.CITYLOOM_PASSWORD_DAYS):
        request.session[PASSWORD_DUE] = True
    request.session.save()
    agent = request.META.get("HTTP_USER_AGENT", "")
    key = request.session.session_key or ""
    note_session(name, key, address_of(request), device_of(agent), settings.CITYLOOM_SESSIONS, now)
