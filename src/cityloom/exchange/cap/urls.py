"""The addresses of the city's own warnings."""

from django.urls import path

from cityloom.exchange.cap import views

urlpatterns = [
    path("", views.index, name="cap_index"),
    path("<str:identifier>.xml", views.alert, name="cap_alert"),
]
