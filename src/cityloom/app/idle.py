"""A session ends after a while without a request, and after its longest time; use is noted once a minute."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

NOTE_EVERY_S = 60
_SEEN = "seen_s"
_BEGAN = "began_s"


class EndIdleSessions:
    """Renews a signed-in person's session at most once a minute, so most requests write nothing.

    Django ends a session that was not renewed for CITYLOOM_IDLE_MINUTES; here one ends that is older than
    CITYLOOM_SESSION_HOURS, however busy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now_s = int(time.time())
            if now_s - request.session.get(_BEGAN, now_s) >= 3600 * settings.CITYLOOM_SESSION_HOURS:
                logout(request)
            elif now_s - request.session.get(_SEEN, 0) >= NOTE_EVERY_S:
                request.session[_SEEN] = now_s
                request.session.setdefault(_BEGAN, now_s)
        return self.get_response(request)
