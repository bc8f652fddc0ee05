"""The addresses of the whole site."""

from django.contrib import admin
from django.urls import include, path

from cityloom.app.health import healthz, metrics, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("open311/", include("cityloom.exchange.open311.urls")),
    path("api/v1/", include("cityloom.exchange.api.urls")),
    path("sta/", include("cityloom.exchange.sensorthings.urls")),
    path("webhooks/", include("cityloom.app.webhook_pages")),
    path("wall/", include("cityloom.app.wall_pages")),
    path("settings/", include("cityloom.app.settings_pages")),
    path("feeds/", include("cityloom.exchange.feeds.urls")),
    path("calendars/", include("cityloom.exchange.calendars.urls")),
    path("gbfs/", include("cityloom.exchange.gbfs.urls")),
    path("cap/", include("cityloom.exchange.cap.urls")),
    path("", include("cityloom.web.urls")),
]
