"""Writing to who reported from the page of a case; what is refused keeps what was typed."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cityloom.base.errors import CityloomError
from cityloom.cases.actions.send_relay_message import send_relay_message
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post
from cityloom.web import context
from cityloom.web.case import page_of
from cityloom.web.doors import for_staff
from cityloom.web.naming import said_by
from cityloom.web.shown import show


@require_POST
@for_staff
def case_relay(request: HttpRequest, city: City, post: Post, number: str) -> HttpResponse:
    """Write to who reported, without learning how to reach them."""
    typed = context.typed_of(request.POST, "report", "text")
    report_id = int(typed["report"]) if typed["report"].isdigit() else 0
    try:
        send_relay_message(city, number, report_id, typed["text"], post, context.clock())
    except CityloomError as refusal:
        page, sentence = page_of(city, post, number), said_by(refusal, city)
        threads = [
            replace(t, typed=typed["text"], error=sentence) if t.report_id == report_id else t
            for t in page.people.threads
        ]
        told = any(t.error for t in threads)
        people = replace(page.people, threads=tuple(threads))
        return show(request, replace(page, people=people, error="" if told else sentence), refusal.status)
    return redirect(f"{reverse('case', args=[number])}#relay")
