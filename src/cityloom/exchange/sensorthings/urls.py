"""The addresses of SensorThings: all behind one door, which reads them by the standard's own grammar."""

from django.urls import re_path

from cityloom.exchange.sensorthings.views import door

urlpatterns = [
    re_path(r"^v1\.1/?$", door, name="sensorthings"),
    re_path(r"^v1\.1/(?P<path>[\s\S]+)$", door),
]
