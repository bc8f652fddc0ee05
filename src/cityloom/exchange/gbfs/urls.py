"""The addresses of the published bikes: `/gbfs/2.3/gbfs.json`, `/gbfs/3.0/gbfs.json` and what they name."""

from django.urls import path

from cityloom.exchange.gbfs import views

urlpatterns = [path("<str:version>/<slug:name>.json", views.document, name="gbfs_document")]
