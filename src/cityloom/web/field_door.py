"""Who works in the street: grid workers, and whoever verifies a register there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from cityloom.base.errors import CityloomError
from cityloom.cases.errors import NotAllowed
from cityloom.cases.patrols import WALKS
from cityloom.cases.register_rows import list_registers
from cityloom.city.snapshot_values import City
from cityloom.city.values import Post, Role
from cityloom.web.doors import for_staff
from cityloom.web.naming import said_by


def roles_in_the_street(city: City) -> frozenset[Role]:
    """Grid workers, and the roles that some register names as its verifiers."""
    return WALKS | {each.by for each in list_registers(city).values()}


def for_field(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view gets the request, the city and a post that works in the street; raises NotAllowed for others."""

    @for_staff
    @wraps(view)
    def door(request: HttpRequest, city: City, post: Post, *args: Any, **more: Any) -> HttpResponseBase:
        if post.role not in WALKS and post.role not in roles_in_the_street(city):
            roles = sorted(role.value for role in roles_in_the_street(city))
            raise NotAllowed("error.not_allowed", role=post.role.value, move="verify", roles=roles)
        return view(request, city, post, *args, **more)

    return door


def refused_as_json(refusal: CityloomError, city: City, sentence: str = "") -> JsonResponse:
    """The refusal as the sending script reads it."""
    told = {"state": "refused", "sentence": sentence or said_by(refusal, city)}
    return JsonResponse(told, status=refusal.status)
