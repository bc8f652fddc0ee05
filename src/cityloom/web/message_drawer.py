"""What a demo would have sent: the drawer of make-believe messages, for the administrator of a demo only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cityloom.base.message_rules import masked
from cityloom.base.messages import count_messages
from cityloom.base.pretended import Pretended, drawer, is_pretending, list_pretended
from cityloom.cases.errors import NotAllowed
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web.doors import for_staff
from cityloom.web.shown import show

_LINK = re.compile(r"https?://[^\s/]+(/c/[A-Za-z0-9]+/)")


@dataclass(frozen=True)
class Drawn:
    """A message of the drawer; its link as an address of this site."""

    to: str
    at: datetime
    subject: str
    body: str
    link: str


@dataclass(frozen=True)
class DrawerPage:
    """Messages that were only pretended, newest first."""

    template: ClassVar[str] = "cityloom/message_drawer.html"
    messages: Annotated[Sequence[Drawn], "what would have gone out"]
    waiting: Annotated[int, "how many wait to be sent"]
    sent: Annotated[int, "how many went out"]
    failed: Annotated[int, "how many failed"]
    dropped: Annotated[int, "how many were not wanted or too late"]


@require_safe
@for_staff
def messages(request: HttpRequest, city: City, post: Post) -> HttpResponse:
    """What this demo would have sent by SMS and mail, addresses masked."""
    if not is_pretending():
        raise Http404
    if post.role is not Role.ADMIN:
        raise NotAllowed("error.not_allowed", role=post.role.value, move="see_messages", roles=[Role.ADMIN.value])
    counts = count_messages(city.code)
    page = DrawerPage(
        messages=[_drawn(m) for m in list_pretended(drawer(settings.CITYLOOM_VAR))],
        waiting=counts.get("waiting", 0) + counts.get("sending", 0),
        sent=counts.get("sent", 0),
        failed=counts.get("failed", 0),
        dropped=counts.get("dropped", 0),
    )
    return show(request, page)


def _drawn(message: Pretended) -> Drawn:
    found = _LINK.search(message.body)
    at = datetime.fromisoformat(message.at)
    return Drawn(masked(message.to), at, message.subject, message.body, found.group(1) if found else "")
