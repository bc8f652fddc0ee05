"""The addresses of the feeds: the code of an area, and the form."""

from django.urls import path

from cityloom.exchange.feeds import views

urlpatterns = [
    path("<str:area>.atom", views.atom_feed, name="feed_atom"),
    path("<str:area>.geojson", views.geojson_feed, name="feed_geojson"),
]
