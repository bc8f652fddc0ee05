"""A session ends after half an hour without a request; use is noted once a minute."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

NOTE_EVERY_S = 60
_SEEN = "seen_s"


class EndIdleSessions:
    """Renews a signed-in person's session at most once a minute, so most requests write nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now_s = int(time.time())
            if now_s - request.session.get(_SEEN, 0) >= NOTE_EVERY_S:
                request.session[_SEEN] = now_s
        return self.get_response(request)
