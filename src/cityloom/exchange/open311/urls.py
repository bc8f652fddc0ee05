"""The addresses of Open311: discovery, the production endpoint `v2` and the test endpoint `test/v2`.

Each may end in `.xml`, `.json` or nothing, with or without a slash. `service/…` and `request/…` are what clients of
the first years ask for; they get what `services/…` and `requests/…` give.
"""

from django.urls import re_path

from cityloom.exchange.open311 import views

_MODE = r"^(?:(?P<mode>test)/)?v2"
_FORM = r"(?:\.(?P<form>[A-Za-z]{1,10}))?/?$"
_ID = r"[\w~-]{1,200}"

urlpatterns = [
    re_path(r"^openapi\.json$", views.described, {"form": "json"}, name="open311_openapi"),
    re_path(rf"^discovery{_FORM}", views.discovery, name="open311_discovery"),
    re_path(rf"{_MODE}/discovery{_FORM}", views.discovery),
    re_path(rf"{_MODE}/services{_FORM}", views.services, name="open311_services"),
    re_path(rf"{_MODE}/services?/(?P<code>{_ID}){_FORM}", views.service, name="open311_service"),
    re_path(rf"{_MODE}/requests{_FORM}", views.requests, name="open311_requests"),
    re_path(rf"{_MODE}/requests?/(?P<number>{_ID}){_FORM}", views.one_request, name="open311_request"),
    re_path(rf"{_MODE}/tokens?/(?P<token>{_ID}){_FORM}", views.token, name="open311_token"),
    re_path(rf"{_MODE}/servicerequestupdates{_FORM}", views.updates, name="open311_updates"),
    re_path(rf"{_MODE}/(?:servicerequestupdate|request_updates?|update){_FORM}", views.updates),
    re_path(r"^[\s\S]*?(?:\.(?P<form>xml|json))?$", views.nothing),
]
