"""A page is a dataclass: its fields are what the template may show, each annotated with a line of help."""

from __future__ import annotations

from typing import ClassVar, Protocol

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class Page(Protocol):
    """What a template is given as `page`: fields like `number: Annotated[str, "the case's number"]`."""

    template: ClassVar[str]


def show(request: HttpRequest, page: Page, status: int = 200) -> HttpResponse:
    """The page as an answer."""
    return render(request, page.template, {"page": page}, status=status)
